/* One document -> one scenario. */
#include "scenario/scenario.h"

#include "engine/hash.h"
#include "scenario/sections.h"
#include "scenario/tables.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)

static void decode_programs(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                            void *object)
{
    (void)key, (void)object;
    sf_programs_decode(decoder, value);
}

static void decode_faults(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    (void)key, (void)object;
    sf_rules_decode(decoder, value);
}

static void decode_names(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    const char ***names = sf_key_field(key, object);
    size_t *count = (size_t *)((char *)object + key->count_offset);
    const struct sf_key one = {.name = key->name, .type = key->type};
    struct sf_items items = sf_node_items(&value);
    for (size_t i = 0; i < items.count; i++) {
        const char **name = sf_arena_push(decoder->arena, names, count, sizeof *name);
        sf_type_line.decode(decoder, &one, items.list[i], name);
    }
}

static void decode_requires(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                            void *object)
{
    struct sf_scenario *scenario = object;
    const struct sf_key one = {
        .name = key->name, .type = key->type, .offset = offsetof(struct sf_text_item, text)};
    struct sf_items items = sf_node_items(&value);
    for (size_t i = 0; i < items.count; i++) {
        struct sf_text_item *item =
            sf_arena_push(decoder->arena, &scenario->requires, &scenario->requires_count, sizeof *item);
        item->place = sf_node_place(decoder, items.list[i]);
        sf_type_line.decode(decoder, &one, items.list[i], item);
    }
}

static void decode_expect(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    (void)key, (void)object;
    if (!decoder->bindings->program_name)
        sf_expect_decode(decoder, value);
}

/* It gives the seed, which is the same at each run. */
static void decode_name(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    decoder->is_naming = true;
    sf_type_line.decode(decoder, key, value, object);
    decoder->is_naming = false;
}

static const struct sf_type type_name = {"text on one line", decode_name, "line"};
static const struct sf_type type_names = {"a name or a list of names", decode_names, "texts"};
static const struct sf_type type_requires = {"the name of a command or a list of these",
                                             decode_requires, "texts"};
static const struct sf_type type_programs = {"a mapping of names to programs", decode_programs, "programs"};
static const struct sf_type type_faults = {"a list of rules", decode_faults, "faults"};
static const struct sf_type type_expect = {"a mapping of program names to expectations",
                                           decode_expect, "expects"};

/* matrix, vars and programs, faults, expect: each names what those before it define. */
#define AT(member) offsetof(struct sf_scenario, member)
static const struct sf_key scenario_keys[] = {
    {.name = "name", .type = &type_name, .offset = AT(name), .flags = SF_KEY_REQUIRED},
    {.name = "description", .type = &sf_type_text, .offset = AT(description)},
    {.name = "seed", .type = &sf_type_u64, .offset = AT(seed), .max = INT64_MAX},
    {.name = "timeout", .type = &sf_type_duration, .offset = AT(timeout_ns), .min = 1},
    {.name = "run_for", .type = &sf_type_duration, .offset = AT(run_for_ns), .min = 1},
    {.name = "tags", .type = &type_names, .offset = AT(tags), .count_offset = AT(tag_count)},
    {.name = "requires", .type = &type_requires},
    {.name = "matrix", .type = &sf_type_matrix, .flags = SF_KEY_FIRST},
    {.name = "vars", .type = &sf_type_vars, .flags = SF_KEY_FIRST},
    {.name = "programs", .type = &type_programs},
    {.name = "faults", .type = &type_faults},
    {.name = "expect", .type = &type_expect},
};
#undef AT
const struct sf_table sf_scenario_table = {
    "a scenario", scenario_keys, sizeof scenario_keys / sizeof scenario_keys[0], .extensible = true};

static void set_seed(struct sf_scenario *scenario, const struct sf_node *root,
                     const struct sf_bindings *bindings)
{
    if (bindings->seed)
        scenario->seed = *bindings->seed;
    else if (!sf_node_get(root, "seed"))
        scenario->seed = sf_hash_text(scenario->name);
}

/* Services end when the others have: where there are no others, run_for says when. */
static void check_end(struct sf_decoder *decoder, const struct sf_node *root)
{
    const struct sf_scenario *scenario = decoder->scenario;
    const struct sf_node *programs = sf_node_get(root, "programs"), *run_for = sf_node_get(root, "run_for");
    const char *other = NULL;
    for (size_t i = 0; i < scenario->program_count && !other; i++)
        if (scenario->programs[i].ready.kind == SF_READY_NONE)
            other = scenario->programs[i].name;
    if (scenario->program_count == 0 || decoder->bindings->program_name)
        return;
    if (run_for && other)
        sf_error(decoder->diagnostics, sf_node_place(decoder, run_for),
                 "run_for is for services alone, and %s is none (it has no ready): the scenario ends with it",
                 other);
    else if (!run_for && !other)
        sf_error(decoder->diagnostics, sf_node_place(decoder, programs),
                 "every program is a service, so none ends by itself: run_for must say how long they run");
    else if (run_for && scenario->run_for_ns >= scenario->timeout_ns)
        sf_error(decoder->diagnostics, sf_node_place(decoder, run_for),
                 "run_for must be shorter than the timeout%s",
                 sf_node_get(root, "timeout") ? "" : ", which is 60s by default");
}

struct sf_scenario *sf_scenario_decode(struct sf_arena *arena, const struct sf_document *document,
                                       const struct sf_bindings *bindings, struct sf_diagnostics *diagnostics)
{
    static const struct sf_bindings none = {0};
    /* Another combination of the matrix may have had the same. */
    size_t errors = diagnostics->errors + diagnostics->repeated;
    struct sf_scenario *scenario = sf_arena_alloc(arena, sizeof *scenario);
    struct sf_decoder decoder = {.arena = arena,
                                 .diagnostics = diagnostics,
                                 .file = sf_arena_strdup(arena, document->file),
                                 .bindings = bindings ? bindings : &none,
                                 .nodes = document->nodes,
                                 .combinations = 1,
                                 .has_ports = true,
                                 .scenario = scenario};
    scenario->file = decoder.file;
    scenario->place = sf_node_place(&decoder, document->root);
    const struct sf_node *timeout = sf_node_get(document->root, "timeout");
    scenario->timeout_place = timeout ? sf_node_place(&decoder, timeout) : scenario->place;
    scenario->timeout_ns = 60 * SECOND;
    if (decoder.bindings->program_name) {
        scenario->programs = sf_arena_alloc(arena, sizeof *scenario->programs);
        scenario->programs->name = sf_arena_strdup(arena, decoder.bindings->program_name);
        scenario->programs->place = scenario->place;
        scenario->programs->wrap = true;
        scenario->program_count = 1;
        scenario->expect = sf_arena_alloc(arena, sizeof *scenario->expect);
    }
    if (sf_mapping_decode(&decoder, &sf_scenario_table, document->root, scenario) && scenario->name) {
        if (decoder.combination)
            scenario->name = sf_arena_printf(arena, "%s [%s]", scenario->name, decoder.combination);
        set_seed(scenario, document->root, decoder.bindings);
    }
    if (diagnostics->errors + diagnostics->repeated == errors && !document->broken)
        check_end(&decoder, document->root);
    return document->broken || diagnostics->errors + diagnostics->repeated > errors ? NULL : scenario;
}

const struct sf_node *sf_rule_parse_argument(struct sf_arena *arena, const char *file, const char *text,
                                             struct sf_diagnostics *diagnostics)
{
    const struct sf_source source = {.file = file,
                                     .text = text,
                                     .bytes = strlen(text),
                                     .braces = text[strspn(text, " \t\n")] != '{'};
    size_t count;
    struct sf_document **documents = sf_documents_parse(arena, &source, &count, diagnostics);
    if (count > 1)
        sf_error(diagnostics, (struct sf_place){source.file, 1, 1}, "one rule is allowed, not %zu", count);
    return count == 1 ? documents[0]->root : NULL;
}

bool sf_rule_decode_argument(struct sf_arena *arena, const char *file, const char *text,
                             const char *program_name, struct sf_rule *rule,
                             struct sf_diagnostics *diagnostics)
{
    const struct sf_bindings bindings = {.program_name = program_name};
    struct sf_decoder decoder = {.arena = arena,
                                 .diagnostics = diagnostics,
                                 .file = file,
                                 .bindings = &bindings,
                                 .combinations = 1,
                                 .programs = &program_name,
                                 .program_count = 1};
    size_t errors = diagnostics->errors;
    const struct sf_node *node = sf_rule_parse_argument(arena, file, text, diagnostics);
    if (node)
        sf_rule_decode(&decoder, node, rule);
    return diagnostics->errors == errors;
}
