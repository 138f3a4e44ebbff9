#include "apply/wire.h"

#include "apply/clock.h"
#include "apply/inherit.h"
#include "apply/refuse.h"
#include "apply/reset.h"
#include "apply/wire_message.h"
#include "apply/wire_unix.h"
#include "load/memory.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "load/shim.h"
#include "load/uncancelled.h"
#include "sockets/address.h"
#include "sockets/called.h"
#include "sockets/descriptor.h"
#include "sockets/owner.h"
#include "sockets/patience.h"
#include "sockets/record.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>

#ifndef IP_LOCAL_PORT_RANGE /* Linux 6.3 */
#define IP_LOCAL_PORT_RANGE 51
#endif

bool sf_is_wired(struct sf_socket *socket)
{
    return atomic_load_explicit(&socket->wired, memory_order_acquire) != 0;
}

void sf_wire_forget(struct sf_socket *socket)
{
    atomic_store_explicit(&socket->wired, 0, memory_order_release);
}

/* Returns the record's word. */
static uint32_t await_failure(struct sf_socket *socket)
{
    unsigned tries = 0;
    uint32_t wired;
    do
        wired = atomic_load_explicit(&socket->wired, memory_order_acquire);
    while (wired & SF_WIRE_FAILING && sf_patience_lasts(&tries));
    return wired;
}

void sf_wire_await_error(struct sf_socket *socket)
{
    (void)await_failure(socket);
}

int sf_wire_error(struct sf_socket *socket, int error)
{
    uint32_t wired = atomic_load_explicit(&socket->wired, memory_order_acquire) & ~SF_WIRE_MARKS;
    bool is_of_wire = error == ECONNREFUSED || error == ECONNRESET; /* refused, or just dissolved for that */
    return wired > SF_WIRED && is_of_wire ? (int)(wired - SF_WIRED) : error;
}

int64_t sf_wire_woken(int fd, struct sf_socket *socket, bool reads, int flags, int64_t result)
{
    const struct msghdr nothing = {0};
    bool is_of_wire = errno == ECONNRESET || (reads && (errno == EPIPE || errno == ENOTCONN));
    int error = errno;

    if (!is_of_wire || (await_failure(socket) & ~SF_WIRE_MARKS) <= SF_WIRED)
        return result;
    if (reads)
        error = sf_take_error(fd);
    else if (sf_real.sendmsg(fd, &nothing, (flags & MSG_NOSIGNAL) | MSG_DONTWAIT) < 0)
        error = errno;
    if (error)
        errno = sf_wire_error(socket, error);
    return error ? -1 : 0;
}

/* ---- addresses ---- */

static bool is_any(const union sf_wire_address *address)
{
    return address->any.sa_family == AF_INET ? address->v4.sin_addr.s_addr == htonl(INADDR_ANY)
                                             : IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

/* 127.0.0.0/8, be it in the clothes of IPv6. */
static bool is_loopback4(const union sf_wire_address *address)
{
    if (address->any.sa_family == AF_INET)
        return ntohl(address->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr) &&
           address->v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET;
}

/* Where nobody answers. A socket that is bound reaches its own address, or loopback from there; one
 * that is not is spread over 127.83.0.0/16, so that pairs of ports do not meet again too early. */
static void find_silent(union sf_wire_address *silent, const union sf_wire_address *own, bool is_mapped,
                        uint32_t number)
{
    const uint8_t spread[4] = {127, 83, (uint8_t)(number >> 8), (uint8_t)number};
    in_port_t port = htons((in_port_t)sf_shim.session->silent_port);

    *silent = *own;
    if (silent->any.sa_family == AF_INET) {
        silent->v4.sin_port = port;
        if (is_any(own) || is_loopback4(own))
            memcpy(&silent->v4.sin_addr, spread, sizeof spread);
        return;
    }
    silent->v6.sin6_port = port;
    if (is_loopback4(own) || (is_any(own) && is_mapped)) {
        memset(&silent->v6.sin6_addr, 0, 10);
        memset(&silent->v6.sin6_addr.s6_addr[10], 0xff, 2);
        memcpy(&silent->v6.sin6_addr.s6_addr[12], spread, sizeof spread);
    } else if (is_any(own)) {
        silent->v6.sin6_addr = in6addr_loopback;
    }
}

static in_port_t port_of(const union sf_wire_address *address)
{
    return address->any.sa_family == AF_INET ? address->v4.sin_port : address->v6.sin6_port;
}

static bool take_address(union sf_wire_address *to, const struct sockaddr *from, socklen_t length)
{
    if (length < sizeof from->sa_family ||
        (from->sa_family == AF_INET ? length < sizeof to->v4
                                    : from->sa_family != AF_INET6 || length < sizeof to->v6))
        return false;
    memset(to, 0, sizeof *to);
    memcpy(to, from, from->sa_family == AF_INET ? sizeof to->v4 : sizeof to->v6);
    return true;
}

static void own_address(int fd, union sf_wire_address *own)
{
    socklen_t bytes = sizeof *own;
    memset(own, 0, sizeof *own);
    sf_real.getsockname(fd, &own->any, &bytes);
}

/* ---- connect ---- */

struct calling {
    int fd, wire;
    struct sf_socket *socket;
    bool is_bound;
    struct sf_wire_request request;
    struct sf_wire_answer answer;
    union sf_wire_address silent;
    int flags; /* of the descriptor */
};

static int with_option(int fd, int level, int name, int value)
{
    int before = 0;
    socklen_t bytes = sizeof before;
    sf_real.getsockopt(fd, level, name, &before, &bytes);
    sf_real.setsockopt(fd, level, name, &value, sizeof value);
    return before;
}

/* A connect that failed or was dissolved leaves a port that getsockname tells, but that the socket has no
 * more. Of one that is bound EINVAL comes before what it asks for is found taken: __inet_bind(). */
static bool has_port(int fd, const union sf_wire_address *own)
{
    union sf_wire_address taken = *own;
    in_port_t port = htons((in_port_t)sf_shim.session->refused_port);

    if (port_of(own) == 0 || port == 0)
        return port_of(own) != 0;
    if (taken.any.sa_family == AF_INET)
        taken.v4.sin_port = port;
    else
        taken.v6.sin6_port = port;
    return sf_real.bind(fd, &taken.any, sf_wire_address_bytes(&taken)) == 0 || errno != EADDRINUSE;
}

/* Let the wire connect to where the program wants to; false: it cannot be asked. */
static bool ask(struct calling *calling)
{
    struct sf_wire_request *request = &calling->request;
    int reuse = 0;
    bool is_answered;

    own_address(calling->fd, &request->own);
    calling->is_bound = !is_any(&request->own) || has_port(calling->fd, &request->own);
    request->kind = SF_WIRE_CONNECT;
    if (calling->is_bound) { /* the wire's socket shares the address, for which both must say so */
        request->from = request->own;
        reuse = with_option(calling->fd, SOL_SOCKET, SO_REUSEADDR, 1);
    }
    is_answered = sf_wire_say(calling->wire, request, calling->socket, NULL, 0) &&
                  sf_wire_hear(calling->wire, &calling->answer);
    if (calling->is_bound)
        sf_real.setsockopt(calling->fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    return is_answered;
}

/* SYN_SENT, from the port that the peer sees where that can be. */
static bool fall_silent(struct calling *calling)
{
    in_port_t port = ntohs(port_of(&calling->answer.own));
    int range = (int)((uint32_t)port << 16 | port), before = 0;
    bool is_given = !calling->is_bound && port != 0;
    socklen_t bytes = sf_wire_address_bytes(&calling->silent);

    sf_real.fcntl(calling->fd, F_SETFL, calling->flags | O_NONBLOCK);
    if (is_given)
        before = with_option(calling->fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, range);
    int result = sf_uncancelled_connect(calling->fd, &calling->silent.any, bytes);
    if (is_given)
        sf_real.setsockopt(calling->fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &before, sizeof before);
    if (result < 0 && errno == EADDRNOTAVAIL && is_given)
        result = sf_uncancelled_connect(calling->fd, &calling->silent.any, bytes);
    int error = errno;
    sf_real.fcntl(calling->fd, F_SETFL, calling->flags);
    errno = error;
    return result < 0 && error == EINPROGRESS;
}

static bool is_mapped(const union sf_wire_address *address)
{
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
}

/* The error that the wire has let this connect fail with; 0: it has not, or somebody else has been told. */
static int take_failure(struct sf_socket *socket)
{
    uint32_t wired = await_failure(socket), failed = wired & ~SF_WIRE_MARKS;
    if (failed <= SF_WIRED || wired & SF_WIRE_FAILING ||
        !atomic_compare_exchange_strong_explicit(&socket->wired, &wired, 0, memory_order_acq_rel,
                                                 memory_order_acquire))
        return 0;
    return (int)(failed - SF_WIRED);
}

/* In the kernel: signals, SO_SNDTIMEO, cancellation and shutdown end it as they would. To be refused it is
 * dissolved by the wire, which gives EPIPE; so it is refused once more where that is told. */
static int await(int fd, struct sf_socket *socket, const struct sockaddr *address, socklen_t length)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    int result = sf_real.connect(fd, address, length), error = errno;
    bool goes_on = result < 0 && (error == EINTR || error == EINPROGRESS || error == EALREADY);
    int failed = goes_on ? 0 : take_failure(socket);

    if (failed && error != ECONNREFUSED) { /* another thread's send, say, may have been told */
        if (result == 0) /* Linux 6.1 to 6.5: it stood, and the RST that ends that may be on its way */
            sf_uncancelled_connect(fd, &nobody, sizeof nobody);
        sf_refuse_connect(fd, address);
        failed = errno == ECONNREFUSED ? failed : errno;
    }
    errno = failed ? failed : error;
    return failed ? -1 : result;
}

/* On this machine a connect that does not wait has its connection when it returns: so has ours, once the wire
 * has come to it. */
static void let_stand(const struct calling *calling)
{
    enum { WIRE_MS = 10 };
    struct pollfd stands = {.fd = calling->fd, .events = POLLOUT};
    if (calling->answer.state == SF_WIRE_STANDS && calling->answer.round_trip_ns == 0 &&
        sf_sandbox_allows(SF_OWN_POLL))
        sf_real.poll(&stands, 1, WIRE_MS);
}

/* The real peer has answered, or may yet. Returns connect's result. */
static int go(struct calling *calling, int error)
{
    bool may_fail = error || calling->answer.state == SF_WIRE_PENDING;

    find_silent(&calling->silent, &calling->request.own, is_mapped(&calling->request.to),
                calling->socket->number);
    if (!fall_silent(calling))
        return -1;
    sf_address_from(&calling->socket->local, &calling->answer.own.any,
                    sf_wire_address_bytes(&calling->answer.own));
    sf_address_from(&calling->socket->peer, &calling->answer.peer.any,
                    sf_wire_address_bytes(&calling->answer.peer));
    atomic_store_explicit(&calling->socket->wired, SF_WIRED | (may_fail ? SF_WIRE_UNSURE : 0),
                          memory_order_release);
    if (may_fail)
        sf_descriptor_doubt(calling->fd); /* sends and reads are looked at from now on */
    own_address(calling->fd, &calling->request.own);
    calling->request.kind = SF_WIRE_GO;
    calling->request.silent = calling->silent;
    calling->request.error = error;
    if (!sf_wire_say(calling->wire, &calling->request, calling->socket, &calling->fd, may_fail))
        sf_wire_escape(SF_ESCAPE_WIRE);
    sf_uncancelled_close(calling->wire); /* a wait may be cancelled, or jumped out of */
    calling->wire = -1;
    if (calling->flags & O_NONBLOCK) {
        let_stand(calling);
        errno = EINPROGRESS;
        return -1;
    }
    int result =
        await(calling->fd, calling->socket, &calling->silent.any, sf_wire_address_bytes(&calling->silent));
    if (result < 0 && errno == EALREADY) /* by us */
        errno = EINPROGRESS;
    return result;
}

/* The peer's answer was no. */
static int fail(struct calling *calling)
{
    errno = calling->answer.error;
    if (errno != ECONNREFUSED)
        return -1;
    if (calling->answer.round_trip_ns)
        return go(calling, ECONNREFUSED);
    sf_uncancelled_close(calling->wire);
    calling->wire = -1;
    return sf_refuse_connect(calling->fd, &calling->request.to.any);
}

/* Returns false: it was not made. */
static bool call(struct calling *calling, int *result)
{
    struct sf_addr to, own;

    sf_address_from(&to, &calling->request.to.any, sf_wire_address_bytes(&calling->request.to));
    uint64_t arrival = sf_owner_calls(&to);
    bool is_answered = ask(calling);
    if (is_answered && calling->answer.state != SF_WIRE_FAILED) {
        sf_address_from(&to, &calling->answer.peer.any, sf_wire_address_bytes(&calling->answer.peer));
        sf_address_from(&own, &calling->answer.own.any, sf_wire_address_bytes(&calling->answer.own));
        sf_owner_called(arrival, &own, &to);
    } else {
        sf_owner_called(arrival, NULL, NULL);
    }
    if (is_answered)
        *result = calling->answer.state == SF_WIRE_FAILED ? fail(calling) : go(calling, 0);
    return is_answered;
}

/* Has a connection of it ended, or failed, so that the kernel's answer to connect is an error, wherever it
 * goes? Who connects anew has been told of that: then tcp_disconnect() has cleared what both directions were
 * shut by. A socket that was shut before its first connect looks alike, but has sent nothing. */
static bool has_ended(int fd, struct sf_socket *socket)
{
    struct pollfd is_shut = {.fd = fd, .events = POLLRDHUP};
    return atomic_load_explicit(&socket->shut[SF_SHUT_READS], memory_order_relaxed) == 0 &&
           sf_sandbox_allows(SF_OWN_POLL) && sf_real.poll(&is_shut, 1, 0) == 1 &&
           is_shut.revents & POLLRDHUP && sf_tcp_has_called(fd);
}

/* A connect before this one is under way, or has failed since. */
static bool connect_again(int fd, struct sf_socket *socket, const struct sockaddr *address, socklen_t length,
                          int *result)
{
    bool is_under_way = sf_tcp_state(fd) != TCP_CLOSE;
    int failed = is_under_way ? 0 : take_failure(socket);
    bool is_over = failed || (!is_under_way && has_ended(fd, socket));

    if (is_under_way) {
        *result = await(fd, socket, address, length);
    } else if (is_over) {
        *result = sf_refuse_connect(fd, address); /* ECONNABORTED where SO_ERROR has told it */
        errno = failed && errno == ECONNREFUSED ? failed : errno;
    }
    return is_under_way || is_over;
}

int sf_wire_connect(int fd, struct sf_socket *socket, const struct sockaddr *address, socklen_t length)
{
    struct calling calling = {.fd = fd, .socket = socket};
    int saved_errno = errno, result = -1;

    if (!sf_memory_is_readable(address, length) || !sf_sandbox_permits(SF_OWN_WIRE)) {
        errno = saved_errno;
        return sf_owner_connect(fd, address, length);
    }
    if (socket->domain == SF_DOMAIN_UNIX)
        return sf_wire_connect_unix(fd, socket, address, length);
    if (!take_address(&calling.request.to, address, length))
        return sf_owner_connect(fd, address, length);
    if (connect_again(fd, socket, address, length, &result)) {
        errno = result == 0 ? saved_errno : errno;
        return result;
    }
    sf_wire_forget(socket);
    calling.flags = sf_real.fcntl(fd, F_GETFL);
    sf_clock_act_on_cancellation(); /* before anything of ours is open */
    calling.wire = sf_wire_open();
    bool is_made = calling.wire >= 0 && call(&calling, &result);
    int error = errno;
    if (calling.wire >= 0)
        sf_uncancelled_close(calling.wire);
    if (!is_made) {
        sf_wire_escape(SF_ESCAPE_WIRE);
        errno = saved_errno;
        return sf_owner_connect(fd, address, length);
    }
    errno = result == 0 ? saved_errno : error;
    return result;
}

/* ---- accept ---- */

/* A socket in the place of the accepted one, on its way to the wire. */
static int open_other(int listener, int fd, struct calling *calling)
{
    union sf_wire_address own, any;
    own_address(fd, &own);
    memset(&any, 0, sizeof any);
    any.any.sa_family = own.any.sa_family;
    int other = sf_real.socket(own.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (other < 0)
        return -1;
    sf_inherit(fd, other);
    sf_inherit_limits(listener, other);
    find_silent(&calling->silent, &any, is_mapped(&own), calling->socket->number);
    calling->fd = other;
    calling->is_bound = true; /* any port will do */
    if (fall_silent(calling))
        return other;
    sf_uncancelled_close(other);
    return -1;
}

/* Until it hears of this the wire lets nothing pass: a reset would be the answer to our connect. */
static bool go_on(struct calling *calling)
{
    calling->request.kind = SF_WIRE_GO;
    return sf_wire_say(calling->wire, &calling->request, calling->socket, NULL, 0);
}

static bool hand_over(int fd, struct calling *calling)
{
    calling->request.kind = SF_WIRE_ACCEPTED;
    calling->request.silent = calling->silent;
    own_address(calling->fd, &calling->request.own);
    if (!sf_wire_say(calling->wire, &calling->request, calling->socket, &fd, 1) ||
        !sf_wire_hear(calling->wire, &calling->answer))
        return false;
    int result;
    do /* a send time-out of the listener's is not for this */
        result = sf_uncancelled_connect(calling->fd, &calling->silent.any,
                                        sf_wire_address_bytes(&calling->silent));
    while (result < 0 && (errno == EINTR || errno == EINPROGRESS || errno == EALREADY));
    if (result != 0 && errno != EISCONN)
        return false;
    sf_inherit_filter(fd, calling->fd);
    return go_on(calling);
}

void sf_wire_accept(int listener, int fd, struct sf_socket *socket)
{
    struct calling calling = {.socket = socket};
    int saved_errno = errno;

    if (!sf_sandbox_permits(SF_OWN_WIRE)) {
        errno = saved_errno;
        return;
    }
    if (socket->domain == SF_DOMAIN_UNIX) {
        sf_wire_accept_unix(fd, socket);
        return;
    }
    calling.wire = sf_wire_open();
    int other = calling.wire >= 0 ? open_other(listener, fd, &calling) : -1;
    struct sf_socket *moved = NULL;
    if (other >= 0) {
        sf_address_of_own(&socket->local, fd);
        moved = sf_record_move(socket, sf_cookie(other));
    }
    if (moved) {
        calling.socket = moved;
        atomic_store_explicit(&moved->wired, SF_WIRED, memory_order_release);
    }
    if (moved && hand_over(fd, &calling)) {
        sf_inherit_late(fd, other);
        sf_wire_take_place(fd, other);
    } else {
        sf_wire_escape(SF_ESCAPE_WIRE);
    }
    if (other >= 0)
        sf_uncancelled_close(other);
    if (calling.wire >= 0)
        sf_uncancelled_close(calling.wire);
    errno = saved_errno;
}
