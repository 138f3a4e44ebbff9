/* What a person or a machine reads of a run. */
#ifndef SF_REPORT_REPORT_H
#define SF_REPORT_REPORT_H

#include "verify/verify.h"

#include <stdio.h>

enum sf_result { SF_PASSED, SF_FAILED, SF_SKIPPED, SF_INVALID };

/* One judged scenario, kept after its programs and its session are gone. All
 * memory belongs to `arena`. */
struct sf_report_program {
    const char *name;
    struct sf_exit exit; /* outputs' tails copied into the arena */
    uint64_t calls[SF_FAMILY_COUNT];
};
struct sf_report_rule {
    const char *id, *text; /* text: "partial: 1" */
    unsigned line;
    uint64_t fired, illegal;
    const char *illegal_reason; /* NULL: none */
};
struct sf_report_scenario {
    struct sf_arena *arena;
    const char *name, *file;
    unsigned line;
    enum sf_result result;
    uint64_t seed;
    uint64_t duration_ns;
    struct sf_findings findings; /* of an invalid scenario: its diagnostics */
    struct sf_report_program *programs;
    size_t program_count;
    struct sf_report_rule *rules;
    size_t rule_count;
};

struct sf_report_run {
    struct sf_report_scenario **scenarios; /* in the order of the command line */
    size_t count;
    uint64_t duration_ns;
};

enum sf_report_format { SF_REPORT_PRETTY, SF_REPORT_JSON };

struct sf_report_request {
    enum sf_report_format format;
    const char *path; /* NULL: the default stream */
};

/* Parse "FORMAT[=FILE]"; false: `error` (a sentence) says what is allowed. */
bool sf_report_parse(const char *text, struct sf_report_request *request, char *error, size_t error_bytes);

/* Write one report. Returns 0, or an errno when the file cannot be written. */
int sf_report_write(const struct sf_report_request *request, const struct sf_report_run *run, FILE *fallback,
                    int verbosity);

#endif
