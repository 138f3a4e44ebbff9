#include "engine/lane.h"

/* Where `bytes` bytes go. False: the reader has not made room for them yet. */
static bool find_room(struct sf_lane *lane, uint32_t bytes, struct sf_lane_room *room)
{
    uint64_t written = atomic_load_explicit(&lane->written, memory_order_relaxed);
    uint64_t unread = written - atomic_load_explicit(&lane->read, memory_order_acquire);
    uint64_t offset = written & (SF_LANE_BYTES - 1), to_end = SF_LANE_BYTES - offset;
    uint64_t skipped = bytes > to_end ? to_end : 0;

    if (SF_LANE_BYTES - unread < skipped + bytes)
        return false;
    room->lane = lane;
    room->at = (char *)(lane + 1) + (skipped ? 0 : offset);
    room->written = written + skipped + bytes;
    if (__builtin_expect(skipped != 0, 0)) {
        struct sf_trace_record *filler = (void *)((char *)(lane + 1) + offset);
        *filler = (struct sf_trace_record){
            .bytes = (uint32_t)skipped, .version = SF_TRACE_VERSION, .kind = SF_TRACE_FILLER};
    }
    return true;
}

static bool take(struct sf_lane *lane, uint32_t tid)
{
    uint32_t free = 0;
    return atomic_load_explicit(&lane->taken, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong_explicit(&lane->taken, &free, tid, memory_order_acquire,
                                                   memory_order_relaxed);
}

bool sf_lane_take(struct sf_trace *trace, uint32_t tid, uint32_t *first, uint32_t bytes,
                  struct sf_lane_room *room)
{
    for (uint32_t i = 0, at = *first; i < SF_LANES; i++, at++) {
        struct sf_lane *lane = sf_trace_lane(trace, at % SF_LANES);
        if (!take(lane, tid))
            continue;
        if (find_room(lane, bytes, room)) {
            *first = at;
            return true;
        }
        atomic_store_explicit(&lane->taken, 0, memory_order_release);
    }
    return false;
}
