/* Reading RTP: where the payload lies, header extensions, picture descriptors, key frames. Never trusts a length. */
#ifndef YUNTING_RTP_H
#define YUNTING_RTP_H

#include "base.h"

enum { OPUS, VP8, H264, VP9, AV1, RED, CODECS };
enum { AUDIO, VIDEO };

/* Where payload and extension block lie; extension 0: none. */
typedef struct {
    int start, end, extension;
} bounds;

/* The elements of an RFC 8285 block that anyone here reads; size 0: not there. */
typedef struct {
    const uint8_t *at;
    int size;
} element;

/* A picture descriptor's running numbers and where they stand, relative to the payload. */
typedef struct {
    bool key;      /* a key frame begins here */
    int picture;   /* picture id, -1: none */
    int tl0;       /* -1: none */
    int picture_at, picture_bytes; /* 1 or 2 */
    int tl0_at;
    int cut;       /* first payload byte after both */
    int width_px;  /* 0: not told here */
} picture;

/* 0, or -1 for anything that is not RTP version 2 with lengths that add up (RFC 3550 §5.1). */
int rtp_bounds(const uint8_t *packet, int size, bounds *out);
/* The element with this id of the block that begins at `extension`, both forms of RFC 8285. */
element rtp_element(const uint8_t *packet, int size, int extension, int id);
/* Read what a video payload says of itself. False: cut short or empty, so it has nothing to rewrite and no key. */
bool rtp_picture(int codec, const uint8_t *payload, int size, picture *out);
/* The last block of an RFC 2198 payload whose blocks are all of this type: its offset, or -1 where it does not add up. */
int red_primary(const uint8_t *payload, int size, int type);
/* Another payload type in each block header of a payload that red_primary has passed. */
void red_renumber(uint8_t *payload, int type);

#endif
