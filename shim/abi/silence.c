#include "abi/silence.h"

#include <errno.h>

/* The wire's ends of connections have the port as well. */
static int open_shared(const struct sf_silence_calls *calls, int domain)
{
    int yes = 1, fd = calls->socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        calls->setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    return fd;
}

/* Both families where there is IPv6: the queue is one. */
static int bind_any(const struct sf_silence_calls *calls, struct sockaddr_storage *name, socklen_t *length)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    int no = 0, fd = open_shared(calls, AF_INET6);

    if (fd >= 0) {
        calls->setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
        if (calls->bind(fd, (struct sockaddr *)&v6, sizeof v6) == 0)
            goto named;
        calls->close(fd);
    }
    fd = open_shared(calls, AF_INET);
    if (fd >= 0 && calls->bind(fd, (struct sockaddr *)&v4, sizeof v4) != 0) {
        calls->close(fd);
        fd = -1;
    }
named:
    *length = sizeof *name;
    if (fd >= 0)
        calls->getsockname(fd, (struct sockaddr *)name, length);
    return fd;
}

uint32_t sf_silence_hold(const struct sf_silence_calls *calls, struct sf_silence *silence)
{
    struct sockaddr_storage name = {0};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length;

    *silence = (struct sf_silence){-1, -1};
    silence->listener = bind_any(calls, &name, &length);
    if (silence->listener < 0)
        return 0;
    to.sin_port = name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                             : ((struct sockaddr_in *)&name)->sin_port;
    silence->filler = calls->socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (silence->filler >= 0 && calls->listen(silence->listener, 0) == 0 &&
        calls->connect(silence->filler, (struct sockaddr *)&to, sizeof to) == 0)
        return ntohs(to.sin_port);
    int error = errno;
    sf_silence_release(calls, silence);
    errno = error;
    return 0;
}

void sf_silence_release(const struct sf_silence_calls *calls, struct sf_silence *silence)
{
    if (silence->filler >= 0)
        calls->close(silence->filler);
    if (silence->listener >= 0)
        calls->close(silence->listener);
    *silence = (struct sf_silence){-1, -1};
}
