/* The face of the shared library. Every function may be called from any thread; times are nanoseconds. */
#ifndef YUNTING_LOOP_H
#define YUNTING_LOOP_H

#include "core.h"

#define API __attribute__((visibility("default")))

typedef struct plane plane;

/* Of one stream, for those above. highest -1: nothing yet. */
typedef struct {
    uint32_t ssrc, width_px, bitrate_bps, keyframes;
    uint64_t expected, received, bytes;
    double jitter_s;
    int64_t seen_at;
    uint8_t kind, layer, codec, permitted;
} stream_figures;

typedef struct {
    uint32_t ssrc, packets, nacks, repeats, freezes, switches;
    uint64_t octets;
    int32_t source, layer; /* -1: none */
    uint8_t slot, kind, fraction_lost, reducible;
    uint32_t bitrate_bps;
} line_figures;

API int yt_version(void);
API plane *yt_new(const settings *set);
API void yt_free(plane *p);
/* All commands in `data`; they hold when this returns. 0, or -1 - offset of the one that is malformed. */
API int yt_command(plane *p, const uint8_t *data, size_t size, int64_t now, int64_t wall);
/* Without a socket: one datagram of a peer, or time passing; then yt_sent. */
API void yt_receive(plane *p, uint32_t number, const uint8_t *data, size_t size, int64_t now, int64_t wall);
API void yt_timer(plane *p, int64_t now, int64_t wall);
/* Copy what was sent (peer, size, bytes; see core.c) into out and forget it; gives the bytes, or what is needed, negative. */
API int64_t yt_sent(plane *p, uint8_t *out, size_t room);
/* Copy whole records (size, bytes filled up to eight) of the control ring (-1) or a tap ring; gives the bytes. */
API int64_t yt_records(plane *p, int from, uint8_t *out, size_t room);
/* Where the ring of the ears in this process lies (ring 0), for a reader of its own: memory of *size bytes. */
API void *yt_own_ring(plane *p, uint32_t *size);
/* Let ears have a ring in shared memory, and the eventfd its reader waits on; both may be closed afterwards. Gives its
 * number, or -errno: -EINVAL for what is no ring, or one too many. */
API int yt_share(plane *p, int memory, int wake);
API uint64_t yt_dropped(plane *p, int from);
/* The fullest the control ring (-1) or a tap ring was since the last call, 0 to 1; negative: there is none. */
API double yt_worst(plane *p, int from);
/* Read the socket on a thread of its own; `wake` is an eventfd that is written when there are records. 0 or -errno. */
API int yt_start(plane *p, int sock, int wake);
API void yt_stop(plane *p);
API void yt_counters(plane *p, uint64_t *out);
/* Figures of a peer; gives the number of streams and lines written, -1: not there. */
API int yt_streams(plane *p, uint32_t number, stream_figures *out, int room, int64_t now);
API int yt_lines(plane *p, uint32_t number, line_figures *out, int room);
/* failed packets; when its last RTCP came. False: not there. */
API int yt_peer(plane *p, uint32_t number, uint32_t *failed, int64_t *heard_at);
/* Sum and number of RFC 6464 levels (dBov) since the last call, which begins anew. -1: not there. */
API int yt_level(plane *p, uint32_t number, double *sum);

#endif
