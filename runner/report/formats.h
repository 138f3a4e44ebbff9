/* What the formats share, and a writer for each. */
#ifndef SF_REPORT_FORMATS_H
#define SF_REPORT_FORMATS_H

#include "report/report.h"

/* The last lines of a program's standard error, printable, each without its end. */
struct sf_tail {
    const char **lines;
    size_t count; /* 0: it wrote none, or nothing went wrong with it, or the finding tells it all */
    bool is_cut;  /* there were more before them */
};
struct sf_tail sf_report_tail(const struct sf_report_scenario *report,
                              const struct sf_report_program *program);

/* Is this a file's path? What the command line or standard input said has a name, but none. */
bool sf_report_is_path(const char *file);

/* What the pretty report says of the scenario, without colour: its first line, and in *rest
 * the lines behind it. Both belong to the report's arena. */
const char *sf_pretty_text(const struct sf_report_scenario *report, int verbosity, const char **rest);

/* Each writes all of a report. Returns 0 or an errno; what `out` itself failed at is the caller's
 * to see. */
int sf_pretty_write(FILE *out, const struct sf_report_run *run, int verbosity);
int sf_tap_write(FILE *out, const struct sf_report_run *run, int verbosity);

/* What failed, as comments of TAP, for people whose harness reads the report itself and shows them what comes
 * beside it. Nothing of a `run`, nor of what is invalid: that is told there already. */
void sf_tap_comment(FILE *out, const struct sf_report_run *run);

int sf_junit_write(FILE *out, const struct sf_report_run *run, int verbosity);
int sf_github_write(FILE *out, const struct sf_report_run *run, int verbosity);
int sf_html_write(FILE *out, const struct sf_report_run *run, int verbosity);

#endif
