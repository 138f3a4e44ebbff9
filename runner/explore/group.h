/* What a finding is called from run to run: KIND of PROGRAM at CALL[, PLACE]. */
#ifndef SF_EXPLORE_GROUP_H
#define SF_EXPLORE_GROUP_H

#include <stdbool.h>

/* One may lack the place, which a run does not always learn. */
bool sf_group_is_same(const char *one, const char *other);

#endif
