/* Shorter vectors, for calls that move data through an iovec. */
#ifndef SF_CALLS_VECTOR_H
#define SF_CALLS_VECTOR_H

#include "calls/call.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* The entries that a shortened call needs: rules cut to few bytes, programs
 * pass few entries; a vector that does not fit is cut at its 16th entry, which is
 * still no more than the rule allows. */
#define SF_VECTOR_MAX 16

/* The bytes that `count` entries at `vector` ask for; 0 when they cannot be
 * read or are too many (the kernel will say so). Keeps errno. */
uint64_t sf_vector_bytes(const struct iovec *vector, size_t count);

/* Copy as much of a vector as holds at most `limit` bytes; returns the entries. */
size_t sf_vector_shorten(struct iovec to[static SF_VECTOR_MAX], const struct iovec *from, size_t count,
                         uint64_t limit);

/* A call that moves bytes through `vector` and `count`, parameters of these
 * names. What is cut lives on our stack for the length of the call. */
#define SF_INTERPOSE_VECTOR(family, name, params, arguments)                                             \
    SF_SELECTED ssize_t selected_##name params                                                           \
    {                                                                                                    \
        struct sf_call call = SF_CALL(name, fd, sf_vector_bytes(vector, (size_t)count), 0);              \
        struct iovec cut[SF_VECTOR_MAX];                                                                 \
        if (!sf_call_enter(&call))                                                                       \
            return -1;                                                                                   \
        if (sf_call_is_limited(&call)) {                                                                 \
            count = (int)sf_vector_shorten(cut, vector, (size_t)count, call.verdict.limit);              \
            vector = cut;                                                                                \
        }                                                                                                \
        return sf_call_leave(&call, sf_real.name arguments);                                             \
    }                                                                                                    \
    SF_HALVES(ssize_t, family, name, params, arguments, fd)

#endif
