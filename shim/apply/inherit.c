#include "apply/inherit.h"

#include "load/real.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/time.h>

#ifndef SO_BUF_LOCK /* Linux 5.14 */
#define SO_BUF_LOCK 72
#endif
enum { LOCKS_SENDS = 1, LOCKS_READS = 2 };

#define OPTION_BYTES_MAX 16 /* struct timeval; TCP_CA_NAME_MAX */

static const struct {
    int level, name;
} options[] = {
    {SOL_SOCKET, SO_KEEPALIVE},
    {SOL_SOCKET, SO_LINGER},
    {SOL_SOCKET, SO_RCVTIMEO},
    {SOL_SOCKET, SO_SNDTIMEO},
    {SOL_SOCKET, SO_RCVLOWAT},
    {SOL_SOCKET, SO_OOBINLINE},
    {SOL_SOCKET, SO_PRIORITY},
    {SOL_SOCKET, SO_MARK},
    {SOL_SOCKET, SO_REUSEADDR},
    {SOL_SOCKET, SO_PASSCRED},
    {SOL_SOCKET, SO_ZEROCOPY},
    {SOL_SOCKET, SO_BUSY_POLL},
    {SOL_SOCKET, SO_TIMESTAMP},
    {IPPROTO_IP, IP_TOS},
    {IPPROTO_IP, IP_TTL},
    {IPPROTO_IPV6, IPV6_TCLASS},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {IPPROTO_TCP, TCP_NODELAY},
    {IPPROTO_TCP, TCP_CORK},
    {IPPROTO_TCP, TCP_KEEPIDLE},
    {IPPROTO_TCP, TCP_KEEPINTVL},
    {IPPROTO_TCP, TCP_KEEPCNT},
    {IPPROTO_TCP, TCP_USER_TIMEOUT},
    {IPPROTO_TCP, TCP_LINGER2},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT},
    {IPPROTO_TCP, TCP_SYNCNT},
    {IPPROTO_TCP, TCP_CONGESTION},
};

static void copy(int from, int to, int level, int name)
{
    char value[OPTION_BYTES_MAX] = {0}, now[OPTION_BYTES_MAX] = {0};
    socklen_t bytes = sizeof value, now_bytes = sizeof now;
    if (sf_real.getsockopt(from, level, name, value, &bytes) != 0 ||
        sf_real.getsockopt(to, level, name, now, &now_bytes) != 0)
        return;
    if (bytes != now_bytes || memcmp(value, now, bytes) != 0)
        sf_real.setsockopt(to, level, name, value, bytes);
}

/* A size that nobody has set grows with the traffic. The kernel doubles what it is told. */
static void copy_size(int from, int to, int name, int lock)
{
    int locks = 0, size = 0;
    socklen_t bytes = sizeof locks;
    if (sf_real.getsockopt(from, SOL_SOCKET, SO_BUF_LOCK, &locks, &bytes) != 0 || !(locks & lock))
        return;
    bytes = sizeof size;
    sf_real.getsockopt(from, SOL_SOCKET, name, &size, &bytes);
    size /= 2;
    sf_real.setsockopt(to, SOL_SOCKET, name, &size, sizeof size);
}

void sf_inherit(int from, int to)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        copy(from, to, options[i].level, options[i].name);
    copy_size(from, to, SO_SNDBUF, LOCKS_SENDS);
    copy_size(from, to, SO_RCVBUF, LOCKS_READS);
}
