#include "save/writer.h"

#include "base/arena.h"
#include "save/pin.h"
#include "save/rules.h"
#include "save/tree.h"
#include "save/yaml.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static const char suffix[] = " (saved)";

static void set_text(const struct sf_writer *writer, const char *key, const char *text)
{
    sf_tree_set(writer->arena, writer->root, key, sf_tree_text(writer->arena, text));
}

static void put_name(const struct sf_writer *writer, const char *name)
{
    size_t length = strlen(name);
    bool again = length > strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
    name = sf_pin_literal(writer->arena, name);
    set_text(writer, "name", again ? name : sf_arena_printf(writer->arena, "%s%s", name, suffix));
}

/* Exactly so long, in the largest unit that does. */
void sf_save_timeout(const struct sf_writer *writer, uint64_t ns)
{
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    size_t unit = 0;
    while (ns % units[unit].ns != 0)
        unit++;
    set_text(writer, "timeout",
             sf_arena_printf(writer->arena, "%" PRIu64 "%s", ns / units[unit].ns, units[unit].name));
}

/* A command with a slash is looked for from where we are. */
static const struct sf_node *pin_requires(const struct sf_writer *writer, const struct sf_node *node)
{
    struct sf_node *list = sf_tree_list(writer->arena);
    struct sf_items items = sf_node_items(&node);
    for (size_t i = 0; i < items.count; i++) {
        const char *command = writer->scenario->requires[i].text;
        bool is_relative = strchr(command, '/') && command[0] != '/';
        sf_tree_add(writer->arena, list,
                    is_relative ? sf_pin_path(writer->arena, items.list[i], writer->folder, writer->here)
                                : sf_pin_node(writer->arena, items.list[i], writer->folder));
    }
    return list;
}

/* What needs no more than to mean the same elsewhere. */
void sf_save_others(const struct sf_writer *writer)
{
    static const char *const own[] = {"name", "seed", "matrix", "vars", "programs", "faults", "expect"};
    const struct sf_node *root = writer->source->document->root;
    for (size_t i = 0; i < root->count; i++) {
        const char *key = root->pairs[i].key->text;
        const struct sf_node *value = root->pairs[i].value;
        bool is_other = strncmp(key, "x-", 2) != 0; /* nothing but a place for anchors */
        for (size_t at = 0; at < sizeof own / sizeof *own; at++)
            is_other &= strcmp(own[at], key) != 0;
        if (strcmp(key, "requires") == 0)
            sf_tree_set(writer->arena, writer->root, key, pin_requires(writer, value));
        else if (is_other && !(writer->source->timeout_ns && strcmp(key, "timeout") == 0))
            sf_tree_set(writer->arena, writer->root, key, sf_pin_node(writer->arena, value, writer->folder));
    }
}

static const char *override_of(const struct sf_writer *writer, const char *name)
{
    for (size_t i = writer->source->override_count; i-- > 0;)
        if (strcmp(writer->source->overrides[i].name, name) == 0)
            return sf_pin_literal(writer->arena, writer->source->overrides[i].value);
    return NULL;
}

/* The matrix' values have become variables. */
void sf_save_vars(const struct sf_writer *writer)
{
    const struct sf_document *document = writer->source->document;
    const struct sf_node *matrix = document ? sf_node_get(document->root, "matrix") : NULL;
    const struct sf_node *vars = document ? sf_node_get(document->root, "vars") : NULL;
    struct sf_node *all = sf_tree_mapping(writer->arena);
    for (size_t i = 0; matrix && i < matrix->count; i++)
        sf_tree_set(writer->arena, all, matrix->pairs[i].key->text,
                    sf_pin_node(writer->arena, sf_matrix_choice(matrix, writer->source->combination, i),
                                writer->folder));
    for (size_t i = 0; vars && i < vars->count; i++) {
        const struct sf_pair *pair = &vars->pairs[i];
        const char *override = override_of(writer, pair->key->text);
        sf_tree_set(writer->arena, all, pair->key->text,
                    override ? sf_tree_text(writer->arena, override)
                             : sf_pin_node(writer->arena, pair->value, writer->folder));
    }
    if (all->count)
        sf_tree_set(writer->arena, writer->root, "vars", all);
}

/* The last doubt: what is written must be a scenario. */
static void check(struct sf_arena *arena, struct sf_saved *result)
{
    struct sf_diagnostics diagnostics = {.arena = arena};
    const struct sf_source source = {
        .file = "the saved scenario", .text = result->text, .bytes = strlen(result->text)};
    size_t count;
    struct sf_document **documents = sf_documents_parse(arena, &source, &count, &diagnostics);
    result->nodes = count ? documents[0]->nodes : 0;
    sf_documents_decode(documents, count, NULL, &diagnostics, NULL, NULL);
    for (size_t i = 0; i < diagnostics.count && diagnostics.errors && !result->problem; i++)
        if (diagnostics.list[i].severity == SF_ERROR)
            result->problem =
                sf_arena_printf(arena, "it would not be valid: %s", diagnostics.list[i].message);
}

static void put_all(const struct sf_writer *writer, const struct sf_node *rules)
{
    bool is_run = writer->source->rules != NULL;
    put_name(writer, is_run ? writer->scenario->programs[0].name : writer->scenario->name);
    if (!is_run)
        sf_save_others(writer);
    if (writer->source->timeout_ns)
        sf_save_timeout(writer, writer->source->timeout_ns);
    set_text(writer, "seed", sf_arena_printf(writer->arena, "%" PRIu64, writer->scenario->seed));
    sf_save_vars(writer);
    sf_save_programs(writer);
    if (rules->count)
        sf_tree_set(writer->arena, writer->root, "faults", rules);
    if (!is_run)
        sf_save_expect(writer);
}

/* A scenario of `run`, its program under a name that a scenario may give it. */
static const struct sf_scenario *with_usable_name(struct sf_arena *arena, const struct sf_scenario *scenario)
{
    struct sf_scenario *copy = sf_arena_alloc(arena, sizeof *copy);
    char *name = sf_arena_strdup(arena, scenario->programs[0].name);
    for (char *c = name; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            *c = '_';
    *copy = *scenario;
    copy->programs = sf_arena_alloc(arena, sizeof *copy->programs);
    *copy->programs = *scenario->programs;
    copy->programs->name = strcmp(name, "faults") == 0 ? "faults_" : name;
    return copy;
}

static void save(struct sf_arena *arena, const struct sf_save_source *source,
                 const struct sf_scenario *scenario, const struct sf_session_memory *session,
                 struct sf_saved *result)
{
    char here[PATH_MAX];
    if (source->rules)
        scenario = with_usable_name(arena, scenario);
    const struct sf_writer writer = {
        .arena = arena,
        .source = source,
        .scenario = scenario,
        .folder = sf_scenario_folder(arena, scenario->file),
        .here = getcwd(here, sizeof here) ? here : "/",
        .root = sf_tree_mapping(arena),
        .saved = sf_arena_alloc(arena, scenario->rule_count + 1),
    };
    const struct sf_node *const *nodes =
        source->rules ? source->rules : sf_rule_nodes(arena, source->document, scenario);
    const struct sf_node *rules =
        sf_save_rules(arena, nodes, source->rules != NULL, scenario, session, writer.saved, result);
    if (result->problem)
        return;
    result->is_idle = rules->count == 0;
    put_all(&writer, rules);
    result->text = sf_yaml_write(arena, writer.root, &result->problem);
    if (result->text)
        check(arena, result);
}

struct sf_saved *sf_save(struct sf_arena *arena, const struct sf_save_source *source,
                         const struct sf_scenario *scenario, const struct sf_session_memory *session)
{
    struct sf_saved *kept = sf_arena_alloc(arena, sizeof *kept), made = {0};
    struct sf_arena *scratch = sf_arena_new();
    save(scratch, source, scenario, session, &made);
    kept->is_idle = made.is_idle;
    kept->nodes = made.nodes;
    if (made.problem)
        kept->problem = sf_arena_strdup(arena, made.problem);
    else
        kept->text = sf_arena_strdup(arena, made.text);
    for (size_t i = 0; i < made.note_count; i++) {
        const char **slot = sf_arena_push(arena, &kept->notes, &kept->note_count, sizeof *slot);
        *slot = sf_arena_strdup(arena, made.notes[i]);
    }
    sf_arena_free(scratch);
    return kept;
}
