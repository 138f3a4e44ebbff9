/* Scenarios that cannot be started. */
#ifndef SF_COMMANDS_UNSTARTED_H
#define SF_COMMANDS_UNSTARTED_H

#include "report/report.h"

/* The report of a scenario that must not be started: skipped (with `no_skip`
 * failed) where a command that it requires is missing, failed where rules cannot
 * reach a program. NULL: start it. */
struct sf_report_scenario *sf_scenario_unstarted(const struct sf_scenario *scenario, bool no_skip);

#endif
