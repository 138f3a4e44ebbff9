/* The one answer to being out of memory: say so and exit with 125. */
#ifndef SF_BASE_MEMORY_H
#define SF_BASE_MEMORY_H

#include <stddef.h>

void sf_out_of_memory(void) __attribute__((noreturn));

/* calloc that does not fail. The caller frees the block; 0 bytes give a block too. */
void *sf_memory_new(size_t bytes) __attribute__((malloc, returns_nonnull));

/* Make room for `wanted` elements of `size` bytes: doubled each time, what is new is zeroed.
 *
 * array  where the pointer to them is (NULL before the first time); the caller frees it.
 * room   for how many there is room. */
void sf_memory_grow(void *array, size_t *room, size_t wanted, size_t size);

#endif
