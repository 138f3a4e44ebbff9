/* recvmsg, and recvmmsg, which is many of it. */
#include "apply/clock.h"
#include "apply/wire_datagram.h"
#include "calls/call.h"
#include "calls/facts.h"
#include "calls/vector.h"
#include "load/memory.h"

#include <errno.h>
#include <limits.h>

#define NS_PER_S 1000000000L

/* Descriptors that came with a message. */
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
            sf_descriptor_received(fd);
        }
    }
}

/* The room that a message has; none, and false, when the kernel will refuse it anyway. */
static bool describe_room(struct sf_call *call, const struct msghdr *message)
{
    call->info.len = call->data_count = 0;
    if (!sf_memory_is_readable(message, sizeof *message))
        return false;
    call->info.len = sf_vector_bytes(message->msg_iov, message->msg_iovlen);
    call->data = message->msg_iov;
    call->data_count = call->info.len ? message->msg_iovlen : 0;
    sf_call_set_sender(call, message->msg_name, &message->msg_namelen, &message->msg_flags);
    return call->data_count || message->msg_iovlen == 0 ||
           (message->msg_iovlen <= IOV_MAX &&
            sf_memory_is_readable(message->msg_iov, message->msg_iovlen * sizeof *message->msg_iov));
}

/* recvmsg on a copy whose vector is cut; what the kernel writes goes back. */
static ssize_t receive_cut(const struct sf_call *call, struct msghdr *message, int flags)
{
    struct msghdr shorter = *message;
    ssize_t result;

    SF_VECTOR_CUT(result, shorter.msg_iov, shorter.msg_iovlen, call->verdict.limit,
                  sf_datagram_receive(call->fd, call->socket, &shorter, flags));
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
    SF_CALL(call, recvmsg, fd, 0, flags);
    describe_room(&call, message);
    if (!sf_call_enter(&call))
        return ended(&call, message);
    return received(message,
                    sf_call_leave(&call, sf_call_is_limited(&call)
                                             ? receive_cut(&call, message, flags)
                                             : sf_datagram_receive(fd, call.socket, message, flags)));
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

static int all_passed(const struct sf_call *call, struct mmsghdr *messages, int count)
{
    for (int i = 0; i < count; i++)
        sf_call_passed(call, messages[i].msg_hdr.msg_iov, messages[i].msg_hdr.msg_iovlen,
                       messages[i].msg_len);
    return all_received(messages, count);
}

/* What is left of a time-out after so long; never less than nothing. */
static struct timespec left_of(const struct timespec *timeout, uint64_t ns)
{
    struct timespec left = {timeout->tv_sec - (time_t)(ns / NS_PER_S),
                            timeout->tv_nsec - (long)(ns % NS_PER_S)};

    if (left.tv_nsec < 0) {
        left.tv_sec--;
        left.tv_nsec += NS_PER_S;
    }
    if (left.tv_sec < 0)
        left = (struct timespec){0};
    return left;
}

/* One message, no longer than what is left of the call's limit, which it shortens. */
static ssize_t receive_one(struct sf_call *call, struct mmsghdr *message, int flags)
{
    describe_room(call, sf_header_of(message));
    ssize_t result = sf_call_is_limited(call)
                         ? receive_cut(call, sf_header_of(message), flags)
                         : sf_datagram_receive(call->fd, call->socket, sf_header_of(message), flags);
    if (result < 0)
        return result;
    message->msg_len = (unsigned)result;
    /* MSG_TRUNC tells of more than there was room for. */
    call->verdict.limit -= (uint64_t)result < call->info.len ? (uint64_t)result : call->info.len;
    return result;
}

/* Is this the last message, whatever the room? The time-out is looked at when one has
 * come, and ends no wait: do_recvmmsg(). */
static bool is_last(const struct sf_call *call, const struct mmsghdr *message, const struct timespec *left)
{
    return call->verdict.limit == 0 || message->msg_hdr.msg_flags & MSG_OOB ||
           (left && left->tv_sec == 0 && left->tv_nsec == 0);
}

/* What a stream gives in place of the call: behind the first message, which has been read,
 * each takes what is left of the bytes that were unread at a reset, and then tells of the end. */
static SF_OWN_FRAME int give(const struct sf_call *call, struct mmsghdr *messages, unsigned count,
                             const struct timespec *timeout)
{
    struct sf_call one = *call;
    int saved_errno = errno;
    unsigned filled = 0;

    if (timeout && !sf_memory_is_readable(timeout, sizeof *timeout)) {
        errno = EFAULT;
        return -1;
    }
    one.info.call = SF_CALL_recvmsg; /* which does not ask for the socket's error first */
    while (filled < count && one.instead >= 0 && ended(&one, sf_header_of(messages + filled)) >= 0) {
        messages[filled].msg_len = (unsigned)one.instead;
        one.verdict.limit -= (uint64_t)one.instead;
        one.instead = -1;
        if (!is_last(&one, &messages[filled++], timeout) && filled < count &&
            describe_room(&one, &messages[filled].msg_hdr))
            one.instead = call->verdict.eof ? 0 : sf_call_read_kept(&one);
    }
    if (filled == 0)
        return count ? -1 : (int)call->instead;
    errno = saved_errno;
    return all_passed(call, messages, (int)filled);
}

/* Wait for another message as a read would, but take no error: what strikes behind the
 * first message is for the next call to tell, do_recvmmsg(). */
static bool is_another_there(struct sf_call *call, int flags)
{
    struct pollfd wait = {.fd = call->fd, .events = POLLIN};
    bool waits = !(flags & MSG_DONTWAIT) && !sf_call_fact(call, SF_FACT_NONBLOCKING);
    uint64_t ns = waits ? sf_call_timeout_ns(call) : 0;
    const struct timespec own = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};

    if (flags & MSG_ERRQUEUE) /* a read of these never waits */
        return true;
    return sf_real.ppoll(&wait, 1, waits && ns == 0 ? NULL : &own, NULL) == 1 && !(wait.revents & POLLERR);
}

/* Message by message, as long as the call's limit lasts. How many came, of how many bytes;
 * -1: none, errno says why. */
static SF_OWN_FRAME int receive_some(const struct sf_call *call, struct mmsghdr *messages, unsigned count,
                                     struct timespec *timeout, uint64_t *moved)
{
    struct sf_call one = *call;
    int flags = call->flags & ~MSG_WAITFORONE, saved_errno = errno;
    unsigned got = 0;

    /* What comes before the first message: is that a time-out, has the socket an error? */
    if (sf_real.recvmmsg(call->fd, messages, 0, call->flags, timeout) != 0)
        return -1;
    struct timespec whole = {0};
    if (timeout)
        whole = *timeout;
    uint64_t begin_ns = sf_clock_now_ns();
    while (receive_one(&one, messages + got, flags) >= 0) {
        if (timeout)
            *timeout = left_of(&whole, sf_clock_now_ns() - begin_ns);
        flags |= call->flags & MSG_WAITFORONE ? MSG_DONTWAIT : 0;
        if (is_last(&one, &messages[got++], timeout) || got == count || !is_another_there(&one, flags))
            break;
    }
    *moved = call->verdict.limit - one.verdict.limit;
    if (got == 0)
        return -1;
    errno = saved_errno;
    return (int)got;
}

SF_SELECTED int selected_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                                  struct timespec *timeout)
{
    SF_CALL(call, recvmmsg, fd, 0, flags);
    uint64_t moved = 0, bytes = 0;
    int result;

    if (count && sf_memory_is_readable(messages, count * sizeof *messages)) {
        for (unsigned i = 0; i < count; i++)
            bytes += sf_vector_bytes(messages[i].msg_hdr.msg_iov, messages[i].msg_hdr.msg_iovlen);
        describe_room(&call, &messages->msg_hdr);
        call.info.len = bytes;
    }
    if (!sf_call_enter(&call))
        return give(&call, messages, count, timeout);
    if (sf_call_is_limited(&call) || sf_datagram_is_carried(call.socket))
        result = receive_some(&call, messages, count, timeout, &moved);
    else
        result = sf_real.recvmmsg(fd, messages, count, flags, timeout);
    all_passed(&call, messages, result);
    if (result > 0) /* of several messages the first is flipped */
        sf_call_corrupt(&call, messages->msg_hdr.msg_iov, messages->msg_hdr.msg_iovlen, messages->msg_len);
    call.batch = messages;
    call.batch_count = result > 0 ? (unsigned)result : 0;
    bool is_limited = result > 0 && sf_call_is_limited(&call);
    bool is_ended = sf_call_leave(&call, is_limited ? (int64_t)moved : result) == 0 && result < 0;
    /* Another thread's read was reset while this one waited: now each message tells the end. */
    return is_ended ? sf_real.recvmmsg(fd, messages, count, flags, timeout) : result;
}

SF_EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    if (sf_is_idle(fd, SF_FAMILY_RECV))
        return all_received(messages, sf_real.recvmmsg(fd, messages, count, flags, timeout));
    return selected_recvmmsg(fd, messages, count, flags, timeout);
}
