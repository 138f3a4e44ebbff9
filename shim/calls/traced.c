#include "calls/traced.h"

#include "apply/clock.h"
#include "calls/facts.h"
#include "calls/steps.h"
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
#define NAME_MAX_BYTES 255u         /* of a host, RFC 1035, 2.3.4 */

/* What is told of sockets in front of the call that tells of them. */
struct heard {
    struct sf_trace_socket sockets[2];
    unsigned count;
};

/* What comes with a call that has returned. */
struct told {
    int64_t result;
    int error;
    uint32_t flags;
    uint64_t end_ns, moved;
    const struct sf_addr *address; /* NULL: none */
    uint8_t state;
};

static uint32_t aligned(uint64_t bytes)
{
    return (uint32_t)((bytes + SF_TRACE_ALIGNMENT - 1) & ~(uint64_t)(SF_TRACE_ALIGNMENT - 1));
}

static struct sf_trace_record header_of(enum sf_trace_kind kind, uint32_t bytes)
{
    return (struct sf_trace_record){
        .bytes = bytes, .version = SF_TRACE_VERSION, .producer = SF_PRODUCER_SHIM, .kind = (uint8_t)kind};
}

/* ---- sockets --------------------------------------------------------------- */

/* Bound to nothing, and nobody's name, is none. */
static void name(struct sf_addr *address, int fd, void (*ask)(struct sf_addr *to, int fd))
{
    ask(address, fd);
    if (address->domain == SF_DOMAIN_UNIX ? address->path_len == 0 : address->port == 0)
        address->domain = 0;
}

/* role: what it has become, 0: as it was. peer: NULL: what the kernel says. */
static uint32_t hear(struct heard *heard, int fd, uint8_t role, const struct sf_addr *peer)
{
    struct sf_socket *socket = sf_socket_traced(fd);
    if (!socket)
        return 0;
    struct sf_trace_socket *told = &heard->sockets[heard->count++];
    if (role)
        socket->role = role;
    *told = (struct sf_trace_socket){.record = header_of(SF_TRACE_SOCKET, aligned(sizeof *told)),
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

static void write_heard(void *at, const struct heard *heard)
{
    for (unsigned i = 0; i < heard->count; i++)
        memcpy((char *)at + i * aligned(sizeof heard->sockets[i]), &heard->sockets[i],
               sizeof heard->sockets[i]);
}

/* A socket that is heard of at the beginning of a call: said at once, since the call may
 * never come back. */
static __attribute__((noinline)) uint32_t meet(int fd)
{
    struct heard heard = {0};
    uint32_t number = hear(&heard, fd, 0, NULL);
    struct sf_lane_room room;

    if (number && heard.sockets->local.domain)
        remember(fd, number);
    if (number && sf_trace_take(sf_self_here().tid, aligned(sizeof *heard.sockets), 0, &room)) {
        write_heard(room.at, &heard);
        sf_lane_give(&room);
    }
    return number;
}

static uint32_t number_of(int fd)
{
    uint32_t number = sf_descriptor_number(fd);
    return __builtin_expect(number != 0, 1) ? number : meet(fd);
}

static bool is_tcp(int fd)
{
    uint64_t word = sf_descriptor_word(fd);
    return sf_word_type(word) == SF_TYPE_STREAM && sf_word_domain(word) & (SF_DOMAIN_INET | SF_DOMAIN_INET6);
}

static uint8_t state_of(int fd)
{
    if (!is_tcp(fd))
        return 0;
    uint8_t state = (uint8_t)sf_tcp_state(fd);
    struct sf_socket *socket = sf_socket_find(fd);
    return socket ? sf_mended_state(socket, state) : state;
}

/* What the call's end tells of sockets, apart from the call itself. */
static void hear_of_end(struct heard *heard, struct sf_call *call, const struct told *told)
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

static uint64_t asked_of(const struct sf_call *call)
{
    return call->waited_for ? call->waited_for->count : call->info.len;
}

static uint32_t ms_of(uint64_t ns)
{
    uint64_t ms = (ns + 999999) / 1000000;
    return ns == UINT64_MAX ? UINT32_MAX : ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX - 1;
}

static uint32_t argument_of(const struct sf_call *call, const struct told *told)
{
    if (call->waited_for)
        return ms_of(call->waited_for->own_ns);
    if (call->batch)
        return told->moved < UINT32_MAX ? (uint32_t)told->moved : UINT32_MAX;
    enum sf_family family = sf_call_family(call);
    return family == SF_FAMILY_RECV || family == SF_FAMILY_SEND ? (uint32_t)call->flags : call->argument;
}

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
    if (call->fd >= 0)
        call->number = number_of(call->fd);
    if (call->info.call == SF_CALL_close)
        call->state = state_of(call->fd);
    if (sf_call_family(call) != SF_FAMILY_NONE)
        sf_trace_enter(call, asked_of(call));
    errno = saved_errno;
}

static uint64_t bytes_of(const struct mmsghdr *batch, unsigned count)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += batch[i].msg_len;
    return bytes;
}

/* Bytes that lie in a vector: `bytes` of them, from the one at `from` on. */
struct piece {
    const struct iovec *vector;
    size_t count;
    uint64_t from, bytes;
};

/* Returns the end of the copy, `end` at most. */
static char *copy(char *to, const char *end, struct piece piece)
{
    for (size_t i = 0; i < piece.count && piece.bytes && to < end; i++) {
        const struct iovec *item = &piece.vector[i];
        size_t skip = item->iov_len < piece.from ? item->iov_len : (size_t)piece.from;
        size_t part = item->iov_len - skip < piece.bytes ? item->iov_len - skip : (size_t)piece.bytes;
        piece.from -= skip;
        piece.bytes -= part;
        part = part < (size_t)(end - to) ? part : (size_t)(end - to);
        memcpy(to, (const char *)item->iov_base + skip, part);
        to += part;
    }
    return to;
}

static struct piece message_of(const struct mmsghdr *message)
{
    return (struct piece){message->msg_hdr.msg_iov, message->msg_hdr.msg_iovlen, 0, message->msg_len};
}

/* Did it put its bytes where it was told? By the descriptor: no rule need select the socket.
 * Source: tcp(7), MSG_TRUNC. */
static bool has_data(const struct sf_call *call)
{
    bool is_thrown_away =
        call->flags & MSG_TRUNC && sf_call_family(call) == SF_FAMILY_RECV && is_tcp(call->fd);
    return call->data_count && !is_thrown_away;
}

/* What it moved and put where it was told. */
static uint64_t there_of(const struct sf_call *call, const struct told *told)
{
    return told->moved < call->info.len ? told->moved : call->info.len;
}

/* How many bytes of data the record has. */
static uint64_t data_of(const struct sf_call *call, const struct told *told, uint64_t room)
{
    if (call->name)
        return strnlen(call->name, NAME_MAX_BYTES);
    uint64_t most = sf_shim.trace->data_bytes;
    if (most == 0 || !has_data(call))
        return 0;
    most = most == UINT32_MAX || most > room ? room : most;
    uint64_t there = there_of(call, told);
    return there < most ? there : most;
}

static void write_data(char *to, uint64_t bytes, const struct sf_call *call, const struct told *told)
{
    const char *end = to + bytes;

    if (call->name)
        memcpy(to, call->name, bytes);
    else if (call->batch)
        for (unsigned i = 0; i < call->batch_count && to < end; i++)
            to = copy(to, end, message_of(&call->batch[i]));
    else
        copy(to, end, (struct piece){call->data, call->data_count, 0, told->moved});
}

static void write_call(void *at, uint32_t bytes, uint32_t data_bytes, const struct sf_call *call,
                       const struct told *told, struct sf_self self)
{
    struct sf_trace_call *record = at;
    struct sf_firing *firings = (void *)(record + 1);

    *record = (struct sf_trace_call){.record = header_of(SF_TRACE_CALL, bytes),
                                     .pid = self.pid,
                                     .tid = self.tid,
                                     .program = sf_shim.program,
                                     .call = (uint16_t)call->info.call,
                                     .fd = call->fd,
                                     .socket = call->number & ~SF_NUMBER_NAMED,
                                     .flags = told->flags,
                                     .begin_ns = call->begin_ns,
                                     .end_ns = told->end_ns,
                                     .return_address = (uintptr_t)call->return_address,
                                     .asked = asked_of(call),
                                     .result = told->result,
                                     .error = told->error,
                                     .argument = argument_of(call, told),
                                     .state = told->state,
                                     .rule_count = call->verdict.rule_count,
                                     .data_bytes = data_bytes};
    if (call->waited_for && call->waited_for->kind == SF_WAIT_EPOLL)
        record->fd = call->waited_for->set;
    for (unsigned i = 0; i < call->verdict.rule_count; i++)
        firings[i] = call->verdict.rules[i];
    char *rest = (char *)(firings + call->verdict.rule_count);
    if (told->address) {
        memcpy(rest, told->address, sizeof *told->address);
        rest += sizeof *told->address;
    }
    if (data_bytes)
        write_data(rest, data_bytes, call, told);
}

/* Is all that passes asked for, and more of it there than the call's own record has? */
static bool is_continued(const struct sf_call *call, const struct told *told, uint64_t data)
{
    if (sf_shim.trace->data_bytes != UINT32_MAX || call->name)
        return false;
    return call->batch ? call->batch_count > 0 : has_data(call) && there_of(call, told) > data;
}

/* A record that is data alone. Each is a nanosecond behind the one before, so that they stay in order. */
static void append_piece(const struct sf_call *call, struct told *told, struct piece piece, bool is_last,
                         const struct sf_addr *address)
{
    struct sf_self self = sf_self_here();
    struct sf_lane_room room;
    uint32_t own = address ? sizeof *address : 0,
             bytes = aligned(sizeof(struct sf_trace_call) + own + piece.bytes);

    told->end_ns++;
    if (!sf_trace_take(self.tid, bytes, 1, &room))
        return;
    struct sf_trace_call *record = room.at;
    *record = (struct sf_trace_call){.record = header_of(SF_TRACE_CALL, bytes),
                                     .pid = self.pid,
                                     .tid = self.tid,
                                     .program = sf_shim.program,
                                     .call = (uint16_t)call->info.call,
                                     .fd = call->fd,
                                     .socket = call->number & ~SF_NUMBER_NAMED,
                                     .flags = SF_TRACE_MORE | (is_last ? 0 : SF_TRACE_CONTINUED) |
                                              (address ? SF_TRACE_ADDRESS : 0),
                                     .begin_ns = call->begin_ns,
                                     .end_ns = told->end_ns,
                                     .asked = piece.bytes,
                                     .result = (int64_t)piece.bytes,
                                     .argument = (uint32_t)call->flags,
                                     .data_bytes = (uint32_t)piece.bytes};
    char *at = (char *)(record + 1);
    if (address)
        memcpy(at, address, own);
    copy(at + own, at + own + piece.bytes, piece);
    sf_lane_give(&room);
}

static void append_pieces(const struct sf_call *call, struct told *told, struct piece rest, bool is_last,
                          const struct sf_addr *address)
{
    const uint64_t most = SF_LANE_RECORD_MAX - sizeof(struct sf_trace_call) - sizeof *address;

    do {
        struct piece piece = rest;
        piece.bytes = rest.bytes < most ? rest.bytes : most;
        rest.from += piece.bytes;
        rest.bytes -= piece.bytes;
        append_piece(call, told, piece, is_last && rest.bytes == 0, address);
    } while (rest.bytes);
}

static __attribute__((noinline)) void append_rest(const struct sf_call *call, struct told *told,
                                                  uint64_t data)
{
    struct sf_addr address;

    if (!call->batch) {
        append_pieces(call, told,
                      (struct piece){call->data, call->data_count, data, there_of(call, told) - data}, true,
                      NULL);
        return;
    }
    for (unsigned i = 0; i < call->batch_count; i++) {
        const struct msghdr *message = &call->batch[i].msg_hdr;
        address.domain = 0;
        if (message->msg_name && message->msg_namelen)
            sf_address_from(&address, message->msg_name, message->msg_namelen);
        append_pieces(call, told, message_of(&call->batch[i]), i + 1 == call->batch_count,
                      address.domain ? &address : NULL);
    }
}

static void append(const struct sf_call *call, struct told *told, const struct heard *heard)
{
    struct sf_self self = sf_self_here();
    struct sf_lane_room room;
    uint32_t before = heard ? heard->count * aligned(sizeof *heard->sockets) : 0;
    uint64_t fixed = sizeof(struct sf_trace_call) + call->verdict.rule_count * sizeof(struct sf_firing) +
                     (told->address ? sizeof *told->address : 0);
    uint64_t data = data_of(call, told, SF_LANE_RECORD_MAX - fixed);
    uint32_t bytes = aligned(fixed + data);

    if (is_continued(call, told, data))
        told->flags |= SF_TRACE_CONTINUED;
    else if (told->moved > data && sf_shim.trace->data_bytes != 0)
        told->flags |= SF_TRACE_CUT;
    if (told->address)
        told->flags |= SF_TRACE_ADDRESS;
    if (!sf_trace_take(self.tid, before + bytes, 1, &room))
        return;
    if (heard)
        write_heard(room.at, heard);
    write_call((char *)room.at + before, bytes, (uint32_t)data, call, told, self);
    sf_lane_give(&room);
    if (told->flags & SF_TRACE_CONTINUED)
        append_rest(call, told, data);
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

static uint32_t flags_of(struct sf_call *call, const struct told *told)
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

static uint8_t state_behind(const struct sf_call *call, const struct told *told)
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
static const struct sf_addr *address_of(struct sf_call *call, const struct told *told)
{
    const struct sf_sender *sender = &call->sender;

    if (call->destination.domain == 0 && sender->address && told->result >= 0 && *sender->length)
        sf_address_from(&call->destination, sender->address,
                        *sender->length < sender->room ? *sender->length : sender->room);
    return call->destination.domain ? &call->destination : NULL;
}

static __attribute__((noinline)) void append_with_sockets(struct sf_call *call, struct told *told)
{
    struct heard heard = {0};
    hear_of_end(&heard, call, told);
    append(call, told, &heard);
}

void sf_traced_end(struct sf_call *call, int64_t result)
{
    int saved_errno = errno;
    struct told told = {.result = result, .error = result < 0 ? saved_errno : 0};

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
        append(call, &told, NULL);
    if (sf_call_family(call) != SF_FAMILY_NONE)
        sf_trace_leave();
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
