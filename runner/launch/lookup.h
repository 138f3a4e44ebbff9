/* Which file does a program's argv[0] name? */
#ifndef SF_LAUNCH_LOOKUP_H
#define SF_LAUNCH_LOOKUP_H

#include <stddef.h>

struct sf_program;

/* The PATH that a program of the scenario will see; NULL: none. */
const char *sf_program_path(const struct sf_program *program);

/* What execvp would execute, seen from the current folder: `file` itself when
 * it holds a slash, otherwise the first executable of that name on `path`
 * (NULL: the system's default path). Relative parts are taken from `cwd` (NULL:
 * the current folder). Returns 0, or why nothing can be executed: ENOENT,
 * EACCES (found, but not executable), ENAMETOOLONG. */
int sf_program_find(const char *file, const char *path, const char *cwd, char *found, size_t found_bytes);

#endif
