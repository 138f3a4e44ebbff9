/* Which rules of a plan count their calls together. */
#ifndef SF_PLAN_COUNTS_H
#define SF_PLAN_COUNTS_H

#include "abi/plan.h"

/* Set counts_as and count of every rule. Those that select the same calls, whatever
 * their triggers and faults, share a count, as long as there are SF_COUNTS_MAX. */
void sf_counts_share(struct sf_plan *plan);

#endif
