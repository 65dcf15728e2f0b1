/* SRTP of the bench's load and floor: AES-128-GCM (RFC 7714) and AES-128-CM with HMAC-SHA1-80 (RFC 3711).

   libcrypto is taken at run time and declared by hand, so that nothing but a C compiler is needed to build it.
   Written apart from the engine on purpose: a fault in one of the two does not hide in the other. */

#ifndef BENCH_SRTP_H
#define BENCH_SRTP_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PROFILE_GCM 0
#define PROFILE_CM 1
#define GCM_TAG_BYTES 16
#define CM_TAG_BYTES 10
#define CTRL_GCM_GET_TAG 0x10 /* openssl/evp.h */
#define CTRL_GCM_SET_TAG 0x11

typedef struct evp_cipher_ctx evp_ctx;
typedef struct evp_cipher evp_cipher;
typedef struct hmac_ctx hmac_ctx;
typedef struct evp_md evp_md;

static struct {
    evp_ctx *(*ctx_new)(void);
    const evp_cipher *(*gcm)(void), *(*ctr)(void);
    int (*encrypt_init)(evp_ctx *, const evp_cipher *, void *, const uint8_t *, const uint8_t *);
    int (*decrypt_init)(evp_ctx *, const evp_cipher *, void *, const uint8_t *, const uint8_t *);
    int (*encrypt)(evp_ctx *, uint8_t *, int *, const uint8_t *, int);
    int (*decrypt)(evp_ctx *, uint8_t *, int *, const uint8_t *, int);
    int (*encrypt_final)(evp_ctx *, uint8_t *, int *);
    int (*decrypt_final)(evp_ctx *, uint8_t *, int *);
    int (*ctrl)(evp_ctx *, int, int, void *);
    hmac_ctx *(*hmac_new)(void);
    const evp_md *(*sha1)(void);
    int (*hmac_init)(hmac_ctx *, const void *, int, const evp_md *, void *);
    int (*hmac_update)(hmac_ctx *, const uint8_t *, size_t);
    int (*hmac_final)(hmac_ctx *, uint8_t *, unsigned int *);
} crypto;

/* One direction of one peer. */
struct srtp {
    int profile;
    evp_ctx *cipher;
    hmac_ctx *mac;
    uint8_t salt[14];
};

static int crypto_load(void) {
    void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return -1;
    const struct {
        const char *name;
        void *where;
    } wanted[] = {
        {"EVP_CIPHER_CTX_new", &crypto.ctx_new},     {"EVP_aes_128_gcm", &crypto.gcm},
        {"EVP_aes_128_ctr", &crypto.ctr},            {"EVP_EncryptInit_ex", &crypto.encrypt_init},
        {"EVP_DecryptInit_ex", &crypto.decrypt_init}, {"EVP_EncryptUpdate", &crypto.encrypt},
        {"EVP_DecryptUpdate", &crypto.decrypt},      {"EVP_EncryptFinal_ex", &crypto.encrypt_final},
        {"EVP_DecryptFinal_ex", &crypto.decrypt_final}, {"EVP_CIPHER_CTX_ctrl", &crypto.ctrl},
        {"HMAC_CTX_new", &crypto.hmac_new},          {"EVP_sha1", &crypto.sha1},
        {"HMAC_Init_ex", &crypto.hmac_init},         {"HMAC_Update", &crypto.hmac_update},
        {"HMAC_Final", &crypto.hmac_final},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        void *found = dlsym(library, wanted[i].name);
        if (!found)
            return -1;
        memcpy(wanted[i].where, &found, sizeof found);
    }
    return 0;
}

/* RFC 3711 §4.3 with a key derivation rate of 0; a GCM salt of 12 bytes is padded on the right (RFC 7714 §11). */
static void derive(const uint8_t *master, int salt_bytes, int label, uint8_t *out, int bytes) {
    static const uint8_t zeros[32];
    uint8_t block[16] = {0};
    memcpy(block, master + 16, (size_t)salt_bytes);
    block[7] ^= (uint8_t)label;
    evp_ctx *ctx = crypto.ctx_new();
    int written = 0;
    crypto.encrypt_init(ctx, crypto.ctr(), NULL, master, block);
    crypto.encrypt(ctx, out, &written, zeros, bytes);
    /* The context is left: a few hundred of them in a process that lives for seconds. */
}

/* master: key and salt (28 bytes for GCM, 30 for CM). */
static void srtp_make(struct srtp *s, int profile, const uint8_t *master, int sending) {
    int salt_bytes = profile == PROFILE_GCM ? 12 : 14;
    uint8_t key[16], auth[20];
    s->profile = profile;
    derive(master, salt_bytes, 0, key, 16);
    derive(master, salt_bytes, 2, s->salt, salt_bytes);
    s->cipher = crypto.ctx_new();
    const evp_cipher *cipher = profile == PROFILE_GCM ? crypto.gcm() : crypto.ctr();
    (sending || profile == PROFILE_CM ? crypto.encrypt_init : crypto.decrypt_init)(s->cipher, cipher, NULL, key, NULL);
    if (profile == PROFILE_CM) {
        derive(master, salt_bytes, 1, auth, 20);
        s->mac = crypto.hmac_new();
        crypto.hmac_init(s->mac, auth, 20, crypto.sha1(), NULL);
    }
}

static void srtp_iv(const struct srtp *s, const uint8_t *packet, uint32_t roc, uint8_t *iv) {
    int at = s->profile == PROFILE_GCM ? 2 : 4; /* where the SSRC stands in the vector */
    uint8_t rolls[4] = {(uint8_t)(roc >> 24), (uint8_t)(roc >> 16), (uint8_t)(roc >> 8), (uint8_t)roc};
    memset(iv, 0, 16);
    memcpy(iv + at, packet + 8, 4);
    memcpy(iv + at + 4, rolls, 4);
    memcpy(iv + at + 8, packet + 2, 2);
    for (int i = 0; i < (s->profile == PROFILE_GCM ? 12 : 14); i++)
        iv[i] ^= s->salt[i];
}

static void srtp_mac(const struct srtp *s, const uint8_t *packet, int bytes, uint32_t roc, uint8_t *tag) {
    uint8_t rolls[4] = {(uint8_t)(roc >> 24), (uint8_t)(roc >> 16), (uint8_t)(roc >> 8), (uint8_t)roc};
    unsigned int size = 20;
    crypto.hmac_init(s->mac, NULL, 0, NULL, NULL);
    crypto.hmac_update(s->mac, packet, (size_t)bytes);
    crypto.hmac_update(s->mac, rolls, 4);
    crypto.hmac_final(s->mac, tag, &size);
}

/* Protect in place; head: bytes of the RTP header with its extensions. Gives the new length. */
static int srtp_protect(struct srtp *s, uint8_t *packet, int head, int bytes, uint32_t roc) {
    uint8_t iv[16], tag[20];
    int n = 0;
    srtp_iv(s, packet, roc, iv);
    crypto.encrypt_init(s->cipher, NULL, NULL, NULL, iv);
    if (s->profile == PROFILE_GCM) {
        crypto.encrypt(s->cipher, NULL, &n, packet, head);
        crypto.encrypt(s->cipher, packet + head, &n, packet + head, bytes - head);
        crypto.encrypt_final(s->cipher, packet + bytes, &n);
        crypto.ctrl(s->cipher, CTRL_GCM_GET_TAG, GCM_TAG_BYTES, packet + bytes);
        return bytes + GCM_TAG_BYTES;
    }
    crypto.encrypt(s->cipher, packet + head, &n, packet + head, bytes - head);
    srtp_mac(s, packet, bytes, roc, tag);
    memcpy(packet + bytes, tag, CM_TAG_BYTES);
    return bytes + CM_TAG_BYTES;
}

/* Check and decrypt in place; gives the plain length, or -1. */
static inline int srtp_unprotect(struct srtp *s, uint8_t *packet, int head, int bytes, uint32_t roc) {
    uint8_t iv[16], tag[20];
    int n = 0, plain = bytes - (s->profile == PROFILE_GCM ? GCM_TAG_BYTES : CM_TAG_BYTES);
    if (plain < head)
        return -1;
    srtp_iv(s, packet, roc, iv);
    if (s->profile == PROFILE_GCM) {
        crypto.decrypt_init(s->cipher, NULL, NULL, NULL, iv);
        crypto.decrypt(s->cipher, NULL, &n, packet, head);
        crypto.decrypt(s->cipher, packet + head, &n, packet + head, plain - head);
        crypto.ctrl(s->cipher, CTRL_GCM_SET_TAG, GCM_TAG_BYTES, packet + plain);
        return crypto.decrypt_final(s->cipher, packet + plain, &n) > 0 ? plain : -1;
    }
    srtp_mac(s, packet, plain, roc, tag);
    if (memcmp(tag, packet + plain, CM_TAG_BYTES) != 0)
        return -1;
    crypto.encrypt_init(s->cipher, NULL, NULL, NULL, iv);
    crypto.encrypt(s->cipher, packet + head, &n, packet + head, plain - head);
    return plain;
}

#endif
