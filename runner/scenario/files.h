/* Scenario files: finding them and reading them into memory. */
#ifndef SF_SCENARIO_FILES_H
#define SF_SCENARIO_FILES_H

#include "base/arena.h"
#include "base/diagnostic.h"

#include <stddef.h>

#define SF_STDIN "-"             /* the path that is standard input … */
#define SF_STDIN_NAME "<stdin>" /* … and what places and reports call it */

/* What messages call a path of the command line: itself, or SF_STDIN_NAME. */
const char *sf_file_name(const char *path);

struct sf_files {
    const char **paths;
    size_t count;
};

/* Add what a PATH of the command line means: a file, or standard input, as it is, of
 * a folder every *.yaml and *.yml below it, sorted; hidden files and folders are
 * passed over. A path that is not there, a folder without any, or standard input
 * a second time is an error. */
void sf_files_add(struct sf_arena *arena, const char *path, struct sf_files *files,
                  struct sf_diagnostics *diagnostics);

/* The whole of a file or of standard input, NUL-terminated; NULL, with an error, when it cannot be
 * read or is larger than `limit_bytes`. */
const char *sf_file_read(struct sf_arena *arena, const char *path, size_t limit_bytes, size_t *bytes,
                         struct sf_diagnostics *diagnostics);

#endif
