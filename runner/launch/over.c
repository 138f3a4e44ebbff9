#include "launch/over.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Another descriptor of it, -1: errno says why there is none. */
static int borrow(const struct sf_tcp *socket)
{
    int process = pidfd_open(socket->pid, 0);
    if (process < 0)
        return -1;
    int fd = pidfd_getfd(process, socket->fd, 0);
    int error = errno;
    close(process);
    errno = error;
    return fd;
}

/* The number may mean something else by now. */
static bool is_it(const struct sf_tcp *socket, int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_ino == socket->inode;
}

/* A handshake that was completed has delivered its SYN. Source: tcp_rcv_state_process(), tcp_disconnect(). */
static bool has_stood(int fd)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_delivered > 0;
}

/* Source: net/ipv4/tcp.c of Linux, tcp_poll(), tcp_done(): both directions of a connection that is over are
 * shut, those of what was never connected are not; but so are those of a connect that did not wait and has
 * failed, and of what was shut before it. An error shows until it was told. */
static bool is_over(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLRDHUP};
    return poll(&end, 1, 0) == 1 &&
           (end.revents & (POLLHUP | POLLRDHUP | POLLERR)) == (POLLHUP | POLLRDHUP) && has_stood(fd);
}

static void name(struct sf_tcp *socket, int fd)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    union address own = {0};
    socklen_t length = sizeof own;
    if (getsockname(fd, &own.any, &length) != 0)
        return;
    if (own.any.sa_family == AF_INET) {
        socket->local = (struct sf_addr){.domain = SF_DOMAIN_INET, .port = ntohs(own.v4.sin_port)};
        memcpy(socket->local.ip, mapped, sizeof mapped);
        memcpy(socket->local.ip + sizeof mapped, &own.v4.sin_addr, sizeof own.v4.sin_addr);
    } else if (own.any.sa_family == AF_INET6) {
        socket->local = (struct sf_addr){.domain = SF_DOMAIN_INET6, .port = ntohs(own.v6.sin6_port)};
        memcpy(socket->local.ip, &own.v6.sin6_addr, sizeof own.v6.sin6_addr);
    }
}

enum sf_over sf_over_look(struct sf_tcp *socket)
{
    int fd = borrow(socket);
    if (fd < 0) /* it has closed it, or has ended; or else we may not, or cannot */
        return errno == EBADF || errno == ESRCH ? SF_OVER_NOT : SF_OVER_UNKNOWN;
    bool over = is_it(socket, fd) && is_over(fd);
    if (over)
        name(socket, fd);
    close(fd);
    return over ? SF_OVER_IS : SF_OVER_NOT;
}
