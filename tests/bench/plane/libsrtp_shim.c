/* A libsrtp2.so.1 for Janus that is libsrtp on OpenSSL, where Debian's is on NSS: it hands every call on to the
   libsrtp that the Python package pylibsrtp carries (its path in BENCH_LIBSRTP).

   That module is opened with its own symbols first, so that the OpenSSL inside it and the one Janus uses for DTLS
   do not meet. It refers to Python, which nothing here calls: the one datum it needs at load time is given below,
   its functions stay unresolved. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef void *any;
any _Py_NoneStruct[64];

static void *library(void) {
    static void *opened;
    const char *path = getenv("BENCH_LIBSRTP");
    if (!opened && path)
        opened = dlopen(path, RTLD_LAZY | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!opened) {
        fprintf(stderr, "libsrtp: %s\n", path ? dlerror() : "BENCH_LIBSRTP is not set");
        exit(3);
    }
    return opened;
}

#define HAND_ON(type, name, parameters, arguments)                                                                  \
    type name parameters {                                                                                          \
        static type(*real) parameters;                                                                              \
        if (!real)                                                                                                  \
            *(void **)&real = dlsym(library(), #name);                                                              \
        return real arguments;                                                                                      \
    }

HAND_ON(int, srtp_init, (void), ())
HAND_ON(const char *, srtp_get_version_string, (void), ())
HAND_ON(int, srtp_create, (any session, any policy), (session, policy))
HAND_ON(int, srtp_dealloc, (any session), (session))
HAND_ON(int, srtp_protect, (any session, any packet, int *bytes), (session, packet, bytes))
HAND_ON(int, srtp_unprotect, (any session, any packet, int *bytes), (session, packet, bytes))
HAND_ON(int, srtp_protect_rtcp, (any session, any packet, int *bytes), (session, packet, bytes))
HAND_ON(int, srtp_unprotect_rtcp, (any session, any packet, int *bytes), (session, packet, bytes))
HAND_ON(void, srtp_crypto_policy_set_rtp_default, (any policy), (policy))
HAND_ON(void, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, (any policy), (policy))
HAND_ON(void, srtp_crypto_policy_set_aes_gcm_128_16_auth, (any policy), (policy))
HAND_ON(void, srtp_crypto_policy_set_aes_gcm_256_16_auth, (any policy), (policy))
