/* What --trace, -o and the command trace have written of the socket calls. */
#ifndef SF_COMMANDS_TRACES_H
#define SF_COMMANDS_TRACES_H

#include "commands/options.h"
#include "launch/launch.h"
#include "trace/recorder.h"

struct sf_traces {
    const char *command; /* for messages: "run" */
    int text, json, capture; /* descriptors; -1: not asked for */
    int lock;            /* between the recorders of scenarios that run at once; -1: there is one */
    struct sf_trace_wish wish;
    struct sf_trace_filter *filter;
    int verbosity;
    const char *stranger; /* a program that --program names and that no scenario so far has had */
    bool several;         /* scenarios: JSON Lines say theirs */
    bool seeks_habits;    /* whatever the scenario expects */
    bool draws_timeline;
};

/* Open the files before anything is started. is_trace: text goes to stderr, or to the file of -o.
 * Returns NULL, or what is wrong. */
const char *sf_traces_open(struct sf_arena *arena, struct sf_options *options, const char *command,
                           bool is_trace, bool several, struct sf_traces *traces);
/* Says on stderr where --program named a program that no scenario has. */
void sf_traces_close(struct sf_traces *traces); /* zeroed or opened */

/* What the scenario's session is to be made with; NULL: nothing is traced. */
const struct sf_trace_wish *sf_traces_wish(const struct sf_traces *traces,
                                           const struct sf_scenario *scenario);

/* Start to record a scenario whose session is made, right before its launch. NULL: nothing is
 * traced, or `problem` says why it cannot be. */
struct sf_recorder *sf_traces_record(struct sf_arena *arena, struct sf_traces *traces,
                                     const struct sf_scenario *scenario,
                                     const struct sf_session_memory *session, const char **problem);

/* It has ended: wait until all is written, and say on stderr what the trace lacks. Returns why it is
 * not what it should be, as a sentence; NULL: it is. What it has to say of habits goes into the
 * outcome, as long as the recorder lives. recorder NULL is fine. */
const char *sf_traces_finish(struct sf_arena *arena, const struct sf_traces *traces,
                             const struct sf_scenario *scenario, const struct sf_session_memory *session,
                             struct sf_recorder *recorder, struct sf_outcome *outcome);

#endif
