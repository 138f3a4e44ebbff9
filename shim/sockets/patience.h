/* Waiting for another thread that has only a few instructions to go. */
#ifndef SF_SOCKETS_PATIENCE_H
#define SF_SOCKETS_PATIENCE_H

#include "load/sandbox.h"

#include <sched.h>
#include <stdbool.h>

#define SF_PATIENCE_SPINS 1000u
#define SF_PATIENCE_YIELDS 100000u /* some 40 ms where nobody else wants to run */

/* Is it worth another look? False: it will not come. It has died, or is the one that
 * the signal handler which asks has interrupted. tries: 0 at first. Safe in signal
 * handlers; keeps errno. */
static inline bool sf_patience_lasts(unsigned *tries)
{
    if (++*tries > SF_PATIENCE_SPINS && sf_sandbox_allows(SF_OWN_SCHED_YIELD))
        sched_yield(); /* it may be waiting for this very processor */
    return *tries < SF_PATIENCE_SPINS + SF_PATIENCE_YIELDS;
}

#endif
