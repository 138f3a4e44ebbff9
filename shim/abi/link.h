/* Link faults as the plan holds them: what the network between the two ends of a
 * connection does. */
#ifndef SF_ABI_LINK_H
#define SF_ABI_LINK_H

#include <stdint.h>

enum sf_link_fault_kind {
    SF_LINK_DELAY,       /* delay_ns of the rule; jitter_ns, distribution */
    SF_LINK_THROTTLE,    /* bytes_per_s, is_shared */
    SF_LINK_CHUNK,       /* bytes_min..bytes_max of the rule */
    SF_LINK_RESET,       /* no parameter */
    SF_LINK_CLOSE,       /* no parameter */
    SF_LINK_BLACKHOLE,   /* no parameter */
    SF_LINK_REFUSE,      /* no parameter */
    SF_LINK_UNREACHABLE, /* unreachable */
    SF_LINK_SYN_TIMEOUT, /* delay_ns of the rule */
    SF_LINK_CORRUPT,     /* bits of the rule */
    SF_LINK_DROP,        /* no parameter */
    SF_LINK_DUPLICATE,   /* no parameter */
    SF_LINK_REORDER,     /* datagrams */
    SF_LINK_PARTITION,   /* the rule's peers: all programs that it names, each in a group */
    SF_LINK_FAULT_COUNT
};

enum { SF_LINK_IN = 1, SF_LINK_OUT = 2 }; /* towards the selected program, from it */

/* How a delay varies. uniform: from mean - jitter to mean + jitter. normal: jitter is the standard
 * deviation. pareto: never below mean - jitter, with a long tail above. Below 0 is 0. */
enum sf_distribution {
    SF_DISTRIBUTION_UNIFORM,
    SF_DISTRIBUTION_NORMAL,
    SF_DISTRIBUTION_PARETO,
    SF_DISTRIBUTION_COUNT
};

enum sf_unreachable { SF_UNREACHABLE_HOST, SF_UNREACHABLE_NET, SF_UNREACHABLE_COUNT };

/* The part of a plan's rule that only link rules have; all zero in a call rule. */
struct sf_plan_link {
    uint32_t directions; /* SF_LINK_…; 0: it is a call rule */
    uint32_t fault;      /* enum sf_link_fault_kind */
    uint32_t distribution, unreachable;
    uint64_t jitter_ns; /* 0: every byte is as late */
    uint64_t bytes_per_s;
    uint32_t is_shared; /* the rate is that of all connections which the rule counts together (`per`) */
    uint32_t datagrams; /* in one run of reorder */
};

/* What connect meets: it has no direction, and nothing has passed before it. */
static inline int sf_link_connects(uint32_t fault)
{
    return fault == SF_LINK_REFUSE || fault == SF_LINK_UNREACHABLE || fault == SF_LINK_SYN_TIMEOUT;
}

#endif
