/* Rules: the table of their keys, and what holds between these. */
#include "scenario/calls.h"
#include "scenario/draft.h"
#include "scenario/faults.h"
#include "scenario/inert.h"
#include "scenario/sections.h"

#include <string.h>

#define FAMILY(name) (1u << SF_FAMILY_##name)

/* Families whose calls `nth` and `every` count on each connection by itself. */
#define PER_CONNECTION (FAMILY(RECV) | FAMILY(SEND) | FAMILY(CLOSE) | FAMILY(SHUTDOWN) | FAMILY(OPTION))

static const struct sf_choice families[] = {
    {"inet", SF_DOMAIN_INET}, {"inet6", SF_DOMAIN_INET6}, {"unix", SF_DOMAIN_UNIX}, {0}};
static const struct sf_choice types[] = {{"stream", SF_TYPE_STREAM}, {"dgram", SF_TYPE_DGRAM}, {0}};
static const struct sf_choice roles[] = {{"client", SF_ROLE_CLIENT}, {"server", SF_ROLE_SERVER}, {0}};
static const struct sf_choice pers[] = {
    {"connection", SF_PER_CONNECTION}, {"program", SF_PER_PROGRAM}, {"scenario", SF_PER_SCENARIO}, {0}};

/* `call` stands before the faults: what they may be hangs on it. */
#define AT(member) offsetof(struct sf_draft, member)
static const struct sf_key rule_keys[] = {
    {.name = "id", .type = &sf_type_line, .offset = AT(rule.id)},
    {.name = "call", .type = &sf_type_call, .flags = SF_KEY_REQUIRED},
    {.name = "program", .type = &sf_type_programs},
    {.name = "exe", .type = &sf_type_exe, .offset = AT(rule.exes), .count_offset = AT(rule.exe_count)},
    {.name = "peer", .type = &sf_type_address, .offset = AT(rule.peers), .count_offset = AT(rule.peer_count)},
    {.name = "local", .type = &sf_type_address, .offset = AT(rule.locals), .count_offset = AT(rule.local_count)},
    {.name = "family", .type = &sf_type_mask, .offset = AT(rule.domains), .choices = families},
    {.name = "type", .type = &sf_type_mask, .offset = AT(rule.types), .choices = types},
    {.name = "role", .type = &sf_type_mask, .offset = AT(rule.roles), .choices = roles},
    {.name = "connection", .type = &sf_type_range, .offset = AT(rule.connection_first),
     SF_BETWEEN(1, UINT32_MAX)},
    {.name = "when", .type = &sf_type_when},
    {.name = "per", .type = &sf_type_choice, .offset = AT(per), .choices = pers},
    {.name = "times", .type = &sf_type_u32, .offset = AT(rule.times), SF_BETWEEN(1, UINT32_MAX)},
    {.name = "optional", .type = &sf_type_flag, .offset = AT(rule.optional)},
    {.name = "force", .type = &sf_type_flag, .offset = AT(rule.force)},
    {.name = "error", .type = &sf_type_error},
    {.name = "delay", .type = &sf_type_duration, .offset = AT(rule.delay_ns), .min = 1},
    {.name = "partial", .type = &sf_type_partial, SF_BETWEEN(1, UINT32_MAX)},
    {.name = "interrupt", .type = &sf_type_true},
    {.name = "again", .type = &sf_type_true},
    {.name = "refuse", .type = &sf_type_true},
    {.name = "eof", .type = &sf_type_true},
    {.name = "reset", .type = &sf_type_true},
    {.name = "timeout", .type = &sf_type_duration, .offset = AT(rule.delay_ns), .min = 1},
    {.name = "resolve",
     .type = &sf_type_answer,
     .offset = AT(rule.answers),
     .count_offset = AT(rule.answer_count)},
    {.name = "corrupt", .type = &sf_type_u32, .offset = AT(rule.bits), SF_BETWEEN(1, 1000000)},
    {.name = "signal", .type = &sf_type_signal, .offset = AT(rule.signal)},
};
#undef AT
static const struct sf_table rule_table = SF_TABLE("a rule", rule_keys);

static enum sf_fault_kind fault_kind(const char *key)
{
    int kind = 0;
    while (kind < SF_FAULT_COUNT - 1 && strcmp(sf_faults[kind].name, key) != 0)
        kind++;
    return (enum sf_fault_kind)kind;
}

/* "partial: 1", "resolve: [::1, 127.0.0.1]": the fault as reports name it. */
static const char *fault_text(struct sf_decoder *decoder, const struct sf_fault *fault, const struct sf_node *value)
{
    struct sf_items items = sf_node_items(&value);
    bool is_list = value->kind == SF_NODE_LIST;
    const char *joined = is_list ? "[" : "";

    for (size_t i = 0; i < items.count; i++) {
        const struct sf_node *item = items.list[i];
        const char *text = item->kind == SF_NODE_SCALAR
                               ? sf_text_expand(decoder, sf_node_place(decoder, item), item->text)
                               : NULL;
        joined = sf_arena_printf(decoder->arena, "%s%s%s", joined, i ? ", " : "", text ? text : "…");
    }
    return sf_arena_printf(decoder->arena, "%s: %s%s", fault->name, joined, is_list ? "]" : "");
}

/* Exactly one fault, and one that the calls can meet. */
static void finish_fault(struct sf_decoder *decoder, const struct sf_node *node, struct sf_rule *rule)
{
    struct sf_arena *arena = decoder->diagnostics->arena;
    const char *names[SF_FAULT_COUNT];
    size_t found = 0;
    for (size_t i = 0; i < SF_FAULT_COUNT; i++)
        names[i] = sf_faults[i].name;
    for (size_t i = 0; i < node->count; i++) {
        const struct sf_pair *pair = &node->pairs[i];
        enum sf_fault_kind kind = fault_kind(pair->key->text);
        const struct sf_fault *fault = &sf_faults[kind];
        if (strcmp(fault->name, pair->key->text) != 0)
            continue;
        struct sf_place place = sf_node_place(decoder, pair->key);
        if (found++) {
            sf_error(decoder->diagnostics, place, "a second fault %s beside %s: a rule has exactly one",
                     fault->name, sf_faults[rule->fault].name);
            continue;
        }
        rule->fault = kind;
        rule->fault_place = place;
        rule->fault_text = fault_text(decoder, fault, pair->value);
        if (rule->families & ~fault->families)
            sf_error(decoder->diagnostics, place, "%s does nothing to %s: it is for %s", fault->name,
                     sf_families_join(arena, rule->families & ~fault->families),
                     sf_families_join(arena, fault->families));
    }
    bool misspelt = false;
    for (size_t i = 0; i < SF_FAULT_COUNT; i++)
        misspelt |= sf_key_misspelt(&rule_table, node, names[i]);
    if (!found && !misspelt)
        sf_error(decoder->diagnostics, sf_node_place(decoder, node), "a rule needs a fault, one of %s",
                 sf_names_join(arena, names, SF_FAULT_COUNT));
}

static void finish_per(struct sf_decoder *decoder, const struct sf_node *node, struct sf_draft *draft)
{
    struct sf_rule *rule = &draft->rule;
    if (draft->per == SF_PER_DEFAULT)
        rule->per = rule->families & ~PER_CONNECTION ? SF_PER_PROGRAM : SF_PER_CONNECTION;
    else
        rule->per = (enum sf_per)draft->per;
    if (draft->per == SF_PER_CONNECTION && rule->families && !(rule->families & ~SF_FAMILIES_WITHOUT_SOCKET))
        sf_error(decoder->diagnostics, sf_node_place(decoder, sf_node_get(node, "per")),
                 "per: connection cannot count calls of %s: they belong to no connection",
                 sf_families_join(decoder->diagnostics->arena, rule->families));
}

bool sf_rule_decode(struct sf_decoder *decoder, const struct sf_node *node, size_t number,
                    struct sf_rule *rule)
{
    struct sf_draft draft = {
        .rule = {.place = sf_node_place(decoder, node), .programs = UINT64_MAX, .probability = 1},
        .per = SF_PER_DEFAULT,
    };
    size_t errors = decoder->diagnostics->errors;
    if (sf_mapping_decode(decoder, &rule_table, node, &draft)) {
        finish_fault(decoder, node, &draft.rule);
        finish_per(decoder, node, &draft);
    }
    if (decoder->diagnostics->errors == errors)
        sf_inert_warn(decoder, &draft.rule);
    if (!draft.rule.id)
        draft.rule.id = sf_arena_printf(decoder->arena, "rule-%zu", number);
    *rule = draft.rule;
    return !draft.foreign;
}

static void check_id(struct sf_decoder *decoder, const struct sf_node *node, const struct sf_rule *rules,
                     size_t count)
{
    const struct sf_rule *rule = &rules[count];
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rules[i].id, rule->id) != 0)
            continue;
        const struct sf_node *id = node->kind == SF_NODE_MAPPING ? sf_node_get(node, "id") : NULL;
        sf_error(decoder->diagnostics, sf_node_place(decoder, id ? id : node),
                 "duplicate id %s, that of the rule in line %u",
                 sf_quoted(decoder->diagnostics->arena, rule->id), rules[i].place.line);
        return;
    }
}

void sf_rules_decode(struct sf_decoder *decoder, const struct sf_node *node)
{
    struct sf_scenario *scenario = decoder->scenario;
    struct sf_place place = sf_node_place(decoder, node);
    if (node->kind != SF_NODE_LIST) {
        sf_error(decoder->diagnostics, place, "faults must be a list of rules, not %s",
                 node->kind == SF_NODE_MAPPING ? "a mapping"
                                               : sf_quoted(decoder->diagnostics->arena, node->text));
        return;
    }
    if (node->count > SF_PLAN_RULES_MAX) {
        sf_error(decoder->diagnostics, place, "%zu rules: at most %u are allowed", node->count,
                 SF_PLAN_RULES_MAX);
        return;
    }
    /* All rules for the sake of their ids; only those that select a program here are kept. */
    struct sf_rule *all = sf_arena_alloc(decoder->arena, (node->count + 1) * sizeof *all);
    struct sf_rule *kept = sf_arena_alloc(decoder->arena, (node->count + 1) * sizeof *kept);
    for (size_t i = 0; i < node->count; i++) {
        bool selects = sf_rule_decode(decoder, node->items[i], i + 1, &all[i]);
        check_id(decoder, node->items[i], all, i);
        if (selects)
            kept[scenario->rule_count++] = all[i];
    }
    scenario->rules = kept;
    scenario->rule_expect = sf_arena_alloc(decoder->arena, (node->count + 1) * sizeof *scenario->rule_expect);
}
