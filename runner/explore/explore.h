/* The search: from a scenario to the faults that its programs do not survive.
 *
 * Runs go on in parallel, each in a session of its own. A symptom becomes a suspect: it is confirmed by
 * a second run with the same seed, made smaller, written down as a scenario, and that is run once; what fails
 * on the way is no finding. */
#ifndef SF_EXPLORE_EXPLORE_H
#define SF_EXPLORE_EXPLORE_H

#include "commands/shard.h"
#include "explore/candidates.h"
#include "explore/finding.h"

struct sf_explore_progress {
    uint64_t runs;
    size_t tried, total; /* candidates */
    size_t findings;
    uint64_t elapsed_ns;
    bool is_over;
};

/* What a fault may take: a run, and three that confirm what that shows. */
#define SF_EXPLORE_FAULT_RUNS 4u
/* … behind three without faults, or more where the first of those fail in the probe. */
#define SF_EXPLORE_RUNS_MIN (3u + SF_EXPLORE_FAULT_RUNS)

struct sf_exploration {
    /* Set by the caller. */
    struct sf_arena *arena;
    struct sf_subject *subject;
    const struct sf_node *given; /* the user's own rules, a list; NULL: none */
    unsigned jobs;
    bool is_thorough;  /* as sf_candidates_make takes it */
    uint64_t max_runs; /* 0: no bound but the candidates there are, and some pairs; otherwise
                        * SF_EXPLORE_RUNS_MIN or more */
    struct sf_shard shard;
    const char *out;          /* the folder for reproducers; made when there is something to put there */
    const char *const *tried; /* sorted texts of candidates that an earlier search has tried */
    size_t tried_count;
    void (*progress)(void *context, const struct sf_explore_progress *progress);
    void *context;

    /* Filled in; with --resume there may be something already. */
    struct sf_baseline baseline;
    struct sf_candidates candidates;
    bool *done; /* one for each candidate: it was tried */
    struct sf_explored_list findings, unstable;
    uint64_t runs;         /* all, fault-free ones included */
    bool is_short_of_runs; /* there is no room for one that nothing depends on */
    size_t sites;          /* places of the code that were tried */
    size_t tried_now;      /* candidates */
    uint64_t duration_ns;
    int signal;          /* that ended it early; 0: none */
    const char *problem; /* a program fails without faults: why; NULL: none does … */
    const char *output;  /* … and what it said */
    const char *failure; /* sockfault itself failed: why */
    const char *note;    /* what makes it mean less than it seems to: a sentence; NULL: nothing does */
};

/* Fault-free runs. Afterwards there are a baseline and candidates, or a problem or failure. */
void sf_explore_begin(struct sf_exploration *exploration);

/* Try them, until all are, or the bound is met, or a signal came. */
void sf_explore_search(struct sf_exploration *exploration);

#endif
