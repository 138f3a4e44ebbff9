/* Run scenarios, several at once, and report each in its turn. */
#ifndef SF_COMMANDS_BATCH_H
#define SF_COMMANDS_BATCH_H

#include "commands/cases.h"
#include "commands/traces.h"
#include "save/save.h"

/* How far it is. */
struct sf_batch_state {
    size_t finished, failed, total;
    const char *const *running; /* names of what is under way */
    size_t running_count;
};

struct sf_batch {
    /* Set by the caller. */
    const struct sf_case *cases; /* checked: each can be decoded */
    size_t count;
    const struct sf_options *options;
    const char *shim_path;
    struct sf_traces *traces; /* opened */
    bool saves; /* keep what --save writes */
    void (*done)(void *context, const struct sf_report_scenario *report); /* in the cases' order */
    void (*busy)(void *context, const struct sf_batch_state *state); /* whenever that changes, and each second; NULL: something else may be printed now */
    void *context;

    /* Filled in. */
    struct sf_report_scenario **reports; /* of what was run, in the cases' order: the caller's */
    const struct sf_saved **saved;       /* of each report; NULL: it was not started */
    size_t report_count;
    const char *failure;                 /* sockfault itself failed: why; NULL: it did not */
};

/* Returns 0, or the signal that ended it early. What is under way then, or with
 * --fail-fast when a scenario failed, is ended and has no report. */
int sf_batch_run(struct sf_arena *arena, struct sf_batch *batch);

#endif
