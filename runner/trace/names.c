#include "trace/names.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct name {
    uint32_t number;
    const char *text;
};
#define N(name) {(uint32_t)(name), #name}
#define COUNT(list) (sizeof(list) / sizeof *(list))

static const struct name message_flags[] = {
    N(MSG_OOB),     N(MSG_PEEK),     N(MSG_DONTROUTE), N(MSG_CTRUNC),   N(MSG_TRUNC),      N(MSG_DONTWAIT),
    N(MSG_EOR),     N(MSG_WAITALL),  N(MSG_CONFIRM),   N(MSG_ERRQUEUE), N(MSG_NOSIGNAL),   N(MSG_MORE),
    N(MSG_WAITFORONE), N(MSG_ZEROCOPY), N(MSG_FASTOPEN), N(MSG_CMSG_CLOEXEC),
};
static const struct name domains[] = {
    N(AF_UNSPEC), N(AF_UNIX), N(AF_INET), N(AF_INET6), N(AF_NETLINK), N(AF_PACKET), N(AF_VSOCK), N(AF_ALG),
};
static const struct name types[] = {
    N(SOCK_STREAM), N(SOCK_DGRAM), N(SOCK_RAW), N(SOCK_RDM), N(SOCK_SEQPACKET), N(SOCK_DCCP), N(SOCK_PACKET),
};
static const struct name type_flags[] = {N(SOCK_NONBLOCK), N(SOCK_CLOEXEC)};
static const struct name hows[] = {N(SHUT_RD), N(SHUT_WR), N(SHUT_RDWR)};
static const struct name commands[] = {
    N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), N(F_GETOWN), N(F_SETOWN), N(F_DUPFD_CLOEXEC),
};
static const struct name requests[] = {
    N(FIONBIO), N(FIONREAD), N(FIOASYNC), N(SIOCATMARK), N(SIOCOUTQ), N(FIOCLEX), N(FIONCLEX),
};
static const struct name levels[] = {
    N(SOL_SOCKET), N(IPPROTO_IP), N(IPPROTO_IPV6), N(IPPROTO_TCP), N(IPPROTO_UDP),
};
static const struct name socket_options[] = {
    N(SO_DEBUG),      N(SO_REUSEADDR),    N(SO_TYPE),         N(SO_ERROR),       N(SO_DONTROUTE),
    N(SO_BROADCAST),  N(SO_SNDBUF),       N(SO_RCVBUF),       N(SO_KEEPALIVE),   N(SO_OOBINLINE),
    N(SO_PRIORITY),   N(SO_LINGER),       N(SO_REUSEPORT),    N(SO_PASSCRED),    N(SO_PEERCRED),
    N(SO_RCVLOWAT),   N(SO_SNDLOWAT),     N(SO_RCVTIMEO),     N(SO_SNDTIMEO),    N(SO_BINDTODEVICE),
    N(SO_TIMESTAMP),  N(SO_ACCEPTCONN),   N(SO_PEERSEC),      N(SO_SNDBUFFORCE), N(SO_RCVBUFFORCE),
    N(SO_PROTOCOL),   N(SO_DOMAIN),       N(SO_BUSY_POLL),    N(SO_COOKIE),      N(SO_ZEROCOPY),
    N(SO_INCOMING_CPU),
};
static const struct name tcp_options[] = {
    N(TCP_NODELAY),   N(TCP_MAXSEG),       N(TCP_CORK),     N(TCP_KEEPIDLE),   N(TCP_KEEPINTVL),
    N(TCP_KEEPCNT),   N(TCP_SYNCNT),       N(TCP_LINGER2),  N(TCP_DEFER_ACCEPT), N(TCP_WINDOW_CLAMP),
    N(TCP_INFO),      N(TCP_QUICKACK),     N(TCP_CONGESTION), N(TCP_USER_TIMEOUT), N(TCP_FASTOPEN),
    N(TCP_NOTSENT_LOWAT), N(TCP_FASTOPEN_CONNECT), N(TCP_ULP),
};
static const struct name ip_options[] = {
    N(IP_TOS), N(IP_TTL), N(IP_PKTINFO), N(IP_RECVERR), N(IP_FREEBIND), N(IP_BIND_ADDRESS_NO_PORT), N(IP_MTU),
    N(IP_MTU_DISCOVER), N(IP_TRANSPARENT),
};
static const struct name ipv6_options[] = {
    N(IPV6_V6ONLY), N(IPV6_RECVERR), N(IPV6_TCLASS), N(IPV6_RECVPKTINFO), N(IPV6_UNICAST_HOPS),
};

static const char *find(const struct name *list, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].number == number)
            return list[i].text;
    return NULL;
}

static void put(struct sf_page *page, const struct name *list, size_t count, uint32_t number)
{
    const char *text = find(list, count, number);
    if (text)
        sf_page_text(page, text);
    else
        sf_page_number(page, number);
}

static void put_hex(struct sf_page *page, uint32_t number)
{
    char text[16];
    snprintf(text, sizeof text, "0x%x", number);
    sf_page_text(page, text);
}

/* Those that are set, behind a |; what has no name as one number. */
static void put_flags(struct sf_page *page, const struct name *list, size_t count, uint32_t flags,
                      bool behind)
{
    for (size_t i = 0; i < count; i++) {
        if (!(flags & list[i].number))
            continue;
        if (behind)
            sf_page_char(page, '|');
        sf_page_text(page, list[i].text);
        flags &= ~list[i].number;
        behind = true;
    }
    if (flags && behind)
        sf_page_char(page, '|');
    if (flags)
        put_hex(page, flags);
    else if (!behind)
        sf_page_char(page, '0');
}

void sf_page_message_flags(struct sf_page *page, uint32_t flags)
{
    put_flags(page, message_flags, COUNT(message_flags), flags, false);
}

void sf_page_domain(struct sf_page *page, uint32_t domain)
{
    put(page, domains, COUNT(domains), domain);
}

void sf_page_socket_type(struct sf_page *page, uint32_t type)
{
    enum { TYPES = 15 };
    put(page, types, COUNT(types), type & TYPES);
    if (type & ~TYPES)
        put_flags(page, type_flags, COUNT(type_flags), type & ~TYPES, true);
}

void sf_page_how(struct sf_page *page, uint32_t how)
{
    put(page, hows, COUNT(hows), how);
}

void sf_page_option(struct sf_page *page, uint32_t level, uint32_t name)
{
    put(page, levels, COUNT(levels), level);
    sf_page_text(page, ", ");
    switch (level) {
    case SOL_SOCKET:
        put(page, socket_options, COUNT(socket_options), name);
        break;
    case IPPROTO_TCP:
        put(page, tcp_options, COUNT(tcp_options), name);
        break;
    case IPPROTO_IP:
        put(page, ip_options, COUNT(ip_options), name);
        break;
    case IPPROTO_IPV6:
        put(page, ipv6_options, COUNT(ipv6_options), name);
        break;
    default:
        sf_page_number(page, name);
    }
}

void sf_page_fcntl(struct sf_page *page, uint32_t command)
{
    put(page, commands, COUNT(commands), command);
}

void sf_page_ioctl(struct sf_page *page, uint32_t request)
{
    const char *text = find(requests, COUNT(requests), request);
    if (text)
        sf_page_text(page, text);
    else
        put_hex(page, request);
}
