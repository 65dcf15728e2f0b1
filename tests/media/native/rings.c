/* One ring against a plain queue: records of any size, a slow reader, a reader whose mark is nonsense. rings CASES SEED.
 *
 * The ring lies in a heap block of exactly its size, so that a byte written outside of it is seen.
 */
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"

enum { QUEUE = 4096, SCRIBBLES = 3000 };

static struct { uint32_t size; uint8_t first; } queue[QUEUE];
static unsigned put, got;

static void write_one(ring *r, dice *d) {
    uint32_t size = one_in(d, 50) ? roll(d, 2 * r->capacity) : roll(d, 300);
    uint64_t before = r->memory->dropped, used = ring_used(r);
    uint8_t *room = ring_reserve(r, size);
    if (!room) {
        CHECK(r->memory->dropped == before + 1, size);
        /* Dropped only where it had no room: neither behind the newest nor, after a jump over the end, before the oldest. */
        CHECK(size > r->capacity / 2 || used + 2 * (size + 16) > r->capacity, size);
        return;
    }
    uint8_t first = (uint8_t)roll(d, 256);
    memset(room, first, size);
    ring_commit(r);
    CHECK(put - got < QUEUE, put);
    queue[put % QUEUE].size = size;
    queue[put++ % QUEUE].first = first;
}

/* How full it was at the worst is never less than what waits now, and 1 once something found no room. */
static void look(ring *r, uint64_t *dropped) {
    double now = (double)ring_used(r) / r->capacity, worst = ring_worst(r);
    CHECK(worst >= now && worst <= 1, r->capacity);
    CHECK(r->memory->dropped == *dropped || worst == 1, r->capacity);
    CHECK(ring_worst(r) == now, r->capacity); /* begun anew */
    *dropped = r->memory->dropped;
}

static void read_one(ring *r) {
    uint32_t size;
    const uint8_t *record = ring_peek(r, &size);
    CHECK((record != NULL) == (put != got), put);
    if (!record) return;
    CHECK(size == queue[got % QUEUE].size, size);
    for (uint32_t i = 0; i < size; i++) CHECK(record[i] == queue[got % QUEUE].first, i);
    got++;
    ring_release(r);
}

static ring fresh(uint32_t capacity) {
    void *memory = NULL;
    ring made, again;
    CHECK(!posix_memalign(&memory, 64, ring_bytes(capacity) - RING_SLACK), capacity);
    ring_init(&made, memory, capacity);
    CHECK(ring_attach(&again, memory, ring_bytes(capacity)) && !ring_attach(&made, memory, ring_bytes(capacity) + 1), 0);
    put = got = 0;
    return again;
}

/* A reading process that has gone wrong can lose records and spoil its memory, but never make the writer write elsewhere. */
static void scribbled(dice *d) {
    ring made = fresh(4096), *r = &made;
    for (int i = 0; i < SCRIBBLES; i++) {
        uint32_t size = roll(d, 3000);
        ring_memory *m = r->memory;
        if (one_in(d, 3)) m->tail = (uint64_t)roll(d, UINT32_MAX) << roll(d, 32);
        if (one_in(d, 3)) m->tail = r->head - roll(d, 8192);
        if (one_in(d, 9)) m->head = roll(d, UINT32_MAX);
        if (one_in(d, 9)) m->capacity = roll(d, UINT32_MAX);
        if (one_in(d, 9)) memset(m->data + roll(d, 4000), 0xFF, 16);
        uint8_t *room = ring_reserve(r, size);
        double worst = ring_worst(r);
        CHECK(worst >= 0 && worst <= 1, i);
        if (!room) continue;
        memset(room, 7, size);
        ring_commit(r);
    }
    free(r->memory);
}

int rings_main(int argc, char **argv) {
    CHECK(argc == 3, argc);
    dice d = {strtoull(argv[2], NULL, 10)};
    long long cases = atoll(argv[1]), records = 0;
    for (uint32_t capacity = 4096; capacity <= 65536; capacity *= 4) {
        ring made = fresh(capacity), *r = &made;
        uint64_t dropped = 0;
        for (long long i = 0; i < cases / 3; i++) {
            if (one_in(&d, 2 + (uint32_t)(i >> 10 & 1))) read_one(r);
            else write_one(r, &d);
            if (one_in(&d, 100)) look(r, &dropped);
        }
        records += got;
        while (put != got) read_one(r);
        free(r->memory);
    }
    scribbled(&d);
    printf("%lld records\n", records);
    return 0;
}
