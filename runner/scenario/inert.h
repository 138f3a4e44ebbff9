/* Rules that can do nothing, as far as that can be known before a run, or not what they seem to. */
#ifndef SF_SCENARIO_INERT_H
#define SF_SCENARIO_INERT_H

#include "scenario/decode.h"

/* Warn of a fault that the kernel gives at none or not at all of the calls that
 * a rule selects; with `force`, of one that nobody can bring about there. Of a
 * link rule: of triggers that cannot hold. Where hints are wanted, of an error that
 * another fault makes for real. Warn as well of what unmet.h says. */
void sf_inert_warn(struct sf_decoder *decoder, const struct sf_rule *rule);

#endif
