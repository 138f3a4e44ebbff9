/* The files of loaded objects, looked into at load and, where an object came later, in the middle
 * of a call: system calls alone. */
#ifndef SF_SITES_FILE_H
#define SF_SITES_FILE_H

#include "symbols/functions.h"

/* Maps the whole file. False: errno says why; changes it either way. Give it back. */
bool sf_file_open(struct sf_file *file, const char *path);
void sf_file_close(const struct sf_file *file);

#define SF_DEBUG_PATH_BYTES (sizeof "/usr/lib/debug/.build-id/00/.debug" + 2 * SF_BUILD_ID_MAX)

/* Where the symbols lie that a distribution took out of the file, if anywhere; false: it has no id. */
bool sf_file_debug_path(const struct sf_file *file, char path[SF_DEBUG_PATH_BYTES]);

#endif
