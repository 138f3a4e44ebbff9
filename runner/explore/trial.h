/* One run of the programs under some rules, and what there is to say of it. */
#ifndef SF_EXPLORE_TRIAL_H
#define SF_EXPLORE_TRIAL_H

#include "base/folder.h"
#include "base/ports.h"
#include "explore/observe.h"
#include "explore/subject.h"
#include "launch/launch.h"
#include "trace/recorder.h"

/* How the reports of sanitizers begin. */
#define SF_SANITIZER_MARKS 5u
extern const char *const sf_sanitizer_marks[SF_SANITIZER_MARKS];

/* Plain facts of a program; texts are valid as long as the trial. */
struct sf_trial_program {
    enum sf_end end;
    int code, signal;
    bool is_service, ready, early, cancelled, stop_killed;
    int stop_signal;
    uint64_t duration_ns, cpu_ns;
    uint64_t calls[SF_FAMILY_COUNT];
    int64_t leaked;    /* -1: not counted */
    uint32_t unclosed; /* traced alone: as sf_observed_program has it */
    const char *out;   /* out_bytes bytes */
    uint64_t out_bytes;
    int told_signal;        /* that a shell told of: by its status, and by its name on standard error; 0: none */
    const char *sanitizer;  /* the line with which a sanitizer's report begins; NULL: there is none */
    const char *last_words; /* the last line of its standard error; "" */
};

struct sf_trial_facts {
    struct sf_trial_program *programs; /* the probe is the last, if there is one */
    unsigned count;
    bool has_probe;
    bool timed_out;
    uint64_t duration_ns, timeout_ns;
    uint64_t fired; /* of all rules together */
    uint64_t illegal;
    bool is_whole; /* all rules fired */
    bool is_void;  /* a fault could not be carried out as it should have been: it says nothing */
    const struct sf_observation *observation; /* NULL: it was not traced */
    const struct sf_warnings *warnings;       /* likewise */
};

struct sf_trial {
    struct sf_arena *arena; /* NULL: there is none */
    struct sf_port_set ports;
    struct sf_folder folder;
    struct sf_scenario *scenario;
    struct sf_session_memory *session;
    struct sf_observation *observation;
    struct sf_recorder *recorder;
    struct sf_launch *launch;
    struct sf_trial_facts facts; /* once it was collected */
};

enum sf_trial_start { SF_TRIAL_STARTED, SF_TRIAL_FAILED };

/* Start it. rules: a list of nodes; NULL: none. FAILED: sockfault itself did, or the scenario
 * cannot be run: *problem says why, in the trial's arena. The trial is to be freed in any case. */
enum sf_trial_start sf_trial_start(struct sf_trial *trial, const struct sf_subject *subject,
                                   const struct sf_node *rules, uint64_t timeout_ns, bool is_traced,
                                   const char **problem);

/* The same of a document that is run as it stands: a reproducer. */
enum sf_trial_start sf_trial_start_document(struct sf_trial *trial, const struct sf_subject *subject,
                                            const struct sf_document *document, const char **problem);

/* A descriptor that is readable once it is over; -1: it is over. */
int sf_trial_fd(const struct sf_trial *trial);

/* It is over: facts. NULL, or why sockfault itself failed. */
const char *sf_trial_collect(struct sf_trial *trial);

void sf_trial_free(struct sf_trial *trial); /* zeroed is fine */

#endif
