/* The recorder: what takes the trace of a session out of its lanes and has it written.
 *
 * It is a process, forked from the runner for each traced scenario: a program that floods its
 * lanes, a file that takes its time, or a fault of the recorder itself then delays no supervisor,
 * and what was published is written even when the runner is killed. (A thread would have to live
 * with the forks by which the runner starts everything.) It holds nothing but the session's
 * memory and its files, ignores signals, and ends when the runner has told it that the programs
 * have ended, or is gone itself. */
#ifndef SF_TRACE_RECORDER_H
#define SF_TRACE_RECORDER_H

#include "hygiene/warning.h"
#include "trace/filter.h"
#include "trace/sink.h"

struct sf_follower;
struct sf_timeline;
struct sf_observation;

/* What is asked for; all that it points to must outlive the recorder, and not lie in main's argv. */
struct sf_recording {
    const struct sf_scenario *scenario;
    const struct sf_session_memory *session; /* with a trace */
    const struct sf_trace_filter *filter;    /* of what the text and JSON Lines show; NULL: all */
    int text, json;                          /* descriptors to write to; -1: not asked for */
    int capture;                             /* likewise */
    int lock;                                /* as sf_page.lock */
    int verbosity;                           /* of the text: as sf_options.verbosity */
    bool is_colored;                         /* likewise */
    bool names_scenario;                     /* JSON Lines of several scenarios: each says its own */
    bool seeks_habits;                       /* look for broken ones */
    bool draws_timeline;                     /* collect the lives of connections (timeline/timeline.h) */
    struct sf_observation *observation;      /* for explore; NULL: not asked for */

    /* Filled in by the recorder, for its sinks. */
    uint64_t start_ns; /* when the scenario started */
    const struct sf_follower *follower;
    struct sf_sites *sites;
    struct sf_warnings *warnings;
    int timeline; /* a file in memory */
};

struct sf_recorder;

/* Start it, before the scenario's launch. Returns NULL with errno set when it cannot be started. */
struct sf_recorder *sf_recorder_start(const struct sf_recording *recording);

/* How it went. */
struct sf_recorded {
    uint64_t dropped; /* calls that the trace lacks, for want of room */
    uint64_t damaged; /* records that a program has overwritten */
    const struct sf_warnings *warnings; /* of broken habits; NULL: nobody looked for them. The recorder's */
    const struct sf_timeline *timeline; /* NULL: nobody asked for it, or there is none. The recorder's */
    const char *failure; /* the trace is not what it should be: why; NULL: it is. The recorder's */
};

/* The programs have ended: wait until all is written. What makes no progress for a minute is
 * given up. May be called again. */
struct sf_recorded sf_recorder_end(struct sf_recorder *recorder);

/* Ends it first where it still runs. NULL is fine. */
void sf_recorder_free(struct sf_recorder *recorder);

#endif
