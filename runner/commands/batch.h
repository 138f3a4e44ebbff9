/* Run scenarios, several at once, and report each in its turn. */
#ifndef SF_COMMANDS_BATCH_H
#define SF_COMMANDS_BATCH_H

#include "commands/options.h"
#include "report/report.h"

struct sf_batch {
    /* Set by the caller. */
    const struct sf_document **documents; /* checked: each can be decoded */
    size_t count;
    const struct sf_options *options; /* jobs, seed, timeout */
    const char *shim_path;
    void (*done)(void *context, const struct sf_report_scenario *report); /* in the documents' order */
    void *context;

    /* Filled in. */
    struct sf_report_scenario **reports; /* count of them, the caller's; NULL: not run */
    const char *failure;                 /* sockfault itself failed: why; NULL: it did not */
};

/* Returns 0, or the signal that ended it early: then the scenarios that were
 * under way are ended and have no report. */
int sf_batch_run(struct sf_arena *arena, struct sf_batch *batch);

#endif
