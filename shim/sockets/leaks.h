/* Sockets that a process opened by itself and still holds when it ends. */
#ifndef SF_SOCKETS_LEAKS_H
#define SF_SOCKETS_LEAKS_H

#include <stdbool.h>

/* The process ends by itself, now: count them in the session, each socket once,
 * however many numbers it has, and let go of the records of all that it holds. Goes by what the kernel says,
 * since closes may have gone unseen. Does nothing the second time, in a vfork child, which only leaves its
 * parent's memory, and where nothing was opened. Async-signal-safe; keeps errno. */
void sf_leaks_count(void);

/* Is there anything to count? Makes no system call. */
bool sf_leaks_may_be(void);

/* A sandbox keeps us from it: their number is unknown. */
void sf_leaks_uncounted(void);

/* In a forked child: the sockets are the parent's. */
void sf_leaks_forget(void);

#endif
