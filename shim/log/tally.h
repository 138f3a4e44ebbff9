/* How many calls were made on sockets: one addition a call, no lock. */
#ifndef SF_LOG_TALLY_H
#define SF_LOG_TALLY_H

#include "load/shim.h"

extern __thread struct sf_tally *sf_tally;

/* Add one, claiming a tally for this thread if it has none yet. */
void sf_tally_add(enum sf_family family);

/* A tally for this thread, unless it has one or none is left. */
void sf_tally_claim(void);

/* In a forked child: the tally is the parent's. */
void sf_tally_forget(void);

/* Add one without a function call; false: this thread has no tally (yet), the
 * caller must take the longer way. */
static inline bool sf_tally_add_quick(enum sf_family family)
{
    if (__builtin_expect(sf_tally == NULL, 0))
        return false;
    sf_tally->calls[family]++;
    return true;
}

#endif
