/* RTCP: what clients say, and what they are told. A client's RTCP is never forwarded as it is.
 *
 * NACK, PLI, FIR and sender reports are dealt with here; report blocks, REMB and transport-wide feedback go up.
 * Sources: RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1, draft-alvestrand-rmcat-remb-03.
 */
#include "core.h"

enum { SR = 200, RR = 201, SDES = 202, RTPFB = 205, PSFB = 206 };
enum { FMT_NACK = 1, FMT_CC = 15, FMT_PLI = 1, FMT_FIR = 4, FMT_AFB = 15 };
enum { SERVER_SSRC = 1, BLOCK = 24, BLOCKS_MAX = 31, RTCP_MAX = 1400 };
#define NTP_EPOCH INT64_C(2208988800)
#define CLOCK_JUMP (INT64_C(1) << 32) /* a second: a publisher's clock was set, the shift is taken anew */
#define REPORT_WITHIN (5 * NS)        /* a stream silent for longer is left out of receiver reports */

static uint64_t ntp_of(int64_t wall) {
    uint64_t seconds = (uint64_t)(wall / NS + NTP_EPOCH), rest = (uint64_t)(wall % NS);
    return seconds << 32 | (rest << 32) / (uint64_t)NS;
}

uint8_t *control(core *c, uint32_t kind, uint32_t size) {
    uint8_t *room = ring_reserve(c->control, 4 + size);
    if (!room) {
        c->counters[C_CONTROL_DROPPED]++;
        return NULL;
    }
    memcpy(room, &kind, 4);
    return room + 4;
}

/* -- in ----------------------------------------------------------------------------------------------------------- */

static line *line_by_ssrc(peer *p, uint32_t ssrc) {
    for (int i = 0; i < p->line_count; i++)
        if (p->lines[i]->ssrc == ssrc) return p->lines[i];
    return NULL;
}

void report_line(core *c, stream *s, line *l) {
    if (!s->has_report || !s->from->has_shift) return;
    /* Every publisher's NTP time is moved by one constant: lips stay in step, a slot's clock does not jump. */
    uint64_t ntp = s->report_ntp + (uint64_t)s->from->ntp_shift;
    uint8_t b[28 + 12 + NAME_MAX_BYTES + 4] = {0x80, SR, 0, 6};
    put32(b + 4, l->ssrc);
    put64(b + 8, ntp);
    put32(b + 16, s->report_rtp + l->timestamp_offset);
    put32(b + 20, l->packets);
    put32(b + 24, (uint32_t)l->octets);
    int words = (6 + l->cname.size + 1 + 3) / 4; /* SSRC, item, and at least one zero */
    b[28] = 0x81;
    b[29] = SDES;
    put16(b + 30, (uint32_t)words);
    put32(b + 32, l->ssrc);
    b[36] = 1;
    b[37] = l->cname.size;
    memcpy(b + 38, l->cname.text, l->cname.size);
    send_rtcp(c, l->to, b, 32 + 4 * words);
    uint8_t *told = control(c, R_REPORT_SENT, 20);
    if (!told) return;
    uint32_t parts[3] = {(uint32_t)l->to->number, l->ssrc, (uint32_t)(ntp >> 16)};
    memcpy(told, parts, 12);
    memcpy(told + 12, &c->now, 8);
    ring_commit(c->control);
}

static void sender_report(core *c, peer *p, const uint8_t *body) {
    uint32_t ssrc = get32(body);
    stream *s = NULL;
    for (int i = 0; i < p->ssrc_count; i++)
        if (p->ssrcs[i].ssrc == ssrc && p->ssrcs[i].of->ssrc == ssrc) s = p->ssrcs[i].of;
    if (!s || !s->permitted) return;
    s->report_ntp = get64(body + 4);
    s->report_rtp = get32(body + 12);
    s->report_wall = c->wall;
    s->has_report = true;
    uint64_t moved = ntp_of(c->wall) - s->report_ntp; /* any 64 bits: the client says what it likes */
    int64_t shift = (int64_t)moved, change = (int64_t)(moved - (uint64_t)p->ntp_shift);
    if (!p->has_shift || change > CLOCK_JUMP || change < -CLOCK_JUMP) {
        p->ntp_shift = shift;
        p->has_shift = true;
    }
    s->in.sr_middle = (uint32_t)(s->report_ntp >> 16);
    s->in.sr_at = c->now;
    for (int i = 0; i < s->lines.count; i++) report_line(c, s, s->lines.at[i]);
    for (int i = 0; i < s->feeds.count; i++) report_tap(c, s, s->feeds.at[i]);
}

static int again(core *c, line *l, uint16_t sequence) {
    stream *s = l->f.current;
    uint16_t original = (uint16_t)(sequence - l->sequence_offset);
    if (!l->rtx_type) { /* the very same bytes: another packet under the same index would give the key away */
        datagram *d = l->wires ? l->wires[sequence % l->wire_count] : NULL;
        return d && get16(d->data + 2) == sequence && resend(c, l->to, d);
    }
    kept *k = s->history ? s->history[original % c->set.history_packets] : NULL;
    if (!k || k->p.sequence != original || c->now - k->p.at > HISTORY_NS) return 0;
    if ((uint16_t)(original - l->f.base) >= HALF) return 0;
    return line_send(c, l, &k->p, true);
}

static void nack(core *c, peer *p, const uint8_t *body, int size) {
    line *l = line_by_ssrc(p, get32(body + 4));
    if (!l) return;
    c->counters[C_NACKS_IN]++;
    l->nacks++;
    if (!l->f.current || l->f.kind != VIDEO) return;
    if (l->repeat_second != c->now / NS) { /* so that a flood of NACKs can't multiply traffic */
        l->repeat_second = c->now / NS;
        l->repeats_left = c->set.history_packets;
    }
    for (int at = 8; at + 4 <= size; at += 4) {
        uint16_t sequence = get16(body + at), mask = get16(body + at + 2);
        for (int bit = 0; bit <= 16; bit++, mask = bit > 1 ? mask >> 1 : mask) {
            if (bit && !(mask & 1)) continue;
            if (!l->repeats_left) return;
            if (!again(c, l, (uint16_t)(sequence + bit))) continue;
            l->repeats_left--;
            l->repeats++;
            c->counters[C_REPEATED]++;
        }
    }
}

static void want_key(core *c, peer *p, uint32_t ssrc) {
    line *l = line_by_ssrc(p, ssrc);
    if (!l || l->f.kind != VIDEO || !l->f.current) return;
    c->counters[C_KEY_REQUESTS_IN]++;
    l->f.current->pli_wanted = true;
}

/* One packet of a compound. -1: it does not add up; 1: something in it is for those above. */
static int part(core *c, peer *p, int form, int kind, const uint8_t *body, int size) {
    if (kind == SR || kind == RR) {
        int blocks = kind == SR ? 24 : 4;
        if (size < blocks + form * BLOCK) return -1;
        for (int i = 0; i < form; i++) {
            line *l = line_by_ssrc(p, get32(body + blocks + BLOCK * i));
            if (l) l->fraction_lost = body[blocks + BLOCK * i + 4];
        }
        if (kind == SR) sender_report(c, p, body);
        return form > 0;
    }
    if (kind != RTPFB && kind != PSFB) return 0;
    if (kind == RTPFB && form == FMT_CC) {
        c->counters[C_TRANSPORT_CC_IN]++;
        return 1;
    }
    bool heeded = kind == RTPFB ? form == FMT_NACK : form == FMT_PLI || form == FMT_FIR || form == FMT_AFB;
    if (!heeded) return 0;
    if (kind == PSFB && form == FMT_AFB) return 1;
    if (size < 8) return kind == PSFB && form == FMT_FIR ? 0 : -1;
    if (kind == RTPFB) nack(c, p, body, size);
    if (kind == PSFB && form == FMT_PLI) want_key(c, p, get32(body + 4));
    if (kind == PSFB && form == FMT_FIR)
        for (int at = 8; at + 8 <= size; at += 8) want_key(c, p, get32(body + at));
    return 0;
}

static void compound(core *c, peer *p, const uint8_t *data, int size) {
    bool up = false;
    int at = 0;
    while (at < size) {
        int end = size - at < 4 ? size + 1 : at + 4 + 4 * get16(data + at + 2), stop = end, found = -1;
        if (end <= size && data[at] >> 6 == 2) {
            int padding = data[at] & 0x20 ? data[end - 1] : 0;
            if (!(data[at] & 0x20) || (padding && padding <= end - at - 4)) {
                stop -= padding;
                found = part(c, p, data[at] & 31, data[at + 1], data + at + 4, stop - at - 4);
            }
        }
        if (found < 0) {
            c->counters[C_MALFORMED]++;
            break;
        }
        up |= found > 0;
        at = end;
    }
    uint8_t *told = up ? control(c, R_RTCP, 12 + (uint32_t)at) : NULL;
    if (!told) return;
    memcpy(told, &(uint32_t){(uint32_t)p->number}, 4);
    memcpy(told + 4, &c->now, 8);
    memcpy(told + 12, data, (size_t)at);
    ring_commit(c->control);
}

void rtcp_receive(core *c, peer *p, uint8_t *data, int size) {
    if (p->rtcp_second != c->now / NS) {
        p->rtcp_second = c->now / NS;
        p->rtcp_left = c->set.rtcp_per_second_max;
    }
    if (!p->rtcp_left) {
        c->counters[C_RTCP_FLOOD]++;
        return;
    }
    p->rtcp_left--;
    size = srtcp_open(&p->keys, data, size);
    if (size < 0) {
        c->counters[C_SRTP]++;
        return;
    }
    p->heard_at = c->now;
    compound(c, p, data, size);
}

/* -- out ---------------------------------------------------------------------------------------------------------- */

static int feedback(uint8_t *b, int kind, int form, uint32_t media, int size) {
    b[0] = (uint8_t)(0x80 | form);
    b[1] = (uint8_t)kind;
    put16(b + 2, (uint32_t)size / 4 - 1);
    put32(b + 4, SERVER_SSRC);
    put32(b + 8, media);
    return size;
}

static int ask_again(core *c, stream *s, uint8_t *b) {
    reception *r = &s->in;
    int size = 12, left = 0;
    for (int i = 0; i < r->missing_count; i++) {
        uint16_t sequence = r->missing[i].sequence;
        if ((uint16_t)(r->highest - sequence) > MISSING_MAX) continue; /* too old: not even let in any more */
        if (r->missing[i].due <= c->now && r->missing[i].asked < c->set.nack_attempts_max && size < RTCP_MAX / 2) {
            r->missing[i].asked++;
            r->missing[i].due = c->now + c->set.nack_interval;
            uint16_t ahead = size > 12 ? (uint16_t)(sequence - get16(b + size - 4)) : 0;
            if (ahead && ahead <= 16) {
                put16(b + size - 2, get16(b + size - 2) | 1u << (ahead - 1));
            } else {
                put16(b + size, sequence);
                put16(b + size + 2, 0);
                size += 4;
            }
        }
        r->missing[left++] = r->missing[i];
    }
    r->missing_count = left;
    if (size == 12) return 0;
    c->counters[C_NACKS_OUT]++;
    return feedback(b, RTPFB, FMT_NACK, s->ssrc, size);
}

/* A record that is kept is to be searched through: a place to begin every few seconds of it. */
static bool key_missed(const core *c, const stream *s) {
    int64_t every = c->set.taped_key_interval;
    return s->feeds.count && stream_live(c, s) && since(c->now, s->keyed_at) >= every && since(c->now, s->pli_at) >= every;
}

static int requests(core *c, peer *p, uint8_t *b) {
    int size = 0;
    for (int i = 0; i < p->layer_count[VIDEO]; i++) {
        stream *s = p->tracks[VIDEO][i];
        if (!s->permitted) continue;
        bool heeded = s->lines.count || s->feeds.count; /* nobody's loss is not repaired */
        if (heeded && s->in.missing_count && size < RTCP_MAX / 2) size += ask_again(c, s, b + size);
        if (key_missed(c, s)) s->pli_wanted = true;
        if (s->pli_wanted && since(c->now, s->pli_at) >= c->set.pli_interval) {
            s->pli_at = c->now;
            s->pli_wanted = s->waiting.count > 0; /* the request itself may be lost */
            c->counters[C_PLIS_OUT]++;
            size += feedback(b + size, PSFB, FMT_PLI, s->ssrc, 12);
        }
    }
    return size;
}

static void report_block(core *c, stream *s, uint8_t *b) {
    reception *r = &s->in;
    uint32_t expected = r->highest < 0 ? 0 : r->cycles + (uint32_t)r->highest - r->first + 1;
    int64_t interval = (int64_t)expected - r->expected_before;
    int64_t lost = interval - ((int64_t)r->received - r->received_before), all = (int64_t)expected - r->received;
    r->expected_before = expected;
    r->received_before = r->received;
    int64_t fraction = interval > 0 && lost > 0 ? (lost << 8) / interval : 0;
    put32(b, s->ssrc);
    b[4] = (uint8_t)(fraction > 255 ? 255 : fraction);
    put24(b + 5, (uint32_t)(all < 0 ? 0 : all > 0x7FFFFF ? 0x7FFFFF : all));
    put32(b + 8, r->cycles + (uint32_t)(r->highest < 0 ? 0 : r->highest));
    put32(b + 12, (uint32_t)r->jitter);
    put32(b + 16, r->sr_middle);
    put32(b + 20, r->sr_middle ? (uint32_t)(uint64_t)((double)(c->now - r->sr_at) / (double)NS * 65536) : 0);
}

static int reports(core *c, peer *p, uint8_t *b) {
    int blocks = 0;
    for (int i = 0; i < p->ssrc_count && blocks < BLOCKS_MAX; i++) {
        stream *s = p->ssrcs[i].of;
        if (s->ssrc != p->ssrcs[i].ssrc || !s->permitted || since(c->now, s->seen_at) >= REPORT_WITHIN) continue;
        report_block(c, s, b + 8 + BLOCK * blocks++);
    }
    if (!blocks) return 0;
    b[0] = (uint8_t)(0x80 | blocks);
    b[1] = RR;
    put16(b + 2, (uint32_t)(1 + 6 * blocks));
    put32(b + 4, SERVER_SSRC);
    return 8 + BLOCK * blocks;
}

static int remb(core *c, peer *p, uint8_t *b) {
    int size = 20;
    for (int i = 0; i < p->ssrc_count; i++)
        if (p->ssrcs[i].of->ssrc == p->ssrcs[i].ssrc) {
            put32(b + size, p->ssrcs[i].ssrc);
            size += 4;
        }
    if (size == 20) return 0;
    uint32_t mantissa = c->set.remb_bps, exponent = 0;
    for (; mantissa >> 18; exponent++) mantissa >>= 1;
    memcpy(b + 12, "REMB", 4);
    b[16] = (uint8_t)((size - 20) / 4);
    put24(b + 17, exponent << 18 | mantissa);
    return feedback(b, PSFB, FMT_AFB, 0, size);
}

static bool due(const core *c, int64_t *at, int64_t interval) {
    if (since(c->now, *at) < interval) return false;
    *at = c->now;
    return true;
}

void rtcp_timer(core *c) {
    bool report = due(c, &c->reports_at, c->set.report_interval), cap = due(c, &c->remb_at, c->set.remb_interval);
    bool told = due(c, &c->cc_at, c->set.cc_interval);
    uint8_t b[4 * RTCP_MAX];
    for (int n = 0; n < PEERS_MAX; n++) {
        peer *p = c->peers[n];
        if (!p || !p->linked) continue;
        int size = report ? reports(c, p, b) : 0;
        size += requests(c, p, b + size);
        if (cap && !p->cc) size += remb(c, p, b + size);
        send_rtcp(c, p, b, size);
        if (!told || !p->cc) continue;
        for (int more; (more = arrivals_feedback(p->cc, b)) > 0; c->counters[C_TRANSPORT_CC_OUT]++)
            send_rtcp(c, p, b, more);
    }
}
