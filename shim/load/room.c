#include "load/room.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

/* A slot holds a vector of IOV_MAX entries and one. Taken at load: pages that come later may
 * fall into a hole of the program's memory, which the kernel is to find. */
#define SLOT_BYTES 20480u
#define SLOTS 64u

static char *slots;
static _Atomic uint64_t taken; /* a bit for each; for good where a handler has jumped out */

static void *pages(size_t bytes, int flags)
{
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return room == MAP_FAILED ? NULL : room;
}

bool sf_room_reserve(void)
{
    slots = pages(SLOTS * SLOT_BYTES, MAP_NORESERVE);
    return slots != NULL;
}

void *sf_room_find(size_t bytes)
{
    int saved_errno = errno;
    uint64_t seen = atomic_load_explicit(&taken, memory_order_relaxed);

    while (bytes <= SLOT_BYTES && ~seen) {
        unsigned slot = (unsigned)__builtin_ctzll(~seen);
        if (atomic_compare_exchange_weak_explicit(&taken, &seen, seen | UINT64_C(1) << slot,
                                                  memory_order_acquire, memory_order_relaxed))
            return slots + slot * SLOT_BYTES;
    }
    void *room = pages(bytes, 0);
    errno = saved_errno;
    return room;
}

void sf_room_give_back(void *room, size_t bytes, size_t most)
{
    int saved_errno = errno;
    uintptr_t at = (uintptr_t)room - (uintptr_t)slots;

    if (!room || bytes <= most)
        return;
    if (at < SLOTS * SLOT_BYTES)
        atomic_fetch_and_explicit(&taken, ~(UINT64_C(1) << at / SLOT_BYTES), memory_order_release);
    else
        munmap(room, bytes);
    errno = saved_errno;
}
