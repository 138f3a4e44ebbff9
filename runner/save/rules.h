/* Rules that have fired, as rules that fire there again. */
#ifndef SF_SAVE_RULES_H
#define SF_SAVE_RULES_H

#include "save/save.h"

/* The node that each rule of the scenario was decoded from, among the rules of its
 * document; in the arena. */
const struct sf_node **sf_rule_nodes(struct sf_arena *arena, const struct sf_document *document,
                                     const struct sf_scenario *scenario);

/* The list for `faults`, empty where nothing fired. `saved`: is set for each rule that it
 * holds. Notes and a problem go to `result`. */
const struct sf_node *sf_save_rules(struct sf_arena *arena, const struct sf_node *const *nodes, bool is_run,
                                    const struct sf_scenario *scenario,
                                    const struct sf_session_memory *session, bool *saved,
                                    struct sf_saved *result);

#endif
