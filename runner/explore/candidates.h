/* From what the fault-free runs showed to what is to be tried, in the order of what it promises. */
#ifndef SF_EXPLORE_CANDIDATES_H
#define SF_EXPLORE_CANDIDATES_H

#include "explore/baseline.h"
#include "explore/candidate.h"

struct sf_candidates {
    struct sf_arena *arena;
    struct sf_candidate *list;
    size_t count;
    size_t singles; /* those before the pairs */
    bool is_thorough;
};

/* All faults one at a time: first the user's own rules, then those that strike every call of a program, then
 * the first call at each place of the code, the next ones, and the network; the rest behind. No two are
 * alike. */
void sf_candidates_make(struct sf_candidates *candidates, struct sf_arena *arena,
                        const struct sf_baseline *baseline, const struct sf_node *given, bool is_thorough);

/* `count` pairs of those, drawn from the seed; fewer where there are not as many. */
void sf_candidates_pair(struct sf_candidates *candidates, uint64_t seed, size_t count);

#endif
