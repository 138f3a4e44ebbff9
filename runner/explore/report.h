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

/* Where the code of a place lies: "greet (src/greet.c:27)" gives src/greet.c and 27. False: it says no line.
 */
bool sf_place_source(struct sf_arena *arena, const char *place, const char **file, unsigned *line);

#endif
