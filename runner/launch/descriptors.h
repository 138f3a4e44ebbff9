/* Descriptors that a supervisor must not hold. */
#ifndef SF_LAUNCH_DESCRIPTORS_H
#define SF_LAUNCH_DESCRIPTORS_H

#include <stddef.h>

/* Close every descriptor but these (-1 is skipped), then open /dev/null for
 * those of 0 to 2 that are closed, so that nothing else gets their numbers. */
void sf_descriptors_close_others(const int *kept, size_t count);

/* The same file at a number from 3 on: what a caller that was started without
 * stdin opens may stand at 0. Closes `fd` when it moves it; -1 stays -1. */
int sf_descriptor_above_stdio(int fd);

#endif
