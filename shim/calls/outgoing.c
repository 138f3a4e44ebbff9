#include "calls/outgoing.h"

#include "apply/corrupt.h"
#include "load/memory.h"

#include <limits.h>

/* So much is copied; the bits to flip lie within it. */
#define COPY_BYTES 4096u
#define PAGE 4096u

/* How many of so many bytes can be read, as a copy would find. */
static size_t readable_part(const char *from, size_t bytes)
{
    size_t to_page = PAGE - (uintptr_t)from % PAGE;
    if (sf_memory_is_readable(from, bytes))
        return bytes;
    return to_page < bytes && sf_memory_is_readable(from, to_page) ? to_page : 0;
}

/* Gather the first bytes of a vector, which becomes what is behind them. Memory that is
 * not there stays in it: the kernel says EFAULT where it is due. */
static size_t gather(char *copy, size_t room, struct iovec *vector, size_t *count)
{
    size_t used = 0, rest = 0;
    bool is_there = true;

    for (size_t i = 0; i < *count; i++) {
        const struct iovec from = vector[i];
        size_t asked = from.iov_len < room - used ? from.iov_len : room - used;
        size_t take = is_there && asked ? readable_part(from.iov_base, asked) : 0;
        is_there = is_there && take == asked;
        if (take) /* else there may be no such address */
            __builtin_memcpy(copy + used, from.iov_base, take);
        used += take;
        if (take < from.iov_len)
            vector[rest++] = (struct iovec){(char *)from.iov_base + take, from.iov_len - take};
    }
    *count = rest;
    return used;
}

/* `parts` is a copy of the message's vector, with room for an entry before it, and `copy`
 * has room for `room` bytes. */
static ssize_t send_parts(struct sf_call *call, const struct msghdr *message, int flags, struct iovec *parts,
                          size_t count, char *copy, size_t room)
{
    struct msghdr corrupted = *message;
    size_t used = gather(copy, room, parts + 1, &count);

    if (used && count == IOV_MAX) { /* the first is split, and the kernel takes no entry more: as it was */
        parts[1] = (struct iovec){(char *)parts[1].iov_base - used, parts[1].iov_len + used};
        used = 0;
    }
    parts[0] = (struct iovec){copy, used};
    sf_corrupt(&call->verdict, parts, 1, used);
    corrupted.msg_iov = used ? parts : parts + 1;
    corrupted.msg_iovlen = used ? 1 + count : count;
    ssize_t result = sf_call_sendmsg(call, &corrupted, flags);
    if (result >= 0)
        call->verdict.corrupt_bits = sf_corrupt_count(&call->verdict, used, (uint64_t)result);
    return result;
}

static ssize_t send_copied(struct sf_call *call, const struct msghdr *message, int flags, struct iovec *parts,
                           size_t count)
{
    uint64_t bytes = sf_vector_bytes(parts + 1, count);
    size_t room = bytes < COPY_BYTES ? (size_t)bytes : COPY_BYTES;
    char *copy = SF_ROOM(room, SF_ROOM_ON_STACK);

    if (!copy) {
        errno = ENOMEM;
        return -1;
    }
    ssize_t result = send_parts(call, message, flags, parts, count, copy, room);
    sf_room_give_back(copy, room, SF_ROOM_ON_STACK);
    return result;
}

ssize_t sf_send_corrupted(struct sf_call *call, const struct msghdr *message, int flags)
{
    size_t needed = sf_vector_needed(message->msg_iov, message->msg_iovlen, call->verdict.limit);
    size_t bytes = (needed + 1) * sizeof(struct iovec);
    struct iovec *parts = SF_ROOM(bytes, SF_ROOM_ON_STACK);

    if (!parts) {
        errno = ENOMEM;
        return -1;
    }
    sf_vector_shorten(parts + 1, message->msg_iov, message->msg_iovlen, call->verdict.limit);
    ssize_t result = send_copied(call, message, flags, parts, needed);
    sf_room_give_back(parts, bytes, SF_ROOM_ON_STACK);
    return result;
}
