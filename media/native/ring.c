/* A record is its length, then its bytes, filled up to eight; one that would not fit before the end begins anew at 0. */
#include "ring.h"

enum { HEAD = 8, MAGIC = 0x59544e31 };
#define SKIP UINT32_MAX

size_t ring_bytes(uint32_t capacity) { return sizeof(ring) + capacity; }

void ring_init(ring *r, uint32_t capacity) {
    memset(r, 0, sizeof *r);
    r->magic = MAGIC;
    r->capacity = capacity;
}

static uint32_t whole(uint32_t size) { return HEAD + ((size + 7) & ~7u); }

uint8_t *ring_reserve(ring *r, uint32_t size) {
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint64_t used = head - atomic_load_explicit(&r->tail, memory_order_acquire);
    uint32_t at = (uint32_t)head & (r->capacity - 1), left = r->capacity - at, need = whole(size);
    uint32_t skipped = need > left ? left : 0;
    if (size > r->capacity / 2 || used + skipped + need > r->capacity) {
        atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
        return NULL;
    }
    if (skipped) {
        memcpy(r->data + at, &(uint32_t){SKIP}, 4); /* left is at least eight: all sizes are whole eights */
        atomic_store_explicit(&r->head, head + skipped, memory_order_release);
        at = 0;
    }
    memcpy(r->data + at, &size, 4);
    return r->data + at + HEAD;
}

void ring_commit(ring *r) {
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint32_t size;
    memcpy(&size, r->data + ((uint32_t)head & (r->capacity - 1)), 4);
    atomic_store_explicit(&r->head, head + whole(size), memory_order_release);
}

const uint8_t *ring_peek(ring *r, uint32_t *size) {
    for (;;) {
        uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
        if (tail == atomic_load_explicit(&r->head, memory_order_acquire)) return NULL;
        uint32_t at = (uint32_t)tail & (r->capacity - 1);
        memcpy(size, r->data + at, 4);
        if (*size != SKIP) return r->data + at + HEAD;
        atomic_store_explicit(&r->tail, tail + (r->capacity - at), memory_order_release);
    }
}

void ring_release(ring *r) {
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint32_t size;
    memcpy(&size, r->data + ((uint32_t)tail & (r->capacity - 1)), 4);
    atomic_store_explicit(&r->tail, tail + whole(size), memory_order_release);
}
