#include "calls/traced.h"

#include "apply/clock.h"
#include "calls/facts.h"
#include "calls/steps.h"
#include "calls/told.h"
#include "calls/waited.h"
#include "log/trace.h"
#include "sockets/address.h"
#include "sockets/connection.h"
#include "sockets/record.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>

#define WAITED_NS UINT64_C(1000000) /* what took less waited for nobody that matters */

/* ---- sockets --------------------------------------------------------------- */

/* Bound to nothing, and nobody's name, is none. */
static void name(struct sf_addr *address, int fd, void (*ask)(struct sf_addr *to, int fd))
{
    ask(address, fd);
    if (address->domain == SF_DOMAIN_UNIX ? address->path_len == 0 : address->port == 0)
        address->domain = 0;
}

/* role: what it has become, 0: as it was. peer: NULL: what the kernel says. */
static uint32_t hear(struct sf_heard *heard, int fd, uint8_t role, const struct sf_addr *peer)
{
    struct sf_socket *socket = sf_socket_traced(fd);
    if (!socket)
        return 0;
    struct sf_trace_socket *told = &heard->sockets[heard->count++];
    if (role)
        socket->role = role;
    *told =
        (struct sf_trace_socket){.record = sf_record_header(SF_TRACE_SOCKET, sf_record_bytes(sizeof *told)),
                                 .number = socket->number,
                                 .program = sf_shim.program,
                                 .domain = socket->domain,
                                 .type = socket->type,
                                 .role = socket->role};
    name(&told->local, fd, sf_address_of_own);
    if (peer)
        told->peer = *peer;
    else
        name(&told->peer, fd, sf_address_of_peer);
    return socket->number;
}

static void remember(int fd, uint32_t number)
{
    if (number)
        sf_descriptor_set_number(fd, sf_descriptor_word(fd), number | SF_NUMBER_NAMED);
}

/* A socket that is heard of at the beginning of a call: said at once, since the call may
 * never come back. */
static __attribute__((noinline)) uint32_t meet(int fd)
{
    struct sf_heard heard = {0};
    uint32_t number = hear(&heard, fd, 0, NULL);
    struct sf_lane_room room;

    if (number && heard.sockets->local.domain)
        remember(fd, number);
    if (number && sf_trace_take(sf_self_here().tid, sf_record_bytes(sizeof *heard.sockets), 0, &room)) {
        sf_told_write_heard(room.at, &heard);
        sf_lane_give(&room);
    }
    return number;
}

static uint32_t number_of(int fd)
{
    uint32_t number = sf_descriptor_number(fd);
    return __builtin_expect(number != 0, 1) ? number : meet(fd);
}

static uint8_t state_of(int fd)
{
    if (!sf_told_is_tcp(fd))
        return 0;
    uint8_t state = (uint8_t)sf_tcp_state(fd);
    struct sf_socket *socket = sf_socket_find(fd);
    return socket ? sf_mended_state(socket, state) : state;
}

/* What the call's end tells of sockets, apart from the call itself. */
static void hear_of_end(struct sf_heard *heard, struct sf_call *call, const struct sf_told *told)
{
    const struct sf_addr *peer = call->destination.domain ? &call->destination : NULL;
    bool is_under_way = told->error == EINPROGRESS || told->error == EINTR;

    switch (sf_call_family(call)) {
    case SF_FAMILY_SOCKET:
        if (told->result < 0)
            return;
        call->number = hear(heard, call->pair ? call->pair[0] : (int)told->result, 0, NULL);
        if (call->pair)
            hear(heard, call->pair[1], 0, NULL);
        return;
    case SF_FAMILY_ACCEPT:
        if (told->result >= 0) {
            call->argument = hear(heard, (int)told->result, SF_ROLE_SERVER, NULL);
            remember((int)told->result, call->argument);
            /* One that has been reset has no peer any more, but had one. */
            if (call->argument && heard->sockets->peer.domain == 0 && peer && peer->port)
                heard->sockets->peer = *peer;
        }
        return;
    case SF_FAMILY_CONNECT:
        if (told->result == 0 || is_under_way)
            remember(call->fd, hear(heard, call->fd, peer ? SF_ROLE_CLIENT : 0, peer));
        return;
    case SF_FAMILY_BIND:
    case SF_FAMILY_LISTEN:
        if (told->result == 0)
            remember(call->fd, hear(heard, call->fd,
                                    sf_call_family(call) == SF_FAMILY_LISTEN ? SF_ROLE_SERVER : 0, NULL));
        return;
    default: /* the first datagram has given it an address */
        if (told->result >= 0)
            remember(call->fd, hear(heard, call->fd, 0, NULL));
    }
}

static bool is_moment(const struct sf_call *call)
{
    switch (sf_call_family(call)) {
    case SF_FAMILY_SOCKET:
    case SF_FAMILY_ACCEPT:
    case SF_FAMILY_CONNECT:
    case SF_FAMILY_BIND:
    case SF_FAMILY_LISTEN:
        return true;
    case SF_FAMILY_SEND:
        return !(call->number & SF_NUMBER_NAMED) &&
               sf_word_type(sf_descriptor_word(call->fd)) == SF_TYPE_DGRAM;
    default:
        return false;
    }
}

/* ---- the call -------------------------------------------------------------- */

/* The number is none of an open file, but was a socket's. */
static bool is_of_closed(const struct sf_call *call, uint64_t word)
{
    /* Of closes of all numbers in a row what follows is told, too: it shows that they are such. */
    static __thread int last_bad_close = -2;
    bool is_close = sf_call_family(call) == SF_FAMILY_CLOSE,
         is_row = is_close && call->fd == last_bad_close + 1;

    if (word != 0 || sf_call_family(call) == SF_FAMILY_NONE ||
        (!is_row && sf_descriptor_kept_number(call->fd) != SF_NUMBER_GONE))
        return false;
    if (is_close)
        last_bad_close = call->fd;
    return true;
}

/* A call within a look-up is libc's, and in a vfork child all memory is the parent's. */
static bool is_told(const struct sf_call *call)
{
    enum sf_family family = sf_call_family(call);

    if (sf_is_quiet() || sf_is_vfork_child())
        return false;
    if (call->fd < 0)
        return family == SF_FAMILY_SOCKET || family == SF_FAMILY_POLL || family == SF_FAMILY_RESOLVE;
    uint64_t word = sf_descriptor_discover(call->fd);
    return word & SF_WORD_SOCKET || is_of_closed(call, word);
}

void sf_traced_begin(struct sf_call *call)
{
    if (!is_told(call))
        return;
    int saved_errno = errno;
    call->begin_ns = sf_clock_now_ns();
    call->self = sf_self_here();
    if (call->fd >= 0)
        call->number = number_of(call->fd);
    if (call->info.call == SF_CALL_close)
        call->state = state_of(call->fd);
    if (sf_call_family(call) != SF_FAMILY_NONE)
        sf_trace_enter(call, sf_told_asked(call));
    errno = saved_errno;
}

static uint64_t bytes_of(const struct mmsghdr *batch, unsigned count)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += batch[i].msg_len;
    return bytes;
}

/* ---- what it was, asked once it has returned --------------------------------- */

/* Does the call wait for its socket's sake? */
static bool may_wait(const struct sf_call *call)
{
    enum sf_family family = sf_call_family(call);
    return family == SF_FAMILY_RECV || family == SF_FAMILY_SEND || family == SF_FAMILY_ACCEPT ||
           family == SF_FAMILY_CONNECT;
}

static __attribute__((noinline)) uint32_t ask_how_it_waited(struct sf_call *call)
{
    uint32_t flags = SF_TRACE_WAITED;
    if (!may_wait(call))
        return flags;
    flags |= sf_call_fact(call, SF_FACT_NONBLOCKING) ? SF_TRACE_NONBLOCKING : 0;
    return flags | (sf_call_fact(call, SF_FACT_TIMEOUT) ? SF_TRACE_BOUNDED : 0);
}

/* Of what no rule can name: does the socket not wait from now on? */
static bool sets_nonblocking(const struct sf_call *call)
{
    if (call->info.call == SF_CALL_ioctl)
        return call->info.len != 0;
    return (call->info.call == SF_CALL_fcntl || call->info.call == SF_CALL_fcntl64) &&
           call->info.len & O_NONBLOCK;
}

/* A rule shortened the read, and what it kept back is there to be read. */
static __attribute__((noinline)) bool leaves_more(const struct sf_call *call)
{
    int left = 0;
    return sf_real.ioctl(call->fd, FIONREAD, &left) == 0 && left > 0;
}

static uint32_t flags_of(struct sf_call *call, const struct sf_told *told)
{
    uint32_t flags = call->is_not_made ? SF_TRACE_NOT_MADE : 0;

    if (told->end_ns - call->begin_ns >= WAITED_NS)
        flags |= ask_how_it_waited(call);
    if (sf_call_family(call) == SF_FAMILY_NONE && sets_nonblocking(call))
        flags |= SF_TRACE_NONBLOCKING;
    if (call->waited_for && call->waited_for->own_ns != UINT64_MAX)
        flags |= SF_TRACE_BOUNDED;
    if (told->moved && sf_call_is_limited(call) && call->info.type == SF_TYPE_STREAM &&
        sf_call_family(call) == SF_FAMILY_RECV && leaves_more(call))
        flags |= SF_TRACE_LEFT;
    if (told->result >= 0 && call->sender.flags && *call->sender.flags & MSG_TRUNC)
        flags |= SF_TRACE_TRUNCATED;
    if (call->is_truncated ||
        (told->result >= 0 && sf_call_family(call) == SF_FAMILY_RECV && told->moved > call->info.len))
        flags |= SF_TRACE_TRUNCATED;
    return flags;
}

static uint8_t state_behind(const struct sf_call *call, const struct sf_told *told)
{
    bool says_nothing = told->error == EAGAIN || told->error == EINTR || told->error == EINPROGRESS;

    switch (sf_call_family(call)) {
    case SF_FAMILY_CLOSE:
        return call->state;
    case SF_FAMILY_CONNECT:
    case SF_FAMILY_LISTEN:
    case SF_FAMILY_SHUTDOWN:
        return state_of(call->fd);
    case SF_FAMILY_ACCEPT:
        return told->result >= 0 ? state_of((int)told->result) : says_nothing ? 0 : state_of(call->fd);
    case SF_FAMILY_RECV:
    case SF_FAMILY_SEND:
        if (told->result > 0 || says_nothing || (told->result == 0 && call->info.len == 0))
            return 0;
        return state_of(call->fd);
    default:
        return told->error && call->fd >= 0 && !says_nothing ? state_of(call->fd) : call->state;
    }
}

/* Whom the call names, or who the kernel says it was. */
static const struct sf_addr *address_of(struct sf_call *call, const struct sf_told *told)
{
    const struct sf_sender *sender = &call->sender;

    if (call->destination.domain == 0 && sender->address && told->result >= 0 && *sender->length)
        sf_address_from(&call->destination, sender->address,
                        *sender->length < sender->room ? *sender->length : sender->room);
    return call->destination.domain ? &call->destination : NULL;
}

static __attribute__((noinline)) void append_with_sockets(struct sf_call *call, struct sf_told *told)
{
    struct sf_heard heard = {0};
    hear_of_end(&heard, call, told);
    sf_told_append(call, told, &heard);
}

void sf_traced_end(struct sf_call *call, int64_t result)
{
    int saved_errno = errno;
    struct sf_told told = {.result = result, .error = result < 0 ? saved_errno : 0};

    told.end_ns = sf_clock_now_ns();
    if (sf_call_family(call) == SF_FAMILY_RESOLVE)
        told.error = call->lookup_error;
    if (call->batch) {
        told.result = result < 0 ? result : call->batch_count;
        told.moved = bytes_of(call->batch, result < 0 ? 0 : call->batch_count);
    } else if (result > 0 && sf_call_returns_bytes(call)) {
        told.moved = (uint64_t)result;
    }
    told.flags = flags_of(call, &told);
    told.state = state_behind(call, &told);
    told.address = address_of(call, &told);
    if (is_moment(call))
        append_with_sockets(call, &told);
    else
        sf_told_append(call, &told, NULL);
    sf_trace_leave(call->presence);
    call->begin_ns = 0;
    errno = saved_errno;
}

/* ---- what no rule can name --------------------------------------------------- */

void sf_traced_range_ends(enum sf_call_id id, unsigned first, unsigned last, void *return_address)
{
    if (first > INT_MAX)
        return;
    for (int fd = (int)first - 1;
         (fd = sf_descriptor_next(fd, SF_WORD_SOCKET)) >= 0 && (unsigned)fd <= last;) {
        struct sf_call call = {.info = {.call = id}, .fd = fd, .return_address = return_address};
        sf_traced_begin(&call);
        if (!call.begin_ns)
            continue;
        call.state = state_of(fd);
        sf_traced_end(&call, id == SF_CALL_dup2 || id == SF_CALL_dup3 ? fd : 0);
    }
}

void sf_traced_doubled(struct sf_call *call, int fd)
{
    if (!call->begin_ns)
        return;
    if (fd >= 0 && call->number)
        sf_descriptor_set_number(fd, 0, call->number);
    sf_traced_end(call, fd);
}
