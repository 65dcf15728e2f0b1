/* The functions of loop.h that Python calls: each holds the lock while it is in. The thread is in loop.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plane.h"

void enter(plane *p) {
    atomic_fetch_add(&p->waiting, 1);
    pthread_mutex_lock(&p->lock);
    atomic_fetch_sub(&p->waiting, 1);
}

void leave(plane *p) { pthread_mutex_unlock(&p->lock); }

int yt_version(void) { return 3; }

plane *yt_new(const settings *set) {
    plane *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->c = core_new(set);
    if (!p->c) {
        free(p);
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void yt_free(plane *p) {
    if (!p) return;
    yt_stop(p);
    for (int n = 1; n < RINGS_MAX && p->c->rings[n]; n++) {
        munmap(p->c->rings[n]->memory, ring_bytes(p->c->rings[n]->capacity));
        close(p->wakes[n]);
    }
    core_free(p->c);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

int yt_share(plane *p, int memory, int wake) {
    struct stat about;
    if (fstat(memory, &about)) return -errno;
    size_t size = (size_t)about.st_size;
    if (size < ring_bytes(RING_MIN) || size > ring_bytes(RING_MAX)) return -EINVAL;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (at == MAP_FAILED) return -errno;
    int mine = fcntl(wake, F_DUPFD_CLOEXEC, 0), number = 1;
    int failed = mine < 0 ? -errno : 0;
    enter(p);
    while (number < RINGS_MAX && p->c->rings[number]) number++;
    if (!failed && !core_ring(p->c, number, at, size)) failed = -EINVAL;
    if (!failed) p->wakes[number] = mine;
    leave(p);
    if (!failed) return number;
    munmap(at, size);
    if (mine >= 0) close(mine);
    return failed;
}

void *yt_own_ring(plane *p, uint32_t *size) {
    *size = (uint32_t)ring_bytes(p->c->rings[0]->capacity);
    return p->c->rings[0]->memory;
}

int yt_command(plane *p, const uint8_t *data, size_t size, int64_t now, int64_t wall) {
    enter(p);
    p->c->flush(p->c); /* what was let in before this command goes out before it holds */
    p->held_at = NEVER;
    p->c->now = now;
    p->c->wall = wall;
    int bad = core_command(p->c, data, size);
    p->c->flush(p->c);
    leave(p);
    return bad;
}

void yt_receive(plane *p, uint32_t number, const uint8_t *data, size_t size, int64_t now, int64_t wall) {
    enter(p);
    p->c->now = now;
    p->c->wall = wall;
    if (size > DATAGRAM_MAX) size = DATAGRAM_MAX;
    memcpy(p->in[0], data, size);
    core_receive(p->c, (int)number, p->in[0], (int)size);
    p->c->flush(p->c);
    leave(p);
}

void yt_timer(plane *p, int64_t now, int64_t wall) {
    enter(p);
    p->c->now = now;
    p->c->wall = wall;
    core_timer(p->c);
    p->c->flush(p->c);
    tell_readers(p, true);
    leave(p);
}

int64_t yt_sent(plane *p, uint8_t *out, size_t room) {
    enter(p);
    int64_t size = (int64_t)p->c->sent_size;
    if (p->c->sent_size > room) {
        size = -size;
    } else if (size) {
        memcpy(out, p->c->sent, p->c->sent_size);
        p->c->sent_size = 0;
    }
    leave(p);
    return size;
}

static ring *ring_of(plane *p, int from) {
    if (from < 0) return p->c->control;
    return from < RINGS_MAX ? p->c->rings[from] : NULL;
}

int64_t yt_records(plane *p, int from, uint8_t *out, size_t room) {
    ring *r = ring_of(p, from);
    size_t at = 0;
    uint32_t size;
    if (!r) return 0;
    atomic_store(&r->memory->sleeping, 1); /* before looking: what comes after the last look wakes */
    for (const uint8_t *record; (record = ring_peek(r, &size)); ring_release(r)) {
        size_t whole = 8 + ((size + 7) & ~(size_t)7);
        if (at + whole > room) break;
        memcpy(out + at, &size, 4);
        memcpy(out + at + 8, record, size);
        at += whole;
    }
    return (int64_t)at;
}

uint64_t yt_dropped(plane *p, int from) {
    ring *r = ring_of(p, from);
    return r ? atomic_load(&r->memory->dropped) : 0;
}

double yt_worst(plane *p, int from) {
    enter(p);
    ring *r = ring_of(p, from);
    double found = r ? ring_worst(r) : -1;
    leave(p);
    return found;
}

void yt_counters(plane *p, uint64_t *out) {
    enter(p);
    memcpy(out, p->c->counters, sizeof p->c->counters);
    leave(p);
}

static peer *peer_at(plane *p, uint32_t number) { return number < PEERS_MAX ? p->c->peers[number] : NULL; }

int yt_streams(plane *p, uint32_t number, stream_figures *out, int room, int64_t now) {
    enter(p);
    p->c->now = now;
    peer *one = peer_at(p, number);
    int count = one ? 0 : -1;
    for (int kind = AUDIO; one && kind <= VIDEO; kind++)
        for (int i = 0; i < one->layer_count[kind] && count < room; i++) {
            const stream *s = one->tracks[kind][i];
            const reception *r = &s->in;
            uint32_t expected = r->highest < 0 ? 0 : r->cycles + (uint32_t)r->highest - r->first + 1;
            out[count++] = (stream_figures){
                s->ssrc, s->width_px, stream_live(p->c, s) ? s->bitrate_bps : 0, s->keyframes, r->expected_past + expected,
                r->received_past + r->received, s->total_bytes, r->jitter / s->clock, s->seen_at,
                (uint8_t)kind, (uint8_t)s->layer, s->codec, s->permitted};
        }
    leave(p);
    return count;
}

int yt_lines(plane *p, uint32_t number, line_figures *out, int room) {
    enter(p);
    peer *one = peer_at(p, number);
    int count = one ? 0 : -1;
    for (int i = 0; one && i < one->line_count && count < room; i++) {
        const line *l = one->lines[i];
        const stream *s = l->f.current;
        out[count++] = (line_figures){
            l->ssrc, l->packets, l->nacks, l->repeats, l->freezes, l->switches, l->octets, l->f.source,
            s ? s->layer : -1, l->slot, (uint8_t)l->f.kind, l->fraction_lost,
            s && s != s->from->tracks[s->kind][0], s ? s->bitrate_bps : 0};
    }
    leave(p);
    return count;
}

int yt_peer(plane *p, uint32_t number, uint32_t *failed, int64_t *heard_at) {
    enter(p);
    peer *one = peer_at(p, number);
    if (one) {
        *failed = one->failed;
        *heard_at = one->heard_at;
    }
    leave(p);
    return one != NULL;
}

int yt_level(plane *p, uint32_t number, double *sum) {
    enter(p);
    peer *one = peer_at(p, number);
    int count = -1;
    if (one) {
        count = (int)one->level_count;
        *sum = one->level_sum;
        one->level_sum = 0;
        one->level_count = 0;
    }
    leave(p);
    return count;
}
