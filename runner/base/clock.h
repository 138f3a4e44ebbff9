/* Time as all of the runner and the shim tell it: CLOCK_MONOTONIC, in nanoseconds. */
#ifndef SF_BASE_CLOCK_H
#define SF_BASE_CLOCK_H

#include <stdint.h>

uint64_t sf_clock_now_ns(void);

#endif
