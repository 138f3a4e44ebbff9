#include "calls/outgoing.h"

#include "apply/corrupt.h"

/* So much is copied to our stack; the bits to flip lie within it. */
#define COPY_BYTES 4096u

/* Gather the first bytes of a vector, which becomes what is behind them. */
static size_t gather(char *copy, struct iovec *vector, size_t *count)
{
    size_t used = 0, rest = 0;
    for (size_t i = 0; i < *count; i++) {
        const struct iovec from = vector[i];
        size_t take = from.iov_len < COPY_BYTES - used ? from.iov_len : COPY_BYTES - used;
        __builtin_memcpy(copy + used, from.iov_base, take);
        used += take;
        if (take < from.iov_len)
            vector[rest++] = (struct iovec){(char *)from.iov_base + take, from.iov_len - take};
    }
    *count = rest;
    return used;
}

/* `parts` is a copy of the message's vector, with room for an entry before it. */
static ssize_t send_parts(const struct sf_call *call, const struct msghdr *message, int flags,
                          struct iovec *parts, size_t count)
{
    char copy[COPY_BYTES];
    struct msghdr corrupted = *message;

    corrupted.msg_iov = parts + 1;
    corrupted.msg_iovlen = count;
    if (!sf_vector_is_there(parts + 1, count, COPY_BYTES))
        return sf_real.sendmsg(call->fd, &corrupted, flags); /* the kernel says EFAULT where it is due */
    parts[0] = (struct iovec){copy, gather(copy, parts + 1, &count)};
    sf_corrupt(&call->verdict, parts, 1, parts[0].iov_len);
    corrupted.msg_iov = parts;
    corrupted.msg_iovlen = 1 + count;
    return sf_real.sendmsg(call->fd, &corrupted, flags);
}

ssize_t sf_send_corrupted(const struct sf_call *call, const struct msghdr *message, int flags)
{
    size_t needed = sf_vector_needed(message->msg_iov, message->msg_iovlen, call->verdict.limit);
    size_t bytes = (needed + 1) * sizeof(struct iovec);
    struct iovec *parts = SF_ROOM(bytes);

    if (!parts) {
        errno = ENOMEM;
        return -1;
    }
    sf_vector_shorten(parts + 1, message->msg_iov, message->msg_iovlen, call->verdict.limit);
    ssize_t result = send_parts(call, message, flags, parts, needed);
    sf_room_give_back(parts, bytes);
    return result;
}
