#include "base/quantity.h"
#include "hygiene/warning.h"
#include "scenario/calls.h"
#include "scenario/sections.h"
#include "scenario/signals.h"
#include "scenario/tables.h"

#include <string.h>

enum { EXIT_MAX = 255 };

static void decode_exit(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    struct sf_program_expectation *expect = object;
    struct sf_items items = sf_node_items(&value);
    const char **texts = sf_arena_alloc(decoder->arena, (items.count + 1) * sizeof *texts);
    size_t count = 0;
    expect->exit.given = true;
    expect->exit.place = sf_node_place(decoder, value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count; i++) {
        const char *text = sf_text_decode(decoder, key, items.list[i]);
        uint64_t code;
        if (!text)
            continue;
        texts[count++] = text;
        if (strcmp(text, "nonzero") == 0 && value->kind == SF_NODE_SCALAR) {
            expect->exit.nonzero = true;
        } else if (strcmp(text, "any") == 0 && value->kind == SF_NODE_SCALAR) {
            expect->exit.any = true;
        } else if (sf_number_parse(text, &code) && code <= EXIT_MAX) {
            int *slot = sf_arena_push(decoder->arena, &expect->exit.codes, &expect->exit.count, sizeof *slot);
            *slot = (int)code;
        } else {
            sf_value_reject(decoder, key, items.list[i], "");
        }
    }
    const char *list = sf_names_join(decoder->arena, texts, count);
    expect->exit.text = value->kind == SF_NODE_LIST ? sf_arena_printf(decoder->arena, "[%s]", list) : list;
}

static void decode_signal(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    struct sf_program_expectation *expect = object;
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    expect->signal.given = true;
    expect->signal.place = sf_node_place(decoder, value);
    expect->signal.number = sf_signal_find(text);
    if (!expect->signal.number && strcmp(text, "none") != 0)
        sf_value_reject(decoder, key, value, sf_signal_suggestion(decoder->diagnostics->arena, text));
}

static void decode_empty(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_text_expectation *expect = object;
    expect->empty.given = true;
    expect->empty.place = sf_node_place(decoder, value);
    sf_type_flag.decode(decoder, key, value, object);
}

static void decode_file(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    struct sf_text_expectation *expect = object;
    struct sf_text_item *file = &expect->equals_file;
    sf_type_item.decode(decoder, key, value, object);
    if (file->text && !*file->text) {
        sf_value_reject(decoder, key, value, "");
    } else if (file->text) {
        expect->is_file_relative = *file->text != '/';
        file->text = sf_path_resolve(decoder, file->text);
    }
}

/* What is found whatever there is, and so tests nothing, is not taken. */
static void decode_pieces(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    struct sf_items items = sf_node_items(&value);
    struct sf_text_item *const *pieces = sf_key_field(key, object);
    const size_t *count = (size_t *)((char *)object + key->count_offset);
    sf_type_items.decode(decoder, key, value, object);
    for (size_t i = 0; i < *count; i++)
        if ((*pieces)[i].text && !*(*pieces)[i].text)
            sf_value_reject(decoder, key, items.list[i], " (empty text is in every output)");
}

static const struct sf_type type_pieces = {"text or a list of texts", decode_pieces, "texts"};
static const struct sf_type type_empty = {"true or false", decode_empty, "flag"};
static const struct sf_type type_file = {"the path of a file", decode_file, "line"};

#define AT(member) offsetof(struct sf_text_expectation, member)
static const struct sf_key text_keys[] = {
    {.name = "equals", .type = &sf_type_item, .offset = AT(equals)},
    {.name = "equals_file", .type = &type_file, .offset = AT(equals_file)},
    {.name = "contains", .type = &type_pieces, .offset = AT(contains), .count_offset = AT(contains_count)},
    {.name = "not_contains", .type = &type_pieces, .offset = AT(not_contains),
     .count_offset = AT(not_contains_count)},
    {.name = "matches", .type = &sf_type_regex, .offset = AT(matches)},
    {.name = "empty", .type = &type_empty, .offset = AT(empty.value)},
};
#undef AT
const struct sf_table sf_output_table = SF_TABLE("an output", text_keys);

static void decode_output(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    struct sf_text_expectation *expect = sf_key_field(key, object);
    struct sf_table table = sf_output_table;
    table.what = key->name;
    expect->place = sf_node_place(decoder, value);
    sf_mapping_decode(decoder, &table, value, expect);
}

/* Functions are no families, but they belong to some. */
static bool is_function(struct sf_decoder *decoder, const struct sf_node *key)
{
    struct sf_call_set calls = {{0}};
    uint32_t families = 0;
    for (size_t i = 0; i < SF_FAMILY_COUNT; i++)
        if (strcmp(sf_family_names[i], key->text) == 0)
            return false;
    if (!sf_calls_find(key->text, &calls, &families))
        return false;
    sf_error(decoder->diagnostics, sf_node_place(decoder, key),
             "calls are counted by family: %s among those of %s", key->text,
             sf_families_join(decoder->diagnostics->arena, families));
    return true;
}

static void decode_calls(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_program_expectation *expect = object;
    if (!sf_mapping_check(decoder, value, key->name))
        return;
    for (size_t i = 0; i < value->count; i++) {
        const struct sf_pair *pair = &value->pairs[i];
        if (is_function(decoder, pair->key))
            continue;
        ptrdiff_t family = sf_name_find(decoder, sf_node_place(decoder, pair->key), "family of calls",
                                        pair->key->text, sf_family_names, SF_FAMILY_COUNT);
        const struct sf_key count = {.name = pair->key->text, .type = &sf_type_count};
        if (family >= 0 && pair->value->kind != SF_NODE_BAD)
            count.type->decode(decoder, &count, pair->value, &expect->calls[family]);
    }
}

/* `clean` stands by itself, in no list. Returns the warning's bit, 0 for `clean`. */
static uint32_t decode_habit(struct sf_decoder *decoder, const struct sf_node *value, const char *text,
                             bool may_be_clean)
{
    const char *names[SF_HABIT_COUNT + 1] = {"clean"};
    for (size_t i = 0; i < SF_HABIT_COUNT; i++)
        names[i + 1] = sf_habit_names[i];
    ptrdiff_t place = sf_name_find(decoder, sf_node_place(decoder, value), "warning of hygiene", text,
                                   may_be_clean ? names : names + 1, SF_HABIT_COUNT + may_be_clean);
    place -= may_be_clean;
    return place >= 0 ? 1u << place : 0;
}

static void decode_hygiene(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                           void *object)
{
    struct sf_program_expectation *expect = object;
    struct sf_items items = sf_node_items(&value);
    const char **texts = sf_arena_alloc(decoder->arena, (items.count + 1) * sizeof *texts);
    size_t count = 0;
    expect->hygiene.given = true;
    expect->hygiene.place = sf_node_place(decoder, value);
    for (size_t i = 0; i < items.count; i++) {
        const char *text = sf_text_decode(decoder, key, items.list[i]);
        uint32_t habit = text ? decode_habit(decoder, items.list[i], text, value->kind == SF_NODE_SCALAR) : 0;
        if (habit)
            texts[count++] = text;
        expect->hygiene.allowed |= habit;
    }
    expect->hygiene.text = count ? sf_arena_printf(decoder->arena, "nothing but %s",
                                                   sf_names_join(decoder->arena, texts, count))
                                 : "clean";
}

static const struct sf_type type_hygiene = {"clean, or a list of the warnings that it may have",
                                            decode_hygiene, "hygiene"};
static const struct sf_type type_calls = {"a mapping such as {connect: 3}", decode_calls, "calls"};
static const struct sf_type type_exit = {"an exit status from 0 to 255, a list of these, nonzero or any",
                                         decode_exit, "exit"};
static const struct sf_type type_signal = {"a signal such as SEGV or SIGSEGV, or none",
                                           decode_signal, "end_signal"};
static const struct sf_type type_output = {"a mapping such as {contains: TEXT}", decode_output, "output"};

#define AT(member) offsetof(struct sf_program_expectation, member)
static const struct sf_key expect_keys[] = {
    {.name = "exit", .type = &type_exit},
    {.name = "signal", .type = &type_signal},
    {.name = "stdout", .type = &type_output, .offset = AT(out)},
    {.name = "stderr", .type = &type_output, .offset = AT(err)},
    {.name = "duration", .type = &sf_type_elapsed, .offset = AT(duration)},
    {.name = "cpu", .type = &sf_type_elapsed, .offset = AT(cpu)},
    {.name = "calls", .type = &type_calls},
    {.name = "leaked_sockets", .type = &sf_type_count, .offset = AT(leaked_sockets)},
    {.name = "hygiene", .type = &type_hygiene},
};
#undef AT
const struct sf_table sf_expect_table = SF_TABLE("what is expected of a program", expect_keys);

static void decode_program(struct sf_decoder *decoder, const struct sf_node *value,
                           const struct sf_program *program, struct sf_program_expectation *expect)
{
    expect->place = sf_node_place(decoder, value);
    if (!sf_mapping_decode(decoder, &sf_expect_table, value, expect))
        return;
    static const struct {
        const char *key, *how;
    } seen[] = {{"calls", "are counted"}, {"leaked_sockets", "are counted"}, {"hygiene", "is looked at"}};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        const struct sf_node *node = sf_node_get(value, seen[i].key);
        if (node && !program->wrap)
            sf_error(decoder->diagnostics, sf_node_place(decoder, node),
                     "%s %s by the shim, which %s is started without (wrap: false)", seen[i].key, seen[i].how,
                     program->name);
    }
    if (expect->exit.given && expect->signal.number)
        sf_error(decoder->diagnostics, expect->signal.place,
                 "exit and signal contradict each other: a program that a signal killed has no exit status");
}

static void decode_rules(struct sf_decoder *decoder, const struct sf_node *node)
{
    static const struct sf_key key = {.name = "how often a rule fired", .type = &sf_type_count};
    struct sf_scenario *scenario = decoder->scenario;
    if (!sf_mapping_check(decoder, node, "expect.faults"))
        return;
    const char **ids = sf_arena_alloc(decoder->arena, (scenario->rule_count + 1) * sizeof *ids);
    for (size_t i = 0; i < scenario->rule_count; i++)
        ids[i] = scenario->rules[i].id;
    for (size_t i = 0; i < node->count; i++) {
        const struct sf_pair *pair = &node->pairs[i];
        ptrdiff_t index = sf_name_find(decoder, sf_node_place(decoder, pair->key), "rule", pair->key->text,
                                       ids, scenario->rule_count);
        if (index >= 0 && pair->value->kind != SF_NODE_BAD)
            key.type->decode(decoder, &key, pair->value, &scenario->rule_expect[index]);
    }
}

void sf_expect_decode(struct sf_decoder *decoder, const struct sf_node *node)
{
    struct sf_scenario *scenario = decoder->scenario;
    if (!sf_mapping_check(decoder, node, "expect"))
        return;
    for (size_t i = 0; i < node->count; i++) {
        const struct sf_pair *pair = &node->pairs[i];
        if (strcmp(pair->key->text, "faults") == 0) {
            decode_rules(decoder, pair->value);
            continue;
        }
        ptrdiff_t index = sf_name_find(decoder, sf_node_place(decoder, pair->key), "program", pair->key->text,
                                       decoder->programs, decoder->program_count);
        if (index >= 0)
            decode_program(decoder, pair->value, &scenario->programs[index], &scenario->expect[index]);
    }
}
