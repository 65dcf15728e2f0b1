/* Life of a core, its timer, and where it keeps what it would send while it has no socket. */
#include <stdlib.h>

#include "core.h"

#define STEER (200 * MS)
#define WATCH (100 * MS)
#define SENT_MAX (64u << 20)

uint32_t address_hash(const address *a) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    const uint8_t *p = a->ip;
    for (int i = 8; i < 16; i++) h = (h ^ p[i]) * UINT64_C(0x100000001b3); /* the half that differs */
    h = (h ^ a->port) * UINT64_C(0x100000001b3);
    return (uint32_t)(h >> 32);
}

int core_source(const core *c, const address *from) {
    if (!c->source_room) return -1;
    for (uint32_t at = address_hash(from) & (c->source_room - 1);; at = (at + 1) & (c->source_room - 1)) {
        if (c->sources[at].peer < 0) return -1;
        if (!memcmp(&c->sources[at].from, from, sizeof *from)) return c->sources[at].peer;
    }
}

/* Without a socket: peer number, size and bytes of each datagram, one after another, until they are taken. */
static void keep_sent(core *c) {
    for (int i = 0; i < c->dirty_count; i++) {
        peer *p = c->peers[c->dirty[i]];
        for (int n = p->out_first; n >= 0; n = c->outs[n].next) {
            size_t need = c->sent_size + 8 + (size_t)c->outs[n].size;
            if (need > SENT_MAX) break;
            if (need > c->sent_room) {
                uint8_t *more = realloc(c->sent, 2 * need);
                if (!more) break;
                c->sent = more;
                c->sent_room = 2 * need;
            }
            uint32_t head[2] = {(uint32_t)p->number, (uint32_t)c->outs[n].size};
            memcpy(c->sent + c->sent_size, head, 8);
            memcpy(c->sent + c->sent_size + 8, c->outs[n].data, (size_t)c->outs[n].size);
            c->sent_size = need;
        }
        p->dirty = false;
        p->out_first = p->out_last = -1;
    }
    c->out_count = c->dirty_count = 0;
}

static ring *own_ring(uint32_t capacity) {
    ring *r = malloc(sizeof *r);
    ring_memory *memory = aligned_alloc(64, (ring_bytes(capacity) + 63) & ~(size_t)63);
    if (r && memory) {
        ring_init(r, memory, capacity);
        return r;
    }
    free(r);
    free(memory);
    return NULL;
}

static void own_ring_free(ring *r) {
    if (r) free(r->memory);
    free(r);
}

bool core_ring(core *c, int number, ring_memory *memory, size_t size) {
    if (number <= 0 || number >= RINGS_MAX || c->rings[number]) return false;
    ring *r = malloc(sizeof *r);
    if (r && ring_attach(r, memory, size)) {
        c->rings[number] = r;
        return true;
    }
    free(r);
    return false;
}

core *core_new(const settings *set) {
    if (crypto_load() || !set->history_packets || (set->ring_bytes & (set->ring_bytes - 1)) || set->ring_bytes < 4096)
        return NULL;
    core *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->set = *set;
    c->control = own_ring(set->ring_bytes);
    c->rings[0] = own_ring(set->ring_bytes);
    c->outs = malloc(OUTS * sizeof *c->outs);
    c->reports_at = c->remb_at = c->cc_at = c->steer_at = c->watch_at = NEVER;
    c->flush = keep_sent;
    if (c->control && c->rings[0] && c->outs) return c;
    core_free(c);
    return NULL;
}

void core_free(core *c) {
    if (!c) return;
    for (uint32_t n = 0; n < TAPS_MAX; n++) {
        for (int i = 0; i < c->taps[n].feeds.count; i++) {
            unfollow(c, c->taps[n].feeds.at[i]);
            free(c->taps[n].feeds.at[i]);
        }
        free(c->taps[n].feeds.at);
    }
    for (int n = 0; n < PEERS_MAX; n++)
        if (c->peers[n]) {
            peer_clear(c, c->peers[n]);
            free(c->peers[n]);
            c->peers[n] = NULL;
        }
    own_ring_free(c->control);
    own_ring_free(c->rings[0]);
    for (int n = 1; n < RINGS_MAX; n++) free(c->rings[n]);
    free(c->sources);
    free(c->outs);
    free(c->sent);
    free(c);
}

void core_timer(core *c) {
    tee_timer(c);
    rtcp_timer(c);
    if (since(c->now, c->watch_at) >= WATCH) {
        c->watch_at = c->now;
        watch_all(c);
    }
    if (since(c->now, c->steer_at) >= STEER) {
        c->steer_at = c->now;
        steer_all(c);
    }
}
