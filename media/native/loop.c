/* The thread that owns the socket: many datagrams in by one call, then time, then what waits goes out. Never takes a
 * Python lock.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "plane.h"

#define HELD (400 * INT64_C(1000)) /* how long packets wait for the rest of their frame, to go out as one run */

enum { TICK_MS = 20, WAITED_US = 20 };

static int64_t clock_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

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
    p->c->urgent = true;
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
void tell_readers(plane *p, bool tick) {
    for (int n = 1; n < RINGS_MAX && p->c->rings[n]; n++)
        if (wants_waking(p->c->rings[n], tick ? 0 : p->c->rings[n]->capacity / 4)) (void)!eventfd_write(p->wakes[n], 1);
}

/* What is asked of those above can't wait; reports, and what ears hear, are fetched at every tick of theirs, so they wake
 * only before they are lost. One that is awake sees what is there by itself. */
static void tell(plane *p) {
    bool now = wants_waking(p->c->control, p->c->urgent ? 0 : p->c->control->capacity / 4);
    p->c->urgent = false;
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
