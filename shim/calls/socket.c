/* The life of a socket before and around its data: socket, bind, listen,
 * accept, connect, shutdown, options, names. */
#include "apply/clock.h"
#include "apply/half_close.h"
#include "apply/refuse.h"
#include "apply/reset.h"
#include "apply/timeout.h"
#include "apply/wire.h"
#include "apply/wire_datagram.h"
#include "calls/call.h"
#include "calls/facts.h"
#include "calls/traced.h"
#include "load/memory.h"
#include "load/sandbox.h"
#include "sockets/address.h"
#include "sockets/connection.h"
#include "sockets/owner.h"
#include "sockets/record.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

static int opened(int fd, int domain, int type)
{
    if (fd >= 0 && sf_shim.session)
        sf_socket_opened(fd, domain, type);
    return fd;
}

/* socket and socketpair have properties where others have a descriptor. */
#define NEW_CALL(name, domain_, type_)                             \
    SF_CALL(call, name, -1, 0, 0);                                 \
    call.domain = sf_domain_bit(domain_);                          \
    call.info.type = sf_type_bit(type_);                           \
    call.argument = (uint32_t)(domain_) << 16 | (uint16_t)(type_); \
    if (!sf_call_enter(&call))                                     \
    return -1

SF_SELECTED int selected_socket(int domain, int type, int protocol)
{
    NEW_CALL(socket, domain, type);
    int fd = opened(sf_real.socket(domain, type, protocol), domain, type);
    return (int)sf_call_leave(&call, fd);
}

SF_EXPORT int socket(int domain, int type, int protocol)
{
    if (sf_is_idle_program(SF_FAMILY_SOCKET))
        return opened(sf_real.socket(domain, type, protocol), domain, type);
    return selected_socket(domain, type, protocol);
}

static int both_opened(int result, int domain, int type, const int pair[2])
{
    if (result == 0) {
        opened(pair[0], domain, type);
        opened(pair[1], domain, type);
    }
    return result;
}

SF_SELECTED int selected_socketpair(int domain, int type, int protocol, int pair[2])
{
    NEW_CALL(socketpair, domain, type);
    call.pair = pair;
    int result = both_opened(sf_real.socketpair(domain, type, protocol, pair), domain, type, pair);
    return (int)sf_call_leave(&call, result);
}

SF_EXPORT int socketpair(int domain, int type, int protocol, int pair[2])
{
    if (sf_is_idle_program(SF_FAMILY_SOCKET))
        return both_opened(sf_real.socketpair(domain, type, protocol, pair), domain, type, pair);
    return selected_socketpair(domain, type, protocol, pair);
}

/* What the wire still has of a socket that has just been closed, by its process' end say, it lets go of when
 * asked. */
static int bind_to(int fd, const struct sockaddr *addr, socklen_t length)
{
    int result = sf_owner_bind(fd, addr, length);
    if (result < 0 && errno == EADDRINUSE && sf_shim.has_links && sf_datagram_frees(fd))
        result = sf_owner_bind(fd, addr, length);
    return result;
}

static int bound(int fd, int result)
{
    if (result == 0 && sf_shim.has_locals)
        sf_socket_bound(fd);
    if (result == 0 && sf_shim.has_links)
        sf_datagram_named(fd);
    return result;
}

SF_SELECTED int selected_bind(int fd, const struct sockaddr *addr, socklen_t length)
{
    SF_CALL(call, bind, fd, 0, 0);
    if (sf_memory_is_readable(addr, length))
        sf_address_from(&call.destination, addr, length);
    if (!sf_call_enter(&call))
        return -1;
    return bound(fd, (int)sf_call_leave(&call, bind_to(fd, addr, length)));
}

SF_EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t length)
{
    if (sf_is_idle(fd, SF_FAMILY_BIND))
        return bound(fd, bind_to(fd, addr, length));
    return selected_bind(fd, addr, length);
}

/* The record of a socket that a rule has reset, or NULL. */
static struct sf_socket *reset_socket(int fd)
{
    struct sf_socket *socket = sf_socket_find(fd);
    return socket && sf_is_reset(socket) ? socket : NULL;
}

/* A call that is answered by what a rule did before fails with `error`. */
static SF_OWN_FRAME int answered(enum sf_call_id id, int fd, int error, void *return_address)
{
    struct sf_call call = {.info = {.call = id}, .fd = fd, .return_address = return_address};

    if (sf_shim.trace)
        sf_traced_begin(&call);
    call.is_not_made = true;
    errno = error;
    if (call.begin_ns)
        sf_traced_end(&call, -1);
    return -1;
}

static bool is_to_nobody(const struct sockaddr *addr, socklen_t length)
{
    return length >= sizeof addr->sa_family && sf_memory_is_readable(addr, length) &&
           addr->sa_family == AF_UNSPEC;
}

/* A second connect is none either, but that of one which did not wait: it takes the
 * error, and the next begins anew; and so it does after a connect to nobody, connect(2). */
static bool has_connected(int fd, struct sf_socket *socket, const struct sockaddr *addr, socklen_t length)
{
    if (!sf_is_reset(socket))
        return false;
    if (is_to_nobody(addr, length)) {
        sf_reset_forget(socket);
        return false;
    }
    errno = sf_is_reset_unheard(socket) ? sf_reset_heard(fd, socket) : EISCONN;
    return true;
}

static int listening(int fd, int result)
{
    if (result == 0 && sf_shim.session)
        sf_socket_listens(fd);
    return result;
}

SF_SELECTED int selected_listen(int fd, int backlog)
{
    SF_CALL(call, listen, fd, 0, 0);
    call.argument = (uint32_t)backlog;
    if (!sf_call_enter(&call))
        return -1;
    return listening(fd, (int)sf_call_leave(&call, sf_owner_listen(fd, backlog)));
}

SF_EXPORT int listen(int fd, int backlog)
{
    if (reset_socket(fd)) /* what the kernel would let a disconnected socket do, but not a reset one */
        return answered(SF_CALL_listen, fd, EINVAL, __builtin_return_address(0));
    if (sf_is_idle(fd, SF_FAMILY_LISTEN))
        return listening(fd, sf_owner_listen(fd, backlog));
    return selected_listen(fd, backlog);
}

/* The program's own room for the peer's address may be too small, ours is not. */
static int accepted(int listener, int fd, const struct sockaddr *peer, const socklen_t *length, bool is_ours)
{
    if (fd >= 0 && sf_shim.session)
        sf_socket_accepted(listener, fd, peer, *length, is_ours);
    if (fd >= 0 && sf_shim.has_links)
        sf_call_route_accepted(listener, fd);
    return fd;
}

/* Where the program does not ask for the peer's address we do: the kernel
 * writes it along, and a getpeername is saved. */
#define ROOM_FOR_PEER                         \
    struct sockaddr_storage room;             \
    socklen_t room_length = sizeof room;      \
    const bool is_ours = !addr;               \
    length = is_ours ? &room_length : length; \
    addr = is_ours ? (struct sockaddr *)&room : addr

#define INTERPOSE_ACCEPT(name, params, arguments)                                 \
    SF_SELECTED int selected_##name params                                        \
    {                                                                             \
        SF_CALL(call, name, fd, 0, 0);                                            \
        ROOM_FOR_PEER;                                                            \
        sf_call_set_sender(&call, addr, length, NULL);                            \
        if (!sf_call_enter(&call))                                                \
            return -1;                                                            \
        int result = accepted(fd, sf_real.name arguments, addr, length, is_ours); \
        sf_call_established(&call, result);                                       \
        return (int)sf_call_leave(&call, result);                                 \
    }                                                                             \
    SF_EXPORT int name params                                                     \
    {                                                                             \
        if (sf_shim.bare)                                                         \
            return sf_real.name arguments;                                        \
        if (!sf_is_idle(fd, SF_FAMILY_ACCEPT))                                    \
            return selected_##name arguments;                                     \
        ROOM_FOR_PEER;                                                            \
        return accepted(fd, sf_real.name arguments, addr, length, is_ours);       \
    }

INTERPOSE_ACCEPT(accept, (int fd, struct sockaddr *addr, socklen_t *length), (fd, addr, length))
INTERPOSE_ACCEPT(accept4, (int fd, struct sockaddr *addr, socklen_t *length, int flags),
                 (fd, addr, length, flags))

static int make_connection(struct sf_call *call, const struct sockaddr *addr, socklen_t length)
{
    const struct sf_verdict *verdict = &call->verdict;
    if (verdict->refuse) {
        bool is_known = length >= sizeof(struct sockaddr_in6) && sf_memory_is_readable(addr, length);
        return sf_refuse_connect(call->fd, is_known ? addr : NULL);
    }
    if (verdict->timeout_ns)
        return sf_timeout_connect(call->fd, call->socket, verdict->timeout_ns, sf_call_timeout_ns(call),
                                  sf_call_fact(call, SF_FACT_NONBLOCKING));
    bool is_wires = verdict->route || (call->socket && sf_is_wired(call->socket));
    if (is_wires && call->info.type == SF_TYPE_STREAM)
        return sf_wire_connect(call->fd, call->socket, addr, length);
    return sf_owner_connect(call->fd, addr, length);
}

/* A TCP connect that a signal ends goes on by itself, and what comes of it shows as
 * after EINPROGRESS. Source: connect(2), EINTR; POSIX.1-2017. */
static void go_on_connecting(const struct sf_call *call, const struct sockaddr *addr, socklen_t length)
{
    int saved_errno = errno;
    bool is_tcp = call->info.type == SF_TYPE_STREAM && call->info.domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6);
    bool was_signal = call->verdict.interrupt || !call->waited;

    if (!is_tcp || !was_signal || !sf_sandbox_permits(SF_OWN_GETFL) || !sf_sandbox_permits(SF_OWN_SETFL))
        return;
    int flags = sf_real.fcntl(call->fd, F_GETFL);
    if (sf_real.fcntl(call->fd, F_SETFL, flags | O_NONBLOCK) == 0) {
        if (call->verdict.route)
            sf_wire_connect(call->fd, call->socket, addr, length);
        else
            sf_owner_connect(call->fd, addr, length);
        sf_real.fcntl(call->fd, F_SETFL, flags);
    }
    errno = saved_errno;
}

SF_SELECTED int selected_connect(int fd, const struct sockaddr *addr, socklen_t length, void *return_address)
{
    SF_CALL(call, connect, fd, 0, 0);
    call.return_address = return_address;
    if (sf_shim.trace && sf_memory_is_readable(addr, length))
        sf_address_from(&call.destination, addr, length);
    if (!sf_call_enter(&call)) {
        if (errno == EINTR)
            go_on_connecting(&call, addr, length);
        return -1;
    }
    int result = make_connection(&call, addr, length);
    bool is_under_way = result < 0 && errno == EINPROGRESS;
    sf_call_established(&call, result == 0 || is_under_way ? fd : -1);
    if (is_under_way && call.verdict.reset)
        sf_reset_unheard(call.socket);
    return (int)sf_call_leave(&call, result);
}

static void forget_time_out(int fd, struct sf_socket *socket)
{
    int saved_errno = errno;
    if (sf_is_silent(socket))
        sf_timeout_forget(fd, socket);
    errno = saved_errno;
}

/* A connect to nobody dissolves a connection, with what was shut of it: tcp_disconnect(). */
static void forget_connection(struct sf_socket *socket)
{
    sf_half_close_forget(socket);
    sf_wire_forget(socket);
    atomic_store_explicit(&socket->shut[SF_SHUT_READS], 0, memory_order_relaxed);
    atomic_store_explicit(&socket->shut[SF_SHUT_SENDS], 0, memory_order_relaxed);
}

SF_EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t length)
{
    struct sf_socket *socket = sf_socket_find(fd);
    if (socket && has_connected(fd, socket, addr, length))
        return answered(SF_CALL_connect, fd, errno, __builtin_return_address(0));
    if (socket)
        forget_time_out(fd, socket);
    /* The peer decides which rules select the socket from now on, this call included. */
    bool is_known = sf_shim.families && !sf_is_quiet() && sf_memory_is_readable(addr, length);
    if (is_known)
        sf_socket_connects(fd, addr, length);
    int result = sf_is_idle(fd, SF_FAMILY_CONNECT)
                     ? sf_owner_connect(fd, addr, length)
                     : selected_connect(fd, addr, length, __builtin_return_address(0));
    /* The kernel has chosen an address for it only now. */
    if (is_known && sf_shim.has_locals && (result == 0 || errno == EINPROGRESS || errno == EINTR))
        sf_socket_connects(fd, addr, length);
    if (is_known && result < 0 && errno == EISCONN)
        sf_socket_was_connected(fd);
    if (result == 0 && sf_shim.has_links)
        sf_datagram_named(fd);
    if (socket && result == 0 && socket->type == SF_TYPE_STREAM && is_to_nobody(addr, length))
        forget_connection(socket);
    return result;
}

SF_SELECTED int selected_getsockopt(int fd, int level, int name, void *value, socklen_t *length,
                                    void *return_address)
{
    SF_CALL(call, getsockopt, fd, 0, 0);
    call.return_address = return_address;
    call.argument = (uint32_t)level << 16 | (uint16_t)name;
    if (!sf_call_enter(&call))
        return -1;
    return (int)sf_call_leave(&call, sf_real.getsockopt(fd, level, name, value, length));
}

/* Has the program's own end met that of a rule? */
static bool is_closed_behind_end(int fd, struct sf_socket *socket)
{
    return sf_is_half_closed(socket) && sf_mended_state(socket, (uint8_t)sf_tcp_state(fd)) == TCP_CLOSE;
}

/* Whoever waits in the kernel has been woken by it. */
static void wake_sleepers(struct sf_socket *socket, int how)
{
    if (how != SHUT_WR)
        atomic_fetch_add_explicit(&socket->shut[SF_SHUT_READS], 1, memory_order_release);
    if (how != SHUT_RD)
        atomic_fetch_add_explicit(&socket->shut[SF_SHUT_SENDS], 1, memory_order_release);
    sf_clock_stir();
}

static int shut(int fd, int how)
{
    struct sf_socket *socket = sf_socket_find(fd);
    bool is_how = how == SHUT_RD || how == SHUT_WR || how == SHUT_RDWR;

    if (!socket || !is_how)
        return sf_real.shutdown(fd, how);
    if (is_closed_behind_end(fd, socket)) {
        errno = ENOTCONN;
        return -1;
    }
    bool is_ours = sf_is_silent(socket) && sf_is_timing_out(fd, socket);
    int result = is_ours ? sf_timeout_shutdown(fd, how) : sf_real.shutdown(fd, how);
    if (result == 0 || errno == ENOTCONN) /* the kernel does it all the same: inet_shutdown() */
        wake_sleepers(socket, how);
    return result;
}

SF_SELECTED int selected_shutdown(int fd, int how)
{
    SF_CALL(call, shutdown, fd, 0, 0);
    call.argument = (uint32_t)how;
    if (!sf_call_enter(&call))
        return -1;
    return (int)sf_call_leave(&call, shut(fd, how));
}

SF_EXPORT int shutdown(int fd, int how)
{
    return sf_is_idle(fd, SF_FAMILY_SHUTDOWN) ? shut(fd, how) : selected_shutdown(fd, how);
}

static void mend_option(int fd, int name, void *value, const socklen_t *length)
{
    struct sf_socket *socket = name == TCP_USER_TIMEOUT || name == TCP_INFO ? sf_socket_find(fd) : NULL;
    uint8_t *state = value; /* tcpi_state comes first */

    if (!socket)
        return;
    if (name == TCP_INFO && *length > 0)
        *state = sf_mended_state(socket, *state);
    else if (name == TCP_USER_TIMEOUT && *length == sizeof socket->user_timeout_ms && sf_is_silent(socket))
        memcpy(value, &socket->user_timeout_ms, sizeof socket->user_timeout_ms);
}

static void mend_error(int fd, int *error, const socklen_t *length)
{
    if (*length != sizeof *error)
        return;
    if (sf_shim.has_links && *error != 0) {
        struct sf_socket *wired = sf_socket_find(fd);
        *error = wired ? sf_wire_error(wired, *error) : *error;
    }
    if (*error != ECONNRESET)
        return;
    struct sf_socket *socket = reset_socket(fd);
    if (socket && sf_is_reset_behind_end(socket))
        *error = EPIPE;
}

/* Its connection is the wire's: the kernel knows other names. */
static struct sf_socket *wired_socket(int fd)
{
    struct sf_socket *socket = sf_shim.has_links ? sf_socket_find(fd) : NULL;
    return socket && sf_is_wired(socket) ? socket : NULL;
}

/* Who is at the other end of a Unix connection that the wire has. */
static void mend_process(int fd, void *value, const socklen_t *length)
{
    struct sf_socket *socket = wired_socket(fd);
    if (socket && socket->domain == SF_DOMAIN_UNIX)
        memcpy(value, &socket->peer_process, *length);
}

SF_EXPORT int getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    struct sf_socket *wired = level == SOL_SOCKET && name == SO_ERROR ? wired_socket(fd) : NULL;
    if (wired)
        sf_wire_await_error(wired);
    int result = sf_is_idle(fd, SF_FAMILY_OPTION)
                     ? sf_real.getsockopt(fd, level, name, value, length)
                     : selected_getsockopt(fd, level, name, value, length, __builtin_return_address(0));
    if (level == IPPROTO_TCP && result == 0)
        mend_option(fd, name, value, length);
    if (level == SOL_SOCKET && name == SO_ERROR && result == 0)
        mend_error(fd, value, length);
    if (level == SOL_SOCKET && name == SO_PEERCRED && result == 0)
        mend_process(fd, value, length);
    return result;
}

/* What the program sets while ours is in force is what it shall find later. */
static int set_option(int fd, int level, int name, const void *value, socklen_t length)
{
    int result = sf_real.setsockopt(fd, level, name, value, length);
    if (level == IPPROTO_TCP && name == TCP_USER_TIMEOUT && result == 0) {
        struct sf_socket *socket = sf_socket_find(fd);
        if (socket && sf_is_silent(socket))
            memcpy(&socket->user_timeout_ms, value, sizeof socket->user_timeout_ms);
    }
    return result;
}

SF_SELECTED int selected_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    SF_CALL(call, setsockopt, fd, 0, 0);
    call.argument = (uint32_t)level << 16 | (uint16_t)name;
    if (!sf_call_enter(&call))
        return -1;
    return (int)sf_call_leave(&call, set_option(fd, level, name, value, length));
}

SF_EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    return sf_is_idle(fd, SF_FAMILY_OPTION) ? set_option(fd, level, name, value, length)
                                            : selected_setsockopt(fd, level, name, value, length);
}

/* No rule names these two; but the own address of a connection that a rule has
 * reset is the record's to tell, and while a time-out runs the peer's as well. */
SF_EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *length)
{
    sf_ensure_loaded();
    if (wired_socket(fd)) {
        struct sf_addr own;
        sf_address_of_own(&own, fd);
        return sf_reset_name(&own, addr, length);
    }
    struct sf_socket *socket = reset_socket(fd);
    return socket ? sf_reset_name(&socket->local, addr, length) : sf_real.getsockname(fd, addr, length);
}

SF_EXPORT int getpeername(int fd, struct sockaddr *addr, socklen_t *length)
{
    sf_ensure_loaded();
    struct sf_socket *socket = sf_socket_find(fd);
    if (socket && sf_is_reset(socket) && sf_is_timing_out(fd, socket))
        return sf_reset_name(&socket->peer, addr, length);
    if (socket && is_closed_behind_end(fd, socket)) {
        errno = ENOTCONN;
        return -1;
    }
    /* The kernel says whether it has a peer. */
    struct sockaddr_storage room;
    socklen_t room_length = sizeof room;
    struct sf_socket *wired = wired_socket(fd);
    if (wired && sf_real.getpeername(fd, (struct sockaddr *)&room, &room_length) == 0)
        return sf_reset_name(&wired->peer, addr, length);
    return sf_real.getpeername(fd, addr, length);
}
