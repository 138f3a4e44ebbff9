/* What faults are given. */
#include "base/quantity.h"
#include "scenario/calls.h"
#include "scenario/draft.h"
#include "scenario/errors.h"
#include "scenario/pattern.h"
#include "scenario/tables.h"

#include <string.h>

#define FAMILY(name) (1u << SF_FAMILY_##name)

static bool parse_answer(const struct sf_decoder *decoder, const char *text, struct sf_pattern *pattern)
{
    return sf_address_parse(decoder->arena, text, pattern);
}

static void decode_answer(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    sf_patterns_decode(decoder, key, value, object, parse_answer, NULL);
}

static void decode_error(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_rule *rule = &sf_draft_of(object)->rule;
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

static void decode_bytes(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         struct sf_rule *rule, bool may_be_random)
{
    const char *text = sf_text_decode(decoder, key, value);
    uint64_t min, max;
    if (!text)
        return;
    if (may_be_random && strcmp(text, "random") == 0) {
        rule->bytes_min = 1;
        rule->bytes_max = 0;
    } else if (sf_range_parse(text, &min, &max) && min >= key->min && max <= key->max) {
        rule->bytes_min = (uint32_t)min;
        rule->bytes_max = (uint32_t)max;
    } else {
        sf_value_reject(decoder, key, value, "");
    }
}

static void decode_partial(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                           void *object)
{
    decode_bytes(decoder, key, value, &sf_draft_of(object)->rule, true);
}

static void decode_chunk(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    decode_bytes(decoder, key, value, &sf_draft_of(object)->rule, false);
}

static const struct sf_choice distributions[] = {{"uniform", SF_DISTRIBUTION_UNIFORM},
                                                 {"normal", SF_DISTRIBUTION_NORMAL},
                                                 {"pareto", SF_DISTRIBUTION_PARETO},
                                                 {0}};

#define AT(member) offsetof(struct sf_draft, member)
static const struct sf_key delay_keys[] = {
    {.name = "mean", .type = &sf_type_duration, .offset = AT(rule.delay_ns), .min = 1,
     .flags = SF_KEY_REQUIRED},
    {.name = "jitter", .type = &sf_type_duration, .offset = AT(rule.link.jitter_ns)},
    {.name = "distribution", .type = &sf_type_choice, .offset = AT(rule.link.distribution),
     .choices = distributions},
};
#undef AT
const struct sf_table sf_delay_table = SF_TABLE("delay", delay_keys);

/* A call sleeps so long; what a link adds may vary. */
static void decode_delay(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    static const struct sf_type type_varying = {
        SF_DURATION_EXAMPLES ", or a mapping such as {mean: 100ms, jitter: 20ms}", NULL, NULL};
    struct sf_draft *draft = sf_draft_of(object);
    struct sf_key row = *key;
    if (draft->rule.kind != SF_RULE_CALL)
        row.type = &type_varying;
    if (draft->rule.kind == SF_RULE_CALL || value->kind != SF_NODE_MAPPING) {
        sf_type_duration.decode(decoder, &row, value, object);
        return;
    }
    sf_mapping_decode(decoder, &sf_delay_table, value, draft);
    const struct sf_node *distribution = sf_node_get(value, "distribution");
    if (distribution && !sf_node_get(value, "jitter") && !sf_key_misspelt(&sf_delay_table, value, "jitter"))
        sf_error(decoder->diagnostics, sf_node_place(decoder, distribution),
                 "a distribution of nothing: jitter says how much the delay varies");
}

static void decode_true(struct sf_decoder *decoder, const struct sf_key *key,
                             const struct sf_node *value, void *object)
{
    (void)object; /* the key alone says it all */
    const char *text = sf_text_decode(decoder, key, value);
    if (text && strcmp(text, "true") != 0)
        sf_value_reject(decoder, key, value, "");
}

const struct sf_type sf_type_answer = {"an address such as 127.0.0.1 or ::1, or a list of these",
                                       decode_answer, "texts"};
const struct sf_type sf_type_error = {"the name of an errno such as ECONNRESET", decode_error, "error"};
const struct sf_type sf_type_partial = {"a range such as 1..8, or random", decode_partial, "partial"};
const struct sf_type sf_type_chunk = {"a range such as 1..8", decode_chunk, "range"};
const struct sf_type sf_type_delay = {SF_DURATION_EXAMPLES, decode_delay, "delays"};
const struct sf_type sf_type_true = {"true", decode_true, "true"};
