/* One record for each call that rules changed. See abi/event.h. */
#ifndef SF_LOG_EVENT_H
#define SF_LOG_EVENT_H

#include "calls/call.h"

/* error: errno or EAI_* of a failed call, otherwise 0. Keeps nothing of `call`. */
void sf_event_log_call(const struct sf_call *call, int64_t result, int error);

#endif
