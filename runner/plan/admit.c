#include "plan/session.h"

bool sf_plan_admits(const struct sf_scenario *scenario, struct sf_diagnostics *diagnostics)
{
    bool admits = true;
    for (size_t i = 0; i < scenario->rule_count; i++) {
        if (scenario->rules[i].kind == SF_RULE_CALL)
            continue;
        admits = false;
        sf_error(diagnostics, scenario->rules[i].link.place,
                 "link rules need the wire, a process of sockfault run and test: a plan has call rules alone, "
                 "run -s obeys both");
    }
    return admits;
}
