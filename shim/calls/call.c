#include "calls/call.h"

#include "apply/clock.h"
#include "apply/corrupt.h"
#include "apply/half_close.h"
#include "apply/keep.h"
#include "apply/readiness.h"
#include "apply/reset.h"
#include "apply/timeout.h"
#include "calls/facts.h"
#include "calls/waited.h"
#include "log/event.h"
#include "load/memory.h"
#include "sockets/address.h"
#include "sockets/connection.h"
#include "sockets/owner.h"
#include "sockets/record.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static enum sf_family family_of(const struct sf_call *call)
{
    return sf_call_families[call->info.call];
}

void sf_call_set_destination(struct sf_call *call, const struct sockaddr *address, socklen_t length)
{
    if (!address || length < sizeof(sa_family_t) || !sf_memory_is_readable(address, length))
        return;
    sf_address_from(&call->destination, address, length);
    call->has_destination = call->destination.domain != 0;
}

/* What kind of call this is to a signal that arrives while it is delayed. */
static enum sf_wait wait_of(struct sf_call *call)
{
    switch (family_of(call)) {
    case SF_FAMILY_POLL:
        return SF_WAIT_ENDS;
    case SF_FAMILY_CONNECT:
        if (call->info.type == SF_TYPE_DGRAM) /* sets a peer, and asks nobody */
            return SF_WAIT_GOES_ON;
        /* fall through */
    case SF_FAMILY_RECV:
    case SF_FAMILY_SEND:
    case SF_FAMILY_ACCEPT:
        if (sf_call_fact(call, SF_FACT_NONBLOCKING))
            return SF_WAIT_GOES_ON;
        return sf_call_fact(call, SF_FACT_TIMEOUT) ? SF_WAIT_ENDS : SF_WAIT_RESTARTS;
    default:
        return SF_WAIT_GOES_ON;
    }
}

/* A call without a descriptor: one that makes a socket has its properties, the
 * others (poll, resolve) belong to the program alone. */
static void select_for_program(struct sf_call *call, uint64_t *selected)
{
    struct sf_scope scope = sf_scope_here(call->domain, call->info.type, 0);

    scope.host = call->host;
    sf_tally_add(family_of(call));
    sf_scope_select(sf_shim.plan, &scope, selected);
    if (call->waited_for && sf_shim.has_waited)
        sf_waited_select(call->waited_for, selected);
}

/* Whoever binds or listens acts as a server before the socket has that role; who
 * binds, with the address that it asks for. */
static void select_as_server(struct sf_call *call, uint64_t *selected)
{
    struct sf_addr local;
    struct sf_scope scope = sf_scope_here(call->socket->domain, call->socket->type, SF_ROLE_SERVER);
    scope.local = call->destination.domain ? &call->destination : sf_local_of(&local, call->fd);
    sf_scope_select(sf_shim.plan, &scope, selected);
}

/* Which rules may select the call; false: none can. `selected` is room for the
 * answer. */
static bool select_rules(struct sf_call *call, struct sf_selection *selection, uint64_t *selected)
{
    if (call->fd < 0) {
        select_for_program(call, selected);
        selection->selected = selected;
        return true;
    }
    uint64_t word = sf_descriptor_discover(call->fd);
    if (!(word & SF_WORD_SOCKET) || call->flags & MSG_ERRQUEUE)
        return false;
    sf_tally_add(family_of(call));
    if (!(word >> family_of(call) & 1))
        return false;
    /* Only now is a stale word a danger: the cookie tells what `fd` really is. */
    call->socket = sf_socket_record(call->fd);
    if (!call->socket)
        return false;
    selection->socket = call->socket;
    selection->per_rule = sf_record_rules(call->socket);
    call->info.type = call->socket->type;
    call->info.domain = call->socket->domain;
    if (family_of(call) == SF_FAMILY_BIND || family_of(call) == SF_FAMILY_LISTEN)
        select_as_server(call, selected);
    else
        memcpy(selected, sf_record_selected(call->socket),
               sizeof *selected * sf_selection_words(sf_shim.plan));
    for (unsigned i = 0; i < sf_selection_words(sf_shim.plan); i++)
        selected[i] &= sf_shim.meant[i];
    selection->selected = selected;
    return true;
}

/* On a datagram socket without a peer each datagram may come from another one, and
 * rules may ask which: look, as long as the call would have waited for it. False:
 * that failed, as the call would have; errno says how. */
static bool learn_sender(struct sf_call *call, const uint64_t *selected)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    bool is_asked = false;

    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        for (uint64_t bits = selected[word]; bits; bits &= bits - 1)
            is_asked |= rules[word * 64 + (unsigned)__builtin_ctzll(bits)].peer_count != 0;
    if (!is_asked || !call->socket || call->data_count == 0 || call->socket->type != SF_TYPE_DGRAM ||
        call->socket->peer.domain != 0)
        return true;
    if (sf_real.recvfrom(call->fd, NULL, 0, MSG_PEEK | (call->flags & MSG_DONTWAIT), (struct sockaddr *)&from,
                         &length) < 0)
        return false;
    sf_address_from(&call->destination, (struct sockaddr *)&from,
                    length < sizeof from ? length : (socklen_t)sizeof from);
    call->has_destination = true;
    return true;
}

/* False: the call fails by itself, without a fault; errno says how. */
static bool decide(struct sf_call *call)
{
    struct sf_selection selection = {0};
    uint64_t selected[SF_SELECTION_WORDS_MAX];
    int saved_errno = errno;

    call->verdict = (struct sf_verdict){.kind = SF_PASS, .limit = UINT64_MAX};
    sf_ensure_loaded();
    if (sf_shim.session && !sf_is_quiet() && select_rules(call, &selection, selected)) {
        call->info.program = sf_shim.program;
        call->info.elapsed_ns =
            sf_clock_now_ns() - atomic_load_explicit(&sf_shim.state->start_ns, memory_order_relaxed);
        call->info.fact = sf_call_fact;
        call->info.state = sf_call_state;
        call->info.exists = sf_call_exists;
        call->info.context = call;
        call->verdict.eof =
            family_of(call) == SF_FAMILY_RECV && call->socket && sf_is_half_closed(call->socket);
        if (call->verdict.eof) {
            call->verdict.kind = SF_APPLY;
            errno = saved_errno;
            return true;
        }
        if (family_of(call) == SF_FAMILY_RECV && !learn_sender(call, selected))
            return false;
        if (call->has_destination) {
            sf_owner_find(&call->destination, -1, call->info.type, SF_ROLE_CLIENT);
            call->info.destination = &call->destination;
        }
        call->info.waitall = call->flags & MSG_WAITALL;
        call->info.peeks = call->flags & MSG_PEEK;
        call->verdict = sf_verdict_decide(&sf_shim.engine, &selection, &call->info);
    }
    errno = saved_errno;
    return true;
}

/* It is known what the rules did. */
static void conclude(struct sf_call *call, int64_t result, bool waited, int error)
{
    sf_verdict_settle(&sf_shim.engine, &call->verdict, result, waited);
    if (call->verdict.rule_count)
        sf_event_end_call(call, result, error);
    sf_verdict_count(&sf_shim.engine, &call->verdict, SF_AFTER_CALL);
}

/* The call is not made. Returns its error; 0: it returns call->instead. */
static int fail(struct sf_call *call, int error)
{
    conclude(call, call->instead, call->waited, error);
    return error;
}

/* How long the call waits by itself: 0, its socket's time-out, or UINT64_MAX. */
static uint64_t own_wait_ns(struct sf_call *call)
{
    if (sf_call_fact(call, SF_FACT_NONBLOCKING))
        return 0;
    uint64_t timeout_ns = sf_call_timeout_ns(call);
    return timeout_ns ? timeout_ns : UINT64_MAX;
}

/* A socket that has nothing to give: the call waits first, for its own time-out but
 * no longer than `ns`, and a socket that has been said to be ready is so again. */
static int again(struct sf_call *call, uint64_t ns)
{
    uint64_t own_ns = own_wait_ns(call), wait_ns = own_ns < ns ? own_ns : ns;
    if (wait_ns && own_ns != UINT64_MAX && sf_clock_sleep(wait_ns, SF_WAIT_ENDS) == EINTR)
        return EINTR;
    sf_readiness_renew(call->fd, family_of(call), call->socket);
    return EAGAIN;
}

/* Nobody comes for a while. One without a time-out of its own then waits on. */
static int accept_nobody(struct sf_call *call)
{
    uint64_t ns = call->verdict.timeout_ns;
    return own_wait_ns(call) == UINT64_MAX ? sf_clock_sleep(ns, SF_WAIT_RESTARTS) : again(call, ns);
}

/* On recv the unread bytes go with the connection, as when they were overtaken;
 * on other calls they can still be read first. */
static void keep_unread(struct sf_call *call)
{
    if (family_of(call) != SF_FAMILY_RECV)
        sf_keep_unread(call->fd, call->socket);
}

/* The peer is silent until TCP gives it up, or the socket's own time-out ends the
 * call first. */
static int hear_nothing(struct sf_call *call)
{
    uint64_t own_ns = own_wait_ns(call), ns = call->verdict.timeout_ns;
    bool is_tcp = call->info.type == SF_TYPE_STREAM && call->info.domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6);

    if (own_ns == 0 && is_tcp) {
        keep_unread(call);
        sf_timeout_begin(call->fd, call->socket, ns);
    }
    if (own_ns < ns || (own_ns != UINT64_MAX && !is_tcp))
        return own_ns && sf_clock_sleep(own_ns, SF_WAIT_ENDS) == EINTR ? EINTR : EAGAIN;
    if (sf_clock_sleep(ns, own_ns == UINT64_MAX ? SF_WAIT_RESTARTS : SF_WAIT_ENDS) == EINTR)
        return EINTR;
    if (is_tcp) { /* others only by force: true */
        keep_unread(call);
        sf_timeout_strike(call->fd, call->socket);
    }
    return ETIMEDOUT;
}

static int time_out(struct sf_call *call)
{
    switch (family_of(call)) {
    case SF_FAMILY_ACCEPT:
        return accept_nobody(call);
    case SF_FAMILY_RECV:
    case SF_FAMILY_SEND:
        return hear_nothing(call);
    default:
        return 0; /* connect and poll wait in their own ways */
    }
}

/* All that comes before the call. Returns the error to fail with, or 0. */
static int apply(struct sf_call *call)
{
    if (call->verdict.signal_count || call->verdict.delay_ns) {
        sf_event_begin_call(call);
        sf_verdict_count(&sf_shim.engine, &call->verdict, SF_BEFORE_CALL);
    }
    for (unsigned i = 0; i < call->verdict.signal_count; i++)
        kill(getpid(), call->verdict.signals[i]);
    if (call->verdict.delay_ns && sf_clock_sleep(call->verdict.delay_ns, wait_of(call)) == EINTR)
        return EINTR;
    call->waited = true;
    if (call->verdict.reset && (family_of(call) == SF_FAMILY_RECV || family_of(call) == SF_FAMILY_SEND)) {
        keep_unread(call);
        sf_reset(call->fd, call->socket); /* and the call itself meets it */
    }
    if (call->verdict.timeout_ns)
        return time_out(call);
    return call->verdict.again ? again(call, UINT64_MAX) : call->verdict.error;
}

int sf_call_enter_resolve(struct sf_call *call)
{
    decide(call);
    int error = apply(call);
    return error ? fail(call, error) : 0;
}

/* Did the call put its bytes where it was told? With MSG_TRUNC a stream throws them
 * away (tcp(7)), and the program may have named no memory at all. */
static bool is_data_there(const struct sf_call *call)
{
    return call->data_count && !(call->flags & MSG_TRUNC && family_of(call) == SF_FAMILY_RECV &&
                                 call->socket && call->socket->type == SF_TYPE_STREAM);
}

/* The program may have named no memory. */
static bool is_room_there(const struct sf_call *call)
{
    for (size_t i = 0; i < call->data_count; i++)
        if (call->data[i].iov_len && !sf_memory_is_readable(call->data[i].iov_base, call->data[i].iov_len))
            return false;
    return true;
}

/* What was unread when a rule reset the connection comes first. */
static int64_t read_kept(struct sf_call *call)
{
    uint64_t limit = call->verdict.limit < call->info.len ? call->verdict.limit : call->info.len;
    size_t count = is_data_there(call) ? call->data_count : 0;

    /* Unlike the others this one asks for the error first: do_recvmmsg(). */
    if (call->info.call == SF_CALL_recvmmsg && (errno = sf_take_error(call->fd)) != 0)
        return -1;
    if (call->info.call == SF_CALL_splice_in)
        return sf_kept_splice(call->socket, call->sink, limit);
    if (count && !is_room_there(call)) {
        errno = EFAULT;
        return -1;
    }
    return (int64_t)sf_kept_read(call->socket, call->data, count, limit, call->flags & MSG_PEEK);
}

static bool enter(struct sf_call *call)
{
    int saved_errno = errno;

    if (!decide(call))
        return false;
    bool has_kept = family_of(call) == SF_FAMILY_RECV && call->socket && sf_kept_left(call->socket);
    if (call->verdict.kind == SF_PASS && !has_kept)
        return true;
    int error = apply(call);
    if (!error && call->verdict.eof) {
        sf_half_close(call->fd, call->socket);
        call->instead = 0;
    } else if (!error && has_kept) {
        errno = saved_errno;
        call->instead = sf_call_leave(call, read_kept(call));
        return false;
    }
    bool is_made = !error && call->instead < 0;
    errno = is_made || fail(call, error) == 0 ? saved_errno : error;
    return is_made;
}

bool sf_call_enter(struct sf_call *call)
{
    bool is_made = enter(call);
    call->is_arriving = is_made && family_of(call) == SF_FAMILY_SEND && sf_owner_sends(call->fd, &call->arrival);
    return is_made;
}

/* Hands out what a vector holds. */
struct reader {
    const struct iovec *vector;
    size_t count, offset;
    uint64_t left;
};

static size_t read_vector(void *context, uint8_t *to, size_t room)
{
    struct reader *reader = context;
    while (reader->count > 0 && reader->offset == reader->vector->iov_len) {
        reader->vector++;
        reader->count--;
        reader->offset = 0;
    }
    if (reader->count == 0)
        return 0;
    size_t bytes = reader->vector->iov_len - reader->offset;
    bytes = bytes < room ? bytes : room;
    bytes = bytes < reader->left ? bytes : (size_t)reader->left;
    __builtin_memcpy(to, (const char *)reader->vector->iov_base + reader->offset, bytes);
    reader->offset += bytes;
    reader->left -= bytes;
    return bytes;
}

void sf_call_passed(const struct sf_call *call, const struct iovec *vector, size_t count, uint64_t bytes)
{
    struct reader reader = {.vector = vector, .count = count, .left = bytes};
    if (!call->socket || call->flags & MSG_PEEK)
        return;
    const struct sf_selection selection = {.socket = call->socket,
                                           .selected = sf_record_selected(call->socket),
                                           .per_rule = sf_record_rules(call->socket)};
    sf_bytes_passed(&sf_shim.engine, &selection, family_of(call), bytes, count ? read_vector : NULL, &reader);
}

/* Calls of these two families return how many bytes they moved, but for those
 * that move several messages. */
static bool returns_bytes(const struct sf_call *call)
{
    enum sf_family family = family_of(call);
    return (family == SF_FAMILY_RECV || family == SF_FAMILY_SEND) && call->info.call != SF_CALL_recvmmsg &&
           call->info.call != SF_CALL_sendmmsg;
}

int64_t sf_call_leave(struct sf_call *call, int64_t result)
{
    if (call->is_arriving)
        sf_owner_sent(call->fd, call->arrival);
    if (sf_shim.has_watches && result > 0 && returns_bytes(call))
        sf_call_passed(call, call->data, is_data_there(call) ? call->data_count : 0, (uint64_t)result);
    if (call->verdict.kind == SF_PASS)
        return result;
    int error = result < 0 ? errno : 0;
    int saved_errno = errno;
    /* MSG_TRUNC asks for the length of the datagram: it was as short as the rule says. */
    if (result > 0 && sf_call_is_limited(call) && (uint64_t)result > call->verdict.limit)
        result = (int64_t)call->verdict.limit;
    if (call->verdict.corrupt_bits && result > 0 && family_of(call) == SF_FAMILY_RECV && is_data_there(call))
        sf_corrupt(&call->verdict, call->data, call->data_count, (uint64_t)result);
    conclude(call, result, true, error);
    if (sf_call_is_limited(call) && result > 0 && (uint64_t)result == call->verdict.limit)
        sf_readiness_renew(call->fd, family_of(call), call->socket);
    errno = saved_errno;
    return result;
}

/* A connect that does not wait is reset when its handshake is over: on loopback it
 * is so at once, elsewhere after a round trip. */
#define HANDSHAKE_MS 1000

void sf_call_established(struct sf_call *call, int fd)
{
    int saved_errno = errno;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};

    if (!call->verdict.reset)
        return;
    if (fd >= 0 && family_of(call) == SF_FAMILY_CONNECT)
        sf_real.poll(&wait, 1, HANDSHAKE_MS);
    struct sf_socket *socket = fd >= 0 && sf_is_tcp_connected(fd) ? sf_socket_record(fd) : NULL;
    call->verdict.reset = socket != NULL;
    if (socket) {
        sf_keep_unread(fd, socket);
        sf_reset(fd, socket);
    }
    errno = saved_errno;
}
