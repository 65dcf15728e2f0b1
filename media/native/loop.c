/* The thread that owns the socket: many datagrams in by one call, many out by one call. Never takes a Python lock.
 *
 * UDP_SEGMENT (Linux 4.18) sends a run of packets of one size to one receiver as one; where the road does not let it,
 * it is switched off and the packets go one by one.
 */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

#define HELD (400 * INT64_C(1000)) /* how long packets wait for the rest of their frame, to go out as one run */

enum { BATCH = 32, SEGMENTS_MAX = 60, RUN_BYTES_MAX = 60000, TICK_MS = 20, WAITED_US = 20 };

typedef union {
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
    struct cmsghdr aligned;
} segment_size;

struct plane {
    core *c;
    pthread_mutex_t lock;
    _Atomic int waiting; /* commands that want the lock: the thread lets them in between batches */
    _Atomic bool stop;
    pthread_t thread;
    bool running, v6;
    int sock, wake, quit;
    int wakes[RINGS_MAX]; /* of the readers of shared rings */
    int64_t held_at; /* since when packets wait for the rest of their frame */
    uint8_t in[BATCH][DATAGRAM_MAX];
    struct sockaddr_storage from[BATCH], to[OUTS];
    struct mmsghdr in_heads[BATCH], out_heads[OUTS];
    struct iovec in_parts[BATCH], out_parts[OUTS];
    segment_size sizes[OUTS];
};

static int64_t clock_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

static void enter(plane *p) {
    atomic_fetch_add(&p->waiting, 1);
    pthread_mutex_lock(&p->lock);
    atomic_fetch_sub(&p->waiting, 1);
}

static void leave(plane *p) { pthread_mutex_unlock(&p->lock); }

/* -- out ---------------------------------------------------------------------------------------------------------- */

static socklen_t sockaddr_of(const plane *p, const address *a, struct sockaddr_storage *out) {
    memset(out, 0, sizeof(struct sockaddr_in6));
    if (p->v6) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(a->port);
        memcpy(&six->sin6_addr, a->ip, 16);
        return sizeof *six;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    four->sin_family = AF_INET;
    four->sin_port = htons(a->port);
    memcpy(&four->sin_addr, a->ip + 12, 4);
    return sizeof *four;
}

/* One message for each run of packets of one size (the last may be shorter) to one receiver. */
static int messages(plane *p, bool gso) {
    core *c = p->c;
    int count = 0, parts = 0;
    for (int i = 0; i < c->dirty_count; i++) {
        peer *to = c->peers[c->dirty[i]];
        socklen_t length = sockaddr_of(p, &to->at, &p->to[i]);
        for (int n = to->out_first; n >= 0;) {
            struct msghdr *m = &p->out_heads[count].msg_hdr;
            int size = c->outs[n].size, bytes = 0, last = size;
            *m = (struct msghdr){.msg_name = &p->to[i], .msg_namelen = length, .msg_iov = &p->out_parts[parts]};
            do {
                last = c->outs[n].size;
                bytes += last;
                p->out_parts[parts++] = (struct iovec){c->outs[n].data, (size_t)last};
                m->msg_iovlen++;
                n = c->outs[n].next;
            } while (gso && n >= 0 && last == size && c->outs[n].size <= size && m->msg_iovlen < SEGMENTS_MAX &&
                     bytes + size < RUN_BYTES_MAX);
            if (m->msg_iovlen > 1) {
                m->msg_control = p->sizes[count].bytes;
                m->msg_controllen = sizeof p->sizes[count].bytes;
                struct cmsghdr *head = CMSG_FIRSTHDR(m);
                head->cmsg_level = SOL_UDP;
                head->cmsg_type = UDP_SEGMENT;
                head->cmsg_len = CMSG_LEN(sizeof(uint16_t));
                uint16_t segment = (uint16_t)size;
                memcpy(CMSG_DATA(head), &segment, sizeof segment);
            }
            count++;
        }
    }
    return count;
}

/* A run that was not taken as one: its packets one by one, and where that helps, from now on always. */
static void send_singly(plane *p, struct msghdr *m) {
    size_t lost = 0;
    for (size_t i = 0; i < m->msg_iovlen; i++) {
        struct msghdr lone = {.msg_name = m->msg_name, .msg_namelen = m->msg_namelen, .msg_iov = &m->msg_iov[i], .msg_iovlen = 1};
        if (sendmsg(p->sock, &lone, MSG_DONTWAIT) < 0) lost++;
    }
    p->c->counters[C_UNSENT] += lost;
    if (lost == m->msg_iovlen) return; /* it is this receiver's address, not the road */
    p->c->set.gso = 0;
    p->c->counters[C_GSO_OFF] = 1;
}

static void send_all(core *c) {
    plane *p = c->owner;
    int count = messages(p, c->set.gso), done = 0;
    while (done < count) {
        int sent = sendmmsg(p->sock, p->out_heads + done, (unsigned)(count - done), MSG_DONTWAIT);
        if (sent > 0) {
            done += sent;
            continue;
        }
        struct msghdr *m = &p->out_heads[done++].msg_hdr;
        if (errno == EINTR)
            done--;
        else if (m->msg_iovlen > 1 && (errno == EIO || errno == EINVAL || errno == EMSGSIZE || errno == ENOPROTOOPT))
            send_singly(p, m);
        else /* a full buffer, or no road there: for UDP that is loss */
            c->counters[C_UNSENT] += m->msg_iovlen;
    }
    for (int i = 0; i < c->dirty_count; i++) {
        peer *to = c->peers[c->dirty[i]];
        to->dirty = false;
        to->out_first = to->out_last = -1;
    }
    c->out_count = c->dirty_count = 0;
}

/* -- in ----------------------------------------------------------------------------------------------------------- */

static bool address_of(const struct sockaddr_storage *from, address *out) {
    memset(out, 0, sizeof *out);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)from;
        out->ip[10] = out->ip[11] = 0xFF;
        memcpy(out->ip + 12, &four->sin_addr, 4);
        out->port = ntohs(four->sin_port);
        return true;
    }
    if (from->ss_family != AF_INET6) return false;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;
    memcpy(out->ip, &six->sin6_addr, 16);
    out->port = ntohs(six->sin6_port);
    return true;
}

static void datagram_in(plane *p, uint8_t *data, int size, const struct sockaddr_storage *from) {
    address at;
    if (!size || !address_of(from, &at)) return;
    int number = data[0] >> 6 == 2 ? core_source(p->c, &at) : -1; /* RFC 7983 §7: 128 to 191 */
    if (number >= 0) {
        core_receive(p->c, number, data, size);
        return;
    }
    uint8_t *room = control(p->c, R_DATAGRAM, 20 + (uint32_t)size);
    if (!room) return;
    memset(room, 0, 20);
    memcpy(room, at.ip, 16);
    memcpy(room + 16, &at.port, 2);
    memcpy(room + 20, data, (size_t)size);
    ring_commit(p->c->control);
}

static void batch(plane *p) {
    for (int i = 0; i < BATCH; i++) p->in_heads[i].msg_hdr.msg_namelen = sizeof p->from[i];
    int count = recvmmsg(p->sock, p->in_heads, BATCH, MSG_DONTWAIT, NULL);
    if (count < 0) {
        if (errno != EAGAIN && errno != EINTR) p->c->counters[C_UNREAD]++;
        return;
    }
    for (int i = 0; i < count; i++) datagram_in(p, p->in[i], (int)p->in_heads[i].msg_len, &p->from[i]);
}

static bool wants_waking(ring *r, uint64_t used_min) {
    return ring_used(r) > used_min && atomic_load(&r->memory->sleeping) && atomic_exchange(&r->memory->sleeping, 0);
}

/* Another process is woken at a tick, so at most every 20 ms: waking up costs it more than reading a few packets. */
static void tell_readers(plane *p, bool tick) {
    for (int n = 1; n < RINGS_MAX && p->c->rings[n]; n++)
        if (wants_waking(p->c->rings[n], tick ? 0 : p->c->rings[n]->capacity / 4)) (void)!eventfd_write(p->wakes[n], 1);
}

/* What is asked of those above can't wait; what ears hear is fetched at every tick, so it wakes only before it is lost. */
static void tell(plane *p) {
    bool now = wants_waking(p->c->control, 0);
    if (wants_waking(p->c->rings[0], p->c->rings[0]->capacity / 4) || now) (void)!eventfd_write(p->wake, 1);
}

/* Send what waits, unless the rest of a frame is about to come. */
static void flush_whole(plane *p) {
    core *c = p->c;
    if (c->set.gso && c->frame_open && c->out_count && c->out_count < OUTS / 2) {
        if (p->held_at == NEVER) p->held_at = c->now;
        if (c->now - p->held_at < HELD) return;
    }
    p->held_at = NEVER;
    c->flush(c);
}

static void *run(void *arg) {
    plane *p = arg;
    int64_t tick = 0, until = 0;
    while (!atomic_load(&p->stop)) {
        struct pollfd ready[] = {{p->sock, POLLIN, 0}, {p->quit, POLLIN, 0}};
        int64_t left = until - clock_ns(CLOCK_MONOTONIC);
        struct timespec wait = {left > 0 ? left / NS : 0, left > 0 ? left % NS : 0};
        ppoll(ready, 2, &wait, NULL);
        while (atomic_load(&p->waiting) && !atomic_load(&p->stop)) usleep(WAITED_US);
        pthread_mutex_lock(&p->lock);
        p->c->now = clock_ns(CLOCK_MONOTONIC);
        p->c->wall = clock_ns(CLOCK_REALTIME);
        if (ready[0].revents) batch(p);
        if (p->c->now - tick >= TICK_MS * MS) {
            tick = p->c->now;
            core_timer(p->c);
        }
        tell_readers(p, tick == p->c->now);
        flush_whole(p);
        until = p->held_at == NEVER ? tick + TICK_MS * MS : p->held_at + HELD;
        tell(p);
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

int yt_start(plane *p, int sock, int wake) {
    struct sockaddr_storage mine;
    socklen_t length = sizeof mine;
    if (p->running || p->c->set.clear) return -EBUSY;
    if (getsockname(sock, (struct sockaddr *)&mine, &length)) return -errno;
    p->v6 = mine.ss_family == AF_INET6;
    p->sock = sock;
    p->wake = wake;
    p->quit = eventfd(0, EFD_CLOEXEC);
    if (p->quit < 0) return -errno;
    for (int i = 0; i < BATCH; i++) {
        p->in_parts[i] = (struct iovec){p->in[i], DATAGRAM_MAX};
        p->in_heads[i].msg_hdr = (struct msghdr){.msg_name = &p->from[i], .msg_iov = &p->in_parts[i], .msg_iovlen = 1};
    }
    p->c->owner = p;
    p->held_at = NEVER;
    p->c->flush = send_all;
    atomic_store(&p->stop, false);
    int failed = pthread_create(&p->thread, NULL, run, p);
    if (failed) {
        close(p->quit);
        return -failed;
    }
    p->running = true;
    return 0;
}

void yt_stop(plane *p) {
    if (!p->running) return;
    atomic_store(&p->stop, true);
    (void)!eventfd_write(p->quit, 1);
    pthread_join(p->thread, NULL);
    close(p->quit);
    p->running = false;
    tell_readers(p, true);
}

/* -- the face ------------------------------------------------------------------------------------------------------ */

int yt_version(void) { return 2; }

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
