/* What a person or a machine reads of a search. */
#ifndef SF_EXPLORE_REPORT_H
#define SF_EXPLORE_REPORT_H

#include "explore/explore.h"
#include "report/report.h"

/* Write one report, to the opened file or to the default stream. Formats of `test` show each finding as
 * a scenario that failed, a known one as skipped. Returns 0 or an errno. */
int sf_explored_report(const struct sf_report_request *request, const struct sf_exploration *exploration,
                       FILE *fallback, int verbosity);

/* Findings that are not known. */
size_t sf_explored_count(const struct sf_exploration *exploration);

/* One of each format of its own. */
int sf_explored_table(FILE *out, const struct sf_exploration *exploration, int verbosity);
int sf_explored_json(FILE *out, const struct sf_exploration *exploration);
int sf_explored_sarif(FILE *out, const struct sf_exploration *exploration);

/* The line of the source at which the call was made; 0: not known. */
unsigned sf_explored_line(const struct sf_explored *finding);

/* The folder from which code hosts name files: of the repository that we are in, or else the one that
 * we are in. */
const char *sf_source_root(struct sf_arena *arena);

/* A path from a folder, where it lies below that, as it is otherwise. Of files that are there links are
 * followed first; a relative path that is not there stays one. folder: absolute, without links. */
const char *sf_source_from(struct sf_arena *arena, const char *path, const char *folder);

#endif
