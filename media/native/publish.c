/* What one peer sends: its SSRCs, its layers, which packets have come.
 *
 * Each publisher's SSRC space is its own. A layer's SSRC belongs to the first that claimed it, and a packet is never
 * given to a track by payload type alone. Sources: RFC 8843 §9.2, RFC 8852, RFC 3550 §6.4.1 and appendix A.
 */
#include <stdlib.h>

#include "core.h"

bool list_add(list *l, void *item) {
    if (l->count == l->room) {
        int room = l->room ? 2 * l->room : 4;
        void **more = realloc(l->at, (size_t)room * sizeof *more);
        if (!more) return false;
        l->at = more;
        l->room = room;
    }
    l->at[l->count++] = item;
    return true;
}

void list_remove(list *l, void *item) {
    for (int i = 0; i < l->count; i++)
        if (l->at[i] == item) {
            memmove(l->at + i, l->at + i + 1, (size_t)(--l->count - i) * sizeof *l->at);
            return;
        }
}

/* -- reception ---------------------------------------------------------------------------------------------------- */

static uint32_t expected(const reception *r) {
    return r->highest < 0 ? 0 : r->cycles + (uint32_t)r->highest - r->first + 1;
}

void reception_restart(reception *r) {
    r->expected_past += expected(r);
    r->received_past += r->received;
    r->highest = -1;
    r->missing_count = 0;
    r->first = r->cycles = r->received = r->expected_before = r->received_before = 0;
    r->jitter = 0;
    r->has_transit = false;
}

static void skipped(reception *r, uint16_t ahead, int64_t now) {
    if (ahead + r->missing_count > MISSING_MAX) r->missing_count = 0;
    if (ahead > MISSING_MAX) return;
    if (!r->missing && !(r->missing = malloc(MISSING_MAX * sizeof *r->missing))) return;
    for (uint16_t step = 1; step < ahead; step++) {
        r->missing[r->missing_count].sequence = (uint16_t)(r->highest + step);
        r->missing[r->missing_count].asked = 0;
        r->missing[r->missing_count++].due = now;
    }
}

static bool was_missing(reception *r, uint16_t sequence) {
    for (int i = 0; i < r->missing_count; i++)
        if (r->missing[i].sequence == sequence) {
            memmove(r->missing + i, r->missing + i + 1, (size_t)(--r->missing_count - i) * sizeof *r->missing);
            return true;
        }
    return false;
}

bool reception_accept(reception *r, uint16_t sequence, uint32_t timestamp, uint32_t clock, int64_t now) {
    uint16_t ahead = (uint16_t)(sequence - r->highest);
    if (r->highest < 0) {
        r->first = sequence;
    } else if (ahead == 0) {
        return false;
    } else if (ahead >= HALF) {
        if (!was_missing(r, sequence)) return false;
        r->received++;
        return true;
    } else if (ahead > 1) {
        skipped(r, ahead, now);
    }
    if (sequence < r->highest) r->cycles += 0x10000;
    r->highest = sequence;
    r->received++;
    double transit = (double)now / (double)NS * clock - timestamp;
    if (r->has_transit) {
        /* Both clocks wrap; one wrapped difference spoils one sample only, so it is left out. */
        double change = transit > r->transit ? transit - r->transit : r->transit - transit;
        if (change < 2147483648.0) r->jitter += (change - r->jitter) / 16;
    }
    r->transit = transit;
    r->has_transit = true;
    return true;
}

/* -- streams ------------------------------------------------------------------------------------------------------ */

void stream_cut(stream *s) {
    while (s->lines.count) follower_cut(s->lines.at[0]);
    while (s->feeds.count) follower_cut(s->feeds.at[0]);
    while (s->waiting.count) follower_cut(s->waiting.at[0]);
}

void history_clear(core *c, stream *s) {
    if (!s->history) return;
    for (uint32_t i = 0; i < c->set.history_packets; i++) {
        free(s->history[i]);
        s->history[i] = NULL;
    }
}

static void stream_free(core *c, stream *s) {
    stream_cut(s);
    free(s->lines.at);
    free(s->feeds.at);
    free(s->waiting.at);
    free(s->in.missing);
    history_clear(c, s);
    free(s->history);
    free(s);
}

void publisher_permit(core *c, peer *p, int kinds) {
    p->may = (uint8_t)kinds;
    for (int kind = AUDIO; kind <= VIDEO; kind++)
        for (int i = 0; i < p->layer_count[kind]; i++) {
            stream *s = p->tracks[kind][i];
            bool allowed = kinds >> kind & 1;
            if (s->permitted && !allowed) {
                stream_cut(s);
                history_clear(c, s);
                reception_restart(&s->in);
                s->seen_at = NEVER;
                s->pli_wanted = false;
            }
            s->permitted = allowed;
        }
    for (int kind = AUDIO; kind <= VIDEO; kind++)
        if (kinds >> kind & 1) steer_track(c, p, kind);
}

static bool is(const name *n, element e) {
    return e.size == n->size && !memcmp(e.at, n->text, n->size);
}

static int rid_of(const uplink *u, element e) {
    for (int i = 0; i < u->rid_count; i++)
        if (is(&u->rids[i], e)) return i;
    return -1;
}

typedef struct {
    int kind, layer;
    bool repair;
} place;

/* By mid, or by a rid that only one m-line has. */
static bool place_by_names(peer *p, const uint8_t *data, int size, const bounds *b, place *at) {
    element mid = rtp_element(data, size, b->extension, p->mid_id);
    element rid = rtp_element(data, size, b->extension, p->rid_id);
    element repaired = rtp_element(data, size, b->extension, p->repaired_id);
    element layer = repaired.size ? repaired : rid;
    int found = -1;
    for (int kind = AUDIO; kind <= VIDEO; kind++) {
        const uplink *u = &p->up[kind];
        if (!u->type_count) continue;
        if (mid.size ? is(&u->mid, mid) : layer.size && rid_of(u, layer) >= 0) {
            if (found >= 0) return false;
            found = kind;
        }
    }
    if (found < 0) return false;
    const uplink *u = &p->up[found];
    *at = (place){found, 0, repaired.size > 0};
    if (!u->rid_count) return !layer.size;
    at->layer = layer.size ? rid_of(u, layer) : -1;
    return at->layer >= 0;
}

static bool place_by_offer(peer *p, uint32_t ssrc, place *at) {
    for (int kind = AUDIO; kind <= VIDEO; kind++) {
        const uplink *u = &p->up[kind];
        if (u->rid_count || !u->type_count) continue; /* a=ssrc lines say nothing about rids: packets tell */
        for (int i = 0; i < u->ssrc_count; i++)
            if (u->ssrcs[i] == ssrc) {
                *at = (place){kind, 0, i == 1};
                return true;
            }
    }
    return false;
}

static stream *layer_at(peer *p, int kind, int layer) {
    for (int i = 0; i < p->layer_count[kind]; i++)
        if (p->tracks[kind][i]->layer == layer) return p->tracks[kind][i];
    return NULL;
}

static bool enter(peer *p, uint32_t ssrc, stream *s) {
    if (p->ssrc_count == (int)(sizeof p->ssrcs / sizeof *p->ssrcs)) return false;
    p->ssrcs[p->ssrc_count].ssrc = ssrc;
    p->ssrcs[p->ssrc_count++].of = s;
    return true;
}

static stream *learn_repair(peer *p, uint32_t ssrc, int type_number, const place *at) {
    const uplink *u = &p->up[at->kind];
    stream *s = layer_at(p, at->kind, at->layer);
    bool is_rtx = false;
    for (int i = 0; i < u->type_count; i++) is_rtx |= u->types[i].rtx && u->types[i].rtx == type_number;
    if (!s || !is_rtx) return NULL;
    for (int i = 0; i < p->ssrc_count; i++)
        if (p->ssrcs[i].of == s && p->ssrcs[i].ssrc != s->ssrc) return NULL;
    return enter(p, ssrc, s) ? s : NULL;
}

static stream *learn_stream(peer *p, uint32_t ssrc, const place *at) {
    if (layer_at(p, at->kind, at->layer)) return NULL; /* the first owner keeps the layer */
    uplink *u = &p->up[at->kind];
    stream *s = calloc(1, sizeof *s);
    if (!s || !enter(p, ssrc, s)) {
        free(s);
        return NULL;
    }
    s->from = p;
    s->of = u;
    s->kind = at->kind;
    s->layer = at->layer;
    s->ssrc = ssrc;
    s->permitted = p->may >> at->kind & 1;
    s->codec = u->types[0].codec == RED ? OPUS : u->types[0].codec;
    s->clock = u->types[0].clock;
    s->seen_at = s->pli_at = s->keyed_at = NEVER;
    s->key_timestamp = -1;
    s->in.highest = -1;
    if (u->rid_count) {
        int width = 1280 >> (u->rid_count - 1 - at->layer);
        s->width_px = width > 1 ? (uint32_t)width : 1;
    }
    int i = p->layer_count[at->kind]++;
    for (; i > 0 && p->tracks[at->kind][i - 1]->layer > at->layer; i--)
        p->tracks[at->kind][i] = p->tracks[at->kind][i - 1];
    p->tracks[at->kind][i] = s;
    return s;
}

stream *stream_of(core *c, peer *p, const uint8_t *data, int size, const bounds *b) {
    (void)c;
    uint32_t ssrc = get32(data + 8);
    for (int i = 0; i < p->ssrc_count; i++)
        if (p->ssrcs[i].ssrc == ssrc) return p->ssrcs[i].of;
    place at;
    if (!place_by_names(p, data, size, b, &at) && !place_by_offer(p, ssrc, &at)) return NULL;
    int number = data[1] & 0x7F;
    bool media = false;
    for (int i = 0; i < p->up[at.kind].type_count; i++) media |= p->up[at.kind].types[i].number == number;
    /* Without simulcast an RTX packet carries only the mid: its payload type says that it is a repair. */
    return at.repair || !media ? learn_repair(p, ssrc, number, &at) : learn_stream(p, ssrc, &at);
}

void peer_clear(core *c, peer *p) {
    for (int kind = AUDIO; kind <= VIDEO; kind++) {
        for (int i = 0; i < p->layer_count[kind]; i++) stream_free(c, p->tracks[kind][i]);
        while (p->followers[kind].count) unfollow(c, p->followers[kind].at[0]);
        free(p->followers[kind].at);
    }
    for (int i = 0; i < p->line_count; i++) {
        unfollow(c, &p->lines[i]->f); /* which empties wires */
        free(p->lines[i]->wires);
        free(p->lines[i]);
    }
    free(p->lines);
    free(p->cc);
    free(p->accepted);
    srtp_free(&p->keys);
    int number = p->number;
    memset(p, 0, sizeof *p);
    p->number = number;
    p->out_first = p->out_last = -1;
}
