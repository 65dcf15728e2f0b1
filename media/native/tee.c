/* What machine ears get, written into the ring of each: packets, sender reports, and the names those use.
 *
 * Names go into the ring before the first packet that uses them, so its reader needs no other channel; a number that is
 * given to another peer or ear is told anew. The reader is media/tee.py. Decodes nothing and never waits.
 */
#include "core.h"

/* The packet's own bytes follow; of a report its NTP time, of a name the name. */
typedef struct {
    uint32_t kind, tap, track; /* track: 2 x the publisher's number + kind; of a name, tap: the number it names */
    uint32_t ssrc, timestamp, clock;
    int64_t arrival;
    uint16_t sequence, start, end;
    int16_t level; /* 1: none */
    uint8_t codec, marker, key, rest[5];
} tap_record;

enum { TAP_PACKET = 1, TAP_REPORT = 2, TAP_NAME = 3, PEER_NAME = 4 };

_Static_assert(sizeof(tap_record) == 48, "media/tee.py reads it");

static bool tell_name(ring *to, uint32_t kind, uint32_t number, const label *l) {
    uint8_t *room = ring_reserve(to, (uint32_t)sizeof(tap_record) + l->size);
    if (!room) return false;
    tap_record r = {.kind = kind, .tap = number, .level = NO_LEVEL};
    memcpy(room, &r, sizeof r);
    memcpy(room + sizeof r, l->text, l->size);
    ring_commit(to);
    return true;
}

static bool names_told(core *c, tap *t, uint32_t number, peer *from) {
    uint8_t bit = (uint8_t)(1 << t->ring);
    if (!t->named) t->named = tell_name(c->rings[t->ring], TAP_NAME, number, &t->label);
    if (t->named && !(from->named & bit) &&
        tell_name(c->rings[t->ring], PEER_NAME, (uint32_t)from->number, &from->label))
        from->named |= bit;
    return t->named && (from->named & bit);
}

static uint8_t *tap_room(core *c, const feed *f, const stream *s, size_t size) {
    tap *t = &c->taps[f->tap];
    uint8_t *room = names_told(c, t, f->tap, s->from) ? ring_reserve(c->rings[t->ring], (uint32_t)size) : NULL;
    if (room) return room;
    c->counters[C_TAP_DROPPED]++;
    if (!t->dropped++) {
        uint8_t *told = control(c, R_TAP_FULL, 4);
        if (told) {
            memcpy(told, &f->tap, 4);
            ring_commit(c->control);
        }
    }
    return NULL;
}

void tap_packet(core *c, const stream *s, const packet *p, const uint8_t *whole, int start, int level) {
    uint8_t head[RTP_HEADER] = {0x80};
    int size = p->size - p->primary;
    const uint8_t *payload = p->payload + p->primary;
    if (!whole) {
        put16(head + 2, p->sequence);
        put32(head + 4, p->timestamp);
        put32(head + 8, s->ssrc);
        start = RTP_HEADER;
        whole = head;
    }
    int number = 0;
    for (int i = s->of->type_count - 1; i >= 0; i--)
        if (s->of->types[i].codec == s->codec) number = s->of->types[i].number;
    for (int i = 0; i < s->feeds.count; i++) {
        feed *f = s->feeds.at[i];
        if ((uint16_t)(p->sequence - f->f.base) >= HALF) continue;
        uint8_t *room = tap_room(c, f, s, sizeof(tap_record) + (size_t)start + (size_t)size);
        if (!room) continue;
        tap_record r = {.kind = TAP_PACKET, .tap = f->tap, .track = (uint32_t)(2 * s->from->number + s->kind),
                        .ssrc = s->ssrc, .timestamp = p->timestamp, .clock = s->clock, .arrival = c->wall,
                        .sequence = p->sequence, .start = (uint16_t)start, .end = (uint16_t)(start + size),
                        .level = (int16_t)level, .codec = s->codec, .marker = p->marker,
                        .key = p->has_pic && p->pic.key};
        memcpy(room, &r, sizeof r);
        uint8_t *rtp = room + sizeof r;
        memcpy(rtp, whole, (size_t)start);
        rtp[0] &= 0xDF; /* the padding is left out */
        rtp[1] = (uint8_t)(p->marker << 7 | number);
        memcpy(rtp + start, payload, (size_t)size);
        ring_commit(c->rings[c->taps[f->tap].ring]);
    }
}

void report_tap(core *c, stream *s, feed *f) {
    uint8_t *room = tap_room(c, f, s, sizeof(tap_record) + sizeof s->report_ntp);
    if (!room) return;
    tap_record r = {.kind = TAP_REPORT, .tap = f->tap, .track = (uint32_t)(2 * s->from->number + s->kind),
                    .ssrc = s->ssrc, .timestamp = s->report_rtp, .clock = s->clock, .arrival = s->report_wall,
                    .level = NO_LEVEL, .codec = s->codec};
    memcpy(room, &r, sizeof r);
    memcpy(room + sizeof r, &s->report_ntp, sizeof s->report_ntp);
    ring_commit(c->rings[c->taps[f->tap].ring]);
}

void tee_timer(core *c) {
    for (int n = 0; n < RINGS_MAX; n++) {
        uint32_t readers = c->rings[n] ? atomic_load(&c->rings[n]->memory->readers) : 0;
        if (readers == c->readers[n]) continue;
        c->readers[n] = readers;
        for (int i = 0; i < TAPS_MAX; i++)
            if (c->taps[i].ring == n) c->taps[i].named = false;
        for (int i = 0; i < PEERS_MAX; i++)
            if (c->peers[i]) c->peers[i]->named &= (uint8_t) ~(1 << n);
    }
}
