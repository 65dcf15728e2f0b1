/* A bounded ring of records between one writing and one reading thread or process; it may lie in shared memory.
 *
 * The reader may be another process: the writer goes by its own copy of the size and of where it is, and a tail that
 * can't be is a full ring. media/tee.py has the same layout.
 */
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
    _Atomic uint32_t readers;           /* how many have begun to read: a new one knows no names */
    _Alignas(64) uint8_t data[];        /* and RING_SLACK bytes behind it, which mean nothing */
} ring_memory;

typedef struct {
    ring_memory *memory;
    uint32_t capacity, reserved; /* reserved: whole size of the record in work */
    uint64_t head;
    uint64_t worst; /* most bytes that waited, a record that found no room among them; see ring_worst */
} ring;

enum { RING_SLACK = 64, RING_MIN = 1 << 12, RING_MAX = 1 << 30 };

/* Make a ring of `capacity` bytes (a power of two) in memory of ring_bytes(capacity). */
size_t ring_bytes(uint32_t capacity);
void ring_init(ring *r, ring_memory *memory, uint32_t capacity);
/* Go on writing a ring that somebody made in memory of `size` bytes; false: it is none. */
bool ring_attach(ring *r, ring_memory *memory, size_t size);
/* Room for one record of `size` bytes, or NULL: full, and counted. Fill it, then ring_commit. */
uint8_t *ring_reserve(ring *r, uint32_t size);
void ring_commit(ring *r);
/* Bytes that wait to be read; UINT64_MAX where the reader's tail can't be. */
uint64_t ring_used(const ring *r);
/* The fullest it was since the last call, as a share of its room: 1 where a record found none. */
double ring_worst(ring *r);
/* The oldest record, its size in *size, or NULL. It stays valid until ring_release. For a reader in this process. */
const uint8_t *ring_peek(ring *r, uint32_t *size);
void ring_release(ring *r);

#endif
