#include "calls/steps.h"

#include "apply/corrupt.h"
#include "apply/half_close.h"
#include "apply/keep.h"
#include "apply/readiness.h"
#include "apply/reset.h"
#include "apply/timeout.h"
#include "apply/wire.h"
#include "calls/facts.h"
#include "calls/traced.h"
#include "calls/vector.h"
#include "log/event.h"
#include "load/memory.h"
#include "sockets/address.h"
#include "sockets/connection.h"
#include "sockets/owner.h"
#include "sockets/patience.h"
#include "sockets/record.h"

#include <errno.h>

#define NS_PER_S UINT64_C(1000000000)

void sf_call_set_destination(struct sf_call *call, const struct sockaddr *address, socklen_t length)
{
    if (!address || length < sizeof(sa_family_t) || !sf_memory_is_readable(address, length))
        return;
    sf_address_from(&call->destination, address, length);
    call->has_destination = call->destination.domain != 0;
}

void sf_call_note_sender(struct sf_call *call, const struct sockaddr *address, const socklen_t *length,
                         const int *flags)
{
    call->sender.flags = flags;
    if (address && sf_memory_is_readable(length, sizeof *length))
        call->sender = (struct sf_sender){address, length, *length, flags};
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
    call->is_not_made = true;
    conclude(call, call->instead, call->waited, error);
    return error;
}

/* A call begins that was not idle. */
static void begin(struct sf_call *call)
{
    sf_ensure_loaded();
    if (sf_shim.trace)
        sf_traced_begin(call);
}

int sf_call_enter_resolve(struct sf_call *call)
{
    begin(call);
    sf_call_decide(call);
    int error = sf_call_apply(call);
    if (!error)
        return 0;
    fail(call, error);
    if (call->begin_ns) {
        call->lookup_error = error;
        sf_traced_end(call, -1);
    }
    return error;
}

/* With MSG_TRUNC a stream throws its bytes away (tcp(7); one of AF_UNIX does not), and
 * the program may have named no memory at all. */
static bool is_thrown_away(const struct sf_call *call)
{
    return call->flags & MSG_TRUNC && sf_call_family(call) == SF_FAMILY_RECV && call->socket &&
           call->socket->type == SF_TYPE_STREAM && call->socket->domain != SF_DOMAIN_UNIX;
}

bool sf_call_is_data_there(const struct sf_call *call)
{
    return call->data_count && !is_thrown_away(call);
}

int64_t sf_call_read_kept(const struct sf_call *call)
{
    bool is_splice = call->info.call == SF_CALL_splice_in;
    uint64_t room = is_splice ? call->info.len : sf_vector_bytes(call->data, call->data_count);
    uint64_t limit = call->verdict.limit < room ? call->verdict.limit : room;
    size_t count = sf_call_is_data_there(call) ? call->data_count : 0;

    /* Unlike the others this one asks for the error first: do_recvmmsg(). */
    int error = call->info.call == SF_CALL_recvmmsg ? sf_reset_take_error(call->fd, call->socket) : 0;
    if (error) {
        errno = error;
        return -1;
    }
    if (is_splice)
        return sf_kept_splice(call->socket, call->sink, limit, call->sink_may_wait);
    uint32_t left = sf_kept_left(call->socket);
    if (count && !sf_vector_is_there(call->data, count, left < limit ? left : limit)) {
        errno = EFAULT;
        return -1;
    }
    return (int64_t)sf_kept_read(call->socket, call->data, count, limit, call->flags & MSG_PEEK);
}

/* Urgent bytes and errors are queued elsewhere, and what a vector asks for that is none
 * (see sf_vector_bytes) is the kernel's to say. */
static bool reads_stream(const struct sf_call *call)
{
    return sf_call_family(call) == SF_FAMILY_RECV && !(call->flags & (MSG_OOB | MSG_ERRQUEUE)) &&
           (call->data_count || call->info.len);
}

/* Reads give the end, sends EPIPE with SIGPIPE, which the kernel sees to where no other error waits. */
static int meet_reset_behind_end(struct sf_call *call)
{
    if (sf_call_family(call) == SF_FAMILY_SEND)
        sf_take_error(call->fd);
    call->verdict.eof |= sf_call_is_at_end(call);
    return call->verdict.eof && call->info.call == SF_CALL_recvmmsg
               ? sf_reset_take_error(call->fd, call->socket)
               : 0;
}

static bool is_on_wire(const struct sf_call *call)
{
    enum sf_family family = sf_call_family(call);
    return sf_shim.has_links && call->socket && call->socket->type == SF_TYPE_STREAM &&
           (family == SF_FAMILY_RECV || family == SF_FAMILY_SEND) && sf_is_wired(call->socket);
}

/* While the wire lets a connect fail the call waits for that; where it stands, calls need not come here for
 * it. */
static void meet_wire(struct sf_call *call)
{
    sf_wire_await_error(call->socket);
    if (sf_descriptor_word(call->fd) & SF_WORD_FAMILIES & ~(uint64_t)sf_record_families(call->socket))
        sf_descriptor_doubt(call->fd);
}

static bool enter(struct sf_call *call)
{
    if (!sf_call_decide(call))
        return false;
    if (is_on_wire(call))
        meet_wire(call);
    if (call->verdict.kind == SF_PASS && !call->socket)
        return true;
    int saved_errno = errno;
    bool has_kept = reads_stream(call) && call->socket && sf_kept_left(call->socket);
    int error = call->verdict.kind == SF_PASS && !has_kept ? 0 : sf_call_apply(call);
    if (!error && call->socket && sf_is_reset_behind_end(call->socket))
        error = meet_reset_behind_end(call);
    if (!error && call->verdict.kind == SF_PASS && !has_kept)
        return true;
    if (!error && call->verdict.eof) {
        if (!sf_is_reset(call->socket))
            sf_half_close(call->fd, call->socket);
        call->instead = 0;
    } else if (!error && has_kept && call->socket) {
        errno = saved_errno;
        call->is_not_made = true;
        call->instead = sf_call_leave(call, sf_call_read_kept(call));
        return false;
    }
    bool is_made = !error && call->instead < 0;
    errno = is_made || fail(call, error) == 0 ? saved_errno : error;
    return is_made;
}

/* A read of a connection that another thread may reset meanwhile. */
static void begin_read(struct sf_call *call)
{
    call->is_reading = sf_call_family(call) == SF_FAMILY_RECV && call->socket &&
                       call->socket->type == SF_TYPE_STREAM && !sf_is_reset(call->socket);
    if (!call->is_reading)
        return;
    call->errno_before = errno;
    atomic_fetch_add_explicit(&call->socket->readers, 1, memory_order_relaxed);
}

/* Another thread's call has let the peer fall silent, which ends a read in the kernel; where
 * the peer itself does, it waits on. */
static int wait_in_silence(struct sf_call *call)
{
    struct pollfd wait = {.fd = call->fd};
    uint64_t own_ns = sf_call_timeout_ns(call);
    const struct timespec own = {(time_t)(own_ns / NS_PER_S), (long)(own_ns % NS_PER_S)};
    unsigned tries = 0;
    int result;

    /* Until then what waits on the socket is the error of a disconnect. */
    while (!sf_is_timing_out(call->fd, call->socket) && sf_patience_lasts(&tries))
        ;
    do
        result = sf_real.ppoll(&wait, 1, own_ns ? &own : NULL, NULL);
    while (result < 0 && errno == EINTR && !own_ns && !sf_call_fact(call, SF_FACT_HANDLER));
    if (result <= 0)
        return result < 0 ? errno : EAGAIN;
    /* A shutdown of both directions ends it as well: sf_timeout_shutdown. */
    int error = sf_take_error(call->fd);
    return error == ECONNRESET ? 0 : error;
}

static int64_t end_read(struct sf_call *call, int64_t result)
{
    if (result < 0 && errno == EPIPE && sf_is_reset(call->socket)) {
        bool is_silent = sf_is_silent(call->socket);
        int error = is_silent ? wait_in_silence(call) : sf_reset_woken(call->fd, call->socket);
        errno = error ? error : call->errno_before;
        result = error ? -1 : 0;
    }
    atomic_fetch_sub_explicit(&call->socket->readers, 1, memory_order_release);
    return result;
}

bool sf_call_enter(struct sf_call *call)
{
    begin(call);
    bool is_made = enter(call);
    if (is_made)
        begin_read(call);
    else if (call->begin_ns)
        sf_traced_end(call, call->instead);
    call->is_arriving =
        is_made && sf_call_family(call) == SF_FAMILY_SEND && sf_owner_sends(call->fd, &call->arrival);
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
    uint64_t selected[SF_SELECTION_WORDS_MAX];
    sf_record_read_selected(call->socket, selected);
    const struct sf_selection selection = {
        .socket = call->socket, .selected = selected, .per_rule = sf_record_rules(call->socket)};
    sf_bytes_passed(&sf_shim.engine, &selection, sf_call_family(call), bytes,
                    count && !is_thrown_away(call) ? read_vector : NULL, &reader);
}

bool sf_call_returns_bytes(const struct sf_call *call)
{
    enum sf_family family = sf_call_family(call);
    return (family == SF_FAMILY_RECV || family == SF_FAMILY_SEND) && call->info.call != SF_CALL_recvmmsg &&
           call->info.call != SF_CALL_sendmmsg;
}

void sf_call_corrupt(struct sf_call *call, const struct iovec *vector, size_t count, uint64_t bytes)
{
    if (call->verdict.corrupt_bits == 0 || call->is_flipped || sf_call_family(call) != SF_FAMILY_RECV)
        return;
    call->verdict.corrupt_bits =
        sf_call_is_data_there(call) ? sf_corrupt(&call->verdict, vector, count, bytes) : 0;
    call->is_flipped = true;
}

static inline int64_t leave(struct sf_call *call, int64_t result)
{
    if (call->is_arriving)
        sf_owner_sent(call->fd, call->arrival);
    if (result < 0 && is_on_wire(call)) {
        result = sf_wire_woken(call->fd, call->socket, call->is_reading, call->flags, result);
        errno = result < 0 ? errno : call->errno_before;
    }
    if (call->is_reading)
        result = end_read(call, result);
    if (sf_shim.has_watches && result > 0 && sf_call_returns_bytes(call))
        sf_call_passed(call, call->data, call->data_count, (uint64_t)result);
    if (call->verdict.kind == SF_PASS)
        return result;
    int error = result < 0 ? errno : 0;
    int saved_errno = errno;
    /* MSG_TRUNC asks for the length of the datagram: it was as short as the rule says. */
    if (result > 0 && sf_call_is_limited(call) && (uint64_t)result > call->verdict.limit)
        result = (int64_t)call->verdict.limit;
    if (result > 0)
        sf_call_corrupt(call, call->data, call->data_count, (uint64_t)result);
    conclude(call, result, true, error);
    if (sf_call_is_limited(call) && result > 0 && (uint64_t)result == call->verdict.limit)
        sf_readiness_renew(call->fd, sf_call_family(call), call->socket);
    errno = saved_errno;
    return result;
}

int64_t sf_call_leave(struct sf_call *call, int64_t result)
{
    result = leave(call, result);
    if (call->begin_ns)
        sf_traced_end(call, result);
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
    if (fd >= 0 && sf_call_family(call) == SF_FAMILY_CONNECT)
        sf_real.poll(&wait, 1, HANDSHAKE_MS);
    struct sf_socket *socket = fd >= 0 && sf_is_tcp_connected(fd) ? sf_socket_record(fd) : NULL;
    call->verdict.reset = socket != NULL;
    if (socket)
        sf_reset(fd, socket, SF_UNREAD_KEPT);
    errno = saved_errno;
}
