#include "wire/carried.h"

#include "base/memory.h"
#include "wire/unix_sockets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define LINGER_NS UINT64_C(50000000) /* an ICMP error may yet come */

static bool is_ours(const struct sf_wire *wire, const struct sf_wire_sent *sent, ssize_t bytes)
{
    return bytes >= (ssize_t)sizeof *sent &&
           memcmp(sent->key, wire->session->session->wire_key, sizeof sent->key) == 0 &&
           sent->control_bytes <= (size_t)bytes - sizeof *sent;
}

static void take_out(struct sf_wire *wire, const char *data, ssize_t bytes, int *own, pid_t pid)
{
    struct sf_wire_sent sent;
    memcpy(&sent, data, bytes < (ssize_t)sizeof sent ? (size_t)bytes : sizeof sent);
    if (!is_ours(wire, &sent, bytes))
        return;
    struct sf_carried *socket = sf_carried_make(wire, sent.cookie, sent.record, sent.program, pid);
    if (!socket || (socket->own < 0 && *own < 0)) { /* no descriptor was left for its socket */
        sf_carried_escape(wire, sent.program);
        return;
    }
    size_t rest = (size_t)bytes - sizeof sent;
    struct sf_datagram *datagram = sf_memory_new(sizeof *datagram + rest);
    datagram->peer = sent.to;
    datagram->flags = sent.flags;
    datagram->control_bytes = sent.control_bytes;
    datagram->bytes = (uint32_t)(rest - sent.control_bytes);
    memcpy(datagram->data, data + sizeof sent, rest);
    if (socket->own < 0) {
        socket->own = *own;
        *own = -1;
    }
    socket->own_until_ns = wire->now_ns + (socket->peer.any.sa_family ? LINGER_NS : 0);
    sf_carried_take(wire, socket, SF_WAY_OUT, datagram);
    sf_carried_pump(wire, socket);
}

/* The descriptor that came along, and who sent it. */
static void take_control(struct msghdr *message, int *own, pid_t *pid)
{
    struct ucred who = {0};
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            memcpy(own, CMSG_DATA(header), sizeof *own);
        else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS)
            memcpy(&who, CMSG_DATA(header), sizeof who);
    }
    *pid = who.pid;
}

void sf_datagrams_out_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } control;
    ssize_t got;

    (void)events;
    for (;;) {
        struct iovec part = {wire->scratch, SF_SCRATCH_BYTES};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof control.bytes};
        int own = -1;
        pid_t pid;
        got = recvmsg(watch->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got < 0)
            return;
        take_control(&message, &own, &pid);
        take_out(wire, wire->scratch, got, &own, pid);
        sf_carried_close(&own);
    }
}

void sf_datagrams_sent(struct sf_wire *wire)
{
    sf_datagrams_out_ready(wire, &wire->datagrams->watch, EPOLLIN);
}

/* Rules that would keep it back cannot: whoever sends it is whom the receiver takes it from. */
bool sf_datagrams_sends(struct sf_wire *wire, const struct sf_wire_request *request, pid_t pid,
                        const struct sf_wire_unix *where, char *bytes, size_t count,
                        struct sf_wire_answer *answer)
{
    *answer = (struct sf_wire_answer){.state = sf_unix_may_send(wire->diag, where)};
    if (answer->state != SF_WIRE_PASSES)
        return answer->state != SF_WIRE_FAILED;
    struct sf_carried *socket =
        sf_carried_make(wire, request->cookie, request->record, request->program, pid);
    if (!socket)
        return false;
    struct sf_datagram *datagram = sf_memory_new(sizeof *datagram + count);
    datagram->named = where->peer.domain ? &where->peer : NULL;
    datagram->bytes = (uint32_t)count;
    memcpy(datagram->data, bytes, count);
    struct sf_fate fate = sf_datagram_judge(wire, &socket->base, SF_WAY_OUT, datagram);
    if (fate.delay_ns || fate.not_before_ns || fate.reorders)
        sf_carried_escape(wire, request->program);
    answer->state = fate.is_refused ? SF_WIRE_REFUSED : fate.is_lost ? SF_WIRE_LOST : SF_WIRE_PASSES;
    answer->copies = fate.copies;
    answer->has_bytes = memcmp(datagram->data, bytes, count) == 0 ? 0 : (uint32_t)count;
    memcpy(bytes, datagram->data, count);
    free(datagram);
    return true;
}
