/* Rules: the table of their keys, and what holds between these. */
#include "scenario/calls.h"
#include "scenario/draft.h"
#include "scenario/faults.h"
#include "scenario/inert.h"
#include "scenario/sections.h"
#include "scenario/tables.h"

#include <string.h>

#define FAMILY(name) (1u << SF_FAMILY_##name)

/* Families whose calls `nth` and `every` count on each connection by itself. */
#define PER_CONNECTION (FAMILY(RECV) | FAMILY(SEND) | FAMILY(CLOSE) | FAMILY(SHUTDOWN) | FAMILY(OPTION))

static const struct sf_choice directions[] = {
    {"in", SF_LINK_IN}, {"out", SF_LINK_OUT}, {"both", SF_LINK_IN | SF_LINK_OUT}, {0}};
static const struct sf_choice families[] = {
    {"inet", SF_DOMAIN_INET}, {"inet6", SF_DOMAIN_INET6}, {"unix", SF_DOMAIN_UNIX}, {0}};
static const struct sf_choice types[] = {{"stream", SF_TYPE_STREAM}, {"dgram", SF_TYPE_DGRAM}, {0}};
static const struct sf_choice roles[] = {{"client", SF_ROLE_CLIENT}, {"server", SF_ROLE_SERVER}, {0}};
static const struct sf_choice pers[] = {
    {"connection", SF_PER_CONNECTION}, {"program", SF_PER_PROGRAM}, {"scenario", SF_PER_SCENARIO}, {0}};
static const struct sf_choice unreachables[] = {
    {"host", SF_UNREACHABLE_HOST}, {"net", SF_UNREACHABLE_NET}, {0}};

/* `call` stands before the faults: what they may be hangs on it. */
#define AT(member) offsetof(struct sf_draft, member)
static const struct sf_key rule_keys[] = {
    {.name = "id", .type = &sf_type_line, .offset = AT(rule.id)},
    {.name = "call", .type = &sf_type_call},
    {.name = "link", .type = &sf_type_mask, .offset = AT(rule.link.directions), .choices = directions},
    {.name = "partition", .type = &sf_type_partition},
    {.name = "program", .type = &sf_type_programs},
    {.name = "exe", .type = &sf_type_exe, .offset = AT(rule.exes), .count_offset = AT(rule.exe_count)},
    {.name = "peer", .type = &sf_type_peer, .offset = AT(rule.peers), .count_offset = AT(rule.peer_count)},
    {.name = "local", .type = &sf_type_local, .offset = AT(rule.locals),
     .count_offset = AT(rule.local_count)},
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
    {.name = "delay", .type = &sf_type_delay, .offset = AT(rule.delay_ns), .min = 1},
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
    {.name = "throttle", .type = &sf_type_rate, .offset = AT(rule.link.bytes_per_s), .min = 1},
    {.name = "chunk", .type = &sf_type_chunk, SF_BETWEEN(1, UINT32_MAX)},
    {.name = "close", .type = &sf_type_true},
    {.name = "blackhole", .type = &sf_type_true},
    {.name = "unreachable", .type = &sf_type_choice, .offset = AT(rule.link.unreachable),
     .choices = unreachables},
    {.name = "syn_timeout", .type = &sf_type_duration, .offset = AT(rule.link.syn_timeout_ns), .min = 1},
    {.name = "drop", .type = &sf_type_true},
    {.name = "duplicate", .type = &sf_type_true},
    {.name = "reorder", .type = &sf_type_u32, .offset = AT(rule.link.datagrams), SF_BETWEEN(2, 1000)},
};
#undef AT
const struct sf_table sf_rule_table = SF_TABLE("a rule", rule_keys);

static enum sf_per default_per(const struct sf_rule *rule)
{
    switch (rule->kind) {
    case SF_RULE_LINK:
        return SF_PER_PROGRAM;
    case SF_RULE_PARTITION:
        return SF_PER_SCENARIO;
    default:
        return rule->families & ~PER_CONNECTION ? SF_PER_PROGRAM : SF_PER_CONNECTION;
    }
}

static void finish_per(struct sf_decoder *decoder, const struct sf_node *node, struct sf_draft *draft)
{
    struct sf_rule *rule = &draft->rule;
    rule->per = draft->per == SF_PER_DEFAULT ? default_per(rule) : (enum sf_per)draft->per;
    rule->link.is_per_written = rule->kind == SF_RULE_LINK && draft->per != SF_PER_DEFAULT;
    if (draft->per != SF_PER_CONNECTION)
        return;
    struct sf_place place = sf_node_place(decoder, sf_node_get(node, "per"));
    if (rule->kind == SF_RULE_CALL && rule->families && !(rule->families & ~SF_FAMILIES_WITHOUT_SOCKET))
        sf_error(decoder->diagnostics, place,
                 "per: connection cannot count calls of %s: they belong to no connection",
                 sf_families_join(decoder->diagnostics->arena, rule->families));
    else if (rule->kind != SF_RULE_CALL && rule->types == SF_TYPE_STREAM)
        sf_error(decoder->diagnostics, place,
                 "per: connection counts the datagrams of one socket, and type: stream has none");
}

/* A partition names its programs itself. */
static void check_partition(struct sf_decoder *decoder, const struct sf_node *node)
{
    static const char *const scopes[] = {"program", "exe",  "peer", "local",
                                         "family",  "type", "role", "connection"};
    for (size_t i = 0; i < node->count; i++) {
        const struct sf_node *key = node->pairs[i].key;
        bool is_scope = false;
        for (size_t at = 0; at < sizeof scopes / sizeof scopes[0]; at++)
            is_scope |= strcmp(scopes[at], key->text) == 0;
        if (is_scope)
            sf_error(decoder->diagnostics, sf_node_place(decoder, key),
                     "%s beside partition: a partition has no scope, it names its programs itself",
                     key->text);
    }
}

/* A link acts on what passes, whoever has sent it. */
static void check_site(struct sf_decoder *decoder, const struct sf_node *node, const struct sf_rule *rule)
{
    if (rule->site && rule->kind != SF_RULE_CALL)
        sf_error(decoder->diagnostics, sf_node_place(decoder, sf_node_get(node, "when")),
                 "site tells calls apart, and this rule has none");
}

bool sf_rule_decode(struct sf_decoder *decoder, const struct sf_node *node, struct sf_rule *rule)
{
    struct sf_draft draft = {
        .rule = {.place = sf_node_place(decoder, node), .programs = UINT64_MAX, .probability = 1},
        .per = SF_PER_DEFAULT,
    };
    /* Another combination of the matrix may have had the same. */
    size_t errors = decoder->diagnostics->errors + decoder->diagnostics->repeated;
    if (node->kind == SF_NODE_MAPPING)
        sf_place_choose(decoder, node, &draft);
    if (sf_mapping_decode(decoder, &sf_rule_table, node, &draft)) {
        sf_fault_choose(decoder, node, &draft);
        finish_per(decoder, node, &draft);
        sf_exactly_check(decoder, &draft.rule);
        check_site(decoder, node, &draft.rule);
        if (draft.rule.kind == SF_RULE_PARTITION)
            check_partition(decoder, node);
    }
    if (node->kind == SF_NODE_MAPPING &&
        decoder->diagnostics->errors + decoder->diagnostics->repeated == errors) {
        draft.rule.fault_text = sf_fault_text(decoder, node, &draft.rule);
        sf_inert_warn(decoder, &draft.rule);
    }
    *rule = draft.rule;
    return !draft.foreign;
}

const struct sf_rule *sf_rule_find(const struct sf_rule *rules, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].id && strcmp(rules[i].id, id) == 0)
            return &rules[i];
    return NULL;
}

/* Its number, unless another rule says that it has this id. */
static void give_id(struct sf_arena *arena, struct sf_rule *rules, size_t count, size_t index, size_t number)
{
    const char *id = sf_arena_printf(arena, "rule-%zu", number);
    if (!rules[index].id && !sf_rule_find(rules, count, id))
        rules[index].id = id;
}

void sf_rules_number(struct sf_arena *arena, struct sf_rule *rules, size_t first, size_t count)
{
    for (size_t i = first; i < count; i++)
        give_id(arena, rules, count, i, i + 1);
    size_t number = count;
    for (size_t i = first; i < count; i++)
        while (!rules[i].id)
            give_id(arena, rules, count, i, ++number);
}

static void check_id(struct sf_decoder *decoder, const struct sf_node *node, const struct sf_rule *rules,
                     size_t count)
{
    const char *id = rules[count].id;
    const struct sf_rule *other = id ? sf_rule_find(rules, count, id) : NULL;
    if (other)
        sf_error(decoder->diagnostics, sf_node_place(decoder, sf_node_get(node, "id")),
                 "duplicate id %s, that of the rule in line %u",
                 sf_quoted(decoder->diagnostics->arena, id), other->place.line);
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
    bool *selected = sf_arena_alloc(decoder->arena, (node->count + 1) * sizeof *selected);
    for (size_t i = 0; i < node->count; i++) {
        selected[i] = sf_rule_decode(decoder, node->items[i], &all[i]);
        check_id(decoder, node->items[i], all, i);
    }
    sf_rules_number(decoder->arena, all, 0, node->count);
    for (size_t i = 0; i < node->count; i++)
        if (selected[i])
            kept[scenario->rule_count++] = all[i];
    scenario->left_out = node->count - scenario->rule_count;
    scenario->rules = kept;
    scenario->rule_expect = sf_arena_alloc(decoder->arena, (node->count + 1) * sizeof *scenario->rule_expect);
}
