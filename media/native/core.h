/* State of the data plane: peers with their streams and lines, taps, the packets that wait to go out.
 *
 * Sans-IO: datagrams, commands and times come in, datagrams and records go out; loop.c has the socket and the thread.
 * It knows no plan and no name: rights and routes are commands, peers and taps are numbers. One lock, held by whoever
 * is in; a command holds from the moment it returns.
 */
#ifndef YUNTING_CORE_H
#define YUNTING_CORE_H

#include "ring.h"
#include "rtp.h"
#include "srtp.h"

#define MISSING_MAX 512 /* more missing than this is an outage, not loss: start anew */
#define HISTORY_NS NS   /* a packet that nobody asked for in a second is not asked for any more */
#define ARRIVALS_MAX 1024
#define OUTS 512
#define SENT_REPORTS 4
#define NO_LEVEL 1 /* of a packet that does not say how loud it is */

/* Counters of the whole engine, in the order of COUNTERS in engine/native_library.py. */
enum {
    C_CONTAINED, C_DUPLICATES, C_KEY_REQUESTS_IN, C_LATE, C_MALFORMED, C_NACKS_IN, C_NACKS_OUT, C_PACKETS_IN,
    C_PACKETS_OUT, C_PLIS_OUT, C_PROBES, C_REFUSED_PUBLISH, C_REPEATED, C_RTCP_FLOOD, C_SRTP, C_TAP_DROPPED,
    C_TRANSPORT_CC_IN, C_TRANSPORT_CC_OUT, C_UNKNOWN_PAYLOAD_TYPE, C_UNKNOWN_SSRC, C_UNLINKED, C_UNREAD, C_UNSENT,
    C_CONTROL_DROPPED, C_GSO_OFF, COUNTERS
};

typedef struct {
    int64_t nack_interval, pli_interval, taped_key_interval, report_interval, remb_interval, cc_interval;
    uint32_t history_packets, nack_attempts_max, remb_bps, rtcp_per_second_max;
    uint32_t ring_bytes; /* of the control ring and of the loop's own tap ring */
    uint8_t gso, clear;
} settings;

typedef struct stream stream;
typedef struct line line;
typedef struct feed feed;
typedef struct peer peer;
typedef struct core core;

/* One datagram that waits to be sent. */
typedef struct {
    int next, size;
    uint8_t data[OUT_MAX];
} datagram;

typedef struct {
    uint8_t ip[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint16_t port;
} address;

/* A growing list of pointers. */
typedef struct {
    void **at;
    int count, room;
} list;

typedef struct {
    uint8_t number, codec, rtx; /* rtx 0: none */
    uint32_t clock;
} type;

typedef struct {
    uint8_t size;
    char text[NAME_MAX_BYTES];
} name;

/* What those above call a peer or a tap. */
typedef struct {
    uint8_t size;
    char text[UINT8_MAX];
} label;

/* One m-line the client sends on. */
typedef struct {
    name mid;
    name rids[RIDS_MAX]; /* lowest layer first */
    type types[TYPES_MAX];
    uint8_t rid_count, type_count, ssrc_count;
    uint32_t ssrcs[2]; /* of the offer: media, its RTX */
} uplink;

/* Which packets of one SSRC have come (RFC 3550 appendix A). */
typedef struct {
    int32_t highest; /* -1 before the first */
    uint32_t first, cycles, received;
    uint64_t expected_past, received_past;
    uint32_t expected_before, received_before;
    double jitter, transit;
    bool has_transit;
    struct { uint16_t sequence, asked; int64_t due; } *missing;
    int missing_count;
    uint32_t sr_middle;
    int64_t sr_at;
} reception;

/* One packet as the publisher sent it, without header extension, RTX wrapping and padding. */
typedef struct {
    int64_t at;
    uint32_t timestamp;
    uint16_t sequence;
    uint8_t marker;
    int primary; /* of RED: where its last block begins; 0: not RED */
    picture pic;
    bool has_pic;
    int size;
    const uint8_t *payload;
} packet;

typedef struct {
    packet p;
    uint8_t data[];
} kept;

/* When each packet of one sender came, by its transport-wide number made continuous. */
typedef struct {
    int64_t highest, next; /* next: the first not told yet */
    uint32_t media;
    uint8_t number;
    struct { int64_t whole, ticks; } came[ARRIVALS_MAX];
} arrivals;

/* Whoever gets one track: a line or a tap's feed. source: publisher's number, -1: none. */
typedef struct {
    int kind, source;
    uint32_t width_px;
    stream *current, *target;
    uint16_t base; /* the sequence number it began the current stream at */
    bool is_line;
} follower;

struct line {
    follower f;
    peer *to;
    uint8_t slot;
    uint32_t ssrc, rtx_ssrc; /* rtx_ssrc 0: none */
    name mid, cname;
    type types[TYPES_MAX];
    uint8_t type_count;
    uint8_t payload_type, rtx_type, red_type;
    uint16_t sequence_offset, picture_offset, next_sequence, next_picture, rtx_sequence;
    uint32_t timestamp_offset, last_timestamp;
    uint8_t tl0_offset, next_tl0;
    int64_t last_at;
    window sent, rtx_sent;
    datagram **wires; /* what went out, of a picture line without RTX: it repeats the very same bytes */
    uint32_t wire_count;
    uint32_t packets, nacks, repeats, freezes, switches;
    uint64_t octets;
    int64_t repeat_second, watched_from;
    uint8_t fraction_lost;
    uint32_t repeats_left;
    bool frozen;
};

struct feed {
    follower f;
    uint32_t tap;
};

/* One layer of a track. */
struct stream {
    peer *from;
    uplink *of;
    int kind, layer; /* layer: index of its rid, lowest first */
    uint32_t ssrc;
    bool permitted;
    uint8_t codec;
    uint32_t clock, width_px;
    reception in;
    list lines, feeds, waiting; /* of line*, feed*, follower* */
    kept **history; /* by sequence number, history_packets long */
    uint32_t sweep; /* where the search for packets too old to be asked for goes on */
    int64_t seen_at, key_timestamp, keyed_at, pli_at, window_at;
    uint32_t seen_timestamp;
    int32_t seen_picture, seen_tl0;
    bool pli_wanted, has_report;
    uint64_t report_ntp;
    uint32_t report_rtp;
    int64_t report_wall;
    uint64_t bytes, total_bytes;
    uint32_t bitrate_bps, keyframes;
};

struct peer {
    int number;
    bool present, linked, dirty;
    uint8_t named; /* by ring: its label has been told there */
    label label;
    srtp keys;
    address at; /* where its packets go */
    address *accepted; /* where its media may come from */
    int accepted_count;
    /* as a publisher */
    uplink up[2];
    uint8_t level_id, mid_id, rid_id, repaired_id, cc_id;
    uint8_t may, started; /* bits by kind */
    stream *tracks[2][RIDS_MAX];
    int layer_count[2];
    struct { uint32_t ssrc; stream *of; } ssrcs[2 * (1 + RIDS_MAX)];
    int ssrc_count;
    int64_t ntp_shift;
    bool has_shift;
    double level_sum;
    uint32_t level_count;
    int64_t rtcp_second;
    uint32_t rtcp_left;
    arrivals *cc; /* NULL: transport-cc was not agreed */
    /* as a receiver */
    uint8_t slot_mid_id, slot_time_id, slot_cc_id;
    uint16_t cc_sequence;
    line **lines; /* they stay where they are: lists point to them */
    int line_count;
    uint32_t budget_bps; /* UINT32_MAX: no limit */
    uint32_t failed;
    int64_t heard_at;
    list followers[2]; /* everyone the routes let have its track, flowing or not */
    int out_first, out_last;
};

typedef struct {
    bool used, named; /* named: its label has been told in its ring */
    uint8_t ring;
    label label;
    list feeds;
    uint64_t dropped;
} tap;

typedef struct {
    address from;
    int peer; /* -1: free */
} source;

struct core {
    settings set;
    peer *peers[PEERS_MAX];
    tap taps[TAPS_MAX];
    ring *control;
    ring *rings[RINGS_MAX]; /* of the machine ears; 0 is the owner's own */
    uint32_t readers[RINGS_MAX]; /* to how many readers of each ring the names have been told */
    uint64_t counters[COUNTERS];
    source *sources; /* open hash of every accepted address; a power of two, at most half full */
    uint32_t source_room;
    datagram *outs;
    int out_count;
    int dirty[PEERS_MAX];
    int dirty_count;
    int64_t now, wall; /* of the batch in work: monotonic, UTC nanoseconds */
    int64_t reports_at, remb_at, cc_at, steer_at, watch_at;
    bool urgent; /* those above are to be woken for what was told since */
    bool frame_open; /* the newest picture packet was not the last of its frame: more of it is on its way */
    void (*flush)(core *); /* send everything that waits */
    void *owner;           /* of flush: the plane that has the socket */
    uint8_t *sent; /* a core without a socket keeps what it sends here, until it is taken */
    size_t sent_size, sent_room;
};

/* Records of the control ring; each begins with its kind in four bytes. */
enum { R_DATAGRAM = 1, R_RTCP, R_TRACK, R_REPORT_SENT, R_TAP_FULL };

core *core_new(const settings *set); /* NULL: no memory, or no libcrypto */
/* Give ears a ring in memory of `size` bytes, which stays until core_free; false: it is none, or there is no room. */
bool core_ring(core *c, int number, ring_memory *memory, size_t size);
void core_free(core *c);
uint32_t address_hash(const address *a);
/* The peer whose media may come from here, or -1. */
int core_source(const core *c, const address *from);
bool list_add(list *l, void *item);
void list_remove(list *l, void *item);

/* publish.c: a peer's own streams */
void publisher_permit(core *c, peer *p, int kinds);
stream *stream_of(core *c, peer *p, const uint8_t *data, int size, const bounds *b);
void peer_clear(core *c, peer *p);
bool reception_accept(reception *r, uint16_t sequence, uint32_t timestamp, uint32_t clock, int64_t now);
void reception_restart(reception *r);

void stream_cut(stream *s);
void history_clear(core *c, stream *s);

/* follow.c: who gets which layer */
bool stream_live(const core *c, const stream *s);
bool line_takes(const line *l, int codec);
void follower_cut(follower *f);
void follower_leave(follower *f);
void follower_hold(follower *f);
void follow(core *c, follower *f, int publisher, uint32_t width_px);
void unfollow(core *c, follower *f);
void steer_track(core *c, peer *p, int kind);
void steer_all(core *c);
void watch_all(core *c);
void line_take(core *c, line *l, stream *s, const packet *p);

/* forward.c: packets */
void core_receive(core *c, int number, uint8_t *data, int size);
int line_send(core *c, line *l, const packet *p, bool again);
void send_rtcp(core *c, peer *p, const uint8_t *data, int size);
int resend(core *c, peer *p, const datagram *d);

/* rtcp.c: reports and requests, both ways */
void rtcp_receive(core *c, peer *p, uint8_t *data, int size);
void rtcp_timer(core *c);
void report_line(core *c, stream *s, line *l);
uint8_t *control(core *c, uint32_t kind, uint32_t size);

/* tee.c: machine ears */
/* `whole`: the packet as it came, its payload from `start` on; NULL: it came as RTX. RED is taken off. */
void tap_packet(core *c, const stream *s, const packet *p, const uint8_t *whole, int start, int level);
void report_tap(core *c, stream *s, feed *f);
/* Every tick: a ring that has a new reader is told all names anew. */
void tee_timer(core *c);

/* arrivals.c: transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1) */
void arrivals_note(arrivals *a, uint16_t number, uint32_t ssrc, int64_t now);
/* The next feedback packet, at most 1200 bytes, into data; its size, 0 when all is told. */
int arrivals_feedback(arrivals *a, uint8_t *data);

/* command.c: everything that is asked for from above. 0, or the negative offset+1 of what is wrong. */
int core_command(core *c, const uint8_t *data, size_t size);
void core_timer(core *c);

#endif
