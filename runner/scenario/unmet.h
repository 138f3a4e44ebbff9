/* Scopes and triggers that no call of a rule can meet. */
#ifndef SF_SCENARIO_UNMET_H
#define SF_SCENARIO_UNMET_H

#include "scenario/decode.h"

/* Warn of them: the rule will not fire, or not at those calls, and nothing lifts that. */
void sf_unmet_warn(struct sf_decoder *decoder, const struct sf_rule *rule);

#endif
