/* Whom must the shim reach? `exe` narrows that to the executables that it names. */
#ifndef SF_LAUNCH_MEANT_H
#define SF_LAUNCH_MEANT_H

#include "abi/session.h"
#include "scenario/scenario.h"

/* Can some rule of the scenario select what a process of a program does that executed
 * `file`, a path or a name for PATH? Asked of its path and base name, as the shim asks
 * (sf_exe_exclude): those by which it was executed and those of the file that was loaded.
 * Of a file that cannot be found the name alone tells. */
bool sf_file_is_meant(const struct sf_scenario *scenario, size_t program, const char *file);

/* The same of an announced exec. What cannot be told from it is meant. */
bool sf_exec_is_meant(const struct sf_scenario *scenario, const struct sf_exec *exec);

#endif
