/* The writing side of a trace's lanes (abi/trace.h): take one, fill in, give it back.
 *
 * Async-signal-safe and without a wait: a handler that interrupts a thread which has a lane
 * finds that one taken, as any other thread does, and takes another. A handler that jumps
 * out of its thread's append leaves the lane taken for good. */
#ifndef SF_ENGINE_LANE_H
#define SF_ENGINE_LANE_H

#include "abi/trace.h"

#include <stdbool.h>

/* No record is larger, so that one that is slow to be read does not keep all others out. */
#define SF_LANE_RECORD_MAX ((uint32_t)(SF_LANE_BYTES / 4))

struct sf_lane_room {
    struct sf_lane *lane;
    void *at;         /* whole records of `bytes` altogether are to stand here */
    uint64_t written; /* what the lane's `written` becomes by that */
};

/* Take a lane with room for `bytes`, a multiple of SF_TRACE_ALIGNMENT, and put the filler
 * before it where it has to be. False: none is free and has room; the caller counts that.
 *
 * tid    whose it is to be, not 0.
 * first  where to look first, any number; set to where one was found. */
bool sf_lane_take(struct sf_trace *trace, uint32_t tid, uint32_t *first, uint32_t bytes,
                  struct sf_lane_room *room);

/* Publish what was written there, and let the lane go. The next record's first lines are fetched
 * meanwhile: the reader, or the memory, has them. */
static inline void sf_lane_give(const struct sf_lane_room *room)
{
    const char *next = (const char *)(room->lane + 1) + (room->written & (SF_LANE_BYTES - 1));
    __builtin_prefetch(next + 64, 1);
    __builtin_prefetch(next + 128, 1);
    atomic_store_explicit(&room->lane->written, room->written, memory_order_release);
    atomic_store_explicit(&room->lane->taken, 0, memory_order_release);
}

#endif
