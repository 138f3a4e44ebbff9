/* The records of all lanes in one order, that of `end_ns`.
 *
 * A thread may have read the clock and not published yet, so a call is held back until its
 * time is a little past: SF_ORDER_HOLD_NS. What is published later still comes out of its turn.
 *
 * What a socket is counts from before the call with which it was published. */
#ifndef SF_TRACE_ORDER_H
#define SF_TRACE_ORDER_H

#include "abi/trace.h"

#include <stddef.h>

#define SF_ORDER_HOLD_NS UINT64_C(5000000)

struct sf_ordered {
    uint64_t time_ns, place; /* place: in order of arrival, between those of equal time */
    struct sf_trace_record *record;
};

struct sf_order { /* zeroed: empty */
    struct sf_ordered *heap;
    size_t count, room;
    uint64_t places;
    struct sf_trace_record *sockets[SF_LANES]; /* those that wait for their call, one behind the other … */
    size_t socket_bytes[SF_LANES];             /* … in so many bytes */
};

/* Add a copy. NULL: the lane holds no more for now, so the call of what waits is in another.
 * now_ns: no record is held back for a time that is later. */
void sf_order_add(struct sf_order *order, unsigned lane, const struct sf_trace_record *record,
                  uint64_t now_ns);

/* The next record whose time is `until_ns` or before, UINT64_MAX: any; the caller frees it. NULL: none. */
struct sf_trace_record *sf_order_take(struct sf_order *order, uint64_t until_ns);

void sf_order_free(struct sf_order *order);

#endif
