#include "engine/legality.h"

#include <errno.h>
#include <netdb.h>

/* What a connection reports of itself: the pending error that the next call
 * takes (tcp(7) ERRORS; ip(7) for the ICMP ones). */
#define CONNECTION_ERRNOS ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNREFUSED, ENETDOWN, EHOSTDOWN
#define MEMORY_ERRNOS ENOMEM, ENOBUFS

static const int socket_errnos[] = {EACCES,          EAFNOSUPPORT, EMFILE,        ENFILE,
                                    EPROTONOSUPPORT, EPERM,        MEMORY_ERRNOS, 0};
static const int bind_errnos[] = {EACCES,  EADDRINUSE, EADDRNOTAVAIL, EINVAL,        ENOENT,
                                  ENOTDIR, EROFS,      EPERM,         MEMORY_ERRNOS, 0};
static const int listen_errnos[] = {EADDRINUSE, EINVAL, MEMORY_ERRNOS, 0};
/* accept(2): on Linux it passes on errors of the new connection as well. */
static const int accept_errnos[] = {
    EAGAIN,       ECONNABORTED, EINTR,       EINVAL,      EMFILE,        ENFILE,
    EPERM,        EPROTO,       ENETDOWN,    ENOPROTOOPT, EHOSTDOWN,     ENONET,
    EHOSTUNREACH, EOPNOTSUPP,   ENETUNREACH, ETIMEDOUT,   MEMORY_ERRNOS, 0};
static const int connect_errnos[] = {
    EACCES, EPERM,      EADDRINUSE,   EADDRNOTAVAIL,     EAGAIN,        EALREADY, EINPROGRESS, EINTR,
    ENOENT, EPROTOTYPE, ECONNABORTED, CONNECTION_ERRNOS, MEMORY_ERRNOS, 0};
static const int send_errnos[] = {EAGAIN, EINTR,  EPIPE,  EMSGSIZE,          EACCES,        EPERM,
                                  EIO,    EDQUOT, ENOSPC, CONNECTION_ERRNOS, MEMORY_ERRNOS, 0};
static const int recv_errnos[] = {EAGAIN, EINTR, EPIPE, EIO, CONNECTION_ERRNOS, MEMORY_ERRNOS, 0};
static const int close_errnos[] = {EINTR, EIO, 0};
static const int shutdown_errnos[] = {ENOTCONN, 0};
static const int poll_errnos[] = {EINTR, ENOMEM, 0};
static const int resolve_errnos[] = {EAI_AGAIN,  EAI_FAIL,       EAI_MEMORY, EAI_NONAME,  EAI_NODATA,
                                     EAI_SYSTEM, EAI_ADDRFAMILY, EAI_FAMILY, EAI_SERVICE, 0};
static const int option_errnos[] = {
    EACCES, EPERM, EINVAL, EDOM, ENOPROTOOPT, EISCONN, EADDRINUSE, EADDRNOTAVAIL, ENODEV, MEMORY_ERRNOS, 0};

static const int *const known_errnos[SF_FAMILY_COUNT] = {
    [SF_FAMILY_SOCKET] = socket_errnos,     [SF_FAMILY_BIND] = bind_errnos,
    [SF_FAMILY_LISTEN] = listen_errnos,     [SF_FAMILY_ACCEPT] = accept_errnos,
    [SF_FAMILY_CONNECT] = connect_errnos,   [SF_FAMILY_SEND] = send_errnos,
    [SF_FAMILY_RECV] = recv_errnos,         [SF_FAMILY_CLOSE] = close_errnos,
    [SF_FAMILY_SHUTDOWN] = shutdown_errnos, [SF_FAMILY_POLL] = poll_errnos,
    [SF_FAMILY_RESOLVE] = resolve_errnos,   [SF_FAMILY_OPTION] = option_errnos,
};

bool sf_errno_is_known(enum sf_family family, int error)
{
    if ((unsigned)family >= SF_FAMILY_COUNT)
        return false;
    for (const int *known = known_errnos[family]; *known; known++)
        if (*known == error)
            return true;
    return false;
}

/* signal(7), "Interruption of system calls": readiness calls never restart;
 * socket calls with a time-out do not either; the others only end after a
 * handler without SA_RESTART, and a call that does not wait is not interrupted. */
static enum sf_illegal interrupt_legality(enum sf_family family, const struct sf_call_info *call)
{
    if (family == SF_FAMILY_POLL) /* fs/select.c, do_poll(): signals count only where nothing is ready */
        return call->fact(call->context, SF_FACT_READY) ? SF_ILLEGAL_READY : SF_LEGAL;
    if (call->fact(call->context, SF_FACT_NONBLOCKING))
        return SF_ILLEGAL_NONBLOCKING;
    if (call->fact(call->context, SF_FACT_TIMEOUT) || call->fact(call->context, SF_FACT_HANDLER))
        return SF_LEGAL;
    return SF_ILLEGAL_NO_HANDLER;
}

static enum sf_illegal error_legality(int error, enum sf_family family, const struct sf_call_info *call)
{
    if (!sf_errno_is_known(family, error))
        return SF_ILLEGAL_ERRNO;
    if (error == EINTR)
        return interrupt_legality(family, call);
    if (error == EAGAIN || error == EINPROGRESS || error == EALREADY)
        return call->fact(call->context, SF_FACT_NONBLOCKING) || call->fact(call->context, SF_FACT_TIMEOUT)
                   ? SF_LEGAL
                   : SF_ILLEGAL_BLOCKING;
    return SF_LEGAL;
}

static enum sf_illegal partial_legality(enum sf_family family, const struct sf_call_info *call)
{
    /* A program may look until enough is there, and the next look must not show less. */
    if (call->peeks)
        return SF_ILLEGAL_PEEK;
    /* send(2): a datagram goes whole or not at all. */
    if (family == SF_FAMILY_SEND && call->type != SF_TYPE_STREAM)
        return SF_ILLEGAL_DATAGRAM;
    /* recv(2), MSG_WAITALL: less only when a signal is caught, an error or a
     * disconnect occurs; it does nothing on a non-blocking socket. */
    if (call->waitall && call->type == SF_TYPE_STREAM && !call->fact(call->context, SF_FACT_NONBLOCKING) &&
        !call->fact(call->context, SF_FACT_TIMEOUT) && !call->fact(call->context, SF_FACT_HANDLER))
        return SF_ILLEGAL_WAITALL;
    return SF_LEGAL;
}

/* A socket that does not wait may have nothing, or no room, at any time. Once its
 * connection has ended it has something to say, for ever. */
static enum sf_illegal again_legality(const struct sf_call_info *call)
{
    if (!call->fact(call->context, SF_FACT_NONBLOCKING) && !call->fact(call->context, SF_FACT_TIMEOUT))
        return SF_ILLEGAL_BLOCKING;
    return call->fact(call->context, SF_FACT_ENDED) ? SF_ILLEGAL_ENDED : SF_LEGAL;
}

static bool is_tcp(const struct sf_call_info *call)
{
    return call->type == SF_TYPE_STREAM && call->domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6);
}

/* Which of the sockets that a poll waits for can be reset is looked at one by one. */
static enum sf_illegal reset_legality(enum sf_family family, const struct sf_call_info *call)
{
    if (family == SF_FAMILY_POLL)
        return call->fact(call->context, SF_FACT_UNCONNECTED) ? SF_ILLEGAL_NONE_CONNECTED : SF_LEGAL;
    if (!is_tcp(call))
        return SF_ILLEGAL_NO_TCP;
    if (family != SF_FAMILY_RECV && family != SF_FAMILY_SEND)
        return SF_LEGAL;
    return call->fact(call->context, SF_FACT_UNCONNECTED) ? SF_ILLEGAL_UNCONNECTED : SF_LEGAL;
}

/* tcp(7), TCP_USER_TIMEOUT and keep-alive: TCP alone gives a silent peer up. The
 * others wait on, but for a time-out of the socket's own. */
static enum sf_illegal timeout_legality(enum sf_family family, const struct sf_call_info *call)
{
    if (family == SF_FAMILY_POLL || family == SF_FAMILY_ACCEPT)
        return SF_LEGAL;
    if (family == SF_FAMILY_CONNECT && is_tcp(call))
        return call->fact(call->context, SF_FACT_UNCONNECTED) ? SF_LEGAL : SF_ILLEGAL_CONNECTED;
    if (family == SF_FAMILY_CONNECT)
        return SF_ILLEGAL_NO_TIMEOUT;
    if (call->type == SF_TYPE_STREAM && call->fact(call->context, SF_FACT_UNCONNECTED))
        return SF_ILLEGAL_UNCONNECTED;
    bool gives_up = is_tcp(call) || (!call->fact(call->context, SF_FACT_NONBLOCKING) &&
                                     call->fact(call->context, SF_FACT_TIMEOUT));
    return gives_up ? SF_LEGAL : SF_ILLEGAL_NO_TIMEOUT;
}

/* Only a connection can end; one that waits in MSG_WAITALL ends as well. */
static enum sf_illegal eof_legality(const struct sf_call_info *call)
{
    if (call->type != SF_TYPE_STREAM)
        return SF_ILLEGAL_NO_CONNECTION;
    return call->fact(call->context, SF_FACT_UNCONNECTED) ? SF_ILLEGAL_UNCONNECTED : SF_LEGAL;
}

static enum sf_illegal refuse_legality(const struct sf_call_info *call)
{
    if (call->type != SF_TYPE_STREAM)
        return SF_ILLEGAL_NO_CONNECTION;
    return call->fact(call->context, SF_FACT_UNCONNECTED) ? SF_LEGAL : SF_ILLEGAL_CONNECTED;
}

enum sf_illegal sf_legality(const struct sf_plan_rule *rule, const struct sf_call_info *call)
{
    enum sf_family family = sf_call_families[call->call];

    switch (rule->fault) {
    case SF_FAULT_ERROR:
        return error_legality(rule->error, family, call);
    case SF_FAULT_INTERRUPT:
        return interrupt_legality(family, call);
    case SF_FAULT_PARTIAL:
        return partial_legality(family, call);
    case SF_FAULT_AGAIN:
        return again_legality(call);
    case SF_FAULT_CORRUPT:
        return call->opaque ? SF_ILLEGAL_OPAQUE : call->peeks ? SF_ILLEGAL_PEEK : SF_LEGAL;
    case SF_FAULT_RESET:
        return reset_legality(family, call);
    case SF_FAULT_TIMEOUT:
        return timeout_legality(family, call);
    case SF_FAULT_EOF:
        return eof_legality(call);
    case SF_FAULT_RESOLVE:
        return call->reverse ? SF_ILLEGAL_REVERSE : call->numeric ? SF_ILLEGAL_NUMERIC : SF_LEGAL;
    case SF_FAULT_REFUSE:
        return refuse_legality(call);
    default:
        return SF_LEGAL;
    }
}

const char *sf_illegal_text(enum sf_illegal reason)
{
    static const char *const texts[SF_ILLEGAL_COUNT] = {
        [SF_LEGAL] = "legal",
        [SF_ILLEGAL_NO_HANDLER] = "the call restarts: no signal handler without SA_RESTART is installed",
        [SF_ILLEGAL_NONBLOCKING] = "the socket is non-blocking: its calls are never interrupted",
        [SF_ILLEGAL_BLOCKING] = "the socket is blocking and has no time-out",
        [SF_ILLEGAL_READY] = "something was ready: the call did not wait",
        [SF_ILLEGAL_WAITALL] = "MSG_WAITALL is short only after a signal",
        [SF_ILLEGAL_PEEK] = "a look (MSG_PEEK) moves nothing",
        [SF_ILLEGAL_DATAGRAM] = "a datagram is sent whole or not at all",
        [SF_ILLEGAL_OPAQUE] = "the bytes passed within the kernel, out of reach",
        [SF_ILLEGAL_ENDED] = "the connection had ended: its calls no longer wait",
        [SF_ILLEGAL_CONNECTED] = "the socket was connected or connecting already",
        [SF_ILLEGAL_NO_CONNECTION] = "a datagram socket has no connection",
        [SF_ILLEGAL_NO_TCP] = "only a TCP connection can be reset",
        [SF_ILLEGAL_NONE_CONNECTED] = "no TCP connection was among what the call waited for",
        [SF_ILLEGAL_NO_TIMEOUT] = "only TCP gives a silent peer up, or a blocking socket with a time-out",
        [SF_ILLEGAL_UNCONNECTED] = "the socket was not connected",
        [SF_ILLEGAL_NUMERIC] = "the look-up was of an address already: nobody is asked",
        [SF_ILLEGAL_REVERSE] = "the look-up asked for a name, not for an address",
        [SF_ILLEGAL_ERRNO] = "the call does not know this errno",
    };
    return (unsigned)reason < SF_ILLEGAL_COUNT ? texts[reason] : "unknown";
}
