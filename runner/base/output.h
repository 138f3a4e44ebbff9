/* Files that options name for what sockfault writes. */
#ifndef SF_BASE_OUTPUT_H
#define SF_BASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* Open for writing; "-" is standard output. NULL, with errno, when it cannot be. */
FILE *sf_output_open(const char *path);

/* Close it; of standard output only what is buffered goes out. NULL is fine.
 * Returns 0, or an errno when something of it could not be written. */
int sf_output_close(FILE *file);

/* Is colour wanted there? On a terminal, unless NO_COLOR (https://no-color.org) or TERM says otherwise. */
bool sf_output_colors(int fd);

#endif
