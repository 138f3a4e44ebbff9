#include "wire/deaf.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef IP_MINTTL
#define IP_MINTTL 21
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

bool sf_deaf_begin(int fd)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {1, &nothing};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ||
           want_hops(fd, UINT8_MAX);
}

void sf_deaf_end(int fd)
{
    int none = 0;
    setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none);
    want_hops(fd, 0);
}
