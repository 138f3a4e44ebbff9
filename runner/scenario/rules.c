#include "base/quantity.h"
#include "scenario/calls.h"
#include "scenario/errors.h"
#include "scenario/faults.h"
#include "scenario/inert.h"
#include "scenario/pattern.h"
#include "scenario/sections.h"
#include "scenario/states.h"

#include <stdlib.h>
#include <string.h>

#define FAMILY(name) (1u << SF_FAMILY_##name)

/* Families whose calls `nth` and `every` count on each connection by itself. */
#define PER_CONNECTION (FAMILY(RECV) | FAMILY(SEND) | FAMILY(CLOSE) | FAMILY(SHUTDOWN) | FAMILY(OPTION))

enum { PER_DEFAULT = -1 };

/* A rule under way, with what is only needed until it is whole. */
struct draft {
    struct sf_rule rule;
    int per;
    uint32_t from, to;
    bool foreign; /* it names programs, but not that of `run` */
};

static struct draft *draft_of(void *object)
{
    return object;
}

static void decode_call(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    struct sf_rule *rule = &draft_of(object)->rule;
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count; i++) {
        const char *names[SF_CALL_NAMES_MAX];
        const char *text = sf_text_decode(decoder, key, items.list[i]);
        if (!text || sf_calls_find(text, &rule->calls, &rule->families))
            continue;
        struct sf_arena *arena = decoder->diagnostics->arena;
        sf_error(decoder->diagnostics, sf_node_place(decoder, items.list[i]),
                 "unknown call %s, allowed are the families %s and functions such as recvmsg%s",
                 sf_quoted(arena, text), sf_names_join(arena, sf_family_names, SF_FAMILY_COUNT),
                 sf_suggestion(arena, text, names, sf_calls_names(names)));
    }
}

/* Warn of a rule that names a program which it cannot reach. */
static void warn_unwrapped(struct sf_decoder *decoder, const struct sf_node *item,
                           const struct sf_program *program)
{
    if (!program->wrap)
        sf_warning(decoder->diagnostics, sf_node_place(decoder, item),
                   "no rule reaches %s: it says wrap: false", program->name);
}

static void decode_programs(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                            void *object)
{
    struct draft *draft = draft_of(object);
    const char *only = decoder->bindings->program_name;
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    draft->rule.programs = 0;
    for (size_t i = 0; i < items.count; i++) {
        const char *text = sf_text_decode(decoder, key, items.list[i]);
        if (!text)
            continue;
        if (only && strcmp(text, only) == 0) {
            draft->rule.programs = 1;
            continue;
        }
        ptrdiff_t index = sf_name_find(decoder, sf_node_place(decoder, items.list[i]), "program", text,
                                       decoder->programs, decoder->program_count);
        if (index < 0 || only)
            continue;
        draft->rule.programs |= UINT64_C(1) << index;
        warn_unwrapped(decoder, items.list[i], &decoder->scenario->programs[index]);
    }
    draft->foreign = !draft->rule.programs;
}

/* One pattern or a list of them, read by `parse`. */
static void decode_patterns(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                            void *object, bool (*parse)(struct sf_arena *, const char *, struct sf_pattern *),
                            const char *(*hint)(const char *))
{
    struct sf_pattern **patterns = sf_key_field(key, object);
    size_t *count = (size_t *)((char *)object + key->count_offset);
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count; i++) {
        const char *text = sf_text_decode(decoder, key, items.list[i]);
        struct sf_pattern *pattern = sf_arena_push(decoder->arena, patterns, count, sizeof *pattern);
        pattern->place = sf_node_place(decoder, items.list[i]);
        if (text && !parse(decoder->arena, text, pattern))
            sf_value_reject(decoder, key, items.list[i], hint(text));
    }
}

static void decode_address(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                           void *object)
{
    decode_patterns(decoder, key, value, object, sf_pattern_parse, sf_pattern_hint);
}

static bool parse_exe(struct sf_arena *arena, const char *text, struct sf_pattern *pattern)
{
    (void)arena;
    *pattern = (struct sf_pattern){.place = pattern->place, .text = text, .kind = SF_PATTERN_EXE, .glob = text};
    return *text != '\0';
}

static const char *no_hint(const char *text)
{
    (void)text;
    return "";
}

static void decode_exe(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                       void *object)
{
    decode_patterns(decoder, key, value, object, parse_exe, no_hint);
}

static void decode_answer(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    decode_patterns(decoder, key, value, object, sf_address_parse, no_hint);
}

/* Text, or hex:… for bytes that are none. */
static void decode_match(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_rule *rule = &draft_of(object)->rule;
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    bool is_hex = strncmp(text, "hex:", 4) == 0;
    const char *digits = text + 4;
    size_t length = is_hex ? strlen(digits) / 2 : strlen(text);
    if (length == 0 || length > SF_MATCH_BYTES_MAX ||
        (is_hex && (digits[strspn(digits, "0123456789abcdefABCDEF")] || strlen(digits) % 2))) {
        sf_value_reject(decoder, key, value, "");
        return;
    }
    char *bytes = sf_arena_strdup(decoder->arena, text);
    for (size_t i = 0; is_hex && i < length; i++) {
        char pair[3] = {digits[2 * i], digits[2 * i + 1], '\0'};
        bytes[i] = (char)strtoul(pair, NULL, 16);
    }
    rule->match = bytes;
    rule->match_bytes = length;
}

static void decode_state(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_rule *rule = &draft_of(object)->rule;
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count; i++) {
        const char *names[SF_STATES_MAX], *text = sf_text_decode(decoder, key, items.list[i]);
        unsigned state = text ? sf_state_find(text) : 0;
        size_t count = sf_state_names(names);
        rule->states |= state ? 1u << state : 0;
        if (text && !state)
            sf_error(decoder->diagnostics, sf_node_place(decoder, items.list[i]),
                     "unknown state %s, allowed are %s%s", sf_quoted(decoder->diagnostics->arena, text),
                     sf_names_join(decoder->diagnostics->arena, names, count),
                     sf_suggestion(decoder->diagnostics->arena, text, names, count));
    }
}

static const struct sf_type type_answer = {"an address such as 127.0.0.1 or ::1, or a list of these", decode_answer};
static const struct sf_type type_match = {"text of 1 to 256 bytes, or hex: with pairs of hex digits", decode_match};
static const struct sf_type type_state = {"a state such as ESTABLISHED, or a list of states", decode_state};

#define AT(member) offsetof(struct draft, member)
static const struct sf_key when_keys[] = {
    {.name = "nth", .type = &sf_type_range, .offset = AT(rule.nth_first), SF_BETWEEN(1, UINT32_MAX)},
    {.name = "from", .type = &sf_type_u32, .offset = AT(from), SF_BETWEEN(1, UINT32_MAX)},
    {.name = "to", .type = &sf_type_u32, .offset = AT(to), SF_BETWEEN(1, UINT32_MAX)},
    {.name = "every", .type = &sf_type_u32, .offset = AT(rule.every), SF_BETWEEN(1, UINT32_MAX)},
    {.name = "probability", .type = &sf_type_fraction, .offset = AT(rule.probability)},
    {.name = "after", .type = &sf_type_duration, .offset = AT(rule.after_ns), .min = 1},
    {.name = "until", .type = &sf_type_duration, .offset = AT(rule.until_ns), .min = 1},
    {.name = "after_bytes", .type = &sf_type_size, .offset = AT(rule.after_bytes), .min = 1},
    {.name = "match", .type = &type_match},
    {.name = "state", .type = &type_state},
    {.name = "exists", .type = &sf_type_line, .offset = AT(rule.exists)},
};
#undef AT
static const struct sf_table when_table = SF_TABLE("when", when_keys);

static void decode_when(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    (void)key;
    struct draft *draft = draft_of(object);
    struct sf_rule *rule = &draft->rule;
    if (!sf_mapping_decode(decoder, &when_table, value, draft) || (!draft->from && !draft->to))
        return;
    const struct sf_node *bound = sf_node_get(value, draft->from ? "from" : "to");
    if (sf_node_get(value, "nth")) {
        sf_error(decoder->diagnostics, sf_node_place(decoder, bound),
                 "nth, from and to together: from: A and to: B are another form of nth: A..B");
        return;
    }
    rule->nth_first = draft->from ? draft->from : 1;
    rule->nth_last = draft->to ? draft->to : UINT32_MAX;
    if (rule->nth_first > rule->nth_last)
        sf_error(decoder->diagnostics, sf_node_place(decoder, bound), "from %u is behind to %u",
                 rule->nth_first, rule->nth_last);
}

static void decode_error(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_rule *rule = &draft_of(object)->rule;
    struct sf_error_names errnos, eais;
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    sf_errno_names(&errnos);
    sf_eai_names(&eais);
    struct sf_arena *arena = decoder->diagnostics->arena;
    struct sf_place place = sf_node_place(decoder, value);
    bool resolves = rule->families & FAMILY(RESOLVE), others = rule->families & ~FAMILY(RESOLVE);
    if (sf_error_find(&eais, text, &rule->error)) {
        if (others)
            sf_error(decoder->diagnostics, place,
                     "%s is an error of resolve alone: the other calls of this rule take an errno such as "
                     "ECONNRESET",
                     text);
    } else if (sf_error_find(&errnos, text, &rule->error)) {
        if (resolves)
            sf_error(decoder->diagnostics, place,
                     "calls of the family resolve fail with one of %s, not with %s",
                     sf_names_join(arena, eais.names, eais.count), text);
    } else if (resolves && !others) {
        sf_error(decoder->diagnostics, place, "unknown error %s, allowed are %s%s", sf_quoted(arena, text),
                 sf_names_join(arena, eais.names, eais.count),
                 sf_suggestion(arena, text, eais.names, eais.count));
    } else {
        sf_error(decoder->diagnostics, place, "unknown errno %s, allowed are names such as ECONNRESET%s",
                 sf_quoted(arena, text), sf_suggestion(arena, text, errnos.names, errnos.count));
    }
}

static void decode_partial(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                           void *object)
{
    struct sf_rule *rule = &draft_of(object)->rule;
    const char *text = sf_text_decode(decoder, key, value);
    uint64_t min, max;
    if (!text)
        return;
    if (strcmp(text, "random") == 0) {
        rule->bytes_min = 1;
        rule->bytes_max = 0;
    } else if (sf_range_parse(text, &min, &max) && min >= key->min && max <= key->max) {
        rule->bytes_min = (uint32_t)min;
        rule->bytes_max = (uint32_t)max;
    } else {
        sf_value_reject(decoder, key, value, "");
    }
}

static void decode_true(struct sf_decoder *decoder, const struct sf_key *key,
                             const struct sf_node *value, void *object)
{
    (void)object; /* the key alone says it all */
    const char *text = sf_text_decode(decoder, key, value);
    if (text && strcmp(text, "true") != 0)
        sf_value_reject(decoder, key, value, "");
}

static const struct sf_type type_call = {
    "a family such as recv, a function such as recvmsg, or a list of these", decode_call};
static const struct sf_type type_programs = {"the name of a program or a list of names", decode_programs};
static const struct sf_type type_exe = {"the base name or path of an executable, with * and ?, or a list of these",
                                       decode_exe};
static const struct sf_type type_address = {"ADDRESS:PORT such as \"127.0.0.1:80\", \"10.0.0.0/8:*\", "
                                         "\"[fd00::/8]:*\" or \"*:443\", unix:GLOB, or \"*\"",
                                         decode_address};
static const struct sf_type type_when = {"a mapping such as {nth: 3}", decode_when};
static const struct sf_type type_error = {"the name of an errno such as ECONNRESET", decode_error};
static const struct sf_type type_partial = {"a range such as 1..8, or random", decode_partial};
static const struct sf_type type_true = {"true", decode_true};

static const struct sf_choice families[] = {
    {"inet", SF_DOMAIN_INET}, {"inet6", SF_DOMAIN_INET6}, {"unix", SF_DOMAIN_UNIX}, {0}};
static const struct sf_choice types[] = {{"stream", SF_TYPE_STREAM}, {"dgram", SF_TYPE_DGRAM}, {0}};
static const struct sf_choice roles[] = {{"client", SF_ROLE_CLIENT}, {"server", SF_ROLE_SERVER}, {0}};
static const struct sf_choice pers[] = {
    {"connection", SF_PER_CONNECTION}, {"program", SF_PER_PROGRAM}, {"scenario", SF_PER_SCENARIO}, {0}};

/* `call` stands before the faults: what they may be hangs on it. */
#define AT(member) offsetof(struct draft, member)
static const struct sf_key rule_keys[] = {
    {.name = "id", .type = &sf_type_line, .offset = AT(rule.id)},
    {.name = "call", .type = &type_call, .flags = SF_KEY_REQUIRED},
    {.name = "program", .type = &type_programs},
    {.name = "exe", .type = &type_exe, .offset = AT(rule.exes), .count_offset = AT(rule.exe_count)},
    {.name = "peer", .type = &type_address, .offset = AT(rule.peers), .count_offset = AT(rule.peer_count)},
    {.name = "local", .type = &type_address, .offset = AT(rule.locals), .count_offset = AT(rule.local_count)},
    {.name = "family", .type = &sf_type_mask, .offset = AT(rule.domains), .choices = families},
    {.name = "type", .type = &sf_type_mask, .offset = AT(rule.types), .choices = types},
    {.name = "role", .type = &sf_type_mask, .offset = AT(rule.roles), .choices = roles},
    {.name = "connection", .type = &sf_type_range, .offset = AT(rule.connection_first),
     SF_BETWEEN(1, UINT32_MAX)},
    {.name = "when", .type = &type_when},
    {.name = "per", .type = &sf_type_choice, .offset = AT(per), .choices = pers},
    {.name = "times", .type = &sf_type_u32, .offset = AT(rule.times), SF_BETWEEN(1, UINT32_MAX)},
    {.name = "optional", .type = &sf_type_flag, .offset = AT(rule.optional)},
    {.name = "force", .type = &sf_type_flag, .offset = AT(rule.force)},
    {.name = "error", .type = &type_error},
    {.name = "delay", .type = &sf_type_duration, .offset = AT(rule.delay_ns), .min = 1},
    {.name = "partial", .type = &type_partial, SF_BETWEEN(1, UINT32_MAX)},
    {.name = "interrupt", .type = &type_true},
    {.name = "again", .type = &type_true},
    {.name = "refuse", .type = &type_true},
    {.name = "eof", .type = &type_true},
    {.name = "reset", .type = &type_true},
    {.name = "timeout", .type = &sf_type_duration, .offset = AT(rule.delay_ns), .min = 1},
    {.name = "resolve",
     .type = &type_answer,
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

static void finish_per(struct sf_decoder *decoder, const struct sf_node *node, struct draft *draft)
{
    struct sf_rule *rule = &draft->rule;
    if (draft->per == PER_DEFAULT)
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
    struct draft draft = {
        .rule = {.place = sf_node_place(decoder, node), .programs = UINT64_MAX, .probability = 1},
        .per = PER_DEFAULT,
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
