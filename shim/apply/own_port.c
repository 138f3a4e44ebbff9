#include "apply/own_port.h"

#include "load/real.h"

#include <errno.h>
#include <netinet/in.h>

/* A socket that is bound to an address cannot reach loopback, but itself. */
static int connect_inet(int fd, const struct sockaddr_in *own, uint32_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    to.sin_addr = own->sin_addr;
    if (to.sin_addr.s_addr == htonl(INADDR_ANY))
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sf_real.connect(fd, (struct sockaddr *)&to, sizeof to);
}

static int connect_inet6(int fd, const struct sockaddr_in6 *own, uint32_t port, bool is_mapped)
{
    static const struct in6_addr loopback4 = {{{[10] = 0xff, 0xff, IN_LOOPBACKNET, 0, 0, 1}}};
    struct sockaddr_in6 to = {.sin6_family = AF_INET6,
                              .sin6_port = htons((in_port_t)port),
                              .sin6_addr = own->sin6_addr,
                              .sin6_scope_id = own->sin6_scope_id};
    if (IN6_IS_ADDR_UNSPECIFIED(&to.sin6_addr))
        to.sin6_addr = is_mapped ? loopback4 : in6addr_loopback;
    return sf_real.connect(fd, (struct sockaddr *)&to, sizeof to);
}

int sf_own_port_connect(int fd, uint32_t port, bool is_mapped)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof own;

    sf_real.getsockname(fd, (struct sockaddr *)&own, &length);
    if (own.ss_family == AF_INET)
        return connect_inet(fd, (const struct sockaddr_in *)&own, port);
    if (own.ss_family == AF_INET6)
        return connect_inet6(fd, (const struct sockaddr_in6 *)&own, port, is_mapped);
    errno = EAFNOSUPPORT;
    return -1;
}
