/* Memory that is freed together: a scenario and all it points to.
 *
 * Allocation never returns NULL: a runner that is out of memory says so and
 * exits with 125 (there is nothing useful that a caller could do instead).
 * Memory is zeroed and aligned to 16. Not for use by several threads. */
#ifndef SF_BASE_ARENA_H
#define SF_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct sf_arena;

struct sf_arena *sf_arena_new(void);
void sf_arena_free(struct sf_arena *arena); /* NULL is fine */

void *sf_arena_alloc(struct sf_arena *arena, size_t bytes);
char *sf_arena_strdup(struct sf_arena *arena, const char *text);
char *sf_arena_strndup(struct sf_arena *arena, const char *text, size_t bytes);
char *sf_arena_printf(struct sf_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *sf_arena_vprintf(struct sf_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Grow an array that lives in the arena: returns zeroed room for one more
 * element of `size` bytes behind the `*count` that there are, and counts it.
 * `array` is the address of the pointer to the array, which is updated (the old
 * block stays until the arena goes). An empty array is NULL with count 0; one
 * that was not made by pushes alone cannot be pushed to. */
void *sf_arena_push(struct sf_arena *arena, void *array, size_t *count, size_t size);

#endif
