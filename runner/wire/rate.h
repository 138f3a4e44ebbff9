/* How much a throttled link lets pass: a token bucket, told by the time at which what
 * has passed is paid for (the generic cell rate algorithm, ITU-T I.371, annex A). */
#ifndef SF_WIRE_RATE_H
#define SF_WIRE_RATE_H

#include <stdint.h>

struct sf_rate {
    uint64_t bytes_per_s; /* 0: it lets everything pass */
    uint64_t burst_ns;    /* how much credit a pause gives at most */
    uint64_t paid_ns;     /* until then all has been used; CLOCK_MONOTONIC */
};

struct sf_rate sf_rate_new(uint64_t bytes_per_s);

/* How many bytes may pass now; UINT64_MAX: any number. */
uint64_t sf_rate_allows(const struct sf_rate *rate, uint64_t now_ns);

/* So many did. */
void sf_rate_take(struct sf_rate *rate, uint64_t now_ns, uint64_t bytes);

/* When a piece of worth may pass again. */
uint64_t sf_rate_when(const struct sf_rate *rate);

#endif
