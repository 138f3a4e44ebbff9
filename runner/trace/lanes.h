/* Taking records out of the lanes of a trace (shim/abi/trace.h).
 *
 * The memory belongs to programs under test, which may scribble on it: every record is copied
 * before it is looked at, and handed on only when all that it says of itself holds. What does
 * not hold is counted and skipped; where even its length cannot be right, all that its lane
 * holds. No system call; one thread. */
#ifndef SF_TRACE_LANES_H
#define SF_TRACE_LANES_H

#include "abi/trace.h"

#include <stdbool.h>
#include <stddef.h>

struct sf_lanes {
    struct sf_trace *trace;
    uint32_t programs, rules; /* of the plan: what records may name */
    uint64_t read[SF_LANES];  /* our own count: the one in the lane may be anything */
    uint64_t damaged;         /* records that were skipped; of those behind a wrong length one */
    void *copy;               /* SF_LANE_BYTES */
};

/* `trace` and what it is laid out in must outlive the lanes. */
void sf_lanes_open(struct sf_lanes *lanes, struct sf_trace *trace, const struct sf_plan *plan);
void sf_lanes_close(struct sf_lanes *lanes);

/* One record, SF_TRACE_CALL or SF_TRACE_SOCKET; valid until the function returns. NULL: the lane
 * holds no more for now. */
typedef void sf_lanes_taker(void *context, unsigned lane, const struct sf_trace_record *record);

/* Take what is published now, lane by lane. Returns how many records were handed on. */
size_t sf_lanes_take(struct sf_lanes *lanes, sf_lanes_taker *take, void *context);

/* Parts of a call's record, which sf_lanes_take has checked. address NULL: none. */
const struct sf_firing *sf_record_firings(const struct sf_trace_call *call);
const struct sf_addr *sf_record_address(const struct sf_trace_call *call);
const void *sf_record_data(const struct sf_trace_call *call);

#endif
