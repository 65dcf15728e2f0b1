/* Must never let one index be used twice with one key: under GCM that would give the key away (RFC 7714 §8). */
#include "srtp.h"

#include <stdlib.h>

enum { WINDOW = 1024, GCM_TAG = 16, CM_TAG = 10, INDEX_WORD = 4, RTCP_HEADER = 8 };
#define E_FLAG 0x80000000u

void window_clear(window *w) {
    w->highest = -1;
    memset(w->seen, 0, sizeof w->seen);
}

int64_t window_index(const window *w, uint16_t sequence) {
    if (w->highest < 0) return sequence;
    int64_t ahead = (int16_t)(sequence - (uint16_t)w->highest);
    return w->highest + ahead < 0 ? -1 : w->highest + ahead;
}

bool window_new(const window *w, int64_t index) {
    if (index < 0) return false;
    if (index > w->highest) return true;
    if (w->highest - index >= WINDOW) return false;
    return !(w->seen[(index & (WINDOW - 1)) >> 6] >> (index & 63) & 1);
}

void window_note(window *w, int64_t index) {
    if (index > w->highest) {
        int64_t from = index - w->highest >= WINDOW ? index - WINDOW + 1 : w->highest + 1;
        for (int64_t i = from; i <= index; i++)
            w->seen[(i & (WINDOW - 1)) >> 6] &= ~(UINT64_C(1) << (i & 63));
        w->highest = index;
    }
    w->seen[(index & (WINDOW - 1)) >> 6] |= UINT64_C(1) << (index & 63);
}

int srtp_master_bytes(int profile) {
    switch (profile) {
        case SRTP_CLEAR: return 0;
        case SRTP_CM_SHA1_80: return 30;
        case SRTP_GCM_128: return 28;
        case SRTP_GCM_256: return 44;
        default: return -1;
    }
}

/* RFC 3711 §4.3.1: the key stream of the master key at salt XOR label; a 12 byte salt is filled up with zeros. */
static int derive(cipher *prf, const uint8_t *salt, int salt_bytes, uint8_t label, uint8_t *out, int size) {
    uint8_t block[16] = {0};
    memcpy(block, salt, (size_t)salt_bytes);
    block[7] ^= label;
    memset(out, 0, (size_t)size);
    return ctr_xor(prf, block, out, size);
}

static int half_init(keyring *k, cipher *prf, const uint8_t *salt, int salt_bytes, int key_bytes, bool seal, int first,
                     cipher **enc, mac **auth, uint8_t *out_salt) {
    uint8_t key[32], tag_key[20];
    int failed = derive(prf, salt, salt_bytes, (uint8_t)first, key, key_bytes) ||
                 derive(prf, salt, salt_bytes, (uint8_t)(first + 1), tag_key, 20) ||
                 derive(prf, salt, salt_bytes, (uint8_t)(first + 2), out_salt, salt_bytes);
    if (!failed) {
        *enc = k->profile == SRTP_CM_SHA1_80 ? ctr_new(key, key_bytes) : gcm_new(key, key_bytes, seal);
        if (k->profile == SRTP_CM_SHA1_80) *auth = mac_new(tag_key, 20);
        failed = !*enc || (k->profile == SRTP_CM_SHA1_80 && !*auth);
    }
    memset(key, 0, sizeof key);
    memset(tag_key, 0, sizeof tag_key);
    return failed ? -1 : 0;
}

static int ring_init(keyring *k, int profile, const uint8_t *master, bool seal) {
    k->profile = profile;
    if (profile == SRTP_CLEAR) return 0;
    int key_bytes = profile == SRTP_GCM_256 ? 32 : 16, salt_bytes = profile == SRTP_CM_SHA1_80 ? 14 : 12;
    cipher *prf = ctr_new(master, key_bytes);
    if (!prf) return -1;
    const uint8_t *salt = master + key_bytes;
    int failed =
        half_init(k, prf, salt, salt_bytes, key_bytes, seal, 0, &k->rtp, &k->rtp_mac, k->rtp_salt) ||
        half_init(k, prf, salt, salt_bytes, key_bytes, seal, 3, &k->rtcp, &k->rtcp_mac, k->rtcp_salt);
    cipher_free(prf);
    return failed ? -1 : 0;
}

static void ring_free(keyring *k) {
    cipher_free(k->rtp);
    cipher_free(k->rtcp);
    mac_free(k->rtp_mac);
    mac_free(k->rtcp_mac);
    memset(k, 0, sizeof *k);
}

int srtp_init(srtp *s, int profile, const uint8_t *send, const uint8_t *receive, size_t bytes) {
    memset(s, 0, sizeof *s);
    if (srtp_master_bytes(profile) != (int)bytes) return -1;
    if (ring_init(&s->tx, profile, send, true) || ring_init(&s->rx, profile, receive, false)) {
        srtp_free(s);
        return -1;
    }
    s->ready = true;
    return 0;
}

void srtp_free(srtp *s) {
    ring_free(&s->tx);
    ring_free(&s->rx);
    free(s->remotes);
    memset(s, 0, sizeof *s);
}

/* RFC 7714 §8.1 and §9.1. The ROC and sequence number are the low 48 bits of the index; SRTCP's index has 32. */
static void gcm_nonce(const uint8_t *salt, uint32_t ssrc, uint64_t index, uint8_t out[12]) {
    out[0] = out[1] = 0;
    put32(out + 2, ssrc);
    put16(out + 6, (uint32_t)(index >> 32));
    put32(out + 8, (uint32_t)index);
    for (int i = 0; i < 12; i++) out[i] ^= salt[i];
}

/* RFC 3711 §4.1.1. */
static void cm_block(const uint8_t *salt, uint32_t ssrc, uint64_t index, uint8_t out[16]) {
    memset(out, 0, 16);
    put32(out + 4, ssrc);
    put16(out + 8, (uint32_t)(index >> 32));
    put32(out + 10, (uint32_t)index);
    for (int i = 0; i < 14; i++) out[i] ^= salt[i];
}

int srtp_seal(srtp *s, window *w, uint8_t *packet, int header, int size) {
    int64_t index = window_index(w, get16(packet + 2));
    if (!window_new(w, index)) return -1;
    uint32_t ssrc = get32(packet + 8);
    uint8_t block[16], roc[4];
    switch (s->tx.profile) {
        case SRTP_CLEAR: break;
        case SRTP_CM_SHA1_80:
            cm_block(s->tx.rtp_salt, ssrc, (uint64_t)index, block);
            put32(roc, (uint32_t)(index >> 16));
            if (ctr_xor(s->tx.rtp, block, packet + header, size - header)) return -1;
            if (mac_of(s->tx.rtp_mac, packet, size, roc, packet + size)) return -1;
            size += CM_TAG;
            break;
        default:
            gcm_nonce(s->tx.rtp_salt, ssrc, (uint64_t)index, block);
            if (gcm_seal(s->tx.rtp, block, packet, header, NULL, 0, packet + header, size - header, packet + size))
                return -1;
            size += GCM_TAG;
    }
    window_note(w, index);
    return size;
}

static remote_ssrc *remote_of(srtp *s, uint32_t ssrc, remote_ssrc *fresh) {
    for (int i = 0; i < s->remote_count; i++)
        if (s->remotes[i].ssrc == ssrc) return &s->remotes[i];
    if (s->remote_count >= REMOTE_SSRCS_MAX) return NULL;
    fresh->ssrc = ssrc;
    window_clear(&fresh->rtp);
    window_clear(&fresh->rtcp);
    return fresh;
}

/* Keep what a packet that authenticated has shown; only then may an SSRC cost memory. */
static void keep(srtp *s, remote_ssrc *r, const remote_ssrc *fresh) {
    if (r != fresh) return;
    remote_ssrc *more = realloc(s->remotes, (size_t)(s->remote_count + 1) * sizeof *more);
    if (!more) return;
    s->remotes = more;
    s->remotes[s->remote_count++] = *r;
}

static int header_bytes(const uint8_t *packet, int size) {
    int header = RTP_HEADER + 4 * (packet[0] & 15);
    if (packet[0] & 0x10) {
        if (size < header + 4) return -1;
        header += 4 + 4 * get16(packet + header + 2);
    }
    return header;
}

int srtp_open(srtp *s, uint8_t *packet, int size) {
    if (size < RTP_HEADER || packet[0] >> 6 != 2) return -1;
    int header = header_bytes(packet, size), tag = s->rx.profile == SRTP_CLEAR ? 0 : GCM_TAG;
    if (s->rx.profile == SRTP_CM_SHA1_80) tag = CM_TAG;
    if (header < 0 || size < header + tag) return -1;
    remote_ssrc fresh, *r = remote_of(s, get32(packet + 8), &fresh);
    if (!r) return -1;
    int64_t index = window_index(&r->rtp, get16(packet + 2));
    if (s->rx.profile == SRTP_CLEAR) return size;
    if (!window_new(&r->rtp, index)) return -1;
    size -= tag;
    uint8_t block[16], roc[4], expected[CM_TAG];
    if (s->rx.profile == SRTP_CM_SHA1_80) {
        put32(roc, (uint32_t)(index >> 16));
        if (mac_of(s->rx.rtp_mac, packet, size, roc, expected)) return -1;
        if (!same_bytes(expected, packet + size, CM_TAG)) return -1;
        cm_block(s->rx.rtp_salt, r->ssrc, (uint64_t)index, block);
        if (ctr_xor(s->rx.rtp, block, packet + header, size - header)) return -1;
    } else {
        gcm_nonce(s->rx.rtp_salt, r->ssrc, (uint64_t)index, block);
        if (gcm_open(s->rx.rtp, block, packet, header, NULL, 0, packet + header, size - header, packet + size))
            return -1;
    }
    window_note(&r->rtp, index);
    keep(s, r, &fresh);
    return size;
}

int srtcp_seal(srtp *s, uint8_t *packet, int size) {
    if (size < RTCP_HEADER || s->rtcp_index >= E_FLAG - 1) return -1;
    uint32_t ssrc = get32(packet + 4), index = ++s->rtcp_index;
    uint8_t block[16], word[4];
    put32(word, index | E_FLAG);
    switch (s->tx.profile) {
        case SRTP_CLEAR: return size;
        case SRTP_CM_SHA1_80:
            cm_block(s->tx.rtcp_salt, ssrc, index, block);
            if (ctr_xor(s->tx.rtcp, block, packet + RTCP_HEADER, size - RTCP_HEADER)) return -1;
            if (mac_of(s->tx.rtcp_mac, packet, size, word, packet + size + INDEX_WORD)) return -1;
            memcpy(packet + size, word, INDEX_WORD);
            return size + INDEX_WORD + CM_TAG;
        default:
            gcm_nonce(s->tx.rtcp_salt, ssrc, index, block);
            if (gcm_seal(s->tx.rtcp, block, packet, RTCP_HEADER, word, INDEX_WORD, packet + RTCP_HEADER,
                         size - RTCP_HEADER, packet + size))
                return -1;
            memcpy(packet + size + GCM_TAG, word, INDEX_WORD);
            return size + GCM_TAG + INDEX_WORD;
    }
}

/* Check and decrypt the body in place; word: E flag and index as they stand at word_at. */
static int rtcp_plain(srtp *s, uint8_t *packet, int body, uint32_t word, const uint8_t *word_at) {
    uint8_t block[16], expected[CM_TAG];
    uint32_t ssrc = get32(packet + 4), index = word & ~E_FLAG;
    if (s->rx.profile == SRTP_CM_SHA1_80) {
        if (mac_of(s->rx.rtcp_mac, packet, body, word_at, expected)) return -1;
        if (!same_bytes(expected, word_at + INDEX_WORD, CM_TAG)) return -1;
        if (!(word & E_FLAG)) return 0;
        cm_block(s->rx.rtcp_salt, ssrc, index, block);
        return ctr_xor(s->rx.rtcp, block, packet + RTCP_HEADER, body - RTCP_HEADER);
    }
    if (!(word & E_FLAG)) return -1; /* no browser sends SRTCP that is not encrypted */
    gcm_nonce(s->rx.rtcp_salt, ssrc, index, block);
    return gcm_open(s->rx.rtcp, block, packet, RTCP_HEADER, word_at, INDEX_WORD, packet + RTCP_HEADER,
                    body - RTCP_HEADER, packet + body);
}

int srtcp_open(srtp *s, uint8_t *packet, int size) {
    if (s->rx.profile == SRTP_CLEAR) return size >= RTCP_HEADER ? size : -1;
    bool cm = s->rx.profile == SRTP_CM_SHA1_80;
    int body = size - INDEX_WORD - (cm ? CM_TAG : GCM_TAG);
    if (body < RTCP_HEADER || packet[0] >> 6 != 2) return -1;
    const uint8_t *word_at = cm ? packet + body : packet + size - INDEX_WORD;
    uint32_t word = get32(word_at);
    remote_ssrc fresh, *r = remote_of(s, get32(packet + 4), &fresh);
    if (!r || !window_new(&r->rtcp, word & ~E_FLAG)) return -1;
    if (rtcp_plain(s, packet, body, word, word_at)) return -1;
    window_note(&r->rtcp, word & ~E_FLAG);
    keep(s, r, &fresh);
    return body;
}
