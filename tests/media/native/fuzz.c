/* A session that stands, under mutated packets: fuzz SEEDS packets|commands CASES SEED, or fuzz SEEDS replay FILE.
 *
 * Built with AddressSanitizer and UndefinedBehaviorSanitizer. Each packet lies in a heap block of its own size, so that
 * one byte read too far is seen. Where the seeds have keys, most packets are mutated before they are protected, so that
 * they pass authentication; some afterwards; some are replayed. At the end good packets must still come through, the
 * heap must not have grown, and nothing may be left of it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

/* Of AddressSanitizer's library; gcc brings no header for it. */
size_t __sanitizer_get_current_allocated_bytes(void);

enum { TICK = 20 * 1000 * 1000, PAST = 8192, NONCE = 8, HEAP_MAX = 64 << 20, HEAP_SLACK = 64 << 10, ROUNDS_MAX = 200, SHARED = 1 << 15 };
enum { GIVEN = 0, COMMANDED = 1, PASSED = 2 }; /* what an entry of the past is: a packet, commands, time */

static seeds all;
static dice chance;
static core *c;
static void *shared; /* memory of the second ring */
static int64_t ticked;
static int last_peer, last_size; /* the newest packet that went in, for replays */
static uint8_t last[MUTATED_MAX + SRTP_ROOM];
static long long given, sealed, opened[CLIENTS], unread[CLIENTS];
static uint8_t nonce[NONCE];
static int heard[CLIENTS], tapped; /* marks of good packets that have come through */

/* -- what went in, so that it can be played again ------------------------------------------------------------------ */

typedef struct {
    uint32_t count;
    struct { uint8_t kind, peer; int32_t size; int64_t now; uint8_t data[2048]; } at[PAST];
} history;
static history *past;

/* In a file that is there after any end, if the environment names one; tests/media/sanitized.py reads it. */
static void open_past(void) {
    const char *path = getenv("YUNTING_CASE");
    int file = path ? open(path, O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
    CHECK(!path || (file >= 0 && !ftruncate(file, sizeof *past)), file);
    past = mmap(NULL, sizeof *past, PROT_READ | PROT_WRITE, file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, file, 0);
    CHECK(past != MAP_FAILED, 0);
    if (file >= 0) close(file);
}

static void note(int kind, int who, const uint8_t *data, int size) {
    unsigned i = past->count++ % PAST;
    if (size > (int)sizeof past->at[i].data) size = sizeof past->at[i].data;
    past->at[i].kind = (uint8_t)kind;
    past->at[i].peer = (uint8_t)who;
    past->at[i].size = size;
    past->at[i].now = c->now;
    memcpy(past->at[i].data, data, (size_t)size);
}

/* -- in and out ---------------------------------------------------------------------------------------------------- */

static void give(int who, const uint8_t *data, int size) {
    uint8_t *exact = malloc((size_t)size);
    memcpy(exact, data, (size_t)size);
    note(GIVEN, who, data, size);
    core_receive(c, who, exact, size);
    free(exact);
    given++;
}

static bool holds(const uint8_t *data, int size) {
    for (int i = 0; i + NONCE <= size; i++)
        if (!memcmp(data + i, nonce, NONCE)) return true;
    return false;
}

/* Every packet that goes out must open with its receiver's keys; the bytes that are sent again are replays. */
static void take_sent(void) {
    c->flush(c);
    for (size_t at = 0; at < c->sent_size;) {
        uint32_t head[2];
        memcpy(head, c->sent + at, 8);
        uint8_t *data = c->sent + at + 8;
        at += 8 + head[1];
        if (head[0] >= CLIENTS) continue;
        bool rtcp = data[1] >= 192 && data[1] <= 223;
        srtp *mine = &all.clients[head[0]];
        int size = rtcp ? srtcp_open(mine, data, (int)head[1]) : srtp_open(mine, data, (int)head[1]);
        if (size < 0) {
            unread[head[0]]++;
            continue;
        }
        opened[head[0]]++;
        if (!rtcp && holds(data, size)) heard[head[0]] |= (data[1] & 0x7F) == 111 ? GOOD_SOUND : GOOD_PICTURE;
    }
    c->sent_size = 0;
}

static void command(const uint8_t *data, int size, bool good) {
    uint8_t *exact = malloc((size_t)size);
    memcpy(exact, data, (size_t)size);
    take_sent(); /* as yt_command does: what was let in before goes out before */
    note(COMMANDED, 0, data, size);
    int bad = core_command(c, exact, (size_t)size);
    free(exact);
    CHECK(!good || !bad, -bad);
}

static void play(int kind) {
    for (int i = 0; i < all.count; i++)
        if (all.at[i].kind == kind) command(all.at[i].data, all.at[i].size, true);
}

static void drain(ring *r) {
    uint32_t size;
    for (const uint8_t *record; (record = ring_peek(r, &size)); ring_release(r)) {
        CHECK(size >= 4 && size < 4096, size);
        tapped |= r != c->control && holds(record, (int)size);
    }
}

static void pass(int64_t ns) {
    c->now += ns;
    c->wall += ns;
    if (c->now - ticked < TICK) return;
    ticked = c->now;
    note(PASSED, 0, last, 0);
    core_timer(c);
    take_sent();
    drain(c->control);
    for (int i = 0; i < RINGS_MAX; i++)
        if (c->rings[i]) drain(c->rings[i]);
}

/* -- packets ------------------------------------------------------------------------------------------------------- */

static window *window_of(peer *p, uint32_t ssrc) {
    for (int i = 0; i < p->keys.remote_count; i++)
        if (p->keys.remotes[i].ssrc == ssrc) return &p->keys.remotes[i].rtp;
    return NULL;
}

/* Let a seed go on where its stream stands: sequence number, timestamp, and the number an RTX packet repeats. */
static void go_on(peer *p, uint8_t *data, int size, bool good) {
    uint32_t ssrc = get32(data + 8);
    window *w = window_of(p, ssrc);
    for (int i = 0; i < p->ssrc_count; i++) {
        if (p->ssrcs[i].ssrc != ssrc) continue;
        stream *s = p->ssrcs[i].of;
        int32_t highest = w ? (int32_t)(w->highest & 0xFFFF) : s->in.highest;
        if (s->ssrc != ssrc) {
            bounds b;
            if (!rtp_bounds(data, size, &b) && b.end - b.start > 2)
                put16(data + b.start, (uint32_t)(s->in.highest - (int32_t)roll(&chance, 12)) & 0xFFFF);
            highest = w ? highest : (int32_t)roll(&chance, 0x10000);
        }
        int step = 1;
        if (!good && one_in(&chance, 8)) step = (int)roll(&chance, 8) - 3;
        if (!good && one_in(&chance, 500)) step = (int)roll(&chance, 0x10000) - 0x8000;
        uint16_t sequence = (uint16_t)(highest + step);
        /* A sender that has run far ahead with packets that were not let in must not look late. */
        if (good && s->ssrc == ssrc && (uint16_t)(sequence - s->in.highest - 1) >= HALF) sequence = (uint16_t)(s->in.highest + 1);
        put16(data + 2, sequence);
        put32(data + 4, s->seen_timestamp + (one_in(&chance, 2) || good ? 3000 : 0));
        return;
    }
}

/* Let a NACK ask for what its line has sent not long ago. */
static void ask_back(const peer *p, uint8_t *data, int size) {
    for (int at = 0; at + 16 <= size; at += 4 + 4 * get16(data + at + 2)) {
        if (data[at] != 0x81 || data[at + 1] != 205) continue;
        for (int i = 0; i < p->line_count; i++) {
            const line *l = p->lines[i];
            if (l->ssrc != get32(data + at + 8) || !l->f.current) continue;
            put16(data + at + 12, (uint32_t)(l->f.current->in.highest + l->sequence_offset - (int32_t)roll(&chance, 40)) & 0xFFFF);
        }
    }
}

static int protect(int number, uint8_t *data, int size, bool rtcp) {
    peer *p = c->peers[number];
    srtp *mine = &all.clients[number];
    if (rtcp) return srtcp_seal(mine, data, size);
    if (size < RTP_HEADER || mine->tx.profile == SRTP_CLEAR) return size;
    int header = RTP_HEADER + 4 * (data[0] & 15);
    if (data[0] & 0x10 && header + 4 <= size) header += 4 + 4 * get16(data + header + 2);
    if (header > size) header = size;
    window fresh, *w = p ? window_of(p, get32(data + 8)) : NULL;
    if (w) fresh = *w; /* the index that the other side will take it for */
    else window_clear(&fresh);
    return srtp_seal(mine, &fresh, data, header, size);
}

static void one_packet(void) {
    uint8_t data[MUTATED_MAX + 64];
    bool rtcp = one_in(&chance, 4);
    const seed *from = seed_of(&all, &chance, rtcp ? SEED_RTCP : SEED_RTP);
    int size = from->size;
    memcpy(data, from->data, (size_t)size);
    if (c->peers[from->peer] && rtcp) ask_back(c->peers[from->peer], data, size);
    else if (c->peers[from->peer]) go_on(c->peers[from->peer], data, size, false);
    if (one_in(&chance, 40) && last_size) { /* a replay */
        give(last_peer, last, last_size);
        return;
    }
    if (!one_in(&chance, 6)) size = mutate(&chance, data, size);
    int whole = protect(from->peer, data, size, rtcp);
    if (whole >= 0) size = whole, sealed++;
    if (one_in(&chance, 10)) size = mutate(&chance, data, size);
    last_peer = from->peer;
    last_size = size;
    memcpy(last, data, (size_t)size);
    give(from->peer, data, size);
}

/* Good packets of everybody until each has come through where the routes say, or time is up. */
static void must_stand(void) {
    memset(heard, 0, sizeof heard);
    tapped = 0;
    for (int i = 0; i < NONCE; i++) nonce[i] = (uint8_t)roll(&chance, 256);
    play(SEED_ROUTES);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        for (int i = 0; i < all.count; i++) {
            const seed *one = &all.at[i];
            uint8_t data[MUTATED_MAX + 64];
            if (one->kind != SEED_RTP || !one->mark) continue;
            memcpy(data, one->data, (size_t)one->size);
            memcpy(data + one->size - NONCE, nonce, NONCE);
            go_on(c->peers[one->peer], data, one->size, true);
            int size = protect(one->peer, data, one->size, false);
            CHECK(size > 0, one->peer);
            give(one->peer, data, size);
        }
        pass(TICK);
    }
    for (int i = 0; i < CLIENTS; i++) CHECK(heard[i] == (GOOD_SOUND | GOOD_PICTURE), 10 * i + heard[i]);
    CHECK(tapped, 0);
}

/* -- runs ---------------------------------------------------------------------------------------------------------- */

static void begin(void) {
    ring made;
    c = core_new(&all.set);
    CHECK(c != NULL, 0);
    /* Beside the owner's own ring one that stands for another process's. */
    CHECK(!posix_memalign(&shared, 64, ring_bytes(SHARED)), 0);
    ring_init(&made, shared, SHARED);
    CHECK(core_ring(c, 1, shared, ring_bytes(SHARED)), 0);
    c->now = ticked = 1000 * NS;
    c->wall = INT64_C(1780000000) * NS;
    play(SEED_SETUP);
    play(SEED_ROUTES);
}

static void end(void) {
    core_free(c);
    free(shared);
    c = NULL;
}

static void packets(long long cases) {
    size_t most = 0;
    must_stand();
    for (long long i = 0; i < cases; i++) {
        if (one_in(&chance, 400)) {
            const seed *one = seed_of(&all, &chance, SEED_COMMAND);
            command(one->data, one->size, true);
        }
        if (one_in(&chance, 1000)) play(SEED_ROUTES);
        one_packet();
        pass(roll(&chance, 2 * 1000 * 1000));
        if (i % 4096) continue;
        size_t heap = __sanitizer_get_current_allocated_bytes();
        most = heap > most ? heap : most;
        CHECK(heap < HEAP_MAX, heap);
    }
    must_stand();
    for (int i = 0; i < CLIENTS; i++) printf("peer %d: %lld opened, %lld again\n", i, opened[i], unread[i]);
    printf("heap at most %zu KiB\n", most >> 10);
}

/* Mutated commands, among good ones and packets; the plane must keep standing, or stand again when set up anew. */
static void commands(long long cases) {
    enum { LIFE = 500 };
    for (long long i = 0; i < cases; i++) {
        uint8_t data[4 * MUTATED_MAX];
        static const int kinds[] = {SEED_SETUP, SEED_ROUTES, SEED_COMMAND, SEED_COMMAND};
        const seed *one = seed_of(&all, &chance, kinds[roll(&chance, 4)]);
        int size = one->size < MUTATED_MAX ? one->size : MUTATED_MAX;
        memcpy(data, one->data, (size_t)size);
        if (!one_in(&chance, 5)) size = mutate(&chance, data, size);
        command(data, size, false);
        for (int n = (int)roll(&chance, 3); n > 0; n--) one_packet();
        pass(roll(&chance, 5 * 1000 * 1000));
        if (i % LIFE != LIFE - 1) continue;
        CHECK(__sanitizer_get_current_allocated_bytes() < 16 * (size_t)HEAP_MAX, i);
        end(); /* however wild it got, nothing may be left */
        begin();
    }
}

static void replay(const char *path) {
    uint8_t head[14], data[2048];
    int64_t before = 0;
    FILE *f = fopen(path, "rb");
    must_stand();
    CHECK(f != NULL, 0);
    while (fread(head, 1, sizeof head, f) == sizeof head) {
        int size = (int)get32(head + 10);
        CHECK(size <= (int)sizeof data && fread(data, 1, (size_t)size, f) == (size_t)size, size);
        int64_t now = (int64_t)get64(head + 2), passed = before && now > before ? now - before : 0;
        before = now;
        c->wall += passed;
        c->now += passed;
        if (head[0] == GIVEN) give(head[1], data, size);
        else if (head[0] == COMMANDED) command(data, size, false);
        else pass(TICK);
    }
    fclose(f);
    must_stand();
}

static void run(int argc, char **argv) {
    long long cases = argc > 3 ? atoll(argv[3]) : 0;
    chance.state = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    past->count = 0;
    begin();
    if (!strcmp(argv[2], "packets")) packets(cases);
    else if (!strcmp(argv[2], "commands")) commands(cases);
    else if (argc > 3 && !strcmp(argv[2], "replay")) replay(argv[3]);
    else fail("packets, commands or replay", 0);
}

/* What libcrypto makes at the first use of each kind and keeps for good is there before the heap is measured. */
static void warm(void) {
    static const uint8_t key[32];
    CHECK(!crypto_load(), 0);
    for (int bytes = 16; bytes <= 32; bytes += 16) {
        cipher_free(ctr_new(key, bytes));
        cipher_free(gcm_new(key, bytes, true));
        cipher_free(gcm_new(key, bytes, false));
    }
    mac_free(mac_new(key, 20));
}

int fuzz_main(int argc, char **argv) {
    CHECK(argc > 2, argc);
    open_past();
    warm();
    seeds_read(&all, argv[1]);
    begin();
    must_stand();
    end();
    seeds_free(&all);
    size_t heap = __sanitizer_get_current_allocated_bytes();
    seeds_read(&all, argv[1]);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    run(argc, argv);
    clock_gettime(CLOCK_MONOTONIC, &to);
    for (int i = 0; i < COUNTERS; i++) printf("%s%llu", i ? " " : "counters ", (unsigned long long)c->counters[i]);
    end();
    seeds_free(&all);
    size_t left = __sanitizer_get_current_allocated_bytes();
    CHECK(left < heap + HEAP_SLACK, left - heap);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("\n%lld packets in %.1f s, %.0f a second; %lld were sealed with good keys\n", given, seconds,
           (double)given / seconds, sealed);
    return 0;
}
