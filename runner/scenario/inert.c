#include "scenario/inert.h"

#include "engine/legality.h"
#include "scenario/calls.h"

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

void sf_inert_warn(struct sf_decoder *decoder, const struct sf_rule *rule)
{
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
    }
    if (inert && !rule->force)
        sf_warning(decoder->diagnostics, rule->fault_place,
                   "%s, so the rule will not fire%s (force: true lifts that)", reason,
                   inert == rule->families ? "" : " there");
}
