/* AES and HMAC of the system's libcrypto.so.3, found at run time so that building needs no OpenSSL headers. */
#ifndef YUNTING_CRYPTO_H
#define YUNTING_CRYPTO_H

#include "base.h"

typedef struct cipher cipher; /* an EVP_CIPHER_CTX with its key set */
typedef struct mac mac;       /* an HMAC_CTX with its key set */

/* 0, or -1 where the library or one of its functions is missing. Idempotent; call before anything else. */
int crypto_load(void);

/* AES in counter mode, 16 or 32 bytes of key. NULL: no memory. */
cipher *ctr_new(const uint8_t *key, int key_bytes);
/* XOR `size` bytes in place with the key stream that begins at the 16 byte counter block. */
int ctr_xor(cipher *c, const uint8_t block[16], uint8_t *data, int size);

/* AES-GCM with a 12 byte nonce and a 16 byte tag. */
cipher *gcm_new(const uint8_t *key, int key_bytes, bool seal);
int gcm_seal(cipher *c, const uint8_t nonce[12], const uint8_t *aad, int aad_bytes, const uint8_t *more,
             int more_bytes, uint8_t *data, int size, uint8_t tag[16]);
/* 0 when the tag fits; the data is garbage otherwise. */
int gcm_open(cipher *c, const uint8_t nonce[12], const uint8_t *aad, int aad_bytes, const uint8_t *more,
             int more_bytes, uint8_t *data, int size, const uint8_t tag[16]);
void cipher_free(cipher *c);

mac *mac_new(const uint8_t *key, int key_bytes);
/* The first 10 bytes of HMAC-SHA1 over data and the 4 bytes of `more`. */
int mac_of(mac *m, const uint8_t *data, int size, const uint8_t more[4], uint8_t out[10]);
void mac_free(mac *m);

/* Whether two strings of bytes are the same, in a time that does not depend on where they differ. */
bool same_bytes(const uint8_t *a, const uint8_t *b, size_t size);

#endif
