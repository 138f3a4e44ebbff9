/* A symptom on its way to a finding: which run it needs next, and what that run means.
 *
 * No I/O but the writing of its reproducer; the search starts the runs. */
#ifndef SF_EXPLORE_SUSPECT_H
#define SF_EXPLORE_SUSPECT_H

#include "explore/explore.h"

enum sf_suspect_step {
    SF_SUSPECT_CONTROL, /* a fault-free run: does the output vary by itself? */
    SF_SUSPECT_CONFIRM, /* the same again, traced, with all the time there is */
    SF_SUSPECT_SHRINK,  /* something smaller */
    SF_SUSPECT_VERIFY,  /* its reproducer */
    SF_SUSPECT_OVER
};

struct sf_suspect {
    struct sf_suspect *next;
    enum sf_suspect_step step;
    bool is_running;
    bool was_cut;                  /* the first run was ended early, by our own time-out */
    struct sf_candidate candidate; /* the smallest so far … */
    struct sf_candidate first;     /* … and as it was found */
    struct sf_candidate variant;   /* SHRINK: under trial */
    unsigned next_variant, shrinks;
    struct sf_symptom symptom;
    unsigned turns;             /* how often another symptom was seen than before */
    unsigned alike;             /* further candidates that showed the same */
    const char *prior;          /* the key by which further symptoms are told to be alike at once */
    struct sf_explored finding; /* filled in when it was confirmed */
    const char *text;           /* VERIFY: of the reproducer */
    unsigned voids;             /* VERIFY: runs that said nothing */
    const struct sf_document *document;
    bool is_new;      /* OVER: a finding that nobody had yet */
    bool is_unstable; /* OVER: it did not repeat */
};

struct sf_suspect *sf_suspect_new(struct sf_exploration *exploration, const struct sf_candidate *candidate,
                                  const struct sf_symptom *symptom, bool was_cut);

/* By what symptoms are told to be alike before they are confirmed. */
const char *sf_suspect_prior(struct sf_arena *arena, const struct sf_exploration *exploration,
                             const struct sf_candidate *candidate, const struct sf_symptom *symptom);

/* What its next run is to be: rules, as a list for sf_trial_start (NULL: none) … */
const struct sf_candidate *sf_suspect_candidate(const struct sf_suspect *suspect);

/* That run has ended; it moves on to the next step. facts NULL: it could not be started. */
void sf_suspect_judge(struct sf_exploration *exploration, struct sf_suspect *suspect,
                      const struct sf_trial_facts *facts);

/* The run of the reproducer has ended: did it fail, as it should? */
void sf_suspect_verify(struct sf_exploration *exploration, struct sf_suspect *suspect, bool failed);

#endif
