/* From a finding to a scenario that fails as long as the bug is there, and passes once it is fixed. */
#ifndef SF_EXPLORE_REPRODUCE_H
#define SF_EXPLORE_REPRODUCE_H

#include "explore/finding.h"

struct sf_reproduction {
    const struct sf_subject *subject;
    const struct sf_baseline *baseline;
    const struct sf_candidate *candidate; /* smallest */
    const struct sf_symptom *symptom;
    const struct sf_explored *finding; /* its reproducer may be missing yet */
    uint64_t timeout_ns;
    const char *expected; /* absolute path of the file that sf_reproduction_output is in; NULL: none */
};

/* The output, *bytes long, that must be in a file, since no expectation can hold it; NULL: none must. */
const char *sf_reproduction_output(struct sf_arena *arena, const struct sf_reproduction *reproduction,
                                   uint64_t *bytes);

/* The text of the file. NULL: there is none, *problem says why, a sentence. All in the arena. */
const char *sf_reproduction_write(struct sf_arena *arena, const struct sf_reproduction *reproduction,
                                  const char **problem);

/* "crash-recv-reset": what its file is called behind the number. */
const char *sf_reproduction_name(struct sf_arena *arena, const struct sf_reproduction *reproduction);

#endif
