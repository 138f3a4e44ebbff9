/* From the event log to the calls at which each rule fired. */
#ifndef SF_SAVE_FIRINGS_H
#define SF_SAVE_FIRINGS_H

#include "plan/session.h"

struct sf_arena;
struct sf_node;

struct sf_firings {
    struct sf_stretch *list; /* sorted, neighbours of equal value joined */
    size_t count;
    uint64_t recorded; /* calls in them: the rule's `fired`, unless the log has lost some */
};

/* One for each rule of the session's plan, in the arena. The log may have holes. */
struct sf_firings *sf_firings_read(struct sf_arena *arena, const struct sf_session_memory *session);

/* Was the same drawn for all of them? Then *value; 0: nothing was. */
bool sf_firings_agree(const struct sf_firings *firings, uint32_t *value);

/* As the value of the rule's `exactly`: where the rule has but one count of calls, as
 * "1..4, 7", otherwise as a mapping. with_values: what was drawn stands behind '='. */
const struct sf_node *sf_firings_node(struct sf_arena *arena, const struct sf_firings *firings,
                                      const struct sf_scenario *scenario, const struct sf_rule *rule,
                                      bool with_values);

#endif
