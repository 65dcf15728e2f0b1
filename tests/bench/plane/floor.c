/* The floor: what no server can do without. Paced bursts are protected for each sink and sent; nothing is received,
   kept, counted or decided.

   floor mm|gso SINKS INTERVAL_US BURST PAYLOAD SECONDS ADDRESS PROFILE, then the ports of the sinks on standard input.
   Says "ready" first, sends until SECONDS have passed. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "srtp.h"

#define SINKS_MAX 1024
#define BURST_MAX 64
#define BATCH 64
#define HEAD 12
#define UDP_SEGMENT_OPTION 103 /* linux/udp.h */
#define FIRST_SEQUENCE 1000

struct sink {
    struct sockaddr_in address;
    struct srtp tx;
    uint32_t ssrc;
};

struct work {
    int fd, gso, sinks, burst, payload_bytes;
    long interval_us;
    struct sink sink[SINKS_MAX];
    uint8_t source[BURST_MAX][1600];
    uint8_t out[BATCH * 1600];
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    uint8_t controls[BATCH][CMSG_SPACE(sizeof(uint16_t))];
    int used;
};

static int64_t now_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void flush(struct work *w) {
    for (int at = 0; at < w->used;) {
        int done = sendmmsg(w->fd, w->messages + at, (unsigned)(w->used - at), 0);
        at += done > 0 ? done : 1; /* what the system refuses is lost, as on any wire */
    }
    w->used = 0;
}

/* One message of `segments` packets of equal size that stand one after another. */
static void queue(struct work *w, struct sink *s, uint8_t *data, int segments, int bytes) {
    struct msghdr *m = &w->messages[w->used].msg_hdr;
    w->parts[w->used] = (struct iovec){data, (size_t)segments * (size_t)bytes};
    *m = (struct msghdr){.msg_name = &s->address, .msg_namelen = sizeof s->address, .msg_iov = &w->parts[w->used],
                         .msg_iovlen = 1};
    if (segments > 1) {
        m->msg_control = w->controls[w->used];
        m->msg_controllen = sizeof w->controls[w->used];
        struct cmsghdr *c = CMSG_FIRSTHDR(m);
        uint16_t size = (uint16_t)bytes;
        c->cmsg_level = IPPROTO_UDP;
        c->cmsg_type = UDP_SEGMENT_OPTION;
        c->cmsg_len = CMSG_LEN(sizeof size);
        memcpy(CMSG_DATA(c), &size, sizeof size);
    }
    w->used++;
}

static void burst(struct work *w, uint32_t sequence) {
    int plain = HEAD + w->payload_bytes, room = BATCH - BATCH % w->burst;
    uint64_t stamp = (uint64_t)now_ns(CLOCK_REALTIME);
    for (int i = 0; i < w->burst; i++)
        memcpy(w->source[i] + plain - 8, &stamp, 8);
    int filled = 0;
    for (int k = 0; k < w->sinks; k++) {
        struct sink *s = &w->sink[k];
        uint8_t *begin = w->out + (size_t)filled * 1600, *at = begin;
        for (int i = 0; i < w->burst; i++) {
            uint8_t *p = w->gso ? at : begin + (size_t)i * 1600;
            uint32_t number = sequence + (uint32_t)i, ssrc = htonl(s->ssrc);
            memcpy(p, w->source[i], (size_t)plain);
            p[2] = (uint8_t)(number >> 8);
            p[3] = (uint8_t)number;
            memcpy(p + 8, &ssrc, 4);
            int bytes = srtp_protect(&s->tx, p, HEAD, plain, number >> 16);
            at += bytes;
            if (!w->gso)
                queue(w, s, p, 1, bytes);
            else if (i == w->burst - 1)
                queue(w, s, begin, w->burst, bytes);
        }
        filled += w->burst;
        if (filled >= room) {
            flush(w);
            filled = 0;
        }
    }
    flush(w);
}

int main(int argc, char **argv) {
    static struct work w;
    static const uint8_t filler[1600] = {0x80, 96};
    if (argc != 9 || crypto_load() != 0)
        return 2;
    w.gso = strcmp(argv[1], "gso") == 0;
    w.sinks = atoi(argv[2]);
    w.interval_us = atol(argv[3]);
    w.burst = atoi(argv[4]);
    w.payload_bytes = atoi(argv[5]);
    double seconds = atof(argv[6]);
    int profile = atoi(argv[8]);
    if (w.sinks < 1 || w.sinks > SINKS_MAX || w.burst < 1 || w.burst > BURST_MAX || w.payload_bytes > 1400)
        return 2;
    w.fd = socket(AF_INET, SOCK_DGRAM, 0);
    int deep = 4 << 20;
    setsockopt(w.fd, SOL_SOCKET, SO_SNDBUF, &deep, sizeof deep);
    for (int k = 0; k < w.sinks; k++) {
        uint8_t key[30]; /* known to everyone: what a key costs does not depend on its secrecy */
        int port = 0;
        if (scanf("%d", &port) != 1)
            return 2;
        for (int i = 0; i < 30; i++)
            key[i] = (uint8_t)i;
        w.sink[k].address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        inet_pton(AF_INET, argv[7], &w.sink[k].address.sin_addr);
        w.sink[k].ssrc = 1000 + (uint32_t)k;
        srtp_make(&w.sink[k].tx, profile, key, 1);
    }
    for (int i = 0; i < w.burst; i++)
        memcpy(w.source[i], filler, sizeof filler);
    prctl(PR_SET_TIMERSLACK, 1UL);
    puts("ready");
    fflush(stdout);
    int64_t due = now_ns(CLOCK_MONOTONIC), end = due + (int64_t)(seconds * 1e9);
    for (uint32_t sequence = FIRST_SEQUENCE; due < end; sequence += (uint32_t)w.burst) {
        int64_t now = now_ns(CLOCK_MONOTONIC);
        due += w.interval_us * 1000;
        if (now > due)
            due = now;
        struct timespec at = {due / 1000000000, due % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
        }
        burst(&w, sequence);
    }
    return 0;
}
