#include "plan/session.h"

#include <string.h>

static bool is_argument(const struct sf_place *place)
{
    static const char option[] = "--fault";
    return strncmp(place->file, option, strlen(option)) == 0;
}

/* Why the wire cannot do what a rule asks for; NULL: it can. */
static const char *beyond_wire(const struct sf_rule *rule)
{
    uint8_t types = rule->types ? rule->types : sf_link_faults[rule->link.fault].types;
    bool is_unix = types == SF_TYPE_DGRAM && rule->domains == SF_DOMAIN_UNIX;
    return is_unix ? "this rule acts on datagrams of Unix sockets" : NULL;
}

bool sf_plan_admits(const struct sf_scenario *scenario, bool has_wire, struct sf_diagnostics *diagnostics)
{
    bool admits = true;
    for (size_t i = 0; i < scenario->rule_count; i++) {
        const struct sf_rule *rule = &scenario->rules[i];
        const char *why = rule->kind == SF_RULE_CALL ? NULL : beyond_wire(rule);
        if (rule->kind == SF_RULE_CALL || (!why && has_wire))
            continue;
        admits = false;
        if (has_wire)
            sf_error(diagnostics, rule->link.place, "%s, which this version cannot do%s", why,
                     is_argument(&rule->link.place) ? "" : "; sockfault check validates this file");
        else
            sf_error(diagnostics, rule->link.place,
                     "link rules need the wire, a process of sockfault run and test: a plan has call rules "
                     "alone, run -s obeys both");
    }
    return admits;
}
