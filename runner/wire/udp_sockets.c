#include "wire/udp_sockets.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 32768 };

static bool ask(int diag, uint8_t family)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } ask = {.header = {.nlmsg_len = sizeof ask,
                        .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
             .request = {.sdiag_family = family, .sdiag_protocol = IPPROTO_UDP, .idiag_states = UINT32_MAX}};
    return send(diag, &ask, sizeof ask, 0) == (ssize_t)sizeof ask;
}

/* One answer of several. Returns whether there are more; `is_good` false: it says that there is none. */
static bool hear(int diag, void (*found)(void *context, uint64_t cookie), void *context, bool *is_good)
{
    static _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
    ssize_t got = recv(diag, answer, sizeof answer, 0);
    unsigned left = got > 0 ? (unsigned)got : 0;

    for (const struct nlmsghdr *header = (void *)answer; got > 0 && NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
        if (header->nlmsg_type == NLMSG_DONE)
            return false;
        const struct inet_diag_msg *message = NLMSG_DATA(header);
        *is_good = header->nlmsg_type == SOCK_DIAG_BY_FAMILY;
        if (!*is_good)
            return false;
        found(context, message->id.idiag_cookie[0] | (uint64_t)message->id.idiag_cookie[1] << 32);
    }
    *is_good = got > 0;
    return *is_good;
}

bool sf_udp_sockets(void (*found)(void *context, uint64_t cookie), void *context)
{
    int diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    bool is_good = diag >= 0;
    static const uint8_t families[] = {AF_INET, AF_INET6};

    for (unsigned i = 0; is_good && i < sizeof families; i++) {
        is_good = ask(diag, families[i]);
        while (is_good && hear(diag, found, context, &is_good))
            ;
    }
    if (diag >= 0)
        close(diag);
    return is_good;
}
