/* How many calls were made on sockets: one addition a call, no lock. */
#ifndef SF_LOG_TALLY_H
#define SF_LOG_TALLY_H

#include "load/shim.h"

extern __thread struct sf_tally *sf_tally;

/* The first call of a thread: claim a tally, or add to the shared one. */
void sf_tally_first(enum sf_family family);

/* In a forked child: the tally is the parent's. */
void sf_tally_forget(void);

static inline void sf_tally_add(enum sf_family family)
{
    if (__builtin_expect(sf_tally != NULL, 1))
        sf_tally->calls[family]++;
    else
        sf_tally_first(family);
}

#endif
