/* recv and all that moves data in, but for messages (recvmsg.c). */
#include "apply/wire_datagram.h"
#include "calls/call.h"
#include "calls/vector.h"
#include "load/memory.h"

#include <errno.h>

/* A stream has no addresses of its own: what is given in place of the call says so. */
static ssize_t unnamed(const struct sf_call *call, socklen_t *length)
{
    if (call->instead >= 0 && length && sf_memory_is_readable(length, sizeof *length))
        *length = 0;
    return call->instead;
}

/* The trace tells of datagrams that were longer than their room. Who asks for messages with flags
 * is told so for MSG_TRUNC; read(2) is not, and stays what it is. */
static int flags_to_ask(struct sf_call *call, int flags)
{
    bool asks = call->begin_ns && !(flags & (MSG_TRUNC | MSG_ERRQUEUE)) && !sf_call_is_limited(call) &&
                sf_word_type(sf_descriptor_word(call->fd)) == SF_TYPE_DGRAM;
    call->asks_length = asks;
    return asks ? flags | MSG_TRUNC : flags;
}

static ssize_t within_room(struct sf_call *call, ssize_t result)
{
    if (!call->asks_length || result < 0 || (size_t)result <= call->info.len)
        return result;
    call->is_truncated = true;
    return (ssize_t)call->info.len;
}

/* A datagram that the wire may have brought. room: as of recvfrom(2). */
static SF_OWN_FRAME ssize_t receive_part(struct sf_call *call, void *buf, size_t len, int flags,
                                         struct sockaddr *addr, socklen_t *room)
{
    struct iovec part = {buf, len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (addr && !sf_memory_is_readable(room, sizeof *room)) {
        errno = EFAULT;
        return -1;
    }
    message.msg_name = addr;
    message.msg_namelen = addr ? *room : 0;
    ssize_t result = sf_datagram_receive(call->fd, call->socket, &message, flags);
    if (addr && result >= 0)
        *room = message.msg_namelen;
    return result;
}

static ssize_t receive_carried(struct sf_call *call, void *buf, size_t len, int flags, struct sockaddr *addr,
                               socklen_t *room)
{
    return sf_call_leave(call, within_room(call, receive_part(call, buf, len, flags, addr, room)));
}

/* A call that brings up to `len` bytes to `buf`, parameters of these names, and the
 * sender's address to `room` (NULL: it does not). made: `arguments` as they go to libc. */
#define INTERPOSE(name, params, arguments, made, flags, flags_made, addr, room) \
    SF_SELECTED ssize_t selected_##name params                                  \
    {                                                                           \
        SF_CALL(call, name, fd, len, flags);                    \
        const struct iovec data = {buf, len};                                   \
        call.data = &data;                                                      \
        call.data_count = 1;                                                    \
        sf_call_set_sender(&call, addr, room, NULL);                            \
        if (!sf_call_enter(&call))                                              \
            return unnamed(&call, room);                                        \
        len = sf_call_limit(&call, len);                                        \
        if (sf_datagram_is_carried(call.socket))                                \
            return receive_carried(&call, buf, len, flags_made, addr, room);    \
        return sf_call_leave(&call, within_room(&call, sf_real.name made));     \
    }                                                                           \
    SF_HALVES(ssize_t, RECV, name, params, arguments, fd)

INTERPOSE(recv, (int fd, void *buf, size_t len, int flags), (fd, buf, len, flags),
          (fd, buf, len, flags_to_ask(&call, flags)), flags, flags_to_ask(&call, flags), NULL, NULL)
INTERPOSE(recvfrom, (int fd, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addr_len),
          (fd, buf, len, flags, addr, addr_len), (fd, buf, len, flags_to_ask(&call, flags), addr, addr_len),
          flags, flags_to_ask(&call, flags), addr, addr ? addr_len : NULL)
INTERPOSE(read, (int fd, void *buf, size_t len), (fd, buf, len), (fd, buf, len), 0, 0, NULL, NULL)
INTERPOSE(__read_chk, (int fd, void *buf, size_t len, size_t buf_len), (fd, buf, len, buf_len),
          (fd, buf, len, buf_len), 0, 0, NULL, NULL)
INTERPOSE(__recv_chk, (int fd, void *buf, size_t len, size_t buf_len, int flags),
          (fd, buf, len, buf_len, flags), (fd, buf, len, buf_len, flags_to_ask(&call, flags)), flags,
          flags_to_ask(&call, flags), NULL, NULL)
INTERPOSE(__recvfrom_chk,
          (int fd, void *buf, size_t len, size_t buf_len, int flags, struct sockaddr *addr,
           socklen_t *addr_len),
          (fd, buf, len, buf_len, flags, addr, addr_len),
          (fd, buf, len, buf_len, flags_to_ask(&call, flags), addr, addr_len), flags,
          flags_to_ask(&call, flags), addr, addr ? addr_len : NULL)

static SF_OWN_FRAME ssize_t receive_vector(const struct sf_call *call, const struct iovec *vector,
                                           size_t count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = count};
    ssize_t result;

    if (!sf_call_is_limited(call))
        return sf_datagram_receive(call->fd, call->socket, &message, call->flags);
    SF_VECTOR_CUT(result, message.msg_iov, message.msg_iovlen, call->verdict.limit,
                  sf_datagram_receive(call->fd, call->socket, &message, call->flags));
    return result;
}

/* A call that brings bytes to `vector` and `count`, parameters of these names, with
 * MSG_… `flags_`. */
#define INTERPOSE_VECTOR(name, params, arguments, flags_)                                        \
    SF_SELECTED ssize_t selected_##name params                                                   \
    {                                                                                            \
        SF_CALL(call, name, fd, sf_vector_bytes(vector, (size_t)count), flags_); \
        call.data = vector;                                                                      \
        call.data_count = call.info.len ? (size_t)count : 0;                                     \
        if (!sf_call_enter(&call))                                                               \
            return call.instead;                                                                 \
        if (sf_datagram_is_carried(call.socket))                                                 \
            return sf_call_leave(&call, receive_vector(&call, vector, (size_t)count));           \
        if (!sf_call_is_limited(&call))                                                          \
            return sf_call_leave(&call, sf_real.name arguments);                                 \
        ssize_t result;                                                                          \
        SF_VECTOR_CUT(result, vector, count, call.verdict.limit, sf_real.name arguments);        \
        return sf_call_leave(&call, result);                                                     \
    }                                                                                            \
    SF_HALVES(ssize_t, RECV, name, params, arguments, fd)

INTERPOSE_VECTOR(readv, (int fd, const struct iovec *vector, int count), (fd, vector, count), 0)
INTERPOSE_VECTOR(preadv2, (int fd, const struct iovec *vector, int count, off_t offset, int flags),
                 (fd, vector, count, offset, flags), sf_vector_flags(flags))
INTERPOSE_VECTOR(preadv64v2, (int fd, const struct iovec *vector, int count, off64_t offset, int flags),
                 (fd, vector, count, offset, flags), sf_vector_flags(flags))
