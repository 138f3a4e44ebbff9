#include "apply/refuse.h"

#include "load/real.h"
#include "load/shim.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>

/* tcpmux: where no runner holds a port for us, this one is as good as closed. */
#define PORT_UNHELD 1

static in_port_t closed_port(void)
{
    return htons(sf_shim.session->refused_port ? sf_shim.session->refused_port : PORT_UNHELD);
}

static int refuse_inet(int fd, const struct sockaddr_in *own)
{
    struct sockaddr_in closed = {.sin_family = AF_INET, .sin_port = closed_port()};
    /* A socket that is bound to an address cannot reach loopback, but itself. */
    closed.sin_addr = own->sin_addr;
    if (closed.sin_addr.s_addr == htonl(INADDR_ANY))
        closed.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sf_real.connect(fd, (struct sockaddr *)&closed, sizeof closed);
}

static int refuse_inet6(int fd, const struct sockaddr_in6 *own)
{
    struct sockaddr_in6 closed = {.sin6_family = AF_INET6,
                                  .sin6_port = closed_port(),
                                  .sin6_addr = own->sin6_addr,
                                  .sin6_scope_id = own->sin6_scope_id};
    if (IN6_IS_ADDR_UNSPECIFIED(&closed.sin6_addr))
        closed.sin6_addr = in6addr_loopback;
    return sf_real.connect(fd, (struct sockaddr *)&closed, sizeof closed);
}

/* An abstract name that the runner holds without listening. */
static int refuse_unix(int fd)
{
    struct sockaddr_un closed = {.sun_family = AF_UNIX};
    int length = 1 + sprintf(closed.sun_path + 1, SF_REFUSED_PREFIX "%u", sf_shim.session->refused_port);
    return sf_real.connect(fd, (struct sockaddr *)&closed,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length));
}

int sf_refuse_connect(int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof own;

    sf_real.getsockname(fd, (struct sockaddr *)&own, &length);
    switch (own.ss_family) {
    case AF_INET:
        return refuse_inet(fd, (const struct sockaddr_in *)&own);
    case AF_INET6:
        return refuse_inet6(fd, (const struct sockaddr_in6 *)&own);
    default:
        return refuse_unix(fd);
    }
}
