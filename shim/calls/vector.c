#include "calls/vector.h"

#include "load/memory.h"

#include <limits.h>

#define MOST_BYTES 0x7ffff000u                 /* MAX_RW_COUNT */
#define ALL_ADDRESSES (UINT64_C(1) << 56) /* of no machine has a program more */

uint64_t sf_vector_bytes(const struct iovec *vector, size_t count)
{
    uint64_t bytes = 0;
    if (count == 0 || count > IOV_MAX || !sf_memory_is_readable(vector, count * sizeof *vector))
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (vector[i].iov_len >= ALL_ADDRESSES)
            return 0;
        bytes += vector[i].iov_len < MOST_BYTES - bytes ? vector[i].iov_len : MOST_BYTES - bytes;
    }
    return bytes;
}

bool sf_vector_is_there(const struct iovec *vector, size_t count, uint64_t bytes)
{
    for (size_t i = 0; i < count && bytes; i++) {
        uint64_t part = vector[i].iov_len < bytes ? vector[i].iov_len : bytes;
        if (part && !sf_memory_is_readable(vector[i].iov_base, part))
            return false;
        bytes -= part;
    }
    return true;
}

size_t sf_vector_needed(const struct iovec *vector, size_t count, uint64_t limit)
{
    size_t needed = 0;
    for (uint64_t bytes = 0; needed < count && bytes < limit; needed++)
        bytes += vector[needed].iov_len;
    return needed;
}

size_t sf_vector_shorten(struct iovec *to, const struct iovec *from, size_t count, uint64_t limit)
{
    size_t needed = sf_vector_needed(from, count, limit);
    for (size_t i = 0; i < needed; i++) {
        to[i] = from[i];
        if (to[i].iov_len > limit)
            to[i].iov_len = limit;
        limit -= to[i].iov_len;
    }
    return needed;
}
