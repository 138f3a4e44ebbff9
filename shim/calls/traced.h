/* A call on a socket as the trace tells it (abi/trace.h). sf_call_enter and sf_call_leave see to
 * that; others are here for what no rule can name. Only in a traced process (sf_shim.trace).
 * All keep errno. */
#ifndef SF_CALLS_TRACED_H
#define SF_CALLS_TRACED_H

#include "calls/call.h"

/* The call begins: from now on, if it is to be told, call->begin_ns is set. */
void sf_traced_begin(struct sf_call *call);

/* It returns `result`, with errno if that is negative; only if begin_ns is set. */
void sf_traced_end(struct sf_call *call, int64_t result);

/* The numbers are about to be closed by the call `id`: one record for each socket among them. */
void sf_traced_range_ends(enum sf_call_id id, unsigned first, unsigned last, void *return_address);

/* `fd` became another number for the socket behind call->fd; fd -1: it did not. */
void sf_traced_doubled(struct sf_call *call, int fd);

#endif
