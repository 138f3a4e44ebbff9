/* What is due when: a heap of deadlines, each part of what it belongs to. */
#ifndef SF_WIRE_DEADLINE_H
#define SF_WIRE_DEADLINE_H

#include <stddef.h>
#include <stdint.h>

#define SF_NEVER UINT64_MAX

struct sf_deadline {
    uint64_t at_ns; /* CLOCK_MONOTONIC */
    size_t place;   /* in the heap, from 1; 0: in none. Zeroed memory is a deadline that is not set */
};

struct sf_deadlines {
    struct sf_deadline **list;
    size_t count, room;
};

/* Set it, or set it anew; SF_NEVER takes it away. The caller owns it. */
void sf_deadline_set(struct sf_deadlines *deadlines, struct sf_deadline *deadline, uint64_t at_ns);

/* The one that is due first; NULL: there is none. It stays. */
struct sf_deadline *sf_deadlines_first(const struct sf_deadlines *deadlines);

void sf_deadlines_free(struct sf_deadlines *deadlines);

#endif
