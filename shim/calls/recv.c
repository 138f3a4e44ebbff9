/* recv and all that moves data in. */
#include "calls/call.h"
#include "calls/vector.h"
#include "sockets/address.h"

#define BODY(name, fd, len, flags, idle_arguments, arguments)        \
    if (sf_is_idle(fd, SF_FAMILY_RECV))                              \
        return sf_real.name idle_arguments;                          \
    struct sf_call call = SF_CALL(name, fd, len, flags);             \
    if (!sf_call_enter(&call))                                       \
        return -1;                                                   \
    return sf_call_leave(&call, sf_real.name arguments)

SF_EXPORT ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    BODY(recv, fd, len, flags, (fd, buf, len, flags), (fd, buf, sf_call_limit(&call, len), flags));
}

SF_EXPORT ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addr_len)
{
    BODY(recvfrom, fd, len, flags, (fd, buf, len, flags, addr, addr_len),
         (fd, buf, sf_call_limit(&call, len), flags, addr, addr_len));
}

SF_EXPORT ssize_t read(int fd, void *buf, size_t len)
{
    BODY(read, fd, len, 0, (fd, buf, len), (fd, buf, sf_call_limit(&call, len)));
}

SF_EXPORT ssize_t __read_chk(int fd, void *buf, size_t len, size_t buf_len)
{
    BODY(__read_chk, fd, len, 0, (fd, buf, len, buf_len), (fd, buf, sf_call_limit(&call, len), buf_len));
}

SF_EXPORT ssize_t __recv_chk(int fd, void *buf, size_t len, size_t buf_len, int flags)
{
    BODY(__recv_chk, fd, len, flags, (fd, buf, len, buf_len, flags),
         (fd, buf, sf_call_limit(&call, len), buf_len, flags));
}

SF_EXPORT ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t buf_len, int flags, struct sockaddr *addr,
                                 socklen_t *addr_len)
{
    BODY(__recvfrom_chk, fd, len, flags, (fd, buf, len, buf_len, flags, addr, addr_len),
         (fd, buf, sf_call_limit(&call, len), buf_len, flags, addr, addr_len));
}

/* A vector that is cut lives on our stack for the length of the call. */
#define VECTOR_BODY(name, idle_arguments, arguments)                                                         \
    if (sf_is_idle(fd, SF_FAMILY_RECV))                                                                      \
        return sf_real.name idle_arguments;                                                                  \
    struct sf_call call = SF_CALL(name, fd, sf_vector_bytes(vector, (size_t)count), 0);                      \
    struct iovec cut[SF_VECTOR_MAX];                                                                         \
    if (!sf_call_enter(&call))                                                                               \
        return -1;                                                                                           \
    if (sf_call_is_limited(&call)) {                                                                         \
        count = (int)sf_vector_shorten(cut, vector, (size_t)count, call.verdict.limit);                      \
        vector = cut;                                                                                        \
    }                                                                                                        \
    return sf_call_leave(&call, sf_real.name arguments)

SF_EXPORT ssize_t readv(int fd, const struct iovec *vector, int count)
{
    VECTOR_BODY(readv, (fd, vector, count), (fd, vector, count));
}

SF_EXPORT ssize_t preadv2(int fd, const struct iovec *vector, int count, off_t offset, int flags)
{
    VECTOR_BODY(preadv2, (fd, vector, count, offset, flags), (fd, vector, count, offset, flags));
}

SF_EXPORT ssize_t preadv64v2(int fd, const struct iovec *vector, int count, off64_t offset, int flags)
{
    VECTOR_BODY(preadv64v2, (fd, vector, count, offset, flags), (fd, vector, count, offset, flags));
}

/* Descriptors that came with a message: whatever we knew of their numbers is
 * about sockets that are gone. */
static void forget_received(struct msghdr *message)
{
    if (message->msg_controllen == 0 || sf_shim.descriptor_count == 0)
        return;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        const unsigned char *data = CMSG_DATA(part);
        for (size_t at = 0; at + sizeof(int) <= part->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int fd;
            __builtin_memcpy(&fd, data + at, sizeof fd);
            sf_descriptor_forget(fd);
        }
    }
}

/* Bytes that a message has room for; 0 when the kernel will refuse it anyway. */
static uint64_t message_bytes(const struct msghdr *message)
{
    return sf_is_readable(message, sizeof *message) ? sf_vector_bytes(message->msg_iov, message->msg_iovlen) : 0;
}

/* recvmsg on a copy whose vector is cut; what the kernel writes goes back. */
static ssize_t receive_cut(struct sf_call *call, struct msghdr *message, int flags)
{
    struct iovec cut[SF_VECTOR_MAX];
    struct msghdr shorter = *message;

    shorter.msg_iov = cut;
    shorter.msg_iovlen = sf_vector_shorten(cut, message->msg_iov, message->msg_iovlen, call->verdict.limit);
    ssize_t result = sf_real.recvmsg(call->fd, &shorter, flags);
    if (result < 0)
        return result;
    message->msg_namelen = shorter.msg_namelen;
    message->msg_controllen = shorter.msg_controllen;
    /* The datagram was that short: nothing of it was cut off. */
    message->msg_flags = shorter.msg_flags & ~MSG_TRUNC;
    return result;
}

SF_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t result;

    if (sf_is_idle(fd, SF_FAMILY_RECV)) {
        result = sf_real.recvmsg(fd, message, flags);
    } else {
        struct sf_call call = SF_CALL(recvmsg, fd, message_bytes(message), flags);
        if (!sf_call_enter(&call))
            return -1;
        result = sf_call_is_limited(&call) ? receive_cut(&call, message, flags) : sf_real.recvmsg(fd, message, flags);
        result = sf_call_leave(&call, result);
    }
    if (result >= 0)
        forget_received(message);
    return result;
}

static void forget_all_received(struct mmsghdr *messages, int count)
{
    for (int i = 0; i < count; i++)
        forget_received(&messages[i].msg_hdr);
}

SF_EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    int result;

    if (sf_is_idle(fd, SF_FAMILY_RECV)) {
        result = sf_real.recvmmsg(fd, messages, count, flags, timeout);
        forget_all_received(messages, result);
        return result;
    }
    /* A limit is on what the call moves: it then takes one message. */
    uint64_t bytes = count && sf_is_readable(messages, sizeof *messages) ? message_bytes(&messages->msg_hdr) : 0;
    struct sf_call call = SF_CALL(recvmmsg, fd, bytes, flags);
    if (!sf_call_enter(&call))
        return -1;
    if (sf_call_is_limited(&call)) {
        int64_t moved = sf_call_leave(&call, receive_cut(&call, &messages->msg_hdr, flags & ~MSG_WAITFORONE));
        messages->msg_len = (unsigned)moved;
        result = moved < 0 ? -1 : 1;
    } else {
        result = (int)sf_call_leave(&call, sf_real.recvmmsg(fd, messages, count, flags, timeout));
    }
    forget_all_received(messages, result);
    return result;
}
