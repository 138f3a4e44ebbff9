#include "apply/refuse.h"

#include "apply/own_port.h"
#include "load/real.h"
#include "load/shim.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>

/* tcpmux: where no runner holds a port for us, this one is as good as closed. */
#define PORT_UNHELD 1

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
    uint32_t held = sf_shim.session->refused_port;
    int result = sf_own_port_connect(fd, held ? held : PORT_UNHELD);
    return result < 0 && errno == EAFNOSUPPORT ? refuse_unix(fd) : result;
}
