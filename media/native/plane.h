/* The plane inside: a core with a socket, and the lock that keeps its thread and its callers apart.
 *
 * Shared by loop.c (the thread), send.c (out) and face.c (the functions of loop.h), and by nobody else.
 */
#ifndef YUNTING_PLANE_H
#define YUNTING_PLANE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "loop.h"

enum { BATCH = 32 };

typedef union {
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
    struct cmsghdr aligned;
} segment_size;

struct plane {
    core *c;
    pthread_mutex_t lock;
    _Atomic int waiting; /* commands that want the lock: the thread lets them in between batches */
    _Atomic bool stop;
    pthread_t thread;
    bool running, v6;
    int sock, wake, quit;
    int wakes[RINGS_MAX]; /* of the readers of shared rings */
    int64_t held_at; /* since when packets wait for the rest of their frame */
    uint8_t in[BATCH][DATAGRAM_MAX];
    struct sockaddr_storage from[BATCH], to[OUTS];
    struct mmsghdr in_heads[BATCH], out_heads[OUTS];
    struct iovec in_parts[BATCH], out_parts[OUTS];
    segment_size sizes[OUTS];
};

void enter(plane *p);
void leave(plane *p);

/* loop.c: wake the readers of shared rings. tick: also those that have only a little to read. */
void tell_readers(plane *p, bool tick);

/* send.c: everything that waits goes out of the socket. */
void send_all(core *c);

#endif
