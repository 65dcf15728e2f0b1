/* A record is its length, then its bytes, filled up to eight; one that would not fit before the end begins anew at 0. */
#include "ring.h"

enum { HEAD = 8, MAGIC = 0x59544e32 };
#define SKIP UINT32_MAX

size_t ring_bytes(uint32_t capacity) { return sizeof(ring_memory) + capacity + RING_SLACK; }

void ring_init(ring *r, ring_memory *memory, uint32_t capacity) {
    memset(memory, 0, sizeof *memory);
    memory->magic = MAGIC;
    memory->capacity = capacity;
    *r = (ring){.memory = memory, .capacity = capacity};
}

bool ring_attach(ring *r, ring_memory *memory, size_t size) {
    uint32_t capacity = memory->capacity;
    uint64_t head = atomic_load(&memory->head);
    if (memory->magic != MAGIC || capacity < RING_MIN || capacity > RING_MAX || (capacity & (capacity - 1)) ||
        ring_bytes(capacity) != size || (head & 7))
        return false;
    *r = (ring){.memory = memory, .capacity = capacity, .head = head};
    return true;
}

static uint32_t whole(uint32_t size) { return HEAD + ((size + 7) & ~7u); }

uint64_t ring_used(const ring *r) {
    uint64_t used = r->head - atomic_load_explicit(&r->memory->tail, memory_order_acquire);
    return used > r->capacity ? UINT64_MAX : used;
}

uint8_t *ring_reserve(ring *r, uint32_t size) {
    uint8_t *data = r->memory->data;
    uint64_t used = ring_used(r);
    uint32_t at = (uint32_t)r->head & (r->capacity - 1), left = r->capacity - at, need = whole(size);
    uint32_t skipped = need > left ? left : 0;
    if (size > r->capacity / 2 || used > r->capacity || used + skipped + need > r->capacity) {
        atomic_fetch_add_explicit(&r->memory->dropped, 1, memory_order_relaxed);
        r->worst = r->capacity;
        return NULL;
    }
    if (used + skipped + need > r->worst) r->worst = used + skipped + need;
    if (skipped) {
        memcpy(data + at, &(uint32_t){SKIP}, 4); /* left is at least eight: all sizes are whole eights */
        r->head += skipped;
        atomic_store_explicit(&r->memory->head, r->head, memory_order_release);
        at = 0;
    }
    memcpy(data + at, &size, 4);
    r->reserved = need;
    return data + at + HEAD;
}

double ring_worst(ring *r) {
    uint64_t used = ring_used(r), worst = used > r->worst ? used : r->worst;
    r->worst = 0;
    return worst >= r->capacity ? 1 : (double)worst / r->capacity;
}

void ring_commit(ring *r) {
    r->head += r->reserved;
    atomic_store_explicit(&r->memory->head, r->head, memory_order_release);
}

const uint8_t *ring_peek(ring *r, uint32_t *size) {
    const uint8_t *data = r->memory->data;
    for (;;) {
        uint64_t tail = atomic_load_explicit(&r->memory->tail, memory_order_relaxed);
        if (tail == atomic_load_explicit(&r->memory->head, memory_order_acquire)) return NULL;
        uint32_t at = (uint32_t)tail & (r->capacity - 1);
        memcpy(size, data + at, 4);
        if (*size != SKIP) return data + at + HEAD;
        atomic_store_explicit(&r->memory->tail, tail + (r->capacity - at), memory_order_release);
    }
}

void ring_release(ring *r) {
    uint64_t tail = atomic_load_explicit(&r->memory->tail, memory_order_relaxed);
    uint32_t size;
    memcpy(&size, r->memory->data + ((uint32_t)tail & (r->capacity - 1)), 4);
    atomic_store_explicit(&r->memory->tail, tail + whole(size), memory_order_release);
}
