/* Flipped bits. Pure: which ones follows from the draw and the length alone. */
#ifndef SF_APPLY_CORRUPT_H
#define SF_APPLY_CORRUPT_H

#include "engine/verdict.h"

#include <stddef.h>
#include <sys/uio.h>

/* Flip verdict->corrupt_bits different bits (all, where there are fewer) of the
 * first `bytes` bytes that `vector` describes: MSG_TRUNC tells of more bytes than came.
 * Returns how many. */
uint32_t sf_corrupt(const struct sf_verdict *verdict, const struct iovec *vector, size_t count,
                    uint64_t bytes);

/* Of the bits that are flipped in `bytes` bytes, how many lie within the first `moved`. */
uint32_t sf_corrupt_count(const struct sf_verdict *verdict, uint64_t bytes, uint64_t moved);

#endif
