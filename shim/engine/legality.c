#include "engine/legality.h"

#include <errno.h>
#include <netdb.h>

/* The kinds of socket that differ in what can happen to them. */
enum {
    TCP = 1,
    UDP = 2,
    RAW = 4,
    UNIX_STREAM = 8,
    UNIX_DGRAM = 16,
    UNIX_SEQPACKET = 32,
    INET = TCP | UDP | RAW,
    UNIX_CONNECTED = UNIX_STREAM | UNIX_SEQPACKET,
    UNIX = UNIX_CONNECTED | UNIX_DGRAM,
    CONNECTED = TCP | UNIX_CONNECTED,
    ANY = INET | UNIX
};

/* The kind of the call's socket; where that is not known, all that it may be. */
static unsigned kinds_of(const struct sf_call_info *call)
{
    unsigned by_domain = call->domain == 0 ? ANY : call->domain == SF_DOMAIN_UNIX ? UNIX : INET;
    switch (call->type) {
    case 0:
        return by_domain;
    case SF_TYPE_STREAM:
        return by_domain & (TCP | UNIX_STREAM);
    case SF_TYPE_DGRAM:
        return by_domain & (UDP | UNIX_DGRAM);
    default:
        return by_domain & (RAW | UNIX_SEQPACKET);
    }
}

static bool is_tcp(const struct sf_call_info *call)
{
    return kinds_of(call) == TCP && !call->fact(call->context, SF_FACT_MPTCP);
}

/* icmp_err_convert[] in net/ipv4/icmp.c and net/ipv6/icmp.c, and what routing says. */
#define NETWORK_ERRNOS \
    ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENETDOWN, EHOSTDOWN, ENONET, ENOPROTOOPT, EPROTO, EACCES

/* The errnos that calls may meet on a healthy program; what is not here is a
 * program's own mistake or never happens to that kind of socket. */
static const struct {
    enum sf_family family;
    unsigned kinds;
    int errors[12]; /* ends with 0 */
} known_errors[] = {
    /* socket(2), socketpair(2); EPERM: raw sockets, and whatever guards the machine */
    {SF_FAMILY_SOCKET, ANY, {EACCES, EAFNOSUPPORT, EMFILE, ENFILE, EPROTONOSUPPORT, EPERM, ENOBUFS, ENOMEM}},

    /* bind(2); unix_bind_bsd() makes a file */
    {SF_FAMILY_BIND, ANY, {EACCES, EADDRINUSE, EINVAL, EPERM, ENOBUFS, ENOMEM}},
    {SF_FAMILY_BIND, INET, {EADDRNOTAVAIL}},
    {SF_FAMILY_BIND, UNIX, {ENOENT, ENOTDIR, EROFS, ELOOP, ENAMETOOLONG, ENOSPC, EDQUOT, EIO}},

    /* listen(2), POSIX.1-2017; EADDRINUSE: inet_csk_listen_start() */
    {SF_FAMILY_LISTEN, CONNECTED, {EACCES, EINVAL, ENOBUFS, ENOMEM}},
    {SF_FAMILY_LISTEN, TCP, {EADDRINUSE}},

    /* accept(2): on Linux it passes on errors of the new connection as well */
    {SF_FAMILY_ACCEPT,
     CONNECTED,
     {EAGAIN, EINTR, ECONNABORTED, EINVAL, EMFILE, ENFILE, EPERM, EPROTO, ENOBUFS, ENOMEM}},
    {SF_FAMILY_ACCEPT,
     TCP,
     {ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ETIMEDOUT}},

    /* connect(2). EAGAIN: a Unix listener's queue is full, unix_stream_connect(); a UDP
     * socket finds no port, inet_dgram_connect(); TCP says EADDRNOTAVAIL then, and the
     * routing cache that the page speaks of is gone. Datagram sockets do not wait. */
    {SF_FAMILY_CONNECT, ANY, {EACCES, EPERM, ENOBUFS, ENOMEM}},
    {SF_FAMILY_CONNECT, INET, {EADDRNOTAVAIL, EADDRINUSE, EHOSTUNREACH, ENETUNREACH, ENETDOWN}},
    {SF_FAMILY_CONNECT, TCP, {NETWORK_ERRNOS}},
    {SF_FAMILY_CONNECT, TCP, {EINTR, EINPROGRESS, EALREADY, ETIMEDOUT, ECONNRESET, ECONNABORTED}},
    {SF_FAMILY_CONNECT, UDP, {EAGAIN}},
    {SF_FAMILY_CONNECT, UNIX, {ECONNREFUSED, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EPROTOTYPE}},
    {SF_FAMILY_CONNECT, UNIX_CONNECTED, {EAGAIN, EINTR}},

    /* send(2), POSIX.1-2017; tcp(7), udp(7), unix(7): the pending error of the socket.
     * EPIPE of a datagram: unix_dgram_sendmsg(), where the receiver has shut down. */
    {SF_FAMILY_SEND, ANY, {EAGAIN, EINTR, EPERM, EIO, ENOBUFS, ENOMEM}},
    {SF_FAMILY_SEND, INET, {NETWORK_ERRNOS}},
    {SF_FAMILY_SEND, TCP, {EPIPE, ECONNRESET, ETIMEDOUT}},
    {SF_FAMILY_SEND, UDP | RAW, {EMSGSIZE}},
    {SF_FAMILY_SEND, UNIX, {EPIPE, ECONNRESET}},
    {SF_FAMILY_SEND, UNIX_DGRAM | UNIX_SEQPACKET, {EMSGSIZE}},
    {SF_FAMILY_SEND, UNIX_DGRAM, {ECONNREFUSED, ENOENT, EACCES}},

    /* recv(2), POSIX.1-2017; ECONNRESET of Unix sockets: unix_release_sock(), unread data */
    {SF_FAMILY_RECV, ANY, {EAGAIN, EINTR, EIO, ENOBUFS, ENOMEM}},
    {SF_FAMILY_RECV, INET, {NETWORK_ERRNOS}},
    {SF_FAMILY_RECV, TCP, {ECONNRESET, ETIMEDOUT}},
    {SF_FAMILY_RECV, UDP | RAW, {EMSGSIZE}},
    {SF_FAMILY_RECV, UNIX, {ECONNRESET}},

    {SF_FAMILY_CLOSE, ANY, {EINTR, EIO}},   /* close(2) */
    {SF_FAMILY_SHUTDOWN, ANY, {ENOTCONN}},  /* shutdown(2) */
    {SF_FAMILY_POLL, ANY, {EINTR, ENOMEM}}, /* poll(2), select(2), epoll_wait(2) */

    /* getaddrinfo(3); getnameinfo(3) knows a part of them */
    {SF_FAMILY_RESOLVE,
     ANY,
     {EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_NONAME, EAI_NODATA, EAI_SYSTEM, EAI_ADDRFAMILY, EAI_FAMILY,
      EAI_SERVICE}},

    /* getsockopt(2), setsockopt(2), POSIX.1-2017, ip(7), socket(7) */
    {SF_FAMILY_OPTION, ANY, {EACCES, EPERM, EINVAL, EDOM, ENOPROTOOPT, EISCONN, ENODEV, ENOBUFS, ENOMEM}},
    {SF_FAMILY_OPTION, INET, {EADDRINUSE, EADDRNOTAVAIL}},
};

static bool is_known(enum sf_family family, int error, unsigned kinds)
{
    for (size_t row = 0; row < sizeof known_errors / sizeof *known_errors; row++) {
        if (known_errors[row].family != family || !(known_errors[row].kinds & kinds))
            continue;
        for (const int *known = known_errors[row].errors; *known; known++)
            if (*known == error)
                return true;
    }
    return false;
}

/* Calls whose bytes pass within the kernel: sendfile(2), splice(2). */
static bool is_opaque(enum sf_call_id call)
{
    return call == SF_CALL_sendfile || call == SF_CALL_sendfile64 || call == SF_CALL_splice ||
           call == SF_CALL_splice_in;
}

/* Look-ups from an address to a name. */
static bool is_reverse(enum sf_call_id call)
{
    return call == SF_CALL_getnameinfo || call == SF_CALL_gethostbyaddr || call == SF_CALL_gethostbyaddr_r;
}

/* Of the readiness calls those that a stop and continue ends without a handler: signal(7). */
static bool is_epoll(enum sf_call_id call)
{
    return call == SF_CALL_epoll_wait || call == SF_CALL_epoll_pwait || call == SF_CALL_epoll_pwait2;
}

/* What follows asks first what lies in the call and the kind of its socket, and
 * last what its state must tell, so that a fault that never can be says why. */

/* signal(7), "Interruption of system calls": readiness calls never restart;
 * socket calls with a time-out do not either; the others only end after a
 * handler without SA_RESTART, and a call that does not wait is not interrupted. */
static enum sf_illegal interrupt_legality(const struct sf_plan_rule *rule, enum sf_family family,
                                          const struct sf_call_info *call)
{
    if (family == SF_FAMILY_POLL && call->fact(call->context, SF_FACT_READY))
        return SF_ILLEGAL_READY; /* fs/select.c, do_poll(): signals count only where nothing is */
    if (family == SF_FAMILY_POLL)
        return rule->flags & SF_RULE_CAUGHT && !is_epoll(call->call) &&
                       !call->fact(call->context, SF_FACT_CATCHES)
                   ? SF_ILLEGAL_UNCAUGHT
                   : SF_LEGAL;
    if (!is_known(family, EINTR, kinds_of(call)))
        return SF_ILLEGAL_NEVER_WAITS;
    if (call->fact(call->context, SF_FACT_NONBLOCKING))
        return SF_ILLEGAL_NONBLOCKING;
    if (call->fact(call->context, SF_FACT_TIMEOUT) || call->fact(call->context, SF_FACT_HANDLER))
        return SF_LEGAL;
    return SF_ILLEGAL_NO_HANDLER;
}

/* What a name server, or the want of one, answers. Source: getaddrinfo(3). */
static bool is_answer(int error)
{
    return error == EAI_AGAIN || error == EAI_FAIL || error == EAI_NODATA || error == EAI_NONAME;
}

/* One function of the family tells all that is not found in its own way: as a number, or as
 * EAI_NONAME. Source: gni_host_inet(), gni_host_inet_name(). */
static bool is_told_otherwise(int error, const struct sf_call_info *call)
{
    return call->call == SF_CALL_getnameinfo && (error == EAI_FAIL || error == EAI_NODATA);
}

static enum sf_illegal error_legality(const struct sf_plan_rule *rule, enum sf_family family,
                                      const struct sf_call_info *call)
{
    int error = rule->error;

    if (!is_known(family, error, kinds_of(call)))
        return SF_ILLEGAL_ERRNO;
    if (family == SF_FAMILY_RESOLVE && is_told_otherwise(error, call))
        return SF_ILLEGAL_ERRNO;
    if (family == SF_FAMILY_RESOLVE && call->numeric && is_answer(error))
        return is_reverse(call->call) ? SF_ILLEGAL_NAMELESS : SF_ILLEGAL_NUMERIC;
    if (family == SF_FAMILY_RESOLVE && call->number_will_do && error == EAI_NONAME)
        return SF_ILLEGAL_NUMBER;
    if (error == EINTR)
        return interrupt_legality(rule, family, call);
    if (error == EAGAIN || error == EINPROGRESS || error == EALREADY)
        return call->fact(call->context, SF_FACT_NONBLOCKING) || call->fact(call->context, SF_FACT_TIMEOUT)
                   ? SF_LEGAL
                   : SF_ILLEGAL_BLOCKING;
    return SF_LEGAL;
}

static enum sf_illegal partial_legality(enum sf_family family, const struct sf_call_info *call)
{
    /* send(2): a datagram goes whole or not at all. */
    if (family == SF_FAMILY_SEND && !(kinds_of(call) & (TCP | UNIX_STREAM)))
        return SF_ILLEGAL_DATAGRAM;
    /* A program may look until enough is there, and the next look must not show less. */
    if (call->peeks)
        return SF_ILLEGAL_PEEK;
    /* recv(2), MSG_WAITALL: less only when a signal is caught, an error or a
     * disconnect occurs; it does nothing on a non-blocking socket. */
    if (call->waitall && call->type == SF_TYPE_STREAM && !call->fact(call->context, SF_FACT_NONBLOCKING) &&
        !call->fact(call->context, SF_FACT_TIMEOUT) && !call->fact(call->context, SF_FACT_HANDLER))
        return SF_ILLEGAL_WAITALL;
    return SF_LEGAL;
}

/* A socket that does not wait may have nothing, or no room, at any time. Once its
 * connection has ended it has something to say, for ever. */
static enum sf_illegal again_legality(enum sf_family family, const struct sf_call_info *call)
{
    if (!is_known(family, EAGAIN, kinds_of(call)))
        return SF_ILLEGAL_ERRNO;
    if (!call->fact(call->context, SF_FACT_NONBLOCKING) && !call->fact(call->context, SF_FACT_TIMEOUT))
        return SF_ILLEGAL_BLOCKING;
    return call->fact(call->context, SF_FACT_ENDED) ? SF_ILLEGAL_ENDED : SF_LEGAL;
}

static enum sf_illegal reset_legality(enum sf_family family, const struct sf_call_info *call)
{
    if (family == SF_FAMILY_POLL)
        return SF_LEGAL;
    if (kinds_of(call) != TCP)
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
    if (!gives_up)
        return SF_ILLEGAL_NO_TIMEOUT;
    /* What ends a connection is there for reads to tell, however silent the peer is by now. */
    return family == SF_FAMILY_RECV && call->fact(call->context, SF_FACT_ENDED) ? SF_ILLEGAL_ENDED : SF_LEGAL;
}

/* Only a connection can end; one that waits in MSG_WAITALL ends as well. */
static enum sf_illegal eof_legality(const struct sf_call_info *call)
{
    if (!(kinds_of(call) & CONNECTED))
        return SF_ILLEGAL_NO_CONNECTION;
    return call->fact(call->context, SF_FACT_UNCONNECTED) ? SF_ILLEGAL_UNCONNECTED : SF_LEGAL;
}

/* A Unix datagram socket may change its peer, and is refused by a name that nobody has:
 * unix_find_other(). UDP asks nobody. */
static enum sf_illegal refuse_legality(const struct sf_call_info *call)
{
    if (!(kinds_of(call) & (CONNECTED | UNIX_DGRAM)))
        return SF_ILLEGAL_NO_CONNECTION;
    if (kinds_of(call) == UNIX_DGRAM)
        return SF_LEGAL;
    return call->fact(call->context, SF_FACT_UNCONNECTED) ? SF_LEGAL : SF_ILLEGAL_CONNECTED;
}

/* One whose vector cannot be read counts as such, and meets EFAULT. */
bool sf_asks_for_nothing(const struct sf_call_info *call)
{
    return call->len == 0 &&
           (call->call == SF_CALL_read || call->call == SF_CALL___read_chk || call->call == SF_CALL_readv ||
            call->call == SF_CALL_preadv2 || call->call == SF_CALL_preadv64v2);
}

/* Which of the sockets that a poll waits for can be reset is looked at one by one. */
static enum sf_illegal reset_possibility(enum sf_family family, const struct sf_call_info *call)
{
    if (family == SF_FAMILY_POLL)
        return call->fact(call->context, SF_FACT_UNCONNECTED) ? SF_ILLEGAL_NONE_CONNECTED : SF_LEGAL;
    if (kinds_of(call) == TCP) /* what a listener of MPTCP accepts may be plain TCP, and is looked at then */
        return family == SF_FAMILY_ACCEPT || is_tcp(call) ? SF_LEGAL : SF_ILLEGAL_NO_TCP;
    return family == SF_FAMILY_CONNECT || family == SF_FAMILY_ACCEPT ? SF_ILLEGAL_NO_TCP : SF_LEGAL;
}

/* What nobody can bring about, by force or not: where the bytes are out of reach,
 * the question is none for an address, nothing is there to be reset. */
static enum sf_illegal possibility(const struct sf_plan_rule *rule, enum sf_family family,
                                   const struct sf_call_info *call)
{
    switch (rule->fault) {
    case SF_FAULT_CORRUPT:
        return is_opaque(call->call) ? SF_ILLEGAL_OPAQUE : call->zerocopy ? SF_ILLEGAL_ZEROCOPY : SF_LEGAL;
    case SF_FAULT_RESOLVE:
        return is_reverse(call->call) ? SF_ILLEGAL_REVERSE : SF_LEGAL;
    case SF_FAULT_RESET:
        return reset_possibility(family, call);
    default:
        return SF_LEGAL;
    }
}

/* What a send tells although its direction is shut down: what waits on the socket, or else
 * EPIPE. All else it would meet on its way, and it does not set out: sk_stream_error(). */
static bool is_told_behind_shutdown(const struct sf_plan_rule *rule)
{
    static const int told[] = {EPIPE, ECONNRESET, ETIMEDOUT, NETWORK_ERRNOS};

    if (rule->fault != SF_FAULT_ERROR)
        return rule->fault != SF_FAULT_AGAIN && rule->fault != SF_FAULT_INTERRUPT &&
               rule->fault != SF_FAULT_TIMEOUT;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (told[i] == rule->error)
            return true;
    return false;
}

static enum sf_illegal fault_legality(const struct sf_plan_rule *rule, enum sf_family family,
                                      const struct sf_call_info *call)
{
    switch (rule->fault) {
    case SF_FAULT_ERROR:
        return error_legality(rule, family, call);
    case SF_FAULT_INTERRUPT:
        return interrupt_legality(rule, family, call);
    case SF_FAULT_PARTIAL:
        return partial_legality(family, call);
    case SF_FAULT_AGAIN:
        return again_legality(family, call);
    case SF_FAULT_CORRUPT:
        return call->peeks ? SF_ILLEGAL_PEEK : SF_LEGAL;
    case SF_FAULT_RESET:
        return reset_legality(family, call);
    case SF_FAULT_TIMEOUT:
        return timeout_legality(family, call);
    case SF_FAULT_EOF:
        return eof_legality(call);
    case SF_FAULT_RESOLVE:
        return call->numeric ? SF_ILLEGAL_NUMERIC : SF_LEGAL;
    case SF_FAULT_REFUSE:
        return refuse_legality(call);
    default:
        return SF_LEGAL;
    }
}

enum sf_illegal sf_legality(const struct sf_plan_rule *rule, const struct sf_call_info *call)
{
    enum sf_family family = sf_call_families[call->call];
    enum sf_illegal reason = possibility(rule, family, call);

    if (reason != SF_LEGAL || rule->flags & SF_RULE_FORCE)
        return reason;
    if (rule->fault != SF_FAULT_DELAY && rule->fault != SF_FAULT_SIGNAL && sf_asks_for_nothing(call))
        return SF_ILLEGAL_EMPTY;
    reason = fault_legality(rule, family, call);
    if (reason == SF_LEGAL && family == SF_FAMILY_SEND && !is_told_behind_shutdown(rule) &&
        call->fact(call->context, SF_FACT_SHUT))
        return SF_ILLEGAL_SHUT;
    return reason;
}

/* One state of the world: the answers to all facts, as bits, and those that were asked for. */
struct world {
    unsigned facts, asked;
};

static bool fact_of_world(void *context, enum sf_fact fact)
{
    struct world *world = context;
    world->asked |= 1u << fact;
    return world->facts >> fact & 1;
}

enum sf_illegal sf_legality_ever(const struct sf_plan_rule *rule, enum sf_call_id call, uint8_t domain,
                                 uint8_t type)
{
    enum { WAITALL = 1, PEEKS = 2, NUMERIC = 4, SAYINGS = 8 }; /* what a call says of itself */
    enum sf_illegal first = SF_LEGAL;

    for (unsigned says = 0; says < SAYINGS; says++) {
        struct world world = {0};
        const struct sf_call_info info = {.call = call,
                                          .len = 1,
                                          .domain = domain,
                                          .type = type,
                                          .waitall = says & WAITALL,
                                          .peeks = says & PEEKS,
                                          .numeric = says & NUMERIC,
                                          .fact = fact_of_world,
                                          .context = &world};
        /* Where no fact is asked for, all worlds are alike. */
        for (; world.facts < 1u << SF_FACT_COUNT && (world.facts == 0 || world.asked); world.facts++) {
            enum sf_illegal reason = sf_legality(rule, &info);
            if (reason == SF_LEGAL)
                return SF_LEGAL;
            first = first ? first : reason;
        }
    }
    return first;
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
        [SF_ILLEGAL_ZEROCOPY] = "MSG_ZEROCOPY sends the program's own memory, which is not changed",
        [SF_ILLEGAL_ENDED] = "the connection had ended: its calls no longer wait",
        [SF_ILLEGAL_SHUT] = "the program had shut down its sends: they give EPIPE",
        [SF_ILLEGAL_CONNECTED] = "the socket was connected or connecting already",
        [SF_ILLEGAL_NEVER_WAITS] = "a call that never waits is never interrupted",
        [SF_ILLEGAL_UNCAUGHT] = "no signal handler is installed: the call goes on behind a signal",
        [SF_ILLEGAL_SANDBOXED] = "the program forbids itself the system calls that it takes: seccomp(2)",
        [SF_ILLEGAL_EMPTY] = "the read asked for nothing, and so met nothing",
        [SF_ILLEGAL_NO_CONNECTION] = "a datagram socket has no connection",
        [SF_ILLEGAL_NO_TCP] = "only a TCP connection can be reset",
        [SF_ILLEGAL_NONE_CONNECTED] = "no TCP connection was among what the call waited for",
        [SF_ILLEGAL_NO_TIMEOUT] = "only TCP gives a silent peer up, or a blocking socket with a time-out",
        [SF_ILLEGAL_UNCONNECTED] = "the socket was not connected",
        [SF_ILLEGAL_NUMERIC] = "the look-up was of an address already: nobody is asked",
        [SF_ILLEGAL_NUMBER] = "an address without a name is told as a number",
        [SF_ILLEGAL_NAMELESS] = "the look-up was for no name of a host: nobody is asked",
        [SF_ILLEGAL_REVERSE] = "the look-up asked for a name, not for an address",
        [SF_ILLEGAL_ERRNO] = "the call does not know this errno",
    };
    return (unsigned)reason < SF_ILLEGAL_COUNT ? texts[reason] : "unknown";
}
