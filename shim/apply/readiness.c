#include "apply/readiness.h"

#include "apply/reset.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "sockets/watch.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

/* Setting an option to what it is already makes the kernel look whether
 * watchers want waking: it reaches every epoll set, inherited and exclusive
 * ones too, and gives no event on an empty buffer.
 * Source: tcp_set_rcvlowat() → tcp_data_ready(); do_tcp_setsockopt(),
 * TCP_NOTSENT_LOWAT → sk_write_space(). */
static void set_again(int fd, enum sf_own_call own, enum sf_own_call set, int level, int option)
{
    /* Who cannot wait for edges is owed none. */
    if (!(sf_sandbox_allows(own) && sf_sandbox_allows(set)) && !sf_sandbox_allows(SF_OWN_EPOLL_WAIT) &&
        !sf_sandbox_allows(SF_OWN_EPOLL_PWAIT))
        return;
    int value;
    socklen_t length = sizeof value;
    if (sf_sandbox_permits(own) && sf_sandbox_permits(set) &&
        sf_real.getsockopt(fd, level, option, &value, &length) == 0)
        sf_real.setsockopt(fd, level, option, &value, length);
}

void sf_readiness_renew(int fd, enum sf_family family, struct sf_socket *socket)
{
    if (!socket)
        return;
    /* Where a rule has reset it the kernel has nothing to wake anybody for: what is left is ours. */
    bool is_tcp = socket->type == SF_TYPE_STREAM && socket->domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6) &&
                  !sf_is_reset(socket);
    if (is_tcp && family == SF_FAMILY_RECV)
        set_again(fd, SF_OWN_RCVLOWAT, SF_OWN_SET_RCVLOWAT, SOL_SOCKET, SO_RCVLOWAT);
    else if (is_tcp && family == SF_FAMILY_SEND)
        set_again(fd, SF_OWN_NOTSENT_LOWAT, SF_OWN_SET_NOTSENT_LOWAT, IPPROTO_TCP, TCP_NOTSENT_LOWAT);
    else
        sf_watch_renew(atomic_load_explicit(&socket->cookie, memory_order_relaxed));
}
