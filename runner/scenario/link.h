/* Link faults: what the network between the two ends of a connection does. */
#ifndef SF_SCENARIO_LINK_H
#define SF_SCENARIO_LINK_H

#include "abi/link.h"
#include "base/diagnostic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    bool is_per_written; /* the rule says `per` */
};

#endif
