#include "calls/outgoing.h"

#include "apply/corrupt.h"
#include "load/memory.h"

/* So much is copied to our stack; the bits to flip lie within it. */
#define COPY_BYTES 4096u

/* Gather the first bytes of a vector; `rest` becomes what is behind them. */
static size_t gather(char *copy, struct iovec *rest, size_t *rest_count, const struct iovec *from,
                     size_t count)
{
    size_t used = 0;
    *rest_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t take = from[i].iov_len < COPY_BYTES - used ? from[i].iov_len : COPY_BYTES - used;
        __builtin_memcpy(copy + used, from[i].iov_base, take);
        used += take;
        if (take < from[i].iov_len)
            rest[(*rest_count)++] = (struct iovec){(char *)from[i].iov_base + take, from[i].iov_len - take};
    }
    return used;
}

/* The bytes to copy, which are the program's to name and may not be there. */
static bool is_readable(const struct iovec *vector, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count && bytes < COPY_BYTES; i++) {
        size_t take = vector[i].iov_len < COPY_BYTES - bytes ? vector[i].iov_len : COPY_BYTES - bytes;
        if (take && !sf_memory_is_readable(vector[i].iov_base, take))
            return false;
        bytes += vector[i].iov_len;
    }
    return true;
}

ssize_t sf_send_corrupted(const struct sf_call *call, const struct msghdr *message, int flags)
{
    char copy[COPY_BYTES];
    struct msghdr corrupted = *message;
    size_t rest;

    SF_VECTOR_CUT(corrupted.msg_iov, corrupted.msg_iovlen, call->verdict.limit);
    if (!is_readable(corrupted.msg_iov, corrupted.msg_iovlen))
        return sf_real.sendmsg(call->fd, &corrupted, flags); /* the kernel says EFAULT where it is due */
    struct iovec *parts = alloca((corrupted.msg_iovlen + 1) * sizeof *parts);
    parts[0] = (struct iovec){copy, 0};
    parts[0].iov_len = gather(copy, parts + 1, &rest, corrupted.msg_iov, corrupted.msg_iovlen);
    sf_corrupt(&call->verdict, parts, 1, parts[0].iov_len);
    corrupted.msg_iov = parts;
    corrupted.msg_iovlen = 1 + rest;
    return sf_real.sendmsg(call->fd, &corrupted, flags);
}
