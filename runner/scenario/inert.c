#include "scenario/inert.h"

#include "engine/legality.h"
#include "scenario/calls.h"
#include "scenario/faults.h"
#include "scenario/unmet.h"

#include <errno.h>
#include <string.h>

/* What keeps the fault from one function, on every socket that the scope leaves. */
static enum sf_illegal reason_at(const struct sf_rule *rule, enum sf_call_id call, bool force)
{
    const struct sf_plan_rule plan = {
        .fault = rule->fault, .error = rule->error, .flags = force ? SF_RULE_FORCE : 0};
    enum sf_illegal first = SF_LEGAL;

    if (1u << sf_call_families[call] & (1u << SF_FAMILY_POLL | 1u << SF_FAMILY_RESOLVE))
        return sf_legality_ever(&plan, call, 0, 0);
    for (unsigned domain = SF_DOMAIN_INET; domain <= SF_DOMAIN_UNIX; domain <<= 1) {
        for (unsigned type = SF_TYPE_STREAM; type <= SF_TYPE_OTHER; type <<= 1) {
            if ((rule->domains && !(rule->domains & domain)) || (rule->types && !(rule->types & type)))
                continue;
            enum sf_illegal reason = sf_legality_ever(&plan, call, (uint8_t)domain, (uint8_t)type);
            if (reason == SF_LEGAL)
                return SF_LEGAL;
            first = first ? first : reason;
        }
    }
    return first;
}

/* Where a rule can do nothing for one reason: whole families, or functions of others. */
struct inert {
    enum sf_illegal reasons[SF_CALL_COUNT]; /* of each call in the rule */
    uint32_t families;
    const char *functions[SF_CALL_COUNT];
    size_t function_count;
};

/* Of a family that is named whole some function will do; of one that is named by
 * functions each was meant. */
static void look_at_family(const struct sf_rule *rule, unsigned family, enum sf_illegal reason,
                           struct inert *inert)
{
    bool is_whole = true, is_dead = true;
    size_t functions = inert->function_count;

    for (int call = 0; call < SF_CALL_COUNT; call++) {
        if (sf_call_families[call] != family)
            continue;
        if (!sf_call_set_has(&rule->calls, (enum sf_call_id)call)) {
            is_whole = false;
        } else if (inert->reasons[call] != reason) {
            is_dead = false;
        } else if (sf_call_nameable((enum sf_call_id)call)) {
            inert->functions[inert->function_count++] = sf_call_names[call];
        }
    }
    if (is_dead)
        inert->families |= 1u << family;
    if (is_dead || is_whole)
        inert->function_count = functions;
}

/* Would the fault come at one of the calls that the reason keeps it from? */
static bool force_lifts(const struct sf_rule *rule, enum sf_illegal reason, const struct inert *inert)
{
    for (int call = 0; call < SF_CALL_COUNT; call++)
        if (inert->reasons[call] == reason && reason_at(rule, (enum sf_call_id)call, true) == SF_LEGAL)
            return true;
    return false;
}

static void warn(struct sf_decoder *decoder, const struct sf_rule *rule, enum sf_illegal reason,
                 const struct inert *inert)
{
    struct sf_arena *arena = decoder->diagnostics->arena;
    const char *text = sf_illegal_text(reason), *where = "";

    if (reason == SF_ILLEGAL_ERRNO)
        text = sf_arena_printf(arena, "%s never happens to %s%s", rule->fault_text,
                               sf_families_join(arena, inert->families),
                               rule->domains || rule->types ? " on such sockets" : "");
    if (inert->function_count)
        where =
            sf_arena_printf(arena, " at %s", sf_names_join(arena, inert->functions, inert->function_count));
    else if (inert->families != rule->families)
        where = " there";
    sf_warning(decoder->diagnostics, rule->fault_place,
               "%s, so the rule will not fire%s%s", text, where,
               force_lifts(rule, reason, inert) ? " (force: true lifts that)" : "");
}

/* A link's fault is always real, so there is nothing to force; and what connect meets comes first. */
static void warn_of_link(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    if (rule->force)
        sf_warning(decoder->diagnostics, rule->link.place,
                   "force does nothing here: what a link does is what a network does");
    bool may_be_sent = rule->types != SF_TYPE_STREAM && rule->link.fault == SF_LINK_REFUSE;
    if (sf_link_faults[rule->link.fault].connects && (rule->types != SF_TYPE_DGRAM || !may_be_sent) &&
        (rule->after_bytes || rule->match))
        sf_warning(decoder->diagnostics, rule->fault_place,
                   "%s meets %s before any byte has passed, so the rule will not fire%s",
                   rule->types == SF_TYPE_DGRAM ? "a send" : "connect",
                   sf_link_faults[rule->link.fault].name, may_be_sent ? " on streams" : "");
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

void sf_inert_warn(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    sf_unmet_warn(decoder, rule);
    if (rule->kind != SF_RULE_CALL) {
        warn_of_link(decoder, rule);
        return;
    }
    bool is_inert = false;
    struct inert inert;

    for (int call = 0; call < SF_CALL_COUNT; call++)
        inert.reasons[call] = sf_call_set_has(&rule->calls, (enum sf_call_id)call)
                                  ? reason_at(rule, (enum sf_call_id)call, rule->force)
                                  : SF_LEGAL;
    for (enum sf_illegal reason = SF_LEGAL + 1; reason < SF_ILLEGAL_COUNT; reason++) {
        inert.families = 0;
        inert.function_count = 0;
        for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
            if (rule->families >> family & 1)
                look_at_family(rule, family, reason, &inert);
        if (!inert.families && !inert.function_count)
            continue;
        warn(decoder, rule, reason, &inert);
        is_inert = true;
    }
    if (!is_inert && rule->fault == SF_FAULT_ERROR && decoder->bindings->hints && !rule->force)
        hint_at_real(decoder, rule);
}
