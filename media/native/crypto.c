/* Takes the EVP and HMAC functions out of libcrypto.so.3 by name; declares by hand the few that are used. */
#include "crypto.h"

#include <dlfcn.h>

enum { CTRL_SET_IVLEN = 0x9, CTRL_GET_TAG = 0x10, CTRL_SET_TAG = 0x11, MAC_KEPT = 10 };

static struct {
    cipher *(*ctx_new)(void);
    void (*ctx_free)(cipher *);
    int (*init)(cipher *, const void *, void *, const uint8_t *, const uint8_t *, int);
    int (*update)(cipher *, uint8_t *, int *, const uint8_t *, int);
    int (*final)(cipher *, uint8_t *, int *);
    int (*ctrl)(cipher *, int, int, void *);
    const void *(*ctr128)(void), *(*ctr256)(void), *(*gcm128)(void), *(*gcm256)(void), *(*sha1)(void);
    mac *(*mac_new)(void);
    void (*mac_free)(mac *);
    int (*mac_init)(mac *, const void *, int, const void *, void *);
    int (*mac_update)(mac *, const uint8_t *, size_t);
    int (*mac_final)(mac *, uint8_t *, unsigned *);
} ssl;

static bool loaded;

int crypto_load(void) {
    if (loaded) return 0;
    void *lib = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!lib) return -1;
    const struct { const char *name; void *slot; } wanted[] = {
        {"EVP_CIPHER_CTX_new", &ssl.ctx_new},   {"EVP_CIPHER_CTX_free", &ssl.ctx_free},
        {"EVP_CipherInit_ex", &ssl.init},       {"EVP_CipherUpdate", &ssl.update},
        {"EVP_CipherFinal_ex", &ssl.final},     {"EVP_CIPHER_CTX_ctrl", &ssl.ctrl},
        {"EVP_aes_128_ctr", &ssl.ctr128},       {"EVP_aes_256_ctr", &ssl.ctr256},
        {"EVP_aes_128_gcm", &ssl.gcm128},       {"EVP_aes_256_gcm", &ssl.gcm256},
        {"EVP_sha1", &ssl.sha1},                {"HMAC_CTX_new", &ssl.mac_new},
        {"HMAC_CTX_free", &ssl.mac_free},       {"HMAC_Init_ex", &ssl.mac_init},
        {"HMAC_Update", &ssl.mac_update},       {"HMAC_Final", &ssl.mac_final},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *found = dlsym(lib, wanted[i].name);
        if (!found) return -1;
        memcpy(wanted[i].slot, &found, sizeof found); /* ISO C has no cast from data to function */
    }
    loaded = true;
    return 0;
}

static cipher *made(const void *kind, const uint8_t *key, int seal) {
    cipher *c = ssl.ctx_new();
    if (c && !ssl.init(c, kind, NULL, key, NULL, seal)) {
        ssl.ctx_free(c);
        return NULL;
    }
    return c;
}

cipher *ctr_new(const uint8_t *key, int key_bytes) {
    return made(key_bytes == 32 ? ssl.ctr256() : ssl.ctr128(), key, 1);
}

int ctr_xor(cipher *c, const uint8_t block[16], uint8_t *data, int size) {
    int done;
    return ssl.init(c, NULL, NULL, NULL, block, 1) && ssl.update(c, data, &done, data, size) ? 0 : -1;
}

cipher *gcm_new(const uint8_t *key, int key_bytes, bool seal) {
    return made(key_bytes == 32 ? ssl.gcm256() : ssl.gcm128(), key, seal);
}

static int gcm_run(cipher *c, const uint8_t nonce[12], const uint8_t *aad, int aad_bytes, const uint8_t *more,
                   int more_bytes, uint8_t *data, int size, int seal) {
    int done;
    if (!ssl.init(c, NULL, NULL, NULL, nonce, seal)) return -1;
    if (!ssl.update(c, NULL, &done, aad, aad_bytes)) return -1;
    if (more_bytes && !ssl.update(c, NULL, &done, more, more_bytes)) return -1;
    return size && !ssl.update(c, data, &done, data, size) ? -1 : 0;
}

int gcm_seal(cipher *c, const uint8_t nonce[12], const uint8_t *aad, int aad_bytes, const uint8_t *more,
             int more_bytes, uint8_t *data, int size, uint8_t tag[16]) {
    int done;
    uint8_t rest[16];
    if (gcm_run(c, nonce, aad, aad_bytes, more, more_bytes, data, size, 1)) return -1;
    return ssl.final(c, rest, &done) && ssl.ctrl(c, CTRL_GET_TAG, 16, tag) ? 0 : -1;
}

int gcm_open(cipher *c, const uint8_t nonce[12], const uint8_t *aad, int aad_bytes, const uint8_t *more,
             int more_bytes, uint8_t *data, int size, const uint8_t tag[16]) {
    int done;
    uint8_t rest[16], expected[16];
    memcpy(expected, tag, 16); /* the interface takes it without const */
    if (gcm_run(c, nonce, aad, aad_bytes, more, more_bytes, data, size, 0)) return -1;
    return ssl.ctrl(c, CTRL_SET_TAG, 16, expected) && ssl.final(c, rest, &done) > 0 ? 0 : -1;
}

void cipher_free(cipher *c) {
    if (c) ssl.ctx_free(c);
}

mac *mac_new(const uint8_t *key, int key_bytes) {
    mac *m = ssl.mac_new();
    if (m && !ssl.mac_init(m, key, key_bytes, ssl.sha1(), NULL)) {
        ssl.mac_free(m);
        return NULL;
    }
    return m;
}

int mac_of(mac *m, const uint8_t *data, int size, const uint8_t more[4], uint8_t out[10]) {
    uint8_t whole[20];
    unsigned done;
    if (!ssl.mac_init(m, NULL, 0, NULL, NULL) || !ssl.mac_update(m, data, (size_t)size)) return -1;
    if (!ssl.mac_update(m, more, 4) || !ssl.mac_final(m, whole, &done)) return -1;
    memcpy(out, whole, MAC_KEPT);
    return 0;
}

void mac_free(mac *m) {
    if (m) ssl.mac_free(m);
}

bool same_bytes(const uint8_t *a, const uint8_t *b, size_t size) {
    uint8_t differ = 0;
    for (size_t i = 0; i < size; i++) differ |= (uint8_t)(a[i] ^ b[i]);
    return differ == 0;
}
