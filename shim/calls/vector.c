#include "calls/vector.h"

#include "load/memory.h"

#include <limits.h>

uint64_t sf_vector_bytes(const struct iovec *vector, size_t count)
{
    uint64_t bytes = 0;
    if (count == 0 || count > IOV_MAX || !sf_memory_is_readable(vector, count * sizeof *vector))
        return 0;
    for (size_t i = 0; i < count; i++)
        bytes += vector[i].iov_len;
    return bytes;
}

size_t sf_vector_shorten(struct iovec to[static SF_VECTOR_MAX], const struct iovec *from, size_t count,
                         uint64_t limit)
{
    size_t used = 0;
    for (size_t i = 0; i < count && used < SF_VECTOR_MAX && limit > 0; i++) {
        if (from[i].iov_len == 0)
            continue;
        to[used] = from[i];
        if (to[used].iov_len > limit)
            to[used].iov_len = limit;
        limit -= to[used].iov_len;
        used++;
    }
    return used;
}
