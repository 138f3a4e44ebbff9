/* send and all that moves data out. */
#include "apply/wire_message.h"
#include "calls/call.h"
#include "calls/outgoing.h"
#include "load/memory.h"

#include <limits.h>

static ssize_t send_part(struct sf_call *call, const struct msghdr *message, int flags)
{
    return call->verdict.corrupt_bits ? sf_send_corrupted(call, message, flags)
                                      : sf_call_sendmsg(call, message, flags);
}

/* A call that sends `len` bytes at `buf`, parameters of these names, with
 * `destination` and `destination_length` (NULL and 0: the peer's). */
#define INTERPOSE(name, params, arguments, flags, destination, destination_length) \
    SF_SELECTED ssize_t selected_##name params                                     \
    {                                                                              \
        SF_CALL(call, name, fd, len, flags);                       \
        const struct iovec data = {(void *)buf, len};                              \
        call.data = &data;                                                         \
        call.data_count = 1;                                                       \
        sf_call_set_destination(&call, destination, destination_length);           \
        if (!sf_call_enter(&call))                                                 \
            return -1;                                                             \
        len = sf_call_limit(&call, len);                                           \
        if (!call.verdict.corrupt_bits && !call.verdict.route)                     \
            return sf_call_leave(&call, sf_real.name arguments);                   \
        struct iovec part = {(void *)buf, len};                                    \
        struct msghdr message = {.msg_name = (void *)destination,                  \
                                 .msg_namelen = destination_length,                \
                                 .msg_iov = &part,                                 \
                                 .msg_iovlen = 1};                                 \
        return sf_call_leave(&call, send_part(&call, &message, flags));            \
    }                                                                              \
    SF_HALVES(ssize_t, SEND, name, params, arguments, fd)

INTERPOSE(send, (int fd, const void *buf, size_t len, int flags), (fd, buf, len, flags), flags, NULL, 0)
INTERPOSE(write, (int fd, const void *buf, size_t len), (fd, buf, len), 0, NULL, 0)
INTERPOSE(sendto,
          (int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addr_len),
          (fd, buf, len, flags, addr, addr_len), flags, addr, addr_len)

/* Bytes that never pass through the program: what of them is a datagram the wire cannot have. */
static void pass_by(const struct sf_call *call)
{
    if (call->verdict.route)
        sf_wire_escape(SF_ESCAPE_DATAGRAM);
}

/* The bytes of a file. */
#define INTERPOSE_FILE(name, params, arguments)              \
    SF_SELECTED ssize_t selected_##name params               \
    {                                                        \
        SF_CALL(call, name, out, len, 0);    \
        if (!sf_call_enter(&call))                           \
            return -1;                                       \
        len = sf_call_limit(&call, len);                     \
        pass_by(&call);                                      \
        return sf_call_leave(&call, sf_real.name arguments); \
    }                                                        \
    SF_HALVES(ssize_t, SEND, name, params, arguments, out)

INTERPOSE_FILE(sendfile, (int out, int in, off_t *offset, size_t len), (out, in, offset, len))
INTERPOSE_FILE(sendfile64, (int out, int in, off64_t *offset, size_t len), (out, in, offset, len))

/* splice moves from or to a socket; the other end is a pipe. */
SF_SELECTED ssize_t selected_splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t len,
                                    unsigned flags)
{
    SF_CALL(call, splice, out, len, 0);
    if (!(sf_descriptor_discover(out) & SF_WORD_SOCKET)) {
        call.info.call = SF_CALL_splice_in;
        call.fd = in;
        call.sink = out;
        call.sink_may_wait = !(flags & SPLICE_F_NONBLOCK);
    }
    if (!sf_call_enter(&call))
        return call.instead;
    pass_by(&call);
    return sf_call_leave(&call,
                         sf_real.splice(in, in_offset, out, out_offset, sf_call_limit(&call, len), flags));
}

SF_EXPORT ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t len, unsigned flags)
{
    if (sf_is_idle(out, SF_FAMILY_SEND) && sf_is_idle(in, SF_FAMILY_RECV))
        return sf_real.splice(in, in_offset, out, out_offset, len, flags);
    return selected_splice(in, in_offset, out, out_offset, len, flags);
}

static ssize_t send_cut(const struct sf_call *call, const struct msghdr *message, int flags)
{
    ssize_t result;

    if (!sf_call_is_limited(call))
        return sf_call_sendmsg(call, message, flags);
    struct msghdr shorter = *message;
    SF_VECTOR_CUT(result, shorter.msg_iov, shorter.msg_iovlen, call->verdict.limit,
                  sf_call_sendmsg(call, &shorter, flags));
    return result;
}

/* A call that sends what `vector` and `count` describe, parameters of these names, with
 * MSG_… `flags_`; where it is not `plain` the kernel will refuse it. */
#define INTERPOSE_VECTOR(name, params, arguments, flags_, plain)                                  \
    SF_SELECTED ssize_t selected_##name params                                                    \
    {                                                                                             \
        SF_CALL(call, name, fd, sf_vector_bytes(vector, (size_t)count), flags_);  \
        call.data = vector;                                                                       \
        call.data_count = call.info.len ? (size_t)count : 0;                                      \
        if (!sf_call_enter(&call))                                                                \
            return -1;                                                                            \
        struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count}; \
        if (call.verdict.corrupt_bits && call.info.len && (plain))                                \
            return sf_call_leave(&call, sf_send_corrupted(&call, &message, call.flags));          \
        if (call.verdict.route && (plain))                                                        \
            return sf_call_leave(&call, send_cut(&call, &message, call.flags));                   \
        if (!sf_call_is_limited(&call))                                                           \
            return sf_call_leave(&call, sf_real.name arguments);                                  \
        ssize_t result;                                                                           \
        SF_VECTOR_CUT(result, vector, count, call.verdict.limit, sf_real.name arguments);         \
        return sf_call_leave(&call, result);                                                      \
    }                                                                                             \
    SF_HALVES(ssize_t, SEND, name, params, arguments, fd)

/* A socket has no offsets, and knows but one of the flags: sock_write_iter(). */
#define IS_PLAIN (offset == -1 && !(flags & ~RWF_NOWAIT))

INTERPOSE_VECTOR(writev, (int fd, const struct iovec *vector, int count), (fd, vector, count), 0, true)
INTERPOSE_VECTOR(pwritev2, (int fd, const struct iovec *vector, int count, off_t offset, int flags),
                 (fd, vector, count, offset, flags), sf_vector_flags(flags), IS_PLAIN)
INTERPOSE_VECTOR(pwritev64v2, (int fd, const struct iovec *vector, int count, off64_t offset, int flags),
                 (fd, vector, count, offset, flags), sf_vector_flags(flags), IS_PLAIN)

/* Describe what a message says of itself, where it can be read. */
static void describe_message(struct sf_call *call, const struct msghdr *message)
{
    if (!sf_memory_is_readable(message, sizeof *message))
        return;
    call->info.len = sf_vector_bytes(message->msg_iov, message->msg_iovlen);
    call->data = message->msg_iov;
    call->data_count = call->info.len ? message->msg_iovlen : 0;
    sf_call_set_destination(call, message->msg_name, message->msg_namelen);
}

/* One message, as the verdict wants it. */
static ssize_t send_one(struct sf_call *call, const struct msghdr *message, int flags)
{
    if (call->verdict.corrupt_bits && call->info.len)
        return sf_send_corrupted(call, message, flags);
    return send_cut(call, message, flags);
}

SF_SELECTED ssize_t selected_sendmsg(int fd, const struct msghdr *message, int flags)
{
    SF_CALL(call, sendmsg, fd, 0, flags);
    describe_message(&call, message);
    if (!sf_call_enter(&call))
        return -1;
    return sf_call_leave(&call, send_one(&call, message, flags));
}

SF_HALVES(ssize_t, SEND, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), fd)

/* Message by message, as the verdict wants it: no more bytes altogether than its limit,
 * the flipped bits in the first; behind a short one no other: __sys_sendmmsg(). How
 * many went; -1: none, errno says why. */
static SF_OWN_FRAME int send_some(struct sf_call *call, struct mmsghdr *messages, unsigned count,
                                  uint64_t *moved)
{
    struct sf_call one = *call;
    unsigned sent = 0;

    for (bool is_whole = true; sent < count && one.verdict.limit > 0 && is_whole; sent++) {
        one.info.len = 0;
        describe_message(&one, sf_header_of(messages + sent));
        ssize_t result = send_one(&one, sf_header_of(messages + sent), call->flags);
        if (result < 0)
            break;
        messages[sent].msg_len = (unsigned)result;
        is_whole = (uint64_t)result == one.info.len;
        one.verdict.limit -= (uint64_t)result;
        if (sent == 0)
            call->verdict.corrupt_bits = result ? one.verdict.corrupt_bits : 0;
        one.verdict.corrupt_bits = 0;
        *moved += (uint64_t)result;
    }
    return sent || count == 0 ? (int)sent : -1;
}

static int all_passed(const struct sf_call *call, const struct mmsghdr *messages, int count)
{
    for (int i = 0; i < count; i++)
        sf_call_passed(call, messages[i].msg_hdr.msg_iov, messages[i].msg_hdr.msg_iovlen,
                       messages[i].msg_len);
    return count;
}

SF_SELECTED int selected_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    SF_CALL(call, sendmmsg, fd, 0, flags);
    uint64_t moved = 0, bytes = 0;

    count = count < IOV_MAX ? count : IOV_MAX;
    if (count && sf_memory_is_readable(messages, count * sizeof *messages)) {
        for (unsigned i = 0; i < count; i++)
            bytes += sf_vector_bytes(messages[i].msg_hdr.msg_iov, messages[i].msg_hdr.msg_iovlen);
        describe_message(&call, &messages->msg_hdr);
        call.info.len = bytes;
    }
    if (!sf_call_enter(&call))
        return -1;
    call.batch = messages;
    if ((bytes == 0 && !call.verdict.route) ||
        (!sf_call_is_limited(&call) && !call.verdict.corrupt_bits && !call.verdict.route)) {
        int sent = sf_real.sendmmsg(fd, messages, count, flags);
        call.batch_count = sent > 0 ? (unsigned)sent : 0;
        return all_passed(&call, messages, (int)sf_call_leave(&call, sent));
    }
    int result = send_some(&call, messages, count, &moved);
    call.batch_count = result > 0 ? (unsigned)result : 0;
    sf_call_leave(&call, result < 0 ? -1 : (int64_t)moved);
    return all_passed(&call, messages, result);
}

SF_HALVES(int, SEND, sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags),
          (fd, messages, count, flags), fd)
