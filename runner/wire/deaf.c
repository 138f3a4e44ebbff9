#include "wire/deaf.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#ifndef IP_MINTTL
#define IP_MINTTL 21
#endif
#ifndef SO_GET_FILTER
#define SO_GET_FILTER SO_ATTACH_FILTER
#endif
#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73
#endif

/* A socket of IPv6 may have a peer of IPv4. */
static bool want_hops(int fd, int least)
{
    bool is_set = setsockopt(fd, IPPROTO_IP, IP_MINTTL, &least, sizeof least) == 0;
    int domain = AF_INET;
    socklen_t bytes = sizeof domain;
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &bytes);
    if (domain == AF_INET6)
        is_set = setsockopt(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &least, sizeof least) == 0;
    return is_set;
}

static const struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);

/* The real connection of an accepted socket may have a filter of its listener's, of whatever kind. */
static bool has_filter(int fd)
{
    socklen_t count = 0;
    return getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &count) != 0 || count > 0;
}

static bool has_ours(int fd)
{
    struct sock_filter one = {0};
    socklen_t count = 1;
    return getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, &one, &count) == 0 && count == 1 &&
           memcmp(&one, &nothing, sizeof one) == 0;
}

bool sf_deaf_begin(int fd)
{
    struct sock_fprog program = {1, (struct sock_filter *)&nothing};
    bool is_deaf =
        !has_filter(fd) && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
    return is_deaf || want_hops(fd, UINT8_MAX);
}

void sf_deaf_end(int fd)
{
    int none = 0;
    if (has_ours(fd))
        setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none);
    want_hops(fd, 0);
}
