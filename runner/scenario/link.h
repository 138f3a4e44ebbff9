/* Link faults: what the network between the two ends of a connection does. */
#ifndef SF_SCENARIO_LINK_H
#define SF_SCENARIO_LINK_H

#include "base/diagnostic.h"

#include <stddef.h>
#include <stdint.h>

enum sf_link_fault_kind {
    SF_LINK_DELAY,       /* delay_ns of the rule; jitter_ns, distribution */
    SF_LINK_THROTTLE,    /* bytes_per_s */
    SF_LINK_CHUNK,       /* bytes_min..bytes_max of the rule */
    SF_LINK_RESET,       /* no parameter */
    SF_LINK_CLOSE,       /* no parameter */
    SF_LINK_BLACKHOLE,   /* no parameter */
    SF_LINK_REFUSE,      /* no parameter */
    SF_LINK_UNREACHABLE, /* unreachable */
    SF_LINK_SYN_TIMEOUT, /* syn_timeout_ns */
    SF_LINK_CORRUPT,     /* bits of the rule */
    SF_LINK_DROP,        /* no parameter */
    SF_LINK_DUPLICATE,   /* no parameter */
    SF_LINK_REORDER,     /* datagrams */
    SF_LINK_PARTITION,   /* groups */
    SF_LINK_FAULT_COUNT
};

/* One row each: the keys of a rule with `link`, and `partition`, which is place
 * and fault in one. */
struct sf_link_fault {
    const char *name;
    const char *values; /* "N or A..B" */
    uint8_t types;      /* SF_TYPE_… where it can happen */
    uint8_t domains;    /* SF_DOMAIN_… likewise; 0: all */
    bool connects;      /* what connect meets: it has no direction, and nothing has passed before it */
    const char *about;
};

extern const struct sf_link_fault sf_link_faults[SF_LINK_FAULT_COUNT];

enum { SF_LINK_IN = 1, SF_LINK_OUT = 2 }; /* towards the selected program, from it */

/* How a delay varies. uniform: from mean - jitter to mean + jitter. normal: jitter is the standard
 * deviation. pareto: never below mean - jitter, with a long tail above. Below 0 is 0. */
enum sf_distribution { SF_DISTRIBUTION_UNIFORM, SF_DISTRIBUTION_NORMAL, SF_DISTRIBUTION_PARETO };

enum sf_unreachable { SF_UNREACHABLE_HOST, SF_UNREACHABLE_NET };

/* The part of a rule that only link rules have; all zero in a call rule. */
struct sf_link {
    struct sf_place place; /* of the key link or partition */
    uint8_t directions;    /* SF_LINK_…; as written, also where the fault has none */
    enum sf_link_fault_kind fault;
    uint64_t jitter_ns; /* 0: every byte is as late */
    int distribution;   /* enum sf_distribution */
    uint64_t bytes_per_s;
    int unreachable; /* enum sf_unreachable */
    uint64_t syn_timeout_ns;
    uint32_t datagrams; /* in one run of reorder */
    uint64_t *groups;   /* of partition: a bit per program of the scenario, in no two of them */
    size_t group_count; /* 2 or more */
};

#endif
