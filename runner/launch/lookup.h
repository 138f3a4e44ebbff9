/* Which file does a program's argv[0] name? */
#ifndef SF_LAUNCH_LOOKUP_H
#define SF_LAUNCH_LOOKUP_H

#include <stdbool.h>
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

/* The file that the kernel loads for what sf_program_find found: of a script the
 * interpreter. A relative one is taken from `cwd`. One that cannot be read stands for
 * itself; `file` may be `found`. false: the scripts have no end, or a name is too long. */
bool sf_program_follow(const char *found, const char *cwd, char *file, size_t file_bytes);

#endif
