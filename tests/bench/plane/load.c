/* The load: one thread that sends paced bursts of SRTP for any number of publishers, one that counts what all
   subscribers get and times two of them by the kernel's receive time stamps.

   ICE and DTLS were done by whoever hands the sockets and keys over. The counting thread naps between reads:
   delays do not depend on it (the kernel stamps), and the server pays for no wake-up of a reader. */

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "srtp.h"

#define PACKET_BYTES 2048
#define BURST_MAX 64
#define READ_BATCH 64
#define STREAMS_MAX 8 /* SSRCs counted a subscriber */
#define STAMP_BYTES 8
#define NAP_NS 1000000L
#define KEY_EVERY 50 /* bursts from one key frame to the next */
#define FIRST_SEQUENCE 1000

struct stream {
    uint32_t ssrc, highest, first;
    uint64_t count;
};

struct peer {
    int fd, publishes;
    struct sockaddr_in server;
    struct srtp tx, rx;
    /* as publisher */
    uint32_t ssrc, sequence, bursts;
    uint16_t transport_sequence;
    int payload_type, video, mid_id, level_id, cc_id;
    char mid[8];
    /* as subscriber; watched: index of its delays plus one, or 0 */
    int watched, streams_used;
    struct stream streams[STREAMS_MAX];
};

struct load {
    int peers_used, peers_max, publishers_used, epoll, failed;
    struct peer *peers;
    int *publishers;
    /* the pattern */
    double interval_s, seconds;
    int burst, payload_bytes;
    /* figures */
    atomic_ullong sent, unsent, late, received, unreadable, other;
    atomic_int measuring, stop_sending, stop_counting;
    double sender_cpu_s, counter_cpu_s;
    uint32_t *delays_us[2];
    atomic_uint delays_used[2];
    unsigned delays_max;
    pthread_t sender, counter;
};

static int64_t now_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double thread_cpu_s(void) { return (double)now_ns(CLOCK_THREAD_CPUTIME_ID) / 1e9; }

/* -- set up ------------------------------------------------------------------------------------------------- */

struct load *load_new(int peers_max, int delays_max) {
    if (!crypto.ctx_new && crypto_load() != 0)
        return NULL;
    struct load *l = calloc(1, sizeof *l);
    l->peers = calloc((size_t)peers_max, sizeof *l->peers);
    l->publishers = calloc((size_t)peers_max, sizeof *l->publishers);
    l->peers_max = peers_max;
    l->delays_max = (unsigned)delays_max;
    for (int i = 0; i < 2; i++)
        l->delays_us[i] = calloc((size_t)delays_max, sizeof(uint32_t));
    l->epoll = epoll_create1(0);
    return l;
}

/* address, port: of the server, in network order. watched: 1 or 2 if its delays are taken. Gives its index, or -1. */
int load_peer(struct load *l, int fd, uint32_t address, uint16_t port, int profile, const uint8_t *tx,
              const uint8_t *rx, int watched) {
    if (l->peers_used == l->peers_max)
        return -1;
    struct peer *p = &l->peers[l->peers_used];
    p->fd = fd;
    p->server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = address};
    srtp_make(&p->tx, profile, tx, 1);
    srtp_make(&p->rx, profile, rx, 0);
    p->watched = watched;
    int deep = 4 << 20, on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &deep, sizeof deep) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &deep, sizeof deep);
    if (watched)
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)l->peers_used};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        return -1;
    return l->peers_used++;
}

/* An id of 0: this header extension is not sent. */
void load_publish(struct load *l, int peer, uint32_t ssrc, int payload_type, int video, const char *mid, int mid_id,
                  int level_id, int cc_id) {
    struct peer *p = &l->peers[peer];
    p->publishes = 1;
    p->ssrc = ssrc;
    p->sequence = FIRST_SEQUENCE;
    p->payload_type = payload_type;
    p->video = video;
    strncpy(p->mid, mid, sizeof p->mid - 1);
    p->mid_id = mid_id;
    p->level_id = level_id;
    p->cc_id = cc_id;
    l->publishers[l->publishers_used++] = peer;
}

/* -- sending ------------------------------------------------------------------------------------------------ */

static uint8_t *element(uint8_t *at, int id, const void *value, int bytes) {
    if (id == 0)
        return at;
    *at++ = (uint8_t)(id << 4 | (bytes - 1));
    memcpy(at, value, (size_t)bytes);
    return at + bytes;
}

/* One-byte header extensions (RFC 8285 §4.2); gives the bytes of the whole block. */
static int extensions(struct peer *p, uint8_t *block) {
    uint8_t *at = block + 4;
    uint8_t level = 0x80 | 30, cc[2] = {(uint8_t)(p->transport_sequence >> 8), (uint8_t)p->transport_sequence};
    at = element(at, p->mid_id, p->mid, (int)strlen(p->mid));
    at = element(at, p->level_id, &level, 1);
    at = element(at, p->cc_id, cc, 2);
    p->transport_sequence++;
    while ((at - block) % 4)
        *at++ = 0;
    block[0] = 0xBE;
    block[1] = 0xDE;
    block[2] = 0;
    block[3] = (uint8_t)((at - block) / 4 - 1);
    return (int)(at - block);
}

/* The descriptor of RFC 7741 §4.2 with a 15 bit picture id and tl0picidx, then a frame header of 640 x 360. */
static void picture(uint8_t *at, uint32_t number, int first, int key) {
    const uint8_t head[] = {(uint8_t)(0x80 | (first ? 0x10 : 0)), 0xE0, (uint8_t)(0x80 | (number >> 8 & 0x7F)),
                            (uint8_t)number, (uint8_t)number, 0x00, (uint8_t)(key ? 0x10 : 0x11), 0x02, 0x00,
                            0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01};
    memcpy(at, head, sizeof head);
}

static int write_packet(struct load *l, struct peer *p, int index, uint8_t *out) {
    uint32_t time = p->video ? p->bursts * (uint32_t)(l->interval_s * 90000) : p->sequence * 960;
    int key = p->video && p->bursts % KEY_EVERY == 0, last = index == l->burst - 1;
    const uint8_t head[12] = {0x90, (uint8_t)((p->video && last ? 0x80 : 0) | p->payload_type),
                              (uint8_t)(p->sequence >> 8), (uint8_t)p->sequence,
                              (uint8_t)(time >> 24), (uint8_t)(time >> 16), (uint8_t)(time >> 8), (uint8_t)time,
                              (uint8_t)(p->ssrc >> 24), (uint8_t)(p->ssrc >> 16), (uint8_t)(p->ssrc >> 8),
                              (uint8_t)p->ssrc};
    memcpy(out, head, sizeof head);
    int start = 12 + extensions(p, out + 12), end = start + l->payload_bytes;
    memset(out + start, 0x55, (size_t)l->payload_bytes);
    if (p->video)
        picture(out + start, p->bursts, index == 0, key && index == 0);
    uint64_t stamp = (uint64_t)now_ns(CLOCK_REALTIME);
    memcpy(out + end - STAMP_BYTES, &stamp, STAMP_BYTES);
    int bytes = srtp_protect(&p->tx, out, start, end, p->sequence >> 16);
    p->sequence++;
    return bytes;
}

static void send_burst(struct load *l, struct peer *p) {
    static __thread uint8_t packets[BURST_MAX][PACKET_BYTES];
    struct mmsghdr messages[BURST_MAX];
    struct iovec parts[BURST_MAX];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < l->burst; i++) {
        parts[i] = (struct iovec){packets[i], (size_t)write_packet(l, p, i, packets[i])};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &p->server, .msg_namelen = sizeof p->server, .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int done = sendmmsg(p->fd, messages, (unsigned)l->burst, 0);
    atomic_fetch_add(&l->sent, done > 0 ? (unsigned)done : 0);
    if (done < l->burst)
        atomic_fetch_add(&l->unsent, (unsigned)(l->burst - (done > 0 ? done : 0)));
    p->bursts++;
}

static void *sending(void *argument) {
    struct load *l = argument;
    prctl(PR_SET_TIMERSLACK, 1UL);
    int64_t step = (int64_t)(l->interval_s * 1e9 / l->publishers_used), due = now_ns(CLOCK_MONOTONIC);
    int64_t end = due + (int64_t)(l->seconds * 1e9);
    for (int turn = 0; due < end && !atomic_load(&l->stop_sending); turn = (turn + 1) % l->publishers_used) {
        due += step;
        int64_t now = now_ns(CLOCK_MONOTONIC);
        if (now > due + step + 1000000) { /* a load that is late does not catch up: bursts of bursts are another */
            atomic_fetch_add(&l->late, 1);
            due = now;
        }
        struct timespec at = {due / 1000000000, due % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
        }
        send_burst(l, &l->peers[l->publishers[turn]]);
    }
    l->sender_cpu_s = thread_cpu_s();
    return NULL;
}

/* -- counting ----------------------------------------------------------------------------------------------- */

static struct stream *stream_of(struct peer *p, uint32_t ssrc) {
    for (int i = 0; i < p->streams_used; i++)
        if (p->streams[i].ssrc == ssrc)
            return &p->streams[i];
    if (p->streams_used == STREAMS_MAX)
        return NULL;
    p->streams[p->streams_used].ssrc = ssrc;
    return &p->streams[p->streams_used++];
}

/* Count it; gives the extended sequence number. */
static uint32_t count(struct stream *s, uint16_t sequence) {
    uint32_t extended = sequence;
    if (s->count++ == 0) {
        s->first = s->highest = extended;
        return extended;
    }
    extended = s->highest + (uint32_t)(int32_t)(int16_t)(sequence - (uint16_t)s->highest);
    if ((int32_t)(extended - s->highest) > 0)
        s->highest = extended;
    return extended;
}

static int64_t arrival_ns(struct msghdr *message) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        }
    return 0;
}

static int head_bytes(const uint8_t *packet, int bytes) {
    int head = 12 + 4 * (packet[0] & 15);
    if (packet[0] & 0x10 && head + 4 <= bytes)
        head += 4 + 4 * (packet[head + 2] << 8 | packet[head + 3]);
    return head <= bytes ? head : -1;
}

static void delay(struct load *l, struct peer *p, uint8_t *packet, int bytes, uint32_t extended,
                  struct msghdr *message) {
    int head = head_bytes(packet, bytes), which = p->watched - 1;
    int plain = head < 0 ? -1 : srtp_unprotect(&p->rx, packet, head, bytes, extended >> 16);
    if (plain < head + STAMP_BYTES) {
        atomic_fetch_add(&l->unreadable, 1);
        return;
    }
    uint64_t stamp;
    memcpy(&stamp, packet + plain - STAMP_BYTES, STAMP_BYTES);
    unsigned at = atomic_load(&l->delays_used[which]);
    int64_t took = arrival_ns(message) - (int64_t)stamp;
    if (atomic_load(&l->measuring) && at < l->delays_max && took > 0) {
        l->delays_us[which][at] = (uint32_t)(took / 1000);
        atomic_store(&l->delays_used[which], at + 1);
    }
}

static void take(struct load *l, struct peer *p, uint8_t *packet, struct mmsghdr *message) {
    int bytes = (int)message->msg_len;
    if (bytes < 12 || packet[0] >> 6 != 2 || (packet[1] >= 192 && packet[1] <= 223)) {
        atomic_fetch_add(&l->other, 1); /* STUN, DTLS, RTCP */
        return;
    }
    uint32_t ssrc = (uint32_t)packet[8] << 24 | (uint32_t)packet[9] << 16 | (uint32_t)packet[10] << 8 | packet[11];
    struct stream *s = stream_of(p, ssrc);
    if (!s)
        return;
    uint32_t extended = count(s, (uint16_t)(packet[2] << 8 | packet[3]));
    atomic_fetch_add(&l->received, 1);
    if (p->watched)
        delay(l, p, packet, bytes, extended, &message->msg_hdr);
}

static void drain(struct load *l, struct peer *p) {
    static __thread uint8_t packets[READ_BATCH][PACKET_BYTES], controls[READ_BATCH][64];
    struct mmsghdr messages[READ_BATCH];
    struct iovec parts[READ_BATCH];
    int got;
    do {
        memset(messages, 0, sizeof messages);
        for (int i = 0; i < READ_BATCH; i++) {
            /* Of those who are only counted the header is enough: the copy of the rest is spared. */
            parts[i] = (struct iovec){packets[i], p->watched ? PACKET_BYTES : 16};
            messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1,
                                                  .msg_control = p->watched ? controls[i] : NULL,
                                                  .msg_controllen = p->watched ? sizeof controls[i] : 0};
        }
        got = recvmmsg(p->fd, messages, READ_BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
        for (int i = 0; i < got; i++)
            take(l, p, packets[i], &messages[i]);
    } while (got == READ_BATCH);
}

static void *counting(void *argument) {
    struct load *l = argument;
    struct epoll_event events[256];
    const struct timespec nap = {0, NAP_NS};
    while (!atomic_load(&l->stop_counting)) {
        int ready = epoll_wait(l->epoll, events, 256, 50);
        for (int i = 0; i < ready; i++)
            drain(l, &l->peers[events[i].data.u32]);
        nanosleep(&nap, NULL);
    }
    l->counter_cpu_s = thread_cpu_s();
    return NULL;
}

/* -- control ------------------------------------------------------------------------------------------------ */

/* Begin; with no publisher only the counting thread runs. seconds bounds the sending whatever the caller does. */
int load_start(struct load *l, double interval_s, int burst, int payload_bytes, double seconds) {
    if (burst < 1 || burst > BURST_MAX || payload_bytes < 16 + STAMP_BYTES || payload_bytes > 1400)
        return -1;
    l->interval_s = interval_s;
    l->burst = burst;
    l->payload_bytes = payload_bytes;
    l->seconds = seconds;
    if (pthread_create(&l->counter, NULL, counting, l) != 0)
        return -1;
    return l->publishers_used == 0 ? 0 : pthread_create(&l->sender, NULL, sending, l);
}

void load_measure(struct load *l, int on) { atomic_store(&l->measuring, on); }

/* sent, unsent, late bursts, received, unreadable, other */
void load_totals(struct load *l, uint64_t *out) {
    out[0] = atomic_load(&l->sent);
    out[1] = atomic_load(&l->unsent);
    out[2] = atomic_load(&l->late);
    out[3] = atomic_load(&l->received);
    out[4] = atomic_load(&l->unreadable);
    out[5] = atomic_load(&l->other);
}

/* Highest extended sequence number of the busiest stream a peer gets; for its receiver reports. */
uint32_t load_highest(struct load *l, int peer) {
    const struct peer *p = &l->peers[peer];
    const struct stream *best = NULL;
    for (int i = 0; i < p->streams_used; i++)
        if (!best || p->streams[i].count > best->count)
            best = &p->streams[i];
    return best ? best->highest : 0;
}

void load_stop_sending(struct load *l) {
    atomic_store(&l->stop_sending, 1);
    if (l->publishers_used)
        pthread_join(l->sender, NULL);
}

/* After load_stop_sending and a wait for what is under way. lost: by the sequence numbers each subscriber saw. */
void load_stop(struct load *l, uint64_t *expected, uint64_t *got, double *cpu_s) {
    atomic_store(&l->stop_counting, 1);
    pthread_join(l->counter, NULL);
    *expected = *got = 0;
    for (int i = 0; i < l->peers_used; i++)
        for (int k = 0; k < l->peers[i].streams_used; k++) {
            const struct stream *s = &l->peers[i].streams[k];
            *expected += (uint64_t)(s->highest - s->first) + 1;
            *got += s->count;
        }
    *cpu_s = l->sender_cpu_s + l->counter_cpu_s;
}

unsigned load_delays(struct load *l, int which, uint32_t *out) {
    unsigned used = atomic_load(&l->delays_used[which]);
    memcpy(out, l->delays_us[which], used * sizeof *out);
    return used;
}
