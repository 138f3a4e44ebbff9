#include "load/room.h"

#include <errno.h>
#include <sys/mman.h>

void *sf_room_pages(size_t bytes)
{
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room == MAP_FAILED ? NULL : room;
}

void sf_room_give_back(void *room, size_t bytes, size_t most)
{
    int saved_errno = errno;
    if (room && bytes > most)
        munmap(room, bytes);
    errno = saved_errno;
}
