#include "scenario/inert.h"

#include "engine/legality.h"
#include "scenario/calls.h"
#include "scenario/faults.h"

#include <errno.h>
#include <string.h>

static uint32_t families_without_error(const struct sf_rule *rule)
{
    uint32_t families = 0;
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
        if (rule->families >> family & 1 && !sf_errno_is_known(family, rule->error))
            families |= 1u << family;
    return families;
}

/* A link's fault is always real, so there is nothing to force; and what connect meets comes first. */
static void warn_of_link(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    if (rule->force)
        sf_warning(decoder->diagnostics, rule->link.place,
                   "force does nothing here: what a link does is what a network does");
    if (sf_link_faults[rule->link.fault].connects && rule->types != SF_TYPE_DGRAM &&
        (rule->after_bytes || rule->match))
        sf_warning(decoder->diagnostics, rule->fault_place,
                   "connect meets %s before any byte has passed, so the rule will not fire%s",
                   sf_link_faults[rule->link.fault].name, rule->types ? "" : " on streams");
}

/* Where a fault makes for real what an error only says. */
static void hint_at_real(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    static const struct {
        int error;
        const char *fault;
    } real[] = {{ECONNRESET, "reset"}, {ECONNREFUSED, "refuse"}, {ETIMEDOUT, "timeout"}};
    const char *name = NULL;
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++)
        name = rule->error == real[i].error ? real[i].fault : name;
    for (size_t i = 0; name && i < SF_FAULT_COUNT; i++)
        if (strcmp(sf_faults[i].name, name) == 0 && sf_faults[i].families & rule->families)
            sf_warning(decoder->diagnostics, rule->fault_place,
                       "%s fakes what one call returns: %s makes the real thing", rule->fault_text, name);
}

/* What has no connection can neither end nor reset one. */
static bool needs_connection(const struct sf_rule *rule)
{
    return rule->fault == SF_FAULT_EOF || rule->fault == SF_FAULT_RESET || rule->fault == SF_FAULT_REFUSE;
}

static void warn_of_state(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    bool is_tcp = rule->types != SF_TYPE_DGRAM && rule->domains != SF_DOMAIN_UNIX;
    if (rule->states && !is_tcp)
        sf_warning(decoder->diagnostics, rule->place,
                   "only a TCP socket has a state, so the rule will not fire (it says %s)",
                   rule->types == SF_TYPE_DGRAM ? "type: dgram" : "family: unix");
}

void sf_inert_warn(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    warn_of_state(decoder, rule);
    if (rule->kind != SF_RULE_CALL) {
        warn_of_link(decoder, rule);
        return;
    }
    struct sf_arena *arena = decoder->diagnostics->arena;
    const char *reason = "";
    uint32_t inert = 0;
    if (rule->fault == SF_FAULT_ERROR) {
        inert = families_without_error(rule);
        reason = sf_arena_printf(arena, "%s never happens to %s", rule->fault_text,
                                 sf_families_join(arena, inert));
    } else if (rule->fault == SF_FAULT_PARTIAL && rule->types == SF_TYPE_DGRAM) {
        inert = rule->families & 1u << SF_FAMILY_SEND;
        reason = sf_illegal_text(SF_ILLEGAL_DATAGRAM);
    } else if (needs_connection(rule) && rule->types == SF_TYPE_DGRAM) {
        inert = rule->families;
        reason = sf_illegal_text(SF_ILLEGAL_NO_CONNECTION);
    }
    if (inert && !rule->force)
        sf_warning(decoder->diagnostics, rule->fault_place,
                   "%s, so the rule will not fire%s (force: true lifts that)", reason,
                   inert == rule->families ? "" : " there");
    else if (rule->fault == SF_FAULT_ERROR && decoder->bindings->hints && !rule->force)
        hint_at_real(decoder, rule);
}
