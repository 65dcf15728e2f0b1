/* SRTP and SRTCP of one peer, both ways (RFC 3711, RFC 7714): keys, indices, replay. Works in place. */
#ifndef YUNTING_SRTP_H
#define YUNTING_SRTP_H

#include "crypto.h"

/* Protection profiles by their DTLS-SRTP numbers; CLEAR only in a core made for tests. */
enum { SRTP_CLEAR = 0, SRTP_CM_SHA1_80 = 1, SRTP_GCM_128 = 7, SRTP_GCM_256 = 8 };
enum { SRTP_ROOM = 24 }; /* bytes a packet may grow by: a tag of 16, and the SRTCP index */

/* A window over 1024 packet indices: late packets of a bad network still pass (RFC 3711 asks for 64 at least). */
typedef struct {
    int64_t highest; /* -1 before the first */
    uint64_t seen[16];
} window;

typedef struct {
    uint32_t ssrc;
    window rtp, rtcp;
} remote_ssrc;

/* One direction. */
typedef struct {
    int profile;
    cipher *rtp, *rtcp;
    mac *rtp_mac, *rtcp_mac;
    uint8_t rtp_salt[14], rtcp_salt[14];
} keyring;

typedef struct {
    keyring tx, rx;
    remote_ssrc *remotes; /* those that have authenticated */
    int remote_count;
    uint32_t rtcp_index;
    bool ready;
} srtp;

void window_clear(window *w);
/* The 48 bit index of a 16 bit sequence number, next to the highest (RFC 3711 §3.3.1); -1: before the first. */
int64_t window_index(const window *w, uint16_t sequence);
/* Whether an index is new; window_note marks it. */
bool window_new(const window *w, int64_t index);
void window_note(window *w, int64_t index);

/* Master key followed by master salt for each direction. 0, or -1: unknown profile, wrong length, no memory. */
int srtp_init(srtp *s, int profile, const uint8_t *send, const uint8_t *receive, size_t bytes);
void srtp_free(srtp *s);
/* Length of master key and salt together; -1 for an unknown profile. */
int srtp_master_bytes(int profile);

/* Protect RTP in place; `w` is the window of its SSRC, so that no index is used twice. New size, or -1. */
int srtp_seal(srtp *s, window *w, uint8_t *packet, int header, int size);
/* Check and decrypt in place. New size, or -1: forged, replayed, malformed, or too many SSRCs. */
int srtp_open(srtp *s, uint8_t *packet, int size);
int srtcp_seal(srtp *s, uint8_t *packet, int size);
int srtcp_open(srtp *s, uint8_t *packet, int size);

#endif
