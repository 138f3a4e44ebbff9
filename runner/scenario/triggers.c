/* When a rule fires. */
#include "scenario/draft.h"
#include "scenario/sections.h"
#include "scenario/states.h"
#include "scenario/tables.h"

#include <stdlib.h>
#include <string.h>

/* Text, or hex:… for bytes that are none. */
static void decode_match(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_rule *rule = &sf_draft_of(object)->rule;
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
    struct sf_rule *rule = &sf_draft_of(object)->rule;
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count; i++) {
        const char *names[SF_STATES_MAX], *text = sf_text_decode(decoder, key, items.list[i]);
        unsigned state = text ? sf_state_find(text) : 0;
        size_t count = sf_state_names(names);
        rule->states |= state ? 1u << state : 0;
        if (text && !state && sf_diagnostics_full(decoder->diagnostics))
            sf_error(decoder->diagnostics, sf_node_place(decoder, items.list[i]), "unknown state");
        else if (text && !state)
            sf_error(decoder->diagnostics, sf_node_place(decoder, items.list[i]),
                     "unknown state %s, allowed are %s%s", sf_quoted(decoder->diagnostics->arena, text),
                     sf_names_join(decoder->diagnostics->arena, names, count),
                     sf_suggestion(decoder->diagnostics->arena, text, names, count));
    }
}

/* Symbols have neither arguments nor spaces: a name that does would never be met. */
static void decode_site(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    const char *name = sf_text_decode(decoder, key, value);
    if (!name)
        return;
    if (*name == '\0' || name[strcspn(name, " \t\r\n,()<>")])
        sf_value_reject(decoder, key, value, "");
    else
        *(const char **)sf_key_field(key, object) = name;
}

static const struct sf_type type_site = {
    "the name of a function without arguments, such as poll_peer, Client::read or a mangled name",
    decode_site, "line"};
static const struct sf_type type_match = {"text of 1 to 256 bytes, or hex: with pairs of hex digits",
                                          decode_match, "text"};
static const struct sf_type type_state = {"a state such as ESTABLISHED, or a list of states",
                                          decode_state, "states"};

#define AT(member) offsetof(struct sf_draft, member)
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
    {.name = "site", .type = &type_site, .offset = AT(rule.site)},
    {.name = "exactly", .type = &sf_type_exactly, .offset = AT(rule.exactly)},
};
#undef AT
const struct sf_table sf_when_table = SF_TABLE("when", when_keys);

/* Both count from the start, so one that ends before the other begins never holds. */
static void check_until(struct sf_decoder *decoder, const struct sf_node *when, const struct sf_rule *rule)
{
    if (rule->after_ns && rule->until_ns && rule->until_ns <= rule->after_ns)
        sf_error(decoder->diagnostics, sf_node_place(decoder, sf_node_get(when, "until")),
                 "until is not behind after: the rule would never fire");
}

static void decode_when(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    (void)key;
    struct sf_draft *draft = sf_draft_of(object);
    struct sf_rule *rule = &draft->rule;
    if (!sf_mapping_decode(decoder, &sf_when_table, value, draft))
        return;
    check_until(decoder, value, rule);
    if (!draft->from && !draft->to)
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

const struct sf_type sf_type_when = {"a mapping such as {nth: 3}", decode_when, "when"};
