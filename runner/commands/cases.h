/* What `test` runs: the scenarios of all files, chosen and repeated as the options say. */
#ifndef SF_COMMANDS_CASES_H
#define SF_COMMANDS_CASES_H

#include "commands/options.h"

struct sf_case {
    const struct sf_document *document;
    size_t combination; /* of its matrix */
    unsigned run;       /* of --repeat, from 0 */
};

struct sf_cases {
    struct sf_case *list; /* in the order of the files */
    size_t count;
    size_t total; /* of all parts, where the options choose one */
    struct sf_report_scenario **invalid; /* a report for each path with errors: the caller's */
    size_t invalid_count;
    const char *failure; /* what else is wrong, so that there is nothing to run; otherwise NULL */
};

/* Read all that the paths of the options mean, before anything is started. All
 * errors are printed. False: there were some, or there is nothing to run; that a part of it
 * holds nothing is no error. */
bool sf_cases_read(struct sf_arena *arena, const struct sf_options *options, struct sf_cases *cases);

#endif
