/* What this process tells in the session's trace: who it is, the call that it is in, and
 * records. See abi/trace.h. All are for traced sessions alone (sf_shim.trace), async-signal-safe,
 * and none for a vfork child. */
#ifndef SF_LOG_TRACE_H
#define SF_LOG_TRACE_H

#include "calls/call.h"
#include "engine/lane.h"

struct sf_self {
    uint32_t pid, tid;
};

/* At load: what renews the pid in forked children, however they were forked. False: no memory. */
bool sf_trace_reserve(void);

/* In a forked child, where the kernel does not do it. */
void sf_trace_forget(void);

/* Who calls. Changes errno at a thread's first call. */
struct sf_self sf_trace_self(void);

/* The thread is in this call, until it is in none. Of calls within calls (a handler's) the
 * innermost that began last. */
void sf_trace_enter(const struct sf_call *call, uint64_t asked);
void sf_trace_leave(void);

/* The thread ends the process: should it be in a call still, a handler has jumped out of that. */
static inline void sf_trace_end(void)
{
    if (sf_shim.trace && !sf_is_vfork_child())
        sf_trace_leave();
}

/* Room for records; sf_lane_give publishes them. False: there is none, and `calls` calls more
 * are dropped. */
bool sf_trace_take(uint32_t tid, uint32_t bytes, uint32_t calls, struct sf_lane_room *room);

#endif
