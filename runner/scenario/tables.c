#include "scenario/tables.h"

const struct sf_named_table sf_tables[SF_TABLES] = {
    {"scenario", &sf_scenario_table}, {"program", &sf_program_table}, {"ready", &sf_ready_table},
    {"rule", &sf_rule_table},         {"when", &sf_when_table},       {"delay", &sf_delay_table},
    {"expect", &sf_expect_table},     {"output", &sf_output_table},
};
