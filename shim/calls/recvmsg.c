/* recvmsg, and recvmmsg, which is many of it. */
#include "apply/keep.h"
#include "calls/call.h"
#include "calls/vector.h"
#include "load/memory.h"

#include <errno.h>
#include <limits.h>

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
            if (sf_shim.has_waited)
                sf_descriptor_discover(fd);
        }
    }
}

/* The room that a message has; none when the kernel will refuse it anyway. */
static void describe_room(struct sf_call *call, const struct msghdr *message)
{
    if (!sf_memory_is_readable(message, sizeof *message))
        return;
    call->info.len = sf_vector_bytes(message->msg_iov, message->msg_iovlen);
    call->data = message->msg_iov;
    call->data_count = call->info.len ? message->msg_iovlen : 0;
}

/* recvmsg on a copy whose vector is cut; what the kernel writes goes back. */
static ssize_t receive_cut(const struct sf_call *call, struct msghdr *message, int flags)
{
    struct msghdr shorter = *message;

    SF_VECTOR_CUT(shorter.msg_iov, shorter.msg_iovlen, call->verdict.limit);
    ssize_t result = sf_real.recvmsg(call->fd, &shorter, flags);
    if (result < 0)
        return result;
    message->msg_namelen = shorter.msg_namelen;
    message->msg_controllen = shorter.msg_controllen;
    /* The datagram was that short: nothing of it was cut off, whatever its length. */
    message->msg_flags = shorter.msg_flags & ~MSG_TRUNC;
    return (uint64_t)result < call->verdict.limit ? result : (ssize_t)call->verdict.limit;
}

/* What the kernel writes of a stream: where it has ended, or gives what was kept. */
static ssize_t ended(const struct sf_call *call, struct msghdr *message)
{
    if (!sf_memory_is_readable(message, sizeof *message)) {
        errno = call->instead >= 0 ? EFAULT : errno;
        return -1;
    }
    if (call->instead >= 0) {
        message->msg_namelen = 0;
        message->msg_controllen = 0;
        message->msg_flags = 0;
    }
    return call->instead;
}

static ssize_t received(struct msghdr *message, ssize_t result)
{
    if (result >= 0)
        forget_received(message);
    return result;
}

SF_SELECTED ssize_t selected_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct sf_call call = SF_CALL(recvmsg, fd, 0, flags);
    describe_room(&call, message);
    if (!sf_call_enter(&call))
        return ended(&call, message);
    return received(message,
                    sf_call_leave(&call, sf_call_is_limited(&call) ? receive_cut(&call, message, flags)
                                                                   : sf_real.recvmsg(fd, message, flags)));
}

SF_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    if (sf_is_idle(fd, SF_FAMILY_RECV))
        return received(message, sf_real.recvmsg(fd, message, flags));
    return selected_recvmsg(fd, message, flags);
}

static int all_received(struct mmsghdr *messages, int count)
{
    for (int i = 0; i < count; i++)
        forget_received(&messages[i].msg_hdr);
    return count;
}

/* Of a stream that a rule has reset the other messages take what is left. */
static int take_more(const struct sf_call *call, struct mmsghdr *messages, unsigned count)
{
    unsigned filled = 1;
    while (filled < count && !sf_call_is_limited(call) && call->socket && sf_kept_left(call->socket)) {
        struct msghdr *message = &messages[filled].msg_hdr;
        messages[filled].msg_len =
            (unsigned)sf_kept_read(call->socket, message->msg_iov, message->msg_iovlen,
                                   sf_vector_bytes(message->msg_iov, message->msg_iovlen), false);
        ended(call, message);
        filled++;
    }
    return (int)filled;
}

/* A stream that has ended says so in each message: do_recvmmsg(). */
static int all_ended(const struct sf_call *call, struct mmsghdr *messages, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (ended(call, (void *)&messages[i]) < 0)
            return -1;
        messages[i].msg_len = 0;
    }
    return (int)count;
}

/* Message by message, as the verdict wants it: no more bytes altogether than its limit,
 * the flipped bits in the first. How many came; -1: none, errno says why. */
static int receive_some(struct sf_call *call, struct mmsghdr *messages, unsigned count, uint64_t *moved)
{
    struct sf_call one = *call;
    int flags = call->flags & ~MSG_WAITFORONE;
    unsigned got = 0;

    for (; got < count && one.verdict.limit > 0; got++) {
        struct msghdr *message = &messages[got].msg_hdr;
        one.info.len = 0;
        describe_room(&one, message);
        ssize_t result = sf_call_is_limited(&one) ? receive_cut(&one, message, flags)
                                                  : sf_real.recvmsg(one.fd, message, flags);
        if (result < 0)
            break;
        if (got == 0)
            sf_call_corrupt(call, message->msg_iov, message->msg_iovlen, (uint64_t)result);
        messages[got].msg_len = (unsigned)result;
        uint64_t bytes = (uint64_t)result < one.info.len ? (uint64_t)result : one.info.len;
        one.verdict.limit -= bytes; /* MSG_TRUNC tells of more than there was room for */
        *moved += bytes;
        flags |= call->flags & MSG_WAITFORONE ? MSG_DONTWAIT : 0;
    }
    return got || count == 0 ? (int)got : -1;
}

static int all_passed(const struct sf_call *call, struct mmsghdr *messages, int count)
{
    for (int i = 0; i < count; i++)
        sf_call_passed(call, messages[i].msg_hdr.msg_iov, messages[i].msg_hdr.msg_iovlen,
                       messages[i].msg_len);
    return all_received(messages, count);
}

SF_SELECTED int selected_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                                  struct timespec *timeout)
{
    struct sf_call call = SF_CALL(recvmmsg, fd, 0, flags);
    uint64_t moved = 0, bytes = 0;

    count = count < IOV_MAX ? count : IOV_MAX;
    if (count && sf_memory_is_readable(messages, count * sizeof *messages)) {
        for (unsigned i = 0; i < count; i++)
            bytes += sf_vector_bytes(messages[i].msg_hdr.msg_iov, messages[i].msg_hdr.msg_iovlen);
        describe_room(&call, &messages->msg_hdr);
        call.info.len = bytes;
    }
    if (!sf_call_enter(&call)) {
        if ((call.verdict.eof || count == 0) && call.instead == 0)
            return all_ended(&call, messages, count);
        if (ended(&call, (void *)messages) < 0)
            return -1;
        messages->msg_len = (unsigned)call.instead;
        return take_more(&call, messages, count);
    }
    if (bytes == 0 || (!sf_call_is_limited(&call) && !call.verdict.corrupt_bits))
        return all_passed(&call, messages,
                          (int)sf_call_leave(&call, sf_real.recvmmsg(fd, messages, count, flags, timeout)));
    int result = receive_some(&call, messages, count, &moved);
    sf_call_leave(&call, result < 0 ? -1 : (int64_t)moved);
    return all_passed(&call, messages, result);
}

SF_EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    if (sf_is_idle(fd, SF_FAMILY_RECV))
        return all_received(messages, sf_real.recvmmsg(fd, messages, count, flags, timeout));
    return selected_recvmmsg(fd, messages, count, flags, timeout);
}
