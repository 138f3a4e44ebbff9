/* The one answer to being out of memory: say so and exit with 125. */
#ifndef SF_BASE_MEMORY_H
#define SF_BASE_MEMORY_H

#include <stddef.h>

void sf_out_of_memory(void) __attribute__((noreturn));

/* calloc that does not fail. The caller frees the block; 0 bytes give a block too. */
void *sf_memory_new(size_t bytes) __attribute__((malloc, returns_nonnull));

#endif
