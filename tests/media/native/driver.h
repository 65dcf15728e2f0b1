/* What the drivers of the data plane share: dice, the seeds file, mutation. Linked with the plane's own sources.
 *
 * The seeds are written by tests/media/sanitized.py with the house's own writers, so they follow every change of format.
 */
#ifndef YUNTING_DRIVER_H
#define YUNTING_DRIVER_H

#include "core.h"

enum { SEED_SETTINGS, SEED_KEYS, SEED_SETUP, SEED_ROUTES, SEED_RTP, SEED_RTCP, SEED_COMMAND, SEED_DATAGRAM };
enum { GOOD_SOUND = 1, GOOD_PICTURE = 2 }; /* marks of an RTP seed that must come through at the end */
enum { CLIENTS = 3, SEEDS_MAX = 512, MUTATED_MAX = 1800 };

/* One record of the file: kind, peer, mark, length in four bytes, bytes. */
typedef struct {
    uint8_t kind, peer, mark;
    int size;
    const uint8_t *data;
} seed;

typedef struct {
    seed at[SEEDS_MAX];
    int count;
    settings set;
    srtp clients[CLIENTS]; /* each client's own end */
} seeds;

/* Numbers that look like chance and are the same in every run of one seed. */
typedef struct { uint64_t state; } dice;
uint32_t roll(dice *d, uint32_t below);
bool one_in(dice *d, uint32_t n);

/* Read the file; ends the program where it is not whole. */
void seeds_read(seeds *s, const char *path);
void seeds_free(seeds *s);
/* A seed of that kind by chance. */
const seed *seed_of(const seeds *s, dice *d, int kind);

/* Change a packet by a few steps that know RTP and RTCP; room for MUTATED_MAX bytes. New size. */
int mutate(dice *d, uint8_t *data, int size);

/* End the program with 1 and a line that says why. */
_Noreturn void fail(const char *why, long long number);
#define CHECK(what, number) do { if (!(what)) fail(#what, (long long)(number)); } while (0)

/* The drivers, each with its own words; the first word is its name. */
int fuzz_main(int argc, char **argv);
int threads_main(int argc, char **argv);
int rings_main(int argc, char **argv);

#endif
