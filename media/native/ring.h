/* A bounded ring of records between one writing and one reading thread or process; it may lie in shared memory. */
#ifndef YUNTING_RING_H
#define YUNTING_RING_H

#include <stdatomic.h>

#include "base.h"

typedef struct {
    uint32_t magic, capacity;           /* bytes of data, a power of two */
    _Atomic uint64_t head;              /* written so far */
    _Alignas(64) _Atomic uint64_t tail; /* read so far */
    _Atomic uint64_t dropped;           /* records there was no room for */
    _Atomic uint32_t sleeping;          /* the reader wants to be woken */
    _Alignas(64) uint8_t data[];
} ring;

/* Make a ring of `capacity` bytes (a power of two) in memory of ring_bytes(capacity). */
size_t ring_bytes(uint32_t capacity);
void ring_init(ring *r, uint32_t capacity);
/* Room for one record of `size` bytes, or NULL: full, and counted. Fill it, then ring_commit. */
uint8_t *ring_reserve(ring *r, uint32_t size);
void ring_commit(ring *r);
/* The oldest record, its size in *size, or NULL. It stays valid until ring_release. */
const uint8_t *ring_peek(ring *r, uint32_t *size);
void ring_release(ring *r);

#endif
