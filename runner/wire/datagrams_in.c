#include "wire/carried.h"

#include "base/memory.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>

#define AWAIT_NS UINT64_C(1000000000) /* until it is known who sent it */

/* Which address of the program's it came to; false: one that many have, each of which got it. */
static bool take_local(const struct sf_carried *socket, struct msghdr *message, union sf_wire_address *local)
{
    bool is_for_one = true;
    *local = socket->name;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        struct in_pktinfo v4;
        struct in6_pktinfo v6;
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            memcpy(&v4, CMSG_DATA(header), sizeof v4);
            is_for_one = is_for_one && v4.ipi_addr.s_addr == v4.ipi_spec_dst.s_addr;
            if (local->any.sa_family == AF_INET)
                local->v4.sin_addr = v4.ipi_addr;
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            memcpy(&v6, CMSG_DATA(header), sizeof v6);
            is_for_one = is_for_one && !IN6_IS_ADDR_MULTICAST(&v6.ipi6_addr);
            local->v6.sin6_addr = v6.ipi6_addr;
        }
    }
    return is_for_one;
}

static void take_in(struct sf_wire *wire, struct sf_carried *socket, struct msghdr *message, size_t bytes)
{
    const uint8_t *key = wire->session->session->wire_key;
    union sf_wire_address local;

    if (!take_local(socket, message, &local))
        return;
    struct sf_datagram *datagram = sf_memory_new(sizeof *datagram + SF_WIRE_KEY_BYTES + bytes);
    memcpy(&datagram->peer, message->msg_name,
           message->msg_namelen < sizeof datagram->peer ? message->msg_namelen : sizeof datagram->peer);
    datagram->local = local;
    datagram->control_bytes = SF_WIRE_KEY_BYTES; /* its mark, for give() */
    datagram->bytes = (uint32_t)bytes;
    memcpy(datagram->data, key, SF_WIRE_KEY_BYTES);
    memcpy(datagram->data + SF_WIRE_KEY_BYTES, wire->scratch, bytes);
    datagram->due_ns = wire->now_ns + AWAIT_NS;
    sf_datagram_came(wire, datagram);
    sf_datagram_queue_append(&socket->strangers, datagram);
    sf_carried_meet(wire, socket);
}

static void taker_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    struct sf_carried *socket = (struct sf_carried *)((char *)watch - offsetof(struct sf_carried, taker));
    _Alignas(struct cmsghdr) char control[256];

    (void)events;
    while (!socket->is_gone && watch->fd >= 0) {
        union sf_wire_address from = {0};
        struct iovec part = {wire->scratch, SF_SCRATCH_BYTES};
        struct msghdr message = {.msg_name = &from,
                                 .msg_namelen = sizeof from,
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        ssize_t got = recvmsg(watch->fd, &message, MSG_DONTWAIT);
        if (got >= 0)
            take_in(wire, socket, &message, (size_t)got);
        else if (errno == ECONNREFUSED)
            sf_carried_refuse(socket);
        else
            break;
    }
    if (!socket->is_gone)
        sf_carried_pump(wire, socket);
}

static void process_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    (void)events;
    sf_watch_end(wire, watch);
    wire->datagrams->sweep_ns = wire->now_ns;
}

bool sf_datagrams_carry(struct sf_wire *wire, const struct sf_wire_request *request, pid_t pid, int fds[2])
{
    struct sf_carried *socket =
        sf_carried_make(wire, request->cookie, request->record, request->program, pid);
    socklen_t bytes = sizeof socket->peer;

    if (!socket || fds[0] < 0 || fds[1] < 0)
        return false;
    sf_carried_end(wire, socket);
    socket->taker = (struct sf_watch){taker_ready, fds[0]};
    socket->process = (struct sf_watch){process_ready, pidfd_open(pid, 0)};
    socket->giver = fds[1];
    fds[0] = fds[1] = -1;
    wire->datagrams->carried_in++;
    socket->name = request->own;
    memset(&socket->peer, 0, sizeof socket->peer);
    if (request->to.any.sa_family)
        getsockname(socket->giver, &socket->peer.any, &bytes); /* as the kernel knows it */
    bool is_watched = socket->process.fd < 0 || sf_watch_begin(wire, &socket->process);
    if (is_watched && sf_watch_begin(wire, &socket->taker) && sf_carried_sweep(wire) && !socket->is_gone)
        return true;
    sf_carried_end(wire, socket);
    return false;
}

void sf_datagrams_ended(struct sf_wire *wire, const struct sf_wire_request *request)
{
    struct sf_carried *socket = sf_carried_find(wire->datagrams, request->cookie);
    if (socket && request->error) {
        sf_carried_end(wire, socket);
        return;
    }
    if (socket) {
        socket->is_ended = true;
        socket->own_until_ns = 0;
        sf_carried_pump(wire, socket);
    }
    sf_carried_sweep(wire);
}
