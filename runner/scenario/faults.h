/* The call faults, one row each: what rules may ask for and where. */
#ifndef SF_SCENARIO_FAULTS_H
#define SF_SCENARIO_FAULTS_H

#include "abi/plan.h"

struct sf_fault {
    const char *name;   /* the key of a rule */
    const char *values; /* "N, A..B or random" */
    uint32_t families;  /* bits of enum sf_family where it can happen */
    const char *about;
};

extern const struct sf_fault sf_faults[SF_FAULT_COUNT];

#endif
