/* Room for the length of a call: on the caller's stack or, where that may be too small (a
 * signal's alternate one has 8 KiB, of which the kernel takes some 3), in memory of its own. */
#ifndef SF_LOAD_ROOM_H
#define SF_LOAD_ROOM_H

#include <alloca.h>
#include <stdbool.h>
#include <stddef.h>

#define SF_ROOM_ON_STACK 512u

/* At load. False: there is no memory. */
bool sf_room_reserve(void);

/* `bytes` bytes, evaluated twice, until the function that asks ends or gives them back;
 * NULL when there is no memory. Up to `most` bytes lie on the stack. */
#define SF_ROOM(bytes, most) ((bytes) <= (most) ? alloca(bytes) : sf_room_find(bytes))

/* Give back what SF_ROOM gave for the same; NULL does nothing. Who leaves without (a thread
 * that is cancelled, siglongjmp) loses it. Keeps errno. */
void sf_room_give_back(void *room, size_t bytes, size_t most);

/* For SF_ROOM. */
void *sf_room_find(size_t bytes);

#endif
