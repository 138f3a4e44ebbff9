#include "base/arena.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16, FIRST_BLOCK_BYTES = 4096, LAST_BLOCK_BYTES = 1 << 20 };

struct block {
    struct block *next;
    size_t pad; /* keeps `data` aligned */
    unsigned char data[];
};

struct sf_arena {
    struct block *blocks;
    unsigned char *free;
    size_t free_bytes;
    size_t block_bytes; /* of the next block */
};

struct sf_arena *sf_arena_new(void)
{
    struct sf_arena *arena = sf_memory_new(sizeof *arena);
    arena->block_bytes = FIRST_BLOCK_BYTES;
    return arena;
}

void sf_arena_free(struct sf_arena *arena)
{
    if (!arena)
        return;
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

static void *block_add(struct sf_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(struct block))
        sf_out_of_memory();
    struct block *block = sf_memory_new(sizeof *block + bytes);
    block->next = arena->blocks;
    arena->blocks = block;
    return block->data;
}

void *sf_arena_alloc(struct sf_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGNMENT)
        sf_out_of_memory();
    if (bytes == 0)
        bytes = 1; /* a block, and not that of someone else */
    bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (bytes > arena->block_bytes / 4)
        return block_add(arena, bytes); /* a block of its own: what is free in the current one stays usable */
    if (bytes > arena->free_bytes) {
        arena->free = block_add(arena, arena->block_bytes);
        arena->free_bytes = arena->block_bytes;
        if (arena->block_bytes < LAST_BLOCK_BYTES)
            arena->block_bytes *= 2;
    }
    void *result = arena->free;
    arena->free += bytes;
    arena->free_bytes -= bytes;
    return result;
}

char *sf_arena_strndup(struct sf_arena *arena, const char *text, size_t bytes)
{
    char *copy = sf_arena_alloc(arena, bytes + 1);
    memcpy(copy, text, bytes);
    return copy;
}

char *sf_arena_strdup(struct sf_arena *arena, const char *text)
{
    return sf_arena_strndup(arena, text, strlen(text));
}

char *sf_arena_vprintf(struct sf_arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int bytes = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (bytes < 0)
        sf_out_of_memory();
    char *text = sf_arena_alloc(arena, (size_t)bytes + 1);
    vsnprintf(text, (size_t)bytes + 1, format, args);
    return text;
}

char *sf_arena_printf(struct sf_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = sf_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void *sf_arena_push(struct sf_arena *arena, void *array, size_t *count, size_t size)
{
    unsigned char **slot = array;
    size_t full = *count;
    /* The capacity is the next power of two, so it need not be kept anywhere. */
    if ((full & (full - 1)) == 0) {
        size_t capacity = full ? 2 * full : 1;
        if (capacity > SIZE_MAX / size)
            sf_out_of_memory();
        unsigned char *larger = sf_arena_alloc(arena, capacity * size);
        if (full)
            memcpy(larger, *slot, full * size);
        *slot = larger;
    }
    *count = full + 1;
    return *slot + full * size;
}
