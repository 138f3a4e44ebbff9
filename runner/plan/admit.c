#include "plan/session.h"

#include <string.h>

static bool is_argument(const struct sf_place *place)
{
    static const char option[] = "--fault";
    return strncmp(place->file, option, strlen(option)) == 0;
}

bool sf_plan_admits(const struct sf_scenario *scenario, struct sf_diagnostics *diagnostics)
{
    bool admits = true;
    for (size_t i = 0; i < scenario->rule_count; i++) {
        const struct sf_rule *rule = &scenario->rules[i];
        if (rule->kind == SF_RULE_CALL)
            continue;
        admits = false;
        sf_error(
            diagnostics, rule->link.place,
            "link rules act on the network between programs, which this version cannot do: use call rules%s",
            is_argument(&rule->link.place) ? "" : ", or sockfault check to validate this file");
    }
    return admits;
}
