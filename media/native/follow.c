/* Who gets which layer of a track, and what keeps a line's numbers without a seam when that changes.
 *
 * A picture changes at a key frame of the new layer only, sound at its next packet. A cut ends at once.
 * Which layer: the smallest live one that fills the tile within the budget; the lowest live one is never refused.
 */
#include <stdlib.h>

#include "core.h"

#define LIVE (1500 * MS)   /* a layer without a packet for this long has stopped */
#define FROZEN (500 * MS)  /* a picture that stands still for this long, though its source sends */
enum { BASE_STALE = 0x4000, BASE_KEPT = 0x2000, WIDE_ID = 0x7FFF };

bool stream_live(const core *c, const stream *s) { return s->permitted && since(c->now, s->seen_at) < LIVE; }

bool line_takes(const line *l, int codec) {
    for (int i = 0; i < l->type_count; i++)
        if (l->types[i].codec == codec) return true;
    return false;
}

void follower_hold(follower *f) {
    if (!f->target) return;
    list_remove(&f->target->waiting, f);
    f->target = NULL;
}

static void aim(follower *f, stream *s) {
    follower_hold(f);
    if (!list_add(&s->waiting, f)) return;
    f->target = s;
    s->pli_wanted = f->kind == VIDEO;
}

void follower_leave(follower *f) {
    stream *s = f->current;
    if (!s) return;
    f->current = NULL;
    if (!f->is_line) {
        list_remove(&s->feeds, f);
        return;
    }
    line *l = (line *)f;
    l->next_sequence = (uint16_t)(s->in.highest + l->sequence_offset + 1);
    l->last_timestamp = s->seen_timestamp + l->timestamp_offset;
    l->last_at = s->seen_at;
    if (s->seen_picture >= 0) l->next_picture = (uint16_t)((s->seen_picture + l->picture_offset + 1) & WIDE_ID);
    if (s->seen_tl0 >= 0) l->next_tl0 = (uint8_t)(s->seen_tl0 + l->tl0_offset + 1);
    list_remove(&s->lines, f);
}

void follower_cut(follower *f) {
    follower_hold(f);
    follower_leave(f);
    if (!f->is_line) return;
    line *l = (line *)f; /* nothing of a source that was cut may be repeated */
    for (uint32_t i = 0; i < l->wire_count; i++) {
        free(l->wires[i]);
        l->wires[i] = NULL;
    }
}

void line_take(core *c, line *l, stream *s, const packet *p) {
    if (l->f.current && l->f.current != s && l->f.current->from == s->from) l->switches++;
    follower_hold(&l->f);
    follower_leave(&l->f);
    l->payload_type = l->rtx_type = l->red_type = 0;
    for (int i = l->type_count - 1; i >= 0; i--) {
        if (l->types[i].codec == s->codec) {
            l->payload_type = l->types[i].number;
            l->rtx_type = l->rtx_ssrc ? l->types[i].rtx : 0;
        }
        if (l->types[i].codec == RED) l->red_type = l->types[i].number;
    }
    int64_t ticks = 0;
    if (l->last_at != NEVER) {
        double passed = (double)(c->now - l->last_at) / (double)NS * s->clock;
        ticks = passed < 1 ? 1 : (int64_t)(passed + 0.5);
    }
    l->sequence_offset = (uint16_t)(l->next_sequence - p->sequence);
    l->timestamp_offset = l->last_timestamp + (uint32_t)ticks - p->timestamp;
    if (p->has_pic && p->pic.picture >= 0)
        l->picture_offset = (uint16_t)((l->next_picture - p->pic.picture) & WIDE_ID);
    if (p->has_pic && p->pic.tl0 >= 0) l->tl0_offset = (uint8_t)(l->next_tl0 - p->pic.tl0);
    l->f.base = p->sequence;
    if (list_add(&s->lines, l)) l->f.current = s;
}

static stream *wanted(const core *c, const peer *p, const follower *f) {
    stream *const *tracks = p->tracks[f->kind];
    stream *best = NULL;
    if (f->kind == AUDIO) /* silence may send nothing for long; sound is followed all the same */
        return p->layer_count[AUDIO] && tracks[0]->permitted ? tracks[0] : NULL;
    for (int i = 0; i < p->layer_count[VIDEO]; i++) {
        stream *s = tracks[i];
        if (!stream_live(c, s)) continue;
        if (!f->is_line) { /* a machine ear: the largest that is not wider than asked, else the lowest */
            if (!best || s->width_px <= f->width_px) best = s;
            continue;
        }
        if (best && s->bitrate_bps > ((const line *)f)->to->budget_bps) break;
        best = s;
        if (s->width_px >= f->width_px) break;
    }
    return best;
}

static void steer(core *c, peer *p, follower *f) {
    stream *s = wanted(c, p, f);
    if (!s) return;
    if (s == f->current)
        follower_hold(f);
    else if (s != f->target && (!f->is_line || line_takes((line *)f, s->codec)))
        aim(f, s);
}

void steer_track(core *c, peer *p, int kind) {
    for (int i = 0; i < p->followers[kind].count; i++) steer(c, p, p->followers[kind].at[i]);
}

void follow(core *c, follower *f, int publisher, uint32_t width_px) {
    peer *p = c->peers[publisher];
    f->width_px = width_px;
    if (!p || !p->present) return;
    if (f->source < 0) {
        if (!list_add(&p->followers[f->kind], f)) return;
        f->source = publisher;
        if (f->is_line) ((line *)f)->watched_from = c->now;
    }
    steer(c, p, f);
}

void unfollow(core *c, follower *f) {
    follower_cut(f);
    if (f->source < 0) return;
    list_remove(&c->peers[f->source]->followers[f->kind], f);
    f->source = -1;
}

/* Keep the base within half the number space of the newest packet. */
static void renew_base(follower *f) {
    if (!f->current) return;
    uint16_t highest = (uint16_t)f->current->in.highest;
    if ((uint16_t)(highest - f->base) > BASE_STALE) f->base = (uint16_t)(highest - BASE_KEPT);
}

static void watch(core *c, line *l, bool is_live) {
    if (!is_live) l->watched_from = c->now;
    int64_t from = l->f.current ? l->f.current->seen_at : l->last_at;
    if (from < l->watched_from) from = l->watched_from;
    bool frozen = since(c->now, from) > FROZEN;
    l->freezes += frozen && !l->frozen;
    l->frozen = frozen;
}

void steer_all(core *c) {
    for (int n = 0; n < PEERS_MAX; n++) {
        peer *p = c->peers[n];
        if (!p || !p->present) continue;
        for (int kind = AUDIO; kind <= VIDEO; kind++) {
            for (int i = 0; i < p->followers[kind].count; i++) renew_base(p->followers[kind].at[i]);
            steer_track(c, p, kind);
        }
        for (int i = 0; i < p->layer_count[VIDEO]; i++)
            if (!stream_live(c, p->tracks[VIDEO][i])) history_clear(c, p->tracks[VIDEO][i]);
    }
}

void watch_all(core *c) {
    for (int n = 0; n < PEERS_MAX; n++) {
        peer *p = c->peers[n];
        if (!p || !p->present) continue;
        bool any = false;
        for (int i = 0; i < p->layer_count[VIDEO]; i++) any |= stream_live(c, p->tracks[VIDEO][i]);
        for (int i = 0; i < p->followers[VIDEO].count; i++) {
            follower *f = p->followers[VIDEO].at[i];
            if (f->is_line) watch(c, (line *)f, any);
        }
    }
}
