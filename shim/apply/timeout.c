#include "apply/timeout.h"

#include "apply/clock.h"
#include "apply/keep.h"
#include "apply/own_port.h"
#include "load/real.h"
#include "load/shim.h"
#include "sockets/record.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define NS_PER_MS UINT64_C(1000000)

bool sf_is_silent(struct sf_socket *socket)
{
    return atomic_load_explicit(&socket->silent, memory_order_acquire);
}

bool sf_is_timing_out(int fd, struct sf_socket *socket)
{
    return sf_is_silent(socket) && sf_is_reset(socket) && sf_tcp_state(fd) == TCP_SYN_SENT;
}

static uint32_t as_ms(uint64_t ns)
{
    uint64_t ms = (ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms < INT32_MAX ? (uint32_t)ms : INT32_MAX;
}

/* Note that the socket is, and what its own time-out was; false: it was already. */
static bool mark(int fd, struct sf_socket *socket)
{
    socklen_t length = sizeof socket->user_timeout_ms;
    if (sf_is_silent(socket))
        return false;
    sf_real.getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &socket->user_timeout_ms, &length);
    return !atomic_exchange_explicit(&socket->silent, 1, memory_order_acq_rel);
}

/* Let `fd` wait for an answer that never comes: SYN_SENT, for `ns`. A socket that
 * waits must not do so in here. */
static void fall_silent(int fd, uint64_t ns)
{
    uint32_t timeout_ms = as_ms(ns);
    int flags = sf_real.fcntl(fd, F_GETFL);

    sf_real.setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
    sf_real.fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    sf_own_port_connect(fd, sf_shim.session->silent_port, false);
    int error = errno;
    if (!(flags & O_NONBLOCK))
        sf_real.fcntl(fd, F_SETFL, flags);
    errno = error;
}

static void restore(int fd, struct sf_socket *socket)
{
    sf_real.setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &socket->user_timeout_ms,
                       sizeof socket->user_timeout_ms);
    atomic_store_explicit(&socket->silent, 0, memory_order_release);
}

/* A blocking connect that failed leaves a socket as if it had not been tried. */
static void give_up(int fd, struct sf_socket *socket)
{
    sf_disconnect(fd);
    sf_take_error(fd); /* that of the disconnect */
    restore(fd, socket);
}

void sf_timeout_forget(int fd, struct sf_socket *socket)
{
    if (sf_is_silent(socket) && !sf_is_reset(socket) && sf_tcp_state(fd) == TCP_CLOSE)
        restore(fd, socket);
}

int sf_timeout_connect(int fd, struct sf_socket *socket, uint64_t ns, uint64_t own_ns, bool is_nonblocking)
{
    bool is_own = own_ns && own_ns < ns;

    mark(fd, socket);
    struct sf_end end = sf_end_by(&socket->shut[SF_SHUT_SENDS]);
    fall_silent(fd, ns);
    if (is_nonblocking || errno != EINPROGRESS)
        return -1;
    enum sf_wait wait = own_ns ? SF_WAIT_ENDS : SF_WAIT_RESTARTS;
    int error = sf_clock_sleep(is_own ? own_ns : ns, wait, end);
    /* It may have come before there was a connect to end. */
    if (error == ESHUTDOWN && sf_tcp_state(fd) == TCP_SYN_SENT)
        error = sf_clock_sleep(is_own ? own_ns : ns, wait, sf_end_by(end.word));
    if (error == ESHUTDOWN)
        error = sf_take_error(fd); /* that of the connect which the shutdown has taken back */
    else if (error == 0)
        error = is_own ? EINPROGRESS : ETIMEDOUT;
    /* connect(2), EINTR: an interrupted one goes on by itself. */
    if (error != EINTR && error != EINPROGRESS)
        give_up(fd, socket);
    errno = error;
    return -1;
}

void sf_timeout_begin(int fd, struct sf_socket *socket, uint64_t ns, enum sf_unread unread)
{
    if (!mark(fd, socket))
        return;
    if (unread == SF_UNREAD_KEPT)
        sf_keep_unread(fd, socket);
    sf_reset_remember(fd, socket);
    sf_disconnect(fd);
    fall_silent(fd, ns);
}

/* In SYN_SENT the kernel takes any shutdown for the end of the connect: inet_shutdown(). */
int sf_timeout_shutdown(int fd, int how)
{
    if (how != SHUT_RDWR)
        return 0;
    sf_disconnect(fd);
    sf_take_error(fd);
    sf_real.shutdown(fd, how); /* ENOTCONN, and yet it takes effect */
    return 0;
}

void sf_timeout_strike(int fd, struct sf_socket *socket, enum sf_unread unread)
{
    sf_reset(fd, socket, unread);
    sf_take_error(fd); /* the caller tells another one */
}
