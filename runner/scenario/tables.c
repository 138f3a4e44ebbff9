#include "scenario/tables.h"

#include <string.h>

const struct sf_named_table sf_tables[SF_TABLES] = {
    {"scenario", &sf_scenario_table}, {"program", &sf_program_table}, {"ready", &sf_ready_table},
    {"rule", &sf_rule_table},         {"when", &sf_when_table},       {"delay", &sf_delay_table},
    {"expect", &sf_expect_table},     {"output", &sf_output_table},
};

const char *sf_key_home(struct sf_arena *arena, const char *key)
{
    for (size_t i = 0; i < SF_TABLES; i++)
        for (size_t j = 0; j < sf_tables[i].table->count; j++)
            if (strcmp(sf_tables[i].table->keys[j].name, key) == 0)
                return sf_arena_printf(arena, " (it is a key of %s)", sf_tables[i].table->what);
    return "";
}
