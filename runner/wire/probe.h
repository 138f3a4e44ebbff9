/* What this machine lets the wire do. */
#ifndef SF_WIRE_PROBE_H
#define SF_WIRE_PROBE_H

#include "abi/plan.h"

/* What link rules of this plan need and this machine lacks, as a sentence; NULL: nothing. Opens a connection
 * of its own, and none where no rule needs more than sockets. */
const char *sf_wire_lacks(const struct sf_plan *plan);

#endif
