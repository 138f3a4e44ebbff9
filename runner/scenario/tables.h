/* The keys of the language: one table for each kind of mapping whose keys the
 * reader knows. Mappings whose keys the user chooses (vars, env, calls, …) have none. */
#ifndef SF_SCENARIO_TABLES_H
#define SF_SCENARIO_TABLES_H

#include "scenario/decode.h"

extern const struct sf_table sf_scenario_table, sf_program_table, sf_ready_table, sf_rule_table,
    sf_when_table, sf_delay_table, sf_expect_table, sf_output_table;

struct sf_named_table {
    const char *name; /* "rule" */
    const struct sf_table *table;
};

#define SF_TABLES 8
extern const struct sf_named_table sf_tables[SF_TABLES];

/* " (it is a key of WHAT)" for a key that stands in the wrong mapping, otherwise "". */
const char *sf_key_home(struct sf_arena *arena, const char *key);

#endif
