/* A word with valgrind, under which programs of ours run as well as the runner. Its tools
 * that look for races know locks, and our memory has none: it is shared by atomics alone.
 *
 * Source: valgrind.h, helgrind.h and drd.h of valgrind 3.19. What they ask for is part of
 * the programs that were built with them, so that it does not change. */
#ifndef SF_ABI_VALGRIND_H
#define SF_ABI_VALGRIND_H

#include <stdbool.h>
#include <stddef.h>

bool sf_valgrind_is_running(void);

/* No race in these bytes is one. Without valgrind this does nothing, in some nanoseconds. */
void sf_valgrind_ignore(const void *start, size_t bytes);

#endif
