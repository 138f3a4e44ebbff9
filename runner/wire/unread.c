#include "wire/unread.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t unsent(int fd)
{
    int bytes = 0;
    return ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? (uint64_t)bytes : 0;
}

static void put_address(const struct sockaddr_storage *from, uint16_t *port, uint32_t address[4])
{
    const struct sockaddr_in *v4 = (const void *)from;
    const struct sockaddr_in6 *v6 = (const void *)from;
    if (from->ss_family == AF_INET) {
        *port = v4->sin_port;
        address[0] = v4->sin_addr.s_addr;
    } else {
        *port = v6->sin6_port;
        memcpy(address, &v6->sin6_addr, sizeof v6->sin6_addr);
    }
}

/* IPv4 in IPv6's clothes is looked for as IPv4 as well: inet_diag_find_one_icsk() does. */
static bool describe_peer(int fd, struct inet_diag_req_v2 *request)
{
    struct sockaddr_storage own = {0}, peer = {0};
    socklen_t own_bytes = sizeof own, peer_bytes = sizeof peer;
    if (getsockname(fd, (struct sockaddr *)&own, &own_bytes) != 0 ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_bytes) != 0 ||
        (own.ss_family != AF_INET && own.ss_family != AF_INET6))
        return false;
    *request = (struct inet_diag_req_v2){.sdiag_family = (uint8_t)own.ss_family,
                                         .sdiag_protocol = IPPROTO_TCP,
                                         .idiag_states = UINT32_MAX,
                                         .id = {.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}};
    put_address(&peer, &request->id.idiag_sport, request->id.idiag_src); /* its own is our peer */
    put_address(&own, &request->id.idiag_dport, request->id.idiag_dst);
    return true;
}

uint64_t sf_unread_by_peer(int fd)
{
    static int diag = -1;
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } ask = {
        .header = {.nlmsg_len = sizeof ask, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST}};
    _Alignas(struct nlmsghdr) char answer[4096];

    if (diag < 0)
        diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (diag < 0 || !describe_peer(fd, &ask.request) || send(diag, &ask, sizeof ask, 0) < 0)
        return unsent(fd);
    ssize_t got = recv(diag, answer, sizeof answer, 0);
    const struct nlmsghdr *header = (const void *)answer;
    if (got < (ssize_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg)) ||
        header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return unsent(fd);
    const struct inet_diag_msg *message = NLMSG_DATA(header);
    return message->idiag_rqueue + unsent(fd);
}
