#include "base/memory.h"

#include "abi/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sf_out_of_memory(void)
{
    static const char message[] = "sockfault: out of memory\n";
    /* write and _exit: stdio and exit handlers may want memory themselves. */
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0)
        _exit(SF_EXIT_INTERNAL);
    _exit(SF_EXIT_INTERNAL);
}

void *sf_memory_new(size_t bytes)
{
    void *block = calloc(1, bytes ? bytes : 1);
    if (!block)
        sf_out_of_memory();
    return block;
}

void sf_memory_grow(void *array, size_t *room, size_t wanted, size_t size)
{
    void **list = array;
    size_t larger = *room ? *room : 64;
    if (wanted <= *room)
        return;
    while (larger < wanted)
        larger *= 2;
    *list = realloc(*list, larger * size);
    if (!*list)
        sf_out_of_memory();
    memset((char *)*list + *room * size, 0, (larger - *room) * size);
    *room = larger;
}
