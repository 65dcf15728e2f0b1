/* Transport-wide feedback: when each of a sender's packets came, told back to it. Estimates nothing, keeps no packet. */
#include "core.h"

enum { TICK_NS = 250000, REFERENCE_TICKS = 256, BODY_MAX = 1000, NONE = 0, SMALL = 1, LARGE = 2, RUN_MAX = 0x1FFF };

void arrivals_note(arrivals *a, uint16_t number, uint32_t ssrc, int64_t now) {
    int64_t whole = number;
    a->media = ssrc;
    if (a->highest >= 0) whole = a->highest + (int16_t)(number - (uint16_t)a->highest);
    if (a->highest < 0 || whole < a->highest - 4 * ARRIVALS_MAX) { /* so far behind: the sender has begun anew */
        for (int i = 0; i < ARRIVALS_MAX; i++) a->came[i].whole = -1;
        whole = number + 0x10000; /* room below it for what comes out of order */
        a->highest = a->next = whole;
    } else if (whole > a->highest) {
        a->highest = whole;
    } else if (whole <= a->highest - ARRIVALS_MAX || a->came[whole % ARRIVALS_MAX].whole == whole) {
        return;
    } else if (whole < a->next) {
        a->next = whole; /* what was told as lost is told again as come */
    }
    a->came[whole % ARRIVALS_MAX].whole = whole;
    a->came[whole % ARRIVALS_MAX].ticks = now / TICK_NS;
}

/* Status symbols as chunks of two bytes: runs where they pay, vectors of seven elsewhere. */
static int chunks(const uint8_t *symbols, int count, uint8_t *out) {
    int size = 0;
    for (int at = 0; at < count; size += 2) {
        int run = 1;
        while (at + run < count && run < RUN_MAX && symbols[at + run] == symbols[at]) run++;
        if (run >= 7 || at + run == count) {
            put16(out + size, (uint32_t)(symbols[at] << 13 | run));
            at += run;
            continue;
        }
        uint32_t vector = 3; /* two-bit symbols */
        for (int i = 0; i < 7; i++) vector = vector << 2 | (at + i < count ? symbols[at + i] : NONE);
        put16(out + size, vector);
        at += 7;
    }
    return size;
}

int arrivals_feedback(arrivals *a, uint8_t *data) {
    uint8_t symbols[ARRIVALS_MAX], deltas[BODY_MAX + 2];
    int64_t last = 0, reference = -1, from;
    int count = 0, size = 0;
    if (a->highest < 0) return 0;
    if (a->next <= a->highest - ARRIVALS_MAX) a->next = a->highest - ARRIVALS_MAX + 1;
    from = a->next;
    int told = 0;
    for (int64_t n = from; n <= a->highest && count < ARRIVALS_MAX; n++) {
        if (a->came[n % ARRIVALS_MAX].whole != n) {
            symbols[count++] = NONE;
            continue;
        }
        int64_t ticks = a->came[n % ARRIVALS_MAX].ticks;
        if (reference < 0) last = (reference = ticks / REFERENCE_TICKS) * REFERENCE_TICKS;
        int64_t delta = ticks - last;
        if (delta < -0x8000 || delta > 0x7FFF || size + count / 3 > BODY_MAX) break;
        if (delta >= 0 && delta <= 0xFF) {
            symbols[count++] = SMALL;
            deltas[size++] = (uint8_t)delta;
        } else {
            symbols[count++] = LARGE;
            put16(deltas + size, (uint32_t)delta);
            size += 2;
        }
        last = ticks;
        told = count;
    }
    if (!told) return 0;
    count = told; /* what is missing behind the last that came is told with the next one */
    a->next = from + count;
    put32(data + 4, 1);
    put32(data + 8, a->media);
    put16(data + 12, (uint32_t)from);
    put16(data + 14, (uint32_t)count);
    put32(data + 16, (uint32_t)(reference & 0xFFFFFF) << 8 | a->number++);
    int at = 20 + chunks(symbols, count, data + 20);
    memcpy(data + at, deltas, (size_t)size);
    at += size;
    int padding = -at & 3;
    for (int i = 0; i < padding; i++) data[at++] = 0;
    if (padding) data[at - 1] = (uint8_t)padding;
    data[0] = (uint8_t)(0x80 | (padding ? 0x20 : 0) | 15);
    data[1] = 205;
    put16(data + 2, (uint32_t)at / 4 - 1);
    return at;
}
