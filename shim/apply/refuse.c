#include "apply/refuse.h"

#include "apply/own_port.h"
#include "load/digits.h"
#include "load/real.h"
#include "load/shim.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

/* tcpmux: where no runner holds a port for us, this one is as good as closed. */
#define PORT_UNHELD 1

/* An abstract name that the runner holds without listening. */
static int refuse_unix(int fd)
{
    struct sockaddr_un closed = {.sun_family = AF_UNIX};
    char *name = stpcpy(closed.sun_path + 1, SF_REFUSED_PREFIX);
    char *end = name + sf_digits_write(name, sf_shim.session->refused_port);
    return sf_real.connect(fd, (struct sockaddr *)&closed, (socklen_t)(end - (char *)&closed));
}

int sf_refuse_connect(int fd, const struct sockaddr *peer)
{
    bool is_mapped = peer && peer->sa_family == AF_INET6 &&
                     IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)peer)->sin6_addr);
    uint32_t held = sf_shim.session->refused_port;
    int result = sf_own_port_connect(fd, held ? held : PORT_UNHELD, is_mapped);
    return result < 0 && errno == EAFNOSUPPORT ? refuse_unix(fd) : result;
}
