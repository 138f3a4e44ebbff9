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

#endif
