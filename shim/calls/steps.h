/* The steps of a call that calls/call.c puts together; no business of interposers. */
#ifndef SF_CALLS_STEPS_H
#define SF_CALLS_STEPS_H

#include "calls/call.h"

static inline enum sf_family sf_call_family(const struct sf_call *call)
{
    return sf_call_families[call->info.call];
}

/* Find the rules that select the call, and fill in its verdict. False: the call fails
 * by itself, without a fault; errno says how. Otherwise errno is kept. */
bool sf_call_decide(struct sf_call *call);

/* Calls of two families return how many bytes they moved, but for those that move
 * several messages. */
bool sf_call_returns_bytes(const struct sf_call *call);

/* Did the call put its bytes where it was told? */
bool sf_call_is_data_there(const struct sf_call *call);

/* Has a rule ended what the call reads, and nothing is left that came before? */
bool sf_call_is_at_end(const struct sf_call *call);

/* Do all of the verdict that comes before the call. Returns the error to fail with,
 * or 0. Changes errno. */
int sf_call_apply(struct sf_call *call);

#endif
