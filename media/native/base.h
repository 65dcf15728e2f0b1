/* Integers in network order, limits of the data plane, and the little helpers every part uses. Holds no state. */
#ifndef YUNTING_BASE_H
#define YUNTING_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RTP_HEADER 12
#define DATAGRAM_MAX 2048  /* more than any path carries; a longer one is cut and fails its check */
#define OUT_MAX 1600       /* a packet we send: at most an Ethernet frame's, with room for tag and extensions */
#define RTP_MAX 1460       /* plain RTP that is forwarded; a longer one has no room for our own header elements */
#define NAME_MAX_BYTES 32  /* mid, rid, cname; the answerer lets no longer one through */
#define RIDS_MAX 4
#define TYPES_MAX 16
#define SLOTS_MAX 64
#define ADDRESSES_MAX 32
#define PEERS_MAX 4096
#define TAPS_MAX 4096
#define RINGS_MAX 8
#define REMOTE_SSRCS_MAX 64
#define HALF 0x8000u
#define NEVER INT64_MIN
#define NS INT64_C(1000000000)
#define MS INT64_C(1000000)

static inline uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t get24(const uint8_t *p) { return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]; }
static inline uint32_t get32(const uint8_t *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }
static inline uint64_t get64(const uint8_t *p) { return (uint64_t)get32(p) << 32 | get32(p + 4); }
static inline void put16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 8); p[1] = (uint8_t)v; }
static inline void put24(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 16); put16(p + 1, v); }
static inline void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16); put16(p + 2, v); }
static inline void put64(uint8_t *p, uint64_t v) { put32(p, (uint32_t)(v >> 32)); put32(p + 4, (uint32_t)v); }

/* Nanoseconds since a moment that may never have been. */
static inline int64_t since(int64_t now, int64_t then) { return then == NEVER ? INT64_MAX : now - then; }

#endif
