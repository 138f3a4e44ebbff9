/* Did each rule do what it was written for? */
#include "verify/judge.h"

#include "base/arena.h"
#include "engine/verdict.h"
#include "scenario/calls.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <string.h>

/* "client", "client or server"; NULL: all programs, or none in particular */
static const char *selected_programs(const struct sf_judge *judge, const struct sf_rule *rule)
{
    const char *names = NULL;
    if (rule->programs == UINT64_MAX && judge->scenario->program_count > 1)
        return NULL;
    for (size_t i = 0; i < judge->scenario->program_count; i++)
        if (rule->programs >> i & 1)
            names = sf_arena_printf(judge->arena, "%s%s%s", names ? names : "", names ? " or " : "",
                                    judge->scenario->programs[i].name);
    return names;
}

static bool is_for_datagrams(const struct sf_rule *rule)
{
    return rule->kind != SF_RULE_CALL &&
           (rule->types ? rule->types : sf_link_faults[rule->link.fault].types) == SF_TYPE_DGRAM;
}

/* The calls that a rule needs: one on the link needs connections, or datagrams. */
static uint32_t families_of(const struct sf_rule *rule)
{
    if (rule->kind == SF_RULE_CALL)
        return rule->families;
    return is_for_datagrams(rule) ? 1u << SF_FAMILY_SEND | 1u << SF_FAMILY_RECV
                                  : 1u << SF_FAMILY_CONNECT | 1u << SF_FAMILY_ACCEPT;
}

static const char *selected_families(const struct sf_judge *judge, const struct sf_rule *rule)
{
    const char *names = "";
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
        if (families_of(rule) >> family & 1)
            names =
                sf_arena_printf(judge->arena, "%s%s%s", names, *names ? " or " : "", sf_family_names[family]);
    return names;
}

/* Calls of the rule's families, whatever socket and function, in its programs. */
static uint64_t calls_within_reach(const struct sf_judge *judge, const struct sf_rule *rule)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < judge->scenario->program_count; i++) {
        uint64_t calls[SF_FAMILY_COUNT];
        sf_session_calls(judge->session, (unsigned)i, calls);
        for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
            if (rule->programs >> i & 1 && families_of(rule) >> family & 1)
                sum += calls[family];
    }
    return sum;
}

/* "client made no recv call on a socket" */
static const char *no_calls(const struct sf_judge *judge, const struct sf_rule *rule, const char *programs,
                            const char *families)
{
    const char *where = rule->families & SF_FAMILIES_WITHOUT_SOCKET ? "" : " on a socket";
    if (programs)
        return sf_arena_printf(judge->arena, "%s made no %s call%s", programs, families, where);
    return sf_arena_printf(judge->arena, "no program made %s %s call%s",
                           strchr("aeiou", families[0]) ? "an" : "a", families, where);
}

/* What the call itself had to do with it that nothing was changed; NULL: nothing. */
static const char *own_reason(const struct sf_judge *judge, const struct sf_rule *rule, bool one_call)
{
    uint32_t makes = 1u << SF_FAMILY_CONNECT | 1u << SF_FAMILY_ACCEPT;
    const char *calls = one_call ? "it" : "they";

    if (rule->fault == SF_FAULT_PARTIAL)
        return sf_arena_printf(judge->arena, "%s moved no more than its limit", calls);
    if (rule->fault == SF_FAULT_CORRUPT)
        return sf_arena_printf(judge->arena, "%s moved nothing", calls);
    return rule->fault == SF_FAULT_RESET && rule->families & makes ? "no connection came about" : NULL;
}

/* Why the wire did nothing to the connections that a rule selects. */
static const char *untouched_reason(const struct sf_rule *rule)
{
    static const char *const reasons[SF_LINK_FAULT_COUNT] = {
        [SF_LINK_DELAY] = "no byte passed while it held",
        [SF_LINK_CORRUPT] = "no byte passed while it held",
        [SF_LINK_THROTTLE] = "no more passed than its rate allows",
        [SF_LINK_CHUNK] = "no more than a piece passed at a time",
        [SF_LINK_REORDER] = "so many did not come together",
    };
    const char *reason = reasons[rule->link.fault];
    if (sf_link_faults[rule->link.fault].connects)
        return "another rule acted instead, or it was not time for it";
    return reason ? reason : "what it waits for did not come before the connection's end";
}

/* What keeps a legal fault from a call that its rule selected; a delay comes always. */
static const char *kept_off_reason(const struct sf_judge *judge, const struct sf_rule *rule, bool one_call)
{
    const char *own = own_reason(judge, rule, one_call);
    const char *other = rule->fault == SF_FAULT_INTERRUPT
                            ? "another rule acted instead, or had interrupted the call before"
                            : "another rule acted instead";
    if (judge->scenario->rule_count == 1 && rule->fault != SF_FAULT_INTERRUPT)
        return own ? own : "the program ended before that";
    if (!own)
        return other;
    return sf_arena_printf(judge->arena, "%s, or %s", own, other);
}

/* "…, but not all calls of client were seen: it started ./stat (pid 7) without the shim" */
static const char *unseen_calls(const struct sf_judge *judge, const struct sf_rule *rule)
{
    for (size_t i = 0; i < judge->scenario->program_count; i++) {
        const struct sf_program *program = &judge->scenario->programs[i];
        if (!(rule->programs >> i & 1) || !program->wrap || !sf_judge_ran(&judge->outcome->programs[i]))
            continue;
        const char *why =
            sf_verify_calls_unknown(judge->arena, judge->scenario, judge->session, i, rule->families);
        if (why)
            return sf_arena_printf(judge->arena, ", but not all calls of %s were seen: %s", program->name,
                                   why);
    }
    return "";
}

/* Does its place leave out functions of its families? */
static bool names_functions(const struct sf_rule *rule)
{
    for (int call = 0; call < SF_CALL_COUNT; call++)
        if (rule->families >> sf_call_families[call] & 1 &&
            !sf_call_set_has(&rule->calls, (enum sf_call_id)call))
            return true;
    return false;
}

#define SELECTORS_MAX 19

/* The keys of the rule by which it selects among the calls of its families. */
static size_t list_selectors(const struct sf_rule *rule, const char *names[SELECTORS_MAX])
{
    const struct {
        const char *key;
        bool is_given;
    } keys[SELECTORS_MAX] = {
        {"call", names_functions(rule)},
        {"exe", rule->exe_count},
        {"peer", rule->peer_count},
        {"local", rule->local_count},
        {"family", rule->domains},
        {"type", rule->types},
        {"role", rule->roles},
        {"connection", rule->connection_last},
        {"nth", rule->nth_last},
        {"every", rule->every},
        {"exactly", rule->exactly.count},
        {"probability", rule->probability < 1},
        {"after", rule->after_ns},
        {"until", rule->until_ns},
        {"after_bytes", rule->after_bytes},
        {"match", rule->match},
        {"state", rule->states},
        {"exists", rule->exists},
        {"site", rule->site},
    };
    size_t count = 0;
    for (size_t i = 0; i < SELECTORS_MAX; i++)
        if (keys[i].is_given)
            names[count++] = keys[i].key;
    return count;
}

/* "its peer selects", "its role, nth and match select": what keeps calls from a rule. */
static const char *word_selectors(const struct sf_judge *judge, const struct sf_rule *rule)
{
    const char *names[SELECTORS_MAX], *text = "its ";
    size_t count = list_selectors(rule, names);
    if (count == 0)
        return "it selects";
    for (size_t i = 0; i < count; i++)
        text = sf_arena_printf(judge->arena, "%s%s%s", text,
                               i == 0          ? ""
                               : i + 1 < count ? ", "
                                               : " and ",
                               names[i]);
    return sf_arena_printf(judge->arena, "%s select%s", text, count == 1 ? "s" : "");
}

/* "no function poll_per in client or its libraries (stripped, or inlined?)" */
static const char *no_site(const struct sf_judge *judge, const struct sf_rule *rule, const char *programs)
{
    return sf_arena_printf(judge->arena, "no function %s in %s or %s libraries (stripped, or inlined?)",
                           rule->site, programs ? programs : "the programs", programs ? "its" : "their");
}

/* Why a rule stayed idle, as far as the counters tell. */
static const char *idle_reason(const struct sf_judge *judge, const struct sf_rule *rule,
                               const struct sf_rule_state *state)
{
    const char *programs = selected_programs(judge, rule), *families = selected_families(judge, rule);
    if (state->illegal > 0)
        return sf_arena_printf(judge->arena, "%s refused: %s",
                               sf_word_count(judge->arena, state->illegal, "call"),
                               sf_illegal_text(state->illegal_reason));
    if (state->taken > 0 && rule->kind == SF_RULE_CALL)
        return sf_arena_printf(judge->arena,
                               "%s that it was to change had not returned when the program ended",
                               sf_word_count(judge->arena, state->taken, "call"));
    if (state->selected > 0 && rule->kind != SF_RULE_CALL)
        return sf_arena_printf(
            judge->arena, "it selected %s but %s: %s",
            sf_word_count(judge->arena, state->selected, is_for_datagrams(rule) ? "datagram" : "connection"),
            state->selected == 1 ? "did nothing to it" : "did nothing to any", untouched_reason(rule));
    if (state->selected > 0)
        return sf_arena_printf(judge->arena, "it selected %s but %s: %s",
                               sf_word_count(judge->arena, state->selected, "call"),
                               state->selected == 1 ? "did not change it" : "changed none",
                               kept_off_reason(judge, rule, state->selected == 1));
    uint64_t calls = calls_within_reach(judge, rule);
    const char *unseen = unseen_calls(judge, rule);
    if (rule->site && !state->has_site)
        return sf_arena_printf(judge->arena, "%s%s", no_site(judge, rule, programs), unseen);
    if (calls == 0)
        return sf_arena_printf(judge->arena, "%s%s", no_calls(judge, rule, programs, families), unseen);
    return sf_arena_printf(
        judge->arena, "%s made %s, none of which %s%s", programs ? programs : "the programs",
        sf_word_count(judge->arena, calls, sf_arena_printf(judge->arena, "%s call", families)),
        word_selectors(judge, rule), unseen);
}

/* A number alone would leave the reader asking why it is 0. */
static const char *times_fired(const struct sf_judge *judge, const struct sf_rule *rule,
                               const struct sf_rule_state *state)
{
    if (state->fired == 0)
        return sf_arena_printf(judge->arena, "never fired: %s", idle_reason(judge, rule, state));
    return sf_arena_printf(judge->arena, "fired %s", sf_word_count(judge->arena, state->fired, "time"));
}

static bool all_started(const struct sf_judge *judge)
{
    for (size_t i = 0; i < judge->scenario->program_count; i++)
        if (!sf_judge_ran(&judge->outcome->programs[i]))
            return false;
    return true;
}

static const char *name_of(const struct sf_judge *judge, const struct sf_rule *rule)
{
    return sf_arena_printf(judge->arena, "%s (%s)", sf_word_rule(judge->arena, rule->id), rule->fault_text);
}

void sf_judge_rules(struct sf_judge *judge)
{
    bool complete = all_started(judge);
    for (size_t i = 0; i < judge->scenario->rule_count; i++) {
        const struct sf_rule *rule = &judge->scenario->rules[i];
        const struct sf_comparison *bound = &judge->scenario->rule_expect[i];
        const struct sf_rule_state *state = &judge->session->rules[i];
        const char *got = sf_arena_printf(judge->arena, "%" PRIu64, state->fired);
        if (bound->place.file) {
            if (state->fired < bound->min || state->fired > bound->max)
                sf_judge_note(judge, bound->place, "faults", rule->id, bound->text, got, "%s %s%sexpected %s",
                              name_of(judge, rule), times_fired(judge, rule, state),
                              state->fired ? ", " : "; ", bound->text);
        } else if (!rule->optional && state->fired == 0 && complete) {
            sf_judge_note(judge, rule->place, "faults", rule->id, ">=1", got, "%s %s", name_of(judge, rule),
                          times_fired(judge, rule, state));
        }
    }
}
