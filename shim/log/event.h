/* One record for each call that rules changed. See abi/event.h. */
#ifndef SF_LOG_EVENT_H
#define SF_LOG_EVENT_H

#include "calls/call.h"

/* The call may never come back (it sleeps, or a signal may kill the process): log
 * the rules that act before it. sf_event_end_call then completes that record. */
void sf_event_begin_call(struct sf_call *call);

/* The rules that the call's verdict holds have fired.
 *
 * error  errno or EAI_* of a failed call, otherwise 0. */
void sf_event_end_call(const struct sf_call *call, int64_t result, int error);

#endif
