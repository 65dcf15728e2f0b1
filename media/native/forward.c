/* The way of a packet: unprotect once, place, let in, then rewrite and protect for each line that follows. */
#include <stdlib.h>

#include "core.h"

enum { REPAIRS_SWEPT = 4 };

/* -- out ---------------------------------------------------------------------------------------------------------- */

static datagram *out_room(core *c) {
    if (c->out_count == OUTS) c->flush(c);
    return &c->outs[c->out_count];
}

static void out_push(core *c, peer *to, datagram *d, int size) {
    d->size = size;
    d->next = -1;
    if (!to->dirty) {
        to->dirty = true;
        c->dirty[c->dirty_count++] = to->number;
        to->out_first = c->out_count;
    } else {
        c->outs[to->out_last].next = c->out_count;
    }
    to->out_last = c->out_count++;
}

void send_rtcp(core *c, peer *p, const uint8_t *data, int size) {
    if (!size || !p->linked || size > OUT_MAX - SRTP_ROOM) return;
    datagram *d = out_room(c);
    memcpy(d->data, data, (size_t)size);
    size = srtcp_seal(&p->keys, d->data, size);
    if (size < 0)
        p->failed++;
    else
        out_push(c, p, d, size);
}

/* Send bytes that are protected already once more. */
int resend(core *c, peer *p, const datagram *d) {
    if (!p->linked) return 0;
    datagram *mine = out_room(c);
    memcpy(mine->data, d->data, (size_t)d->size);
    out_push(c, p, mine, d->size);
    return 1;
}

/* Header extensions of a receiver's packets, written anew (RFC 8285 §4.2); gives where the payload begins. */
static int stamp(core *c, const line *l, uint8_t *b) {
    peer *to = l->to;
    int at = RTP_HEADER + 4;
    if (to->slot_time_id) {
        b[at] = (uint8_t)(to->slot_time_id << 4 | 2);
        put24(b + at + 1, (uint32_t)(((c->wall % (64 * NS)) << 18) / NS));
        at += 4;
    }
    if (to->slot_cc_id) {
        b[at] = (uint8_t)(to->slot_cc_id << 4 | 1);
        put16(b + at + 1, to->cc_sequence);
        at += 3;
    }
    if (to->slot_mid_id && l->mid.size && l->mid.size <= 16) {
        b[at] = (uint8_t)(to->slot_mid_id << 4 | (l->mid.size - 1));
        memcpy(b + at + 1, l->mid.text, l->mid.size);
        at += 1 + l->mid.size;
    }
    if (at == RTP_HEADER + 4) return RTP_HEADER;
    while (at & 3) b[at++] = 0;
    put16(b + RTP_HEADER, 0xBEDE);
    put16(b + RTP_HEADER + 2, (uint32_t)(at - RTP_HEADER - 4) / 4);
    b[0] |= 0x10;
    return at;
}

/* The payload with a picture descriptor's numbers made continuous; the picture id always in its 15 bit form. */
static int write_payload(const line *l, const packet *p, uint8_t *b) {
    const uint8_t *from = p->payload;
    int done = 0, at = 0;
    if (p->has_pic && p->pic.picture >= 0) {
        memcpy(b, from, (size_t)p->pic.picture_at);
        at = p->pic.picture_at;
        put16(b + at, ((uint32_t)(p->pic.picture + l->picture_offset) & 0x7FFF) | 0x8000);
        at += 2;
        done = p->pic.picture_at + p->pic.picture_bytes;
    }
    if (p->has_pic && p->pic.tl0 >= 0) {
        memcpy(b + at, from + done, (size_t)(p->pic.tl0_at - done));
        at += p->pic.tl0_at - done;
        b[at++] = (uint8_t)(p->pic.tl0 + l->tl0_offset);
        done = p->pic.tl0_at + 1;
    }
    memcpy(b + at, from + done, (size_t)(p->size - done));
    return at + p->size - done;
}

static void keep_wire(line *l, uint16_t sequence, const datagram *d) {
    size_t bytes = offsetof(datagram, data) + (size_t)d->size;
    uint32_t i = sequence % l->wire_count;
    datagram *mine = realloc(l->wires[i], bytes);
    if (!mine) return;
    memcpy(mine, d, bytes);
    l->wires[i] = mine;
}

int line_send(core *c, line *l, const packet *p, bool again) {
    peer *to = l->to;
    if (!to->linked) return 0;
    datagram *d = out_room(c);
    uint8_t *b = d->data;
    uint16_t sequence = (uint16_t)(p->sequence + l->sequence_offset);
    bool as_red = p->primary && l->red_type;
    packet plain = *p;
    if (p->primary && !as_red) {
        plain.payload += p->primary;
        plain.size -= p->primary;
    }
    b[0] = 0x80;
    b[1] = (uint8_t)(p->marker << 7 | (again ? l->rtx_type : as_red ? l->red_type : l->payload_type));
    put16(b + 2, again ? ++l->rtx_sequence : sequence);
    put32(b + 4, p->timestamp + l->timestamp_offset);
    put32(b + 8, again ? l->rtx_ssrc : l->ssrc);
    int header = stamp(c, l, b), size = header;
    if (size + 3 + plain.size + SRTP_ROOM > OUT_MAX) {
        to->failed++;
        return 0;
    }
    if (again) {
        put16(b + size, sequence);
        size += 2;
    }
    if (as_red) {
        memcpy(b + size, plain.payload, (size_t)plain.size);
        red_renumber(b + size, l->payload_type);
        size += plain.size;
    } else {
        size += write_payload(l, &plain, b + size);
    }
    size = srtp_seal(&to->keys, again ? &l->rtx_sent : &l->sent, b, header, size);
    if (size < 0) {
        to->failed++;
        return 0;
    }
    if (to->slot_cc_id) to->cc_sequence++;
    out_push(c, to, d, size);
    if (!again) {
        l->packets++;
        l->octets += (uint64_t)plain.size;
        if (l->wires && !l->rtx_type) keep_wire(l, sequence, d);
    }
    return 1;
}

/* -- in ----------------------------------------------------------------------------------------------------------- */

/* Keep one packet for NACKs, and let go of a few that are too old for any. */
static void keep(core *c, stream *s, const packet *p) {
    uint32_t room = c->set.history_packets;
    if (!s->history && !(s->history = calloc(room, sizeof *s->history))) return;
    for (int i = 0; i < REPAIRS_SWEPT; i++, s->sweep = (s->sweep + 1) % room) {
        kept *old = s->history[s->sweep];
        if (!old || c->now - old->p.at <= HISTORY_NS) break;
        free(old);
        s->history[s->sweep] = NULL;
    }
    kept **at = &s->history[p->sequence % room], *k = realloc(*at, sizeof *k + (size_t)p->size);
    if (!k) return;
    k->p = *p;
    k->p.payload = k->data;
    memcpy(k->data, p->payload, (size_t)p->size);
    *at = k;
}

/* Let everyone who waited for this packet go over to the stream. */
static void open_waiting(core *c, stream *s, const packet *p) {
    if (!s->lines.count && !s->feeds.count) s->in.missing_count = 0; /* lost while nobody listened: of no use */
    for (int i = 0; i < s->waiting.count;) {
        follower *f = s->waiting.at[i];
        if (!f->is_line) {
            follower_hold(f);
            follower_leave(f);
            f->base = p->sequence;
            if (list_add(&s->feeds, f)) f->current = s;
            if (s->has_report) report_tap(c, s, (feed *)f);
        } else if (line_takes((line *)f, s->codec)) {
            line_take(c, (line *)f, s, p);
            report_line(c, s, (line *)f);
        } else {
            i++;
        }
    }
    s->pli_wanted = s->waiting.count > 0;
}

static void fan_out(core *c, stream *s, const packet *p, bool fresh) {
    for (int i = 0; i < s->lines.count; i++) {
        line *l = s->lines.at[i];
        if (!fresh && (uint16_t)(p->sequence - l->f.base) >= HALF) continue;
        c->counters[C_PACKETS_OUT] += (uint64_t)line_send(c, l, p, false);
    }
}

/* The 15 bit picture id nearest to the newest one, of a source that writes only seven bits of it. */
static void widen(const stream *s, picture *pic) {
    if (pic->picture < 0 || pic->picture_bytes != 1 || s->seen_picture < 0) return;
    int step = (pic->picture - s->seen_picture) & 0x7F;
    pic->picture = (s->seen_picture + (step >= 0x40 ? step - 0x80 : step)) & 0x7FFF;
}

static void seen(const core *c, stream *s, const packet *p) {
    s->seen_at = c->now;
    s->seen_timestamp = p->timestamp;
    if (p->has_pic) {
        s->seen_picture = p->pic.picture;
        s->seen_tl0 = p->pic.tl0;
    }
}

static void picture_in(core *c, stream *s, packet *p, bool fresh) {
    p->has_pic = rtp_picture(s->codec, p->payload, p->size, &p->pic);
    if (p->has_pic) widen(s, &p->pic);
    bool key = p->has_pic && p->pic.key;
    if (key && s->codec != VP8 && s->codec != VP9 && p->timestamp == s->key_timestamp) key = p->pic.key = false;
    if (key) {
        s->key_timestamp = p->timestamp;
        s->keyframes++;
        s->keyed_at = c->now;
        if (p->pic.width_px) s->width_px = (uint32_t)p->pic.width_px;
    }
    if (fresh) {
        if (key && s->waiting.count) open_waiting(c, s, p);
        seen(c, s, p);
    }
    if (!s->lines.count) return;
    c->frame_open = !p->marker;
    fan_out(c, s, p, fresh);
    keep(c, s, p);
}

static void sound_in(core *c, stream *s, packet *p, bool fresh, int level) {
    if (level != NO_LEVEL) {
        s->from->level_sum += level;
        s->from->level_count++;
    }
    if (fresh) {
        if (s->waiting.count) open_waiting(c, s, p);
        seen(c, s, p);
    }
    fan_out(c, s, p, fresh);
}

static void begin(core *c, stream *s) {
    s->seen_at = c->now;
    if (!(s->from->started >> s->kind & 1)) {
        s->from->started |= (uint8_t)(1 << s->kind);
        uint8_t *told = control(c, R_TRACK, 8);
        if (told) {
            uint32_t words[2] = {(uint32_t)s->from->number, (uint32_t)(s->kind << 8 | s->codec)};
            memcpy(told, words, 8);
            c->urgent = true;
            ring_commit(c->control);
        }
    }
    steer_track(c, s->from, s->kind);
}

static void measure(const core *c, stream *s, int size) {
    s->bytes += (uint64_t)size;
    s->total_bytes += (uint64_t)size;
    int64_t passed = since(c->now, s->window_at);
    if (passed < NS) return;
    s->bitrate_bps = s->window_at == NEVER ? 0 : (uint32_t)((double)s->bytes * 8 * (double)NS / (double)passed);
    s->bytes = 0;
    s->window_at = c->now;
}

static const type *type_of(const stream *s, int number) {
    for (int i = 0; i < s->of->type_count; i++)
        if (s->of->types[i].number == number) return &s->of->types[i];
    return NULL;
}

static int opus_type(const stream *s) {
    for (int i = 0; i < s->of->type_count; i++)
        if (s->of->types[i].codec == OPUS) return s->of->types[i].number;
    return -1;
}

static void media_in(core *c, stream *s, packet *p, int number, const uint8_t *whole, int whole_size, int start,
                     int level) {
    const type *t = type_of(s, number);
    if (!t) {
        c->counters[C_UNKNOWN_PAYLOAD_TYPE]++;
        return;
    }
    uint8_t codec = t->codec == RED ? OPUS : t->codec;
    if (t->codec == RED && (p->primary = red_primary(p->payload, p->size, opus_type(s))) < 0) {
        c->counters[C_MALFORMED]++;
        return;
    }
    if (codec != s->codec) {
        stream_cut(s);
        history_clear(c, s);
        s->codec = codec;
        s->seen_at = NEVER;
    }
    if (!reception_accept(&s->in, p->sequence, p->timestamp, s->clock, c->now)) {
        c->counters[C_DUPLICATES]++;
        return;
    }
    c->counters[C_PACKETS_IN]++;
    bool fresh = s->in.highest == p->sequence;
    c->counters[C_LATE] += !fresh;
    measure(c, s, whole_size);
    if (s->seen_at == NEVER) begin(c, s);
    if (s->kind == AUDIO)
        sound_in(c, s, p, fresh, level);
    else
        picture_in(c, s, p, fresh);
    if (!s->feeds.count) return;
    tap_packet(c, s, p, whole, start, level);
}

static void rtp_in(core *c, peer *p, const uint8_t *data, int size) {
    bounds b;
    if (rtp_bounds(data, size, &b)) {
        c->counters[C_MALFORMED]++;
        return;
    }
    uint32_t ssrc = get32(data + 8);
    if (p->cc) {
        element e = rtp_element(data, size, b.extension, p->cc_id);
        if (e.size == 2) arrivals_note(p->cc, get16(e.at), ssrc, c->now);
    }
    stream *s = stream_of(c, p, data, size, &b);
    if (!s) {
        c->counters[C_UNKNOWN_SSRC]++;
        return;
    }
    if (!s->permitted) {
        c->counters[C_REFUSED_PUBLISH]++;
        return;
    }
    packet k = {.at = c->now, .timestamp = get32(data + 4), .sequence = get16(data + 2), .marker = data[1] >> 7,
                .size = b.end - b.start, .payload = data + b.start};
    int number = data[1] & 0x7F;
    if (s->ssrc == ssrc) {
        int level = NO_LEVEL;
        element e = {0};
        if (s->kind == AUDIO) e = rtp_element(data, size, b.extension, p->level_id);
        if (e.size) level = -(e.at[0] & 0x7F);
        media_in(c, s, &k, number, data, size, b.start, level);
        return;
    }
    if (k.size <= 2) { /* RFC 4588 §4: a padding probe */
        c->counters[C_PROBES]++;
        return;
    }
    k.sequence = get16(k.payload);
    k.payload += 2;
    k.size -= 2;
    int repaired = 0;
    for (int i = 0; i < s->of->type_count; i++)
        if (s->of->types[i].rtx == number) repaired = s->of->types[i].number;
    media_in(c, s, &k, repaired, NULL, k.size + RTP_HEADER, RTP_HEADER, NO_LEVEL);
}

void core_receive(core *c, int number, uint8_t *data, int size) {
    peer *p = number >= 0 && number < PEERS_MAX ? c->peers[number] : NULL;
    if (!p || !p->linked || size < 8) {
        c->counters[C_UNLINKED]++;
        return;
    }
    if (data[1] >= 192 && data[1] <= 223) { /* RFC 5761 §4 */
        rtcp_receive(c, p, data, size);
        return;
    }
    size = srtp_open(&p->keys, data, size);
    if (size < 0)
        c->counters[C_SRTP]++;
    else
        rtp_in(c, p, data, size);
}
