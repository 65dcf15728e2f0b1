/* The plane on a real loopback socket while other threads use its whole face: threads SEEDS HOST SECONDS DATAGRAMS SEED.
 *
 * Built with ThreadSanitizer, and with AddressSanitizer too. Three clients send good and mutated SRTP, a stranger sends
 * whatever it likes at the port; commands, records and figures are asked for all the time by threads of their own.
 * It sends to its own addresses on loopback only. At the end good packets must still come through to everybody.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"
#include "loop.h"

enum { FIRST_PORT = 50000, PACE = 8, PAUSE_US = 400, AHEAD_MAX = 400, ROOM = 1 << 16, PATIENCE = 3000, HELD_SSRCS = 32, NONCE = 8, SHARED = 1 << 15 };

typedef struct {
    int number, sock, heard;
    srtp *keys;
    dice chance;
    struct { uint32_t ssrc, timestamp; window sent; } own[HELD_SSRCS];
    int owned;
    long long sent, opened;
} client;

static seeds all;
static plane *it;
static client clients[CLIENTS];
static struct sockaddr_in port;
static uint64_t first_seed;
static const uint8_t nonce[NONCE] = {0xC0, 0xDE, 0x59, 0x54, 0x0A, 0xFF, 0x00, 0x99};
static _Atomic bool over, closing;
static _Atomic long long strange, told, taken, teed, asked, looked;
static int wake;

static int64_t clock_of(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

static void ask(const uint8_t *data, int size, bool good) {
    int bad = yt_command(it, data, (size_t)size, clock_of(CLOCK_MONOTONIC), clock_of(CLOCK_REALTIME));
    CHECK(!good || !bad, -bad);
    asked++;
}

static void play(int kind) {
    for (int i = 0; i < all.count; i++)
        if (all.at[i].kind == kind) ask(all.at[i].data, all.at[i].size, true);
}

static int socket_at(const char *host, int number) {
    struct sockaddr_in mine = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;
    CHECK(fd >= 0 && inet_pton(AF_INET, host, &mine.sin_addr) == 1, fd);
    CHECK(!bind(fd, (struct sockaddr *)&mine, sizeof mine), number);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return fd;
}

static void send_to(int fd, const uint8_t *data, int size) {
    (void)!sendto(fd, data, (size_t)size, 0, (struct sockaddr *)&port, sizeof port);
}

/* -- clients ------------------------------------------------------------------------------------------------------- */

static void listen_in(client *me) {
    uint8_t data[DATAGRAM_MAX];
    for (ssize_t got; (got = recv(me->sock, data, sizeof data, MSG_DONTWAIT)) > 0;) {
        bool control_packet = data[1] >= 192 && data[1] <= 223;
        int size = control_packet ? srtcp_open(me->keys, data, (int)got) : srtp_open(me->keys, data, (int)got);
        if (size < 0) continue;
        me->opened++;
        for (int i = RTP_HEADER; !control_packet && i + NONCE <= size; i++)
            if (!memcmp(data + i, nonce, NONCE)) me->heard |= (data[1] & 0x7F) == 111 ? GOOD_SOUND : GOOD_PICTURE;
    }
}

static int own_of(client *me, uint32_t ssrc) {
    int i = 0;
    while (i < me->owned && me->own[i].ssrc != ssrc) i++;
    CHECK(i < HELD_SSRCS, i);
    if (i == me->owned) {
        me->own[me->owned].ssrc = ssrc;
        window_clear(&me->own[me->owned++].sent);
    }
    return i;
}

/* An RTX packet (odd SSRCs, by the seeds) repeats what came just before: a far one would make its stream look late. */
static void repeat(client *me, uint8_t *data, int size) {
    bounds b;
    CHECK(!rtp_bounds(data, size, &b) && b.end - b.start > 2, size);
    const window *w = &me->own[own_of(me, get32(data + 8) - 1)].sent;
    put16(data + b.start, (uint32_t)(w->highest - (int64_t)roll(&me->chance, 8)) & 0xFFFF);
}

/* One seed of mine, going on where I left it; mutated where its place in the stream is not touched. */
static void speak(client *me, const seed *from, bool good) {
    uint8_t data[MUTATED_MAX + 64];
    int size = from->size;
    memcpy(data, from->data, (size_t)size);
    if (from->kind == SEED_RTCP) {
        if (one_in(&me->chance, 2)) size = mutate(&me->chance, data, size);
        size = srtcp_seal(me->keys, data, size);
    } else {
        uint32_t ssrc = get32(data + 8);
        int i = own_of(me, ssrc);
        window *w = &me->own[i].sent;
        uint16_t sequence = (uint16_t)(w->highest + 1);
        if (ssrc & 1) repeat(me, data, size);
        else if (!good && one_in(&me->chance, 2)) size = mutate(&me->chance, data, size);
        if (good) memcpy(data + size - NONCE, nonce, NONCE);
        if (size < RTP_HEADER) return;
        put16(data + 2, sequence);
        put32(data + 4, me->own[i].timestamp += 3000);
        put32(data + 8, ssrc);
        int header = RTP_HEADER + 4 * (data[0] & 15);
        if (data[0] & 0x10 && header + 4 <= size) header += 4 + 4 * get16(data + header + 2);
        size = srtp_seal(me->keys, w, data, header < size ? header : size, size);
    }
    if (size < 0) return;
    if (!good && one_in(&me->chance, 8)) size = mutate(&me->chance, data, size);
    send_to(me->sock, data, size);
    me->sent++;
}

static void *talk(void *arg) {
    client *me = arg;
    while (!over) {
        const seed *one = seed_of(&all, &me->chance, one_in(&me->chance, 4) ? SEED_RTCP : SEED_RTP);
        if (one->peer != me->number) continue;
        speak(me, one, one->mark && one_in(&me->chance, 2));
        if (me->sent % PACE) continue;
        listen_in(me);
        usleep(PAUSE_US);
    }
    return NULL;
}

/* -- everybody else ------------------------------------------------------------------------------------------------ */

typedef struct { const char *host; long long datagrams; } stranger;

/* At most AHEAD_MAX ahead of what those above were told, so that the system's buffer loses little. */
static void *intrude(void *arg) {
    const stranger *who = arg;
    dice d = {first_seed + 100};
    int fd = socket_at(who->host, 0);
    while (strange < who->datagrams) {
        uint8_t data[MUTATED_MAX + 64];
        const seed *one = seed_of(&all, &d, one_in(&d, 3) ? SEED_RTP : SEED_DATAGRAM);
        int size = one->size;
        memcpy(data, one->data, (size_t)size);
        size = one_in(&d, 16) ? (int)roll(&d, 20) : mutate(&d, data, size);
        send_to(fd, data, size);
        if (!size) continue;
        strange++;
        for (int tries = 0; strange - told > AHEAD_MAX && tries < 50; tries++) usleep(100);
    }
    close(fd);
    return NULL;
}

static void *demand(void *arg) {
    dice d = {first_seed + 200};
    uint8_t data[MUTATED_MAX];
    (void)arg;
    while (!over) {
        const seed *one = seed_of(&all, &d, one_in(&d, 2) ? SEED_ROUTES : SEED_COMMAND);
        ask(one->data, one->size, true);
        if (one->size < (int)sizeof data / 2 && one_in(&d, 8)) { /* half of one: refused, nothing of it stays */
            memcpy(data, one->data, (size_t)one->size);
            ask(data, one->size / 2, false);
        }
        usleep(roll(&d, 2000));
    }
    return NULL;
}

static void read_ring(int from, uint8_t *block) {
    for (int64_t size; (size = yt_records(it, from, block, ROOM)) > 0;)
        for (int64_t at = 0; at < size;) {
            uint32_t bytes, kind;
            memcpy(&bytes, block + at, 4);
            memcpy(&kind, block + at + 8, 4);
            told += from < 0 && kind == R_DATAGRAM;
            taken++;
            at += 8 + ((bytes + 7) & ~7u);
            CHECK(at <= size, at);
        }
}

/* The other process's end of the shared ring: takes whatever has been written, in whole records. */
static void *take(void *arg) {
    ring_memory *m = arg;
    uint8_t record[ROOM];
    while (!closing) {
        uint64_t tail = atomic_load(&m->tail), head = atomic_load(&m->head);
        for (uint32_t size; tail < head; atomic_store(&m->tail, tail)) {
            uint32_t at = (uint32_t)tail & (SHARED - 1);
            memcpy(&size, m->data + at, 4);
            if (size == UINT32_MAX) {
                tail += SHARED - at;
                continue;
            }
            CHECK(size < ROOM && at + 8 + size <= SHARED, size);
            memcpy(record, m->data + at + 8, size);
            tail += 8 + ((size + 7) & ~7u);
            teed++;
        }
        atomic_store(&m->sleeping, 1);
        usleep(1000);
    }
    return NULL;
}

/* Memory of a ring as the owner of the house makes it, known to the plane by a descriptor. */
static ring_memory *share(void) {
    ring made;
    int fd = memfd_create("ring", MFD_CLOEXEC);
    size_t size = ring_bytes(SHARED);
    CHECK(fd >= 0 && !ftruncate(fd, (off_t)size), fd);
    ring_memory *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(m != MAP_FAILED, 0);
    ring_init(&made, m, SHARED);
    CHECK(yt_share(it, fd, wake) == 1, 0);
    close(fd);
    return m;
}

static void *hear(void *arg) {
    uint8_t *block = malloc(ROOM);
    uint64_t lost = 0;
    (void)arg;
    while (!closing) {
        struct pollfd ready = {wake, POLLIN, 0};
        eventfd_t count;
        poll(&ready, 1, 5);
        if (ready.revents) eventfd_read(wake, &count);
        read_ring(-1, block);
        read_ring(0, block);
        uint64_t dropped = yt_dropped(it, -1);
        told += (long long)(dropped - lost); /* which keeps the stranger from waiting for them */
        lost = dropped;
    }
    free(block);
    return NULL;
}

static void *look(void *arg) {
    uint64_t counters[COUNTERS];
    stream_figures streams[8];
    line_figures lines[256];
    (void)arg;
    while (!closing) {
        yt_counters(it, counters);
        for (int from = -1; from < RINGS_MAX; from++) CHECK(yt_worst(it, from) <= 1, from);
        for (uint32_t who = 0; who <= CLIENTS; who++) {
            uint32_t failed;
            int64_t heard_at;
            double sum;
            yt_streams(it, who, streams, 8, clock_of(CLOCK_MONOTONIC));
            yt_lines(it, who, lines, 256);
            yt_peer(it, who, &failed, &heard_at);
            yt_level(it, who, &sum);
        }
        looked++;
        usleep(500);
    }
    return NULL;
}

/* Good packets of everybody until each has come through to the others. */
static void must_stand(void) {
    int done = 0;
    play(SEED_ROUTES);
    for (int i = 0; i < CLIENTS; i++) {
        while (recv(clients[i].sock, &(uint8_t[DATAGRAM_MAX]){0}, DATAGRAM_MAX, MSG_DONTWAIT) > 0) {}
        clients[i].heard = 0;
    }
    for (int round = 0; round < PATIENCE && done < CLIENTS; round++) {
        done = 0;
        for (int i = 0; i < all.count; i++)
            if (all.at[i].kind == SEED_RTP && all.at[i].mark) speak(&clients[all.at[i].peer], &all.at[i], true);
        usleep(10000);
        for (int i = 0; i < CLIENTS; i++) {
            listen_in(&clients[i]);
            done += clients[i].heard == (GOOD_SOUND | GOOD_PICTURE);
        }
    }
    CHECK(done == CLIENTS, done);
}

static void run(const char *host, double seconds, long long datagrams, ring_memory *tee) {
    pthread_t talking[CLIENTS], others[4], taking;
    stranger who = {host, datagrams};
    void *(*const bodies[])(void *) = {hear, look, demand, intrude};
    for (int i = 0; i < 4; i++) CHECK(!pthread_create(&others[i], NULL, bodies[i], &who), i);
    CHECK(!pthread_create(&taking, NULL, take, tee), 0);
    must_stand();
    for (int i = 0; i < CLIENTS; i++) CHECK(!pthread_create(&talking[i], NULL, talk, &clients[i]), i);
    usleep((useconds_t)(seconds * 1e6));
    pthread_join(others[3], NULL);
    over = true;
    pthread_join(others[2], NULL);
    for (int i = 0; i < CLIENTS; i++) pthread_join(talking[i], NULL);
    must_stand();
    closing = true;
    for (int i = 0; i < 2; i++) pthread_join(others[i], NULL);
    pthread_join(taking, NULL);
    CHECK(teed > 0, 0);
}

int threads_main(int argc, char **argv) {
    CHECK(argc == 6, argc);
    const char *host = argv[2];
    first_seed = strtoull(argv[5], NULL, 10);
    seeds_read(&all, argv[1]);
    it = yt_new(&all.set);
    CHECK(it != NULL, 0);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (client){.number = i, .sock = socket_at(host, FIRST_PORT + i), .keys = &all.clients[i]};
        clients[i].chance.state = first_seed + (uint64_t)i;
    }
    int sock = socket_at(host, 0);
    socklen_t length = sizeof port;
    CHECK(!getsockname(sock, (struct sockaddr *)&port, &length), 0);
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ring_memory *tee = share();
    CHECK(!yt_start(it, sock, wake), 0);
    play(SEED_SETUP);
    play(SEED_ROUTES);
    int64_t from = clock_of(CLOCK_MONOTONIC);
    run(host, atof(argv[3]), atoll(argv[4]), tee);
    double seconds = (double)(clock_of(CLOCK_MONOTONIC) - from) / (double)NS;
    uint64_t counters[COUNTERS];
    yt_counters(it, counters);
    yt_stop(it);
    close(sock);
    yt_free(it);
    munmap(tee, ring_bytes(SHARED));
    long long sent = 0, opened = 0;
    for (int i = 0; i < CLIENTS; i++) {
        sent += clients[i].sent;
        opened += clients[i].opened;
        close(clients[i].sock);
    }
    close(wake);
    seeds_free(&all);
    for (int i = 0; i < COUNTERS; i++) printf("%s%llu", i ? " " : "counters ", (unsigned long long)counters[i]);
    printf("\n%lld of strangers, %lld of clients in %.1f s; %lld came back, %lld records, %lld teed, %lld commands, %lld looks\n",
           (long long)strange, sent, seconds, opened, (long long)taken, (long long)teed, (long long)asked, (long long)looked);
    return 0;
}
