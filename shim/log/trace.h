/* What this process tells in the session's trace: the call that it is in, and records. See
 * abi/trace.h. All are for traced sessions alone (sf_shim.trace) but sf_trace_forget,
 * async-signal-safe, and none for a vfork child. */
#ifndef SF_LOG_TRACE_H
#define SF_LOG_TRACE_H

#include "calls/call.h"
#include "engine/lane.h"
#include "log/self.h"

/* At load: what is told of the ends of threads. False: there is no key left. */
bool sf_trace_reserve(void);

/* In a forked child: its thread has another presence. */
void sf_trace_forget(void);

/* The thread is in this call, until it is in none. Of calls within calls (a handler's) the
 * innermost that began last. Sets call->presence; call->self is who calls. */
void sf_trace_enter(struct sf_call *call, uint64_t asked);

static inline void sf_trace_leave(struct sf_presence *presence)
{
    if (presence)
        atomic_store_explicit(&presence->begin_ns, 0, memory_order_relaxed);
}

/* The thread ends the process: should it be in a call still, a handler has jumped out of that. */
void sf_trace_end(void);

/* Room for records; sf_lane_give publishes them. False: there is none, and `calls` calls more
 * are dropped. */
bool sf_trace_take(uint32_t tid, uint32_t bytes, uint32_t calls, struct sf_lane_room *room);

#endif
