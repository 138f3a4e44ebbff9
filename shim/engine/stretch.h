/* The calls that a rule names one by one (`when: {exactly: …}`). */
#ifndef SF_ENGINE_STRETCH_H
#define SF_ENGINE_STRETCH_H

#include "abi/event.h"
#include "abi/plan.h"

/* The rule's stretch that holds the call at this place; NULL: it names others. Pure. */
const struct sf_stretch *sf_stretch_find(const struct sf_plan *plan, const struct sf_plan_rule *rule,
                                         const struct sf_firing *place);

#endif
