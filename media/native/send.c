/* Many datagrams out by one call.
 *
 * UDP_SEGMENT (Linux 4.18) sends a run of packets of one size to one receiver as one; where the road does not let it,
 * it is switched off and the packets go one by one.
 */
#include <errno.h>
#include <netinet/in.h>

#include "plane.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

enum { SEGMENTS_MAX = 60, RUN_BYTES_MAX = 60000 };

static socklen_t sockaddr_of(const plane *p, const address *a, struct sockaddr_storage *out) {
    memset(out, 0, sizeof(struct sockaddr_in6));
    if (p->v6) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(a->port);
        memcpy(&six->sin6_addr, a->ip, 16);
        return sizeof *six;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    four->sin_family = AF_INET;
    four->sin_port = htons(a->port);
    memcpy(&four->sin_addr, a->ip + 12, 4);
    return sizeof *four;
}

/* One message for each run of packets of one size (the last may be shorter) to one receiver. */
static int messages(plane *p, bool gso) {
    core *c = p->c;
    int count = 0, parts = 0;
    for (int i = 0; i < c->dirty_count; i++) {
        peer *to = c->peers[c->dirty[i]];
        socklen_t length = sockaddr_of(p, &to->at, &p->to[i]);
        for (int n = to->out_first; n >= 0;) {
            struct msghdr *m = &p->out_heads[count].msg_hdr;
            int size = c->outs[n].size, bytes = 0, last = size;
            *m = (struct msghdr){.msg_name = &p->to[i], .msg_namelen = length, .msg_iov = &p->out_parts[parts]};
            do {
                last = c->outs[n].size;
                bytes += last;
                p->out_parts[parts++] = (struct iovec){c->outs[n].data, (size_t)last};
                m->msg_iovlen++;
                n = c->outs[n].next;
            } while (gso && n >= 0 && last == size && c->outs[n].size <= size && m->msg_iovlen < SEGMENTS_MAX &&
                     bytes + size < RUN_BYTES_MAX);
            if (m->msg_iovlen > 1) {
                m->msg_control = p->sizes[count].bytes;
                m->msg_controllen = sizeof p->sizes[count].bytes;
                struct cmsghdr *head = CMSG_FIRSTHDR(m);
                head->cmsg_level = SOL_UDP;
                head->cmsg_type = UDP_SEGMENT;
                head->cmsg_len = CMSG_LEN(sizeof(uint16_t));
                uint16_t segment = (uint16_t)size;
                memcpy(CMSG_DATA(head), &segment, sizeof segment);
            }
            count++;
        }
    }
    return count;
}

/* A run that was not taken as one: its packets one by one, and where that helps, from now on always. */
static void send_singly(plane *p, struct msghdr *m) {
    size_t lost = 0;
    for (size_t i = 0; i < m->msg_iovlen; i++) {
        struct msghdr lone = {.msg_name = m->msg_name, .msg_namelen = m->msg_namelen, .msg_iov = &m->msg_iov[i], .msg_iovlen = 1};
        if (sendmsg(p->sock, &lone, MSG_DONTWAIT) < 0) lost++;
    }
    p->c->counters[C_UNSENT] += lost;
    if (lost == m->msg_iovlen) return; /* it is this receiver's address, not the road */
    p->c->set.gso = 0;
    p->c->counters[C_GSO_OFF] = 1;
}

void send_all(core *c) {
    plane *p = c->owner;
    int count = messages(p, c->set.gso), done = 0;
    while (done < count) {
        int sent = sendmmsg(p->sock, p->out_heads + done, (unsigned)(count - done), MSG_DONTWAIT);
        if (sent > 0) {
            done += sent;
            continue;
        }
        struct msghdr *m = &p->out_heads[done++].msg_hdr;
        if (errno == EINTR)
            done--;
        else if (m->msg_iovlen > 1 && (errno == EIO || errno == EINVAL || errno == EMSGSIZE || errno == ENOPROTOOPT))
            send_singly(p, m);
        else /* a full buffer, or no road there: for UDP that is loss */
            c->counters[C_UNSENT] += m->msg_iovlen;
    }
    for (int i = 0; i < c->dirty_count; i++) {
        peer *to = c->peers[c->dirty[i]];
        to->dirty = false;
        to->out_first = to->out_last = -1;
    }
    c->out_count = c->dirty_count = 0;
}
