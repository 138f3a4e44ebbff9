/* The sections of a scenario, one file each. */
#ifndef SF_SCENARIO_SECTIONS_H
#define SF_SCENARIO_SECTIONS_H

#include "scenario/decode.h"

/* vars and matrix: what `${NAME}` stands for; these decode no field. */
extern const struct sf_type sf_type_vars, sf_type_matrix;

/* programs: fills scenario->programs and the names that rules may use. Where
 * there is one program of `run` already, the names alone. */
void sf_programs_decode(struct sf_decoder *decoder, const struct sf_node *node);

/* faults: fills scenario->rules. */
void sf_rules_decode(struct sf_decoder *decoder, const struct sf_node *node);

/* One rule; its id is NULL where it says none. False: it selects other programs
 * than the one of `run`. What is wrong is reported. */
bool sf_rule_decode(struct sf_decoder *decoder, const struct sf_node *node, struct sf_rule *rule);

/* exactly, a trigger: calls named one by one, in a struct sf_exactly. What it may name
 * hangs on the rest of the rule, which is checked once that is known. */
extern const struct sf_type sf_type_exactly;
void sf_exactly_check(struct sf_decoder *decoder, const struct sf_rule *rule);

/* expect: fills scenario->expect and ->rule_expect, for which the sections above made room. */
void sf_expect_decode(struct sf_decoder *decoder, const struct sf_node *node);

#endif
