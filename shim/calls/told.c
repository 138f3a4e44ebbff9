#include "calls/told.h"

#include "calls/steps.h"
#include "calls/waited.h"
#include "log/trace.h"
#include "sockets/address.h"

#include <string.h>

#define NAME_MAX_BYTES 255u /* of a host, RFC 1035, 2.3.4 */

bool sf_told_is_tcp(int fd)
{
    uint64_t word = sf_descriptor_word(fd);
    return sf_word_type(word) == SF_TYPE_STREAM && sf_word_domain(word) & (SF_DOMAIN_INET | SF_DOMAIN_INET6);
}

void sf_told_write_heard(void *at, const struct sf_heard *heard)
{
    for (unsigned i = 0; i < heard->count; i++)
        memcpy((char *)at + i * sf_record_bytes(sizeof heard->sockets[i]), &heard->sockets[i],
               sizeof heard->sockets[i]);
}

uint64_t sf_told_asked(const struct sf_call *call)
{
    return call->waited_for ? call->waited_for->count : call->info.len;
}

static uint32_t ms_of(uint64_t ns)
{
    uint64_t ms = (ns + 999999) / 1000000;
    return ns == UINT64_MAX ? UINT32_MAX : ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX - 1;
}

static uint32_t argument_of(const struct sf_call *call, const struct sf_told *told)
{
    if (call->waited_for)
        return ms_of(call->waited_for->own_ns);
    if (call->batch)
        return told->moved < UINT32_MAX ? (uint32_t)told->moved : UINT32_MAX;
    enum sf_family family = sf_call_family(call);
    return family == SF_FAMILY_RECV || family == SF_FAMILY_SEND ? (uint32_t)call->flags : call->argument;
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
        call->flags & MSG_TRUNC && sf_call_family(call) == SF_FAMILY_RECV && sf_told_is_tcp(call->fd);
    return call->data_count && !is_thrown_away;
}

/* What it moved and put where it was told. */
static uint64_t there_of(const struct sf_call *call, const struct sf_told *told)
{
    return told->moved < call->info.len ? told->moved : call->info.len;
}

/* How many bytes of data the record has. */
static uint64_t data_of(const struct sf_call *call, const struct sf_told *told, uint64_t room)
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

static void write_data(char *to, uint64_t bytes, const struct sf_call *call, const struct sf_told *told)
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

/* Field by field: of a whole structure the compilers clear the place first, and there the memory is cold. */
static void write_head(struct sf_trace_call *record, uint32_t bytes, const struct sf_call *call,
                       const struct sf_told *told)
{
    record->record = sf_record_header(SF_TRACE_CALL, bytes);
    record->pid = call->self.pid;
    record->tid = call->self.tid;
    record->program = sf_shim.program;
    record->call = (uint16_t)call->info.call;
    record->fd = call->fd;
    record->socket = call->number & ~SF_NUMBER_NAMED;
    record->flags = told->flags;
    record->begin_ns = call->begin_ns;
    record->end_ns = told->end_ns;
    record->return_address = (uintptr_t)call->return_address;
    record->asked = sf_told_asked(call);
    record->result = told->result;
    record->error = told->error;
    record->argument = argument_of(call, told);
    record->state = told->state;
    record->rule_count = call->verdict.rule_count;
    record->pad = 0;
    record->data_bytes = 0;
}

static void write_call(void *at, uint32_t bytes, uint32_t data_bytes, const struct sf_call *call,
                       const struct sf_told *told)
{
    struct sf_trace_call *record = at;
    struct sf_firing *firings = (void *)(record + 1);

    write_head(record, bytes, call, told);
    record->data_bytes = data_bytes;
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
static bool is_continued(const struct sf_call *call, const struct sf_told *told, uint64_t data)
{
    if (sf_shim.trace->data_bytes != UINT32_MAX || call->name)
        return false;
    return call->batch ? call->batch_count > 0 : has_data(call) && there_of(call, told) > data;
}

/* A record that is data alone. Each is a nanosecond behind the one before, so that they stay in order. */
static void append_piece(const struct sf_call *call, struct sf_told *told, struct piece piece, bool is_last,
                         const struct sf_addr *address)
{
    struct sf_lane_room room;
    uint32_t own = address ? sizeof *address : 0,
             bytes = sf_record_bytes(sizeof(struct sf_trace_call) + own + piece.bytes);

    told->end_ns++;
    if (!sf_trace_take(call->self.tid, bytes, 1, &room))
        return;
    struct sf_trace_call *record = room.at;
    write_head(record, bytes, call,
               &(struct sf_told){.result = (int64_t)piece.bytes,
                                 .end_ns = told->end_ns,
                                 .flags = SF_TRACE_MORE | (is_last ? 0 : SF_TRACE_CONTINUED) |
                                          (address ? SF_TRACE_ADDRESS : 0)});
    record->asked = piece.bytes;
    record->argument = (uint32_t)call->flags;
    record->rule_count = 0;
    record->data_bytes = (uint32_t)piece.bytes;
    char *at = (char *)(record + 1);
    if (address)
        memcpy(at, address, own);
    copy(at + own, at + own + piece.bytes, piece);
    sf_lane_give(&room);
}

static void append_pieces(const struct sf_call *call, struct sf_told *told, struct piece rest, bool is_last,
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

static __attribute__((noinline)) void append_rest(const struct sf_call *call, struct sf_told *told,
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

void sf_told_append(const struct sf_call *call, struct sf_told *told, const struct sf_heard *heard)
{
    struct sf_lane_room room;
    uint32_t before = heard ? heard->count * sf_record_bytes(sizeof *heard->sockets) : 0;
    uint64_t fixed = sizeof(struct sf_trace_call) + call->verdict.rule_count * sizeof(struct sf_firing) +
                     (told->address ? sizeof *told->address : 0);
    uint64_t data = data_of(call, told, SF_LANE_RECORD_MAX - fixed);
    uint32_t bytes = sf_record_bytes(fixed + data);

    if (is_continued(call, told, data))
        told->flags |= SF_TRACE_CONTINUED;
    else if (told->moved > data && sf_shim.trace->data_bytes != 0)
        told->flags |= SF_TRACE_CUT;
    if (told->address)
        told->flags |= SF_TRACE_ADDRESS;
    if (!sf_trace_take(call->self.tid, before + bytes, 1, &room))
        return;
    if (heard)
        sf_told_write_heard(room.at, heard);
    write_call((char *)room.at + before, bytes, (uint32_t)data, call, told);
    sf_lane_give(&room);
    if (told->flags & SF_TRACE_CONTINUED)
        append_rest(call, told, data);
}
