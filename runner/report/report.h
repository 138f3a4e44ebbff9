/* What a person or a machine reads of a run. */
#ifndef SF_REPORT_REPORT_H
#define SF_REPORT_REPORT_H

#include "timeline/timeline.h"
#include "verify/verify.h"

#include <stdio.h>

enum sf_result { SF_PASSED, SF_FAILED, SF_SKIPPED, SF_INVALID };
#define SF_RESULT_COUNT 4
extern const char *const sf_result_names[SF_RESULT_COUNT]; /* "passed" … */

/* One judged scenario, kept after its programs and its session are gone. All
 * memory belongs to `arena`. */
struct sf_report_habit {
    const char *warning, *message; /* "short-send", "send(3) took 7 of 20 bytes, …" */
    const char *call, *state, *site; /* NULL: none, or not known */
    const char *peer;                /* likewise */
    int fd;                          /* -1: none */
    unsigned connection;             /* 0: none */
    uint32_t times;
};
struct sf_report_program {
    const char *name;
    struct sf_exit exit; /* outputs' tails copied into the arena */
    uint64_t calls[SF_FAMILY_COUNT];
    uint32_t calls_unknown; /* bits of enum sf_family: of which these are not all */
    int64_t leaked_sockets; /* -1: not all were counted */
    const char *leaks;      /* which they were, as far as that is known */
    bool has_hygiene;       /* broken habits were looked for */
    const char *hygiene_unknown; /* why there may be more of them than these; NULL: there are not */
    struct sf_report_habit *habits;
    size_t habit_count;
};
struct sf_report_rule {
    const char *id, *text; /* text: "partial: 1" */
    unsigned line;
    bool forced; /* it says force: true: what it did need not be what the kernel could do */
    uint64_t fired, illegal;
    const char *illegal_reason; /* NULL: none */
};

#define SF_REPORT_EVENTS_MAX 20u /* of a scenario: the first ones */
struct sf_report_scenario {
    struct sf_arena *arena;
    const char *name, *file;
    unsigned line;
    enum sf_result result;
    bool is_run; /* of `run`: nothing is expected of its program; set by the caller */
    uint64_t seed;
    const char *tags; /* "smoke, slow"; NULL: none */
    uint64_t duration_ns;
    const char *reason;          /* why it was skipped; otherwise NULL */
    struct sf_findings findings; /* of an invalid scenario: its diagnostics */
    struct sf_report_program *programs;
    size_t program_count;
    struct sf_report_rule *rules;
    size_t rule_count;
    const char **events; /* injected faults, a line each */
    size_t event_count;
    uint64_t events_more; /* further ones that are not kept, or were lost */
    const struct sf_timeline *timeline; /* lives of its connections; NULL: not asked for */
};

/* An empty report of a scenario; the texts are copied. */
struct sf_report_scenario *sf_report_new(const char *name, const char *file, unsigned line);

/* The same of a scenario that was decoded, with its seed and tags. */
struct sf_report_scenario *sf_report_of(const struct sf_scenario *scenario);

/* Fill it in with what happened and judge that: result, findings, counters.
 * How a run's program ends is no matter of its result. */
void sf_report_judge(struct sf_report_scenario *report, const struct sf_scenario *scenario,
                     const struct sf_session_memory *session, const struct sf_outcome *outcome);

void sf_report_free(struct sf_report_scenario *report); /* NULL is fine */

struct sf_report_run {
    struct sf_report_scenario **scenarios; /* in the order of the command line */
    size_t count;
    uint64_t duration_ns;
    const char *failure; /* why these are not all, or none: sockfault itself failed, say; NULL: they are all */
    const char *idle;    /* why it is right that there are none; otherwise NULL */
    const char *shard;   /* "2/3": these are that part; NULL: the whole */
};

enum sf_report_format {
    SF_REPORT_PRETTY,
    SF_REPORT_TAP,
    SF_REPORT_JUNIT,
    SF_REPORT_JSON,
    SF_REPORT_GITHUB,
    SF_REPORT_HTML,
    SF_REPORT_FORMAT_COUNT,
    SF_REPORT_SARIF = SF_REPORT_FORMAT_COUNT /* of explore alone */
};

struct sf_report_request {
    enum sf_report_format format;
    const char *path; /* NULL: the default stream */
    FILE *file;       /* path, once it was opened */
};

/* Parse "FORMAT[=FILE]"; `path` points into `text`; false: `error` (a sentence) says what is allowed. */
bool sf_report_parse(const char *text, struct sf_report_request *request, char *error, size_t error_bytes);

/* The formats' names, in their order. */
void sf_report_formats(const char *names[static SF_REPORT_FORMAT_COUNT]);

/* How many scenarios came to this result. */
size_t sf_report_count(const struct sf_report_run *run, enum sf_result result);

/* Open the request's file, if it names one. Returns 0 or an errno. */
int sf_report_open(struct sf_report_request *request);
void sf_report_close(struct sf_report_request *request); /* one that is not open is fine */

/* Write one report, to the opened file or to the default stream. verbosity: -1
 * only failures, 0, 1 all that is known. Returns 0 or an errno. */
int sf_report_write(const struct sf_report_request *request, const struct sf_report_run *run, FILE *fallback,
                    int verbosity);

/* The pretty report in its parts, so that each scenario can be shown once it is over. That of a run has no
 * verdict, and no summary. */
void sf_pretty_scenario(FILE *out, const struct sf_report_scenario *report, int verbosity);
void sf_pretty_summary(FILE *out, const struct sf_report_run *run);

int sf_json_write(FILE *out, const struct sf_report_run *run);

#endif
