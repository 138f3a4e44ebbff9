#include "wire/diag.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static void put_address(const struct sockaddr *from, uint16_t *port, uint32_t address[4])
{
    const struct sockaddr_in *v4 = (const void *)from;
    const struct sockaddr_in6 *v6 = (const void *)from;
    if (from->sa_family == AF_INET) {
        *port = v4->sin_port;
        address[0] = v4->sin_addr.s_addr;
    } else {
        *port = v6->sin6_port;
        memcpy(address, &v6->sin6_addr, sizeof v6->sin6_addr);
    }
}

int sf_diag_open(void)
{
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

/* IPv4 in IPv6's clothes is looked for as IPv4 as well: inet_diag_find_one_icsk() does. */
bool sf_diag_ask(int diag, const struct sockaddr *own, const struct sockaddr *peer,
                 struct inet_diag_msg *answer)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } ask = {
        .header = {.nlmsg_len = sizeof ask, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .request = {.sdiag_family = (uint8_t)own->sa_family,
                    .sdiag_protocol = IPPROTO_TCP,
                    .idiag_states = UINT32_MAX,
                    .id = {.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}}};
    _Alignas(struct nlmsghdr) char told[4096];

    if (own->sa_family != AF_INET && own->sa_family != AF_INET6)
        return false;
    put_address(own, &ask.request.id.idiag_sport, ask.request.id.idiag_src);
    put_address(peer, &ask.request.id.idiag_dport, ask.request.id.idiag_dst);
    if (send(diag, &ask, sizeof ask, 0) < 0)
        return false;
    ssize_t got = recv(diag, told, sizeof told, 0);
    const struct nlmsghdr *header = (const void *)told;
    if (got < (ssize_t)NLMSG_LENGTH(sizeof *answer) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return false;
    memcpy(answer, NLMSG_DATA(header), sizeof *answer);
    return true;
}
