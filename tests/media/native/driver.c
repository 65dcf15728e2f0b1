/* Dice, seeds, mutation. Knows the shapes of packets, nothing of a plane's state. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fail(const char *why, long long number) {
    fprintf(stderr, "driver: not so: %s (%lld)\n", why, number);
    exit(1);
}

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next(dice *d) {
    uint64_t z = d->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint32_t roll(dice *d, uint32_t below) { return (uint32_t)((next(d) >> 32) * below >> 32); }
bool one_in(dice *d, uint32_t n) { return !roll(d, n); }

/* -- seeds -------------------------------------------------------------------------------------------------------- */

static uint8_t *whole_file(const char *path, long *size) {
    FILE *f = fopen(path, "rb");
    CHECK(f && !fseek(f, 0, SEEK_END), 0);
    *size = ftell(f);
    CHECK(*size > 0 && !fseek(f, 0, SEEK_SET), *size);
    uint8_t *data = malloc((size_t)*size);
    CHECK(data && fread(data, 1, (size_t)*size, f) == (size_t)*size, *size);
    fclose(f);
    return data;
}

void seeds_read(seeds *s, const char *path) {
    long size, at = 0;
    uint8_t *file = whole_file(path, &size);
    memset(s, 0, sizeof *s);
    while (at < size) {
        CHECK(at + 7 <= size && s->count < SEEDS_MAX, at);
        seed one = {file[at], file[at + 1], file[at + 2], (int)get32(file + at + 3), NULL};
        CHECK(one.size <= size - at - 7 && one.peer < CLIENTS, at);
        uint8_t *bytes = malloc((size_t)one.size + 1);
        CHECK(bytes != NULL, one.size);
        memcpy(bytes, file + at + 7, (size_t)one.size);
        one.data = bytes;
        at += 7 + one.size;
        if (one.kind == SEED_SETTINGS) {
            CHECK(one.size == (int)sizeof s->set, one.size);
            memcpy(&s->set, bytes, sizeof s->set);
        } else if (one.kind == SEED_KEYS) { /* mark: profile; what it sends with, what it receives with */
            size_t half = (size_t)one.size / 2;
            CHECK(!crypto_load() && !srtp_init(&s->clients[one.peer], one.mark, bytes, bytes + half, half), one.mark);
        }
        s->at[s->count++] = one;
    }
    free(file);
}

void seeds_free(seeds *s) {
    for (int i = 0; i < CLIENTS; i++) srtp_free(&s->clients[i]);
    for (int i = 0; i < s->count; i++) free((void *)(uintptr_t)s->at[i].data);
    s->count = 0;
}

const seed *seed_of(const seeds *s, dice *d, int kind) {
    for (int tries = 0; tries < 100000; tries++) {
        const seed *one = &s->at[roll(d, (uint32_t)s->count)];
        if (one->kind == kind) return one;
    }
    fail("a seed of this kind", kind);
}

/* -- mutation ------------------------------------------------------------------------------------------------------ */

static const uint8_t EDGES[] = {0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 96, 111, 127, 128, 144, 159, 176, 191, 192, 200,
                                201, 205, 206, 223, 224, 240, 252, 254, 255};

static int cut(dice *d, uint8_t *data, int size) {
    int at = (int)roll(d, (uint32_t)size + 1), less = (int)roll(d, 24) + 1;
    if (less > size - at) less = size - at;
    memmove(data + at, data + at + less, (size_t)(size - at - less));
    return size - less;
}

static int stuff(dice *d, uint8_t *data, int size) {
    int at = (int)roll(d, (uint32_t)size + 1), more = (int)roll(d, one_in(d, 50) ? 1400 : 24) + 1;
    if (size + more > MUTATED_MAX) return size;
    memmove(data + at + more, data + at, (size_t)(size - at));
    for (int i = 0; i < more; i++) data[at + i] = (uint8_t)roll(d, 256);
    return size + more;
}

/* A field whose value others rely on: counts, lengths, extension profile and elements, padding, a part's length. */
static void field(dice *d, uint8_t *data, int size) {
    if (size < 16) return;
    int header = RTP_HEADER + 4 * (data[0] & 15);
    switch (roll(d, 9)) {
        case 0: data[0] = (uint8_t)((data[0] & 0xC0) | roll(d, 64)); break;
        case 1: data[0] |= 0x20; data[size - 1] = EDGES[roll(d, sizeof EDGES)]; break;
        case 2: put16(data + 2, roll(d, 0x10000)); break;
        case 3: put32(data + 8, get32(data + 8) + roll(d, 3) - 1); break;
        case 4: data[1] = (uint8_t)((data[1] & 0x80) | roll(d, 128)); break;
        case 5: if (header + 4 <= size) put16(data + header + 2, one_in(d, 2) ? roll(d, 6) : roll(d, 0x10000)); break;
        case 6: if (header + 4 <= size) put16(data + header, one_in(d, 2) ? 0x1000 | roll(d, 16) : 0xBEDE); break;
        case 7: if (header + 6 <= size) data[header + 4 + (int)roll(d, 2)] = (uint8_t)roll(d, 256); break;
        default: put32(data + 4 * (int)roll(d, (uint32_t)size / 4), one_in(d, 2) ? 0x80000000u : UINT32_MAX);
    }
}

int mutate(dice *d, uint8_t *data, int size) {
    for (int steps = 1 + (int)roll(d, 4); steps > 0; steps--) {
        int at = size ? (int)roll(d, (uint32_t)size) : 0;
        switch (roll(d, 8)) {
            case 0: if (size) data[at] ^= (uint8_t)(1 << roll(d, 8)); break;
            case 1: if (size) data[at] = EDGES[roll(d, sizeof EDGES)]; break;
            case 2: if (size) data[at] = (uint8_t)roll(d, 256); break;
            case 3: size = cut(d, data, size); break;
            case 4: size = stuff(d, data, size); break;
            case 5: if (one_in(d, 4)) size = (int)roll(d, (uint32_t)size + 1); break;
            default: field(d, data, size);
        }
    }
    return size;
}
