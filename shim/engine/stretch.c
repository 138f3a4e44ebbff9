#include "engine/stretch.h"

#include <stddef.h>

/* Stretches are sorted and lie apart: only the last that begins at or before the call may hold it. */
static const struct sf_stretch *search(const struct sf_stretch *list, uint32_t count,
                                       const struct sf_stretch *call)
{
    uint32_t from = 0, to = count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (sf_stretch_compare(&list[middle], call) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == 0)
        return NULL;
    const struct sf_stretch *found = &list[from - 1];
    return found->counter == call->counter && found->ordinal == call->ordinal && call->first <= found->last
               ? found
               : NULL;
}

const struct sf_stretch *sf_stretch_find(const struct sf_plan *plan, const struct sf_plan_rule *rule,
                                         const struct sf_firing *place)
{
    const struct sf_stretch *list = sf_plan_stretches(plan) + rule->stretch;
    const struct sf_stretch call = {
        .counter = place->counter, .ordinal = place->ordinal, .first = place->nth};
    const struct sf_stretch wherever = {.counter = SF_COUNTER_ALL, .first = place->nth};
    const struct sf_stretch *found = search(list, rule->stretch_count, &call);

    return found ? found : search(list, rule->stretch_count, &wherever);
}
