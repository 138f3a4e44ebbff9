/* The files of --report. */
#ifndef SF_COMMANDS_REPORTS_H
#define SF_COMMANDS_REPORTS_H

#include "commands/options.h"

struct sf_arena;

/* Open them all, before anything is started: who asked for a report in vain need
 * not wait for it. Returns NULL, or why one cannot be written. */
const char *sf_reports_open(struct sf_arena *arena, const struct sf_options *options);

/* Likewise once one could not be written. */
const char *sf_reports_problem(struct sf_arena *arena, const struct sf_report_request *request, int error);

void sf_reports_close(const struct sf_options *options);

/* Is one among them that draws lives of connections? */
bool sf_reports_draw(const struct sf_options *options);

#endif
