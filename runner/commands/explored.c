#include "commands/explored.h"

#include "base/arena.h"
#include "base/regex.h"
#include "commands/overrides.h"
#include "launch/launch.h"
#include "launch/lookup.h"
#include "save/pin.h"
#include "save/tree.h"
#include "scenario/files.h"

#include <limits.h>
#include <string.h>

#define DEFAULT_TIMEOUT_NS UINT64_C(10000000000)

const char *sf_explored_conflict(struct sf_arena *arena, const struct sf_options *options)
{
    if (options->rest_count == 0)
        return "no scenario and no program is given";
    if (!options->is_behind_dashes && options->rest_count > 1)
        return sf_arena_printf(arena, "one scenario is explored at a time; a program stands behind '--': %s",
                               sf_quoted(arena, options->rest[1]));
    if (options->is_behind_dashes && options->override_count)
        return "--set: there is no scenario whose variables it could override";
    if (options->is_behind_dashes && options->filter)
        return "--filter: there are no scenarios to choose from";
    if (!options->is_behind_dashes && options->as)
        return "--as: the programs of a scenario have names";
    return NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* A name that a scenario may give a program. */
static const char *usable_name(struct sf_arena *arena, const char *text)
{
    char *name = sf_arena_strdup(arena, text);
    for (char *c = name; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            *c = '_';
    return strcmp(name, "faults") == 0 ? "faults_" : name;
}

/* The command line as a document. */
static const struct sf_document *command_document(struct sf_arena *arena, const struct sf_options *options,
                                                  const char *name)
{
    struct sf_document *document = sf_arena_alloc(arena, sizeof *document);
    struct sf_node *root = sf_tree_mapping(arena), *programs = sf_tree_mapping(arena),
                   *program = sf_tree_mapping(arena), *run = sf_tree_list(arena);
    for (int i = 0; i < options->rest_count; i++)
        sf_tree_add(arena, run,
                    sf_tree_text(arena, sf_pin_literal(arena, sf_arena_strdup(arena, options->rest[i]))));
    sf_tree_set(arena, program, "run", run);
    sf_tree_set(arena, programs, name, program);
    sf_tree_set(arena, root, "name", sf_tree_text(arena, sf_pin_literal(arena, name)));
    sf_tree_set(arena, root, "programs", programs);
    *document = (struct sf_document){.file = "--", .root = root, .nodes = 16};
    return document;
}

enum { NAMES_MAX = 5 };

/* Scenarios of a file, as --filter chooses among them. */
struct choice {
    struct sf_arena *arena;
    struct sf_regex *filter;            /* NULL: all are chosen */
    const struct sf_document *document; /* the first that is … */
    size_t combination;
    size_t count, all; /* … and how many are, of how many */
    const char *names; /* of those that may be chosen: "'a', 'b [n=1]'" */
};

static void choose(void *context, const struct sf_document *document, size_t combination,
                   const struct sf_scenario *scenario)
{
    struct choice *choice = context;
    bool is_chosen = !choice->filter || sf_regex_search(choice->filter, scenario->name,
                                                        strlen(scenario->name)) == SF_REGEX_FOUND;
    choice->all++;
    if (is_chosen && choice->count++ == 0) {
        choice->document = document;
        choice->combination = combination;
    }
    if (choice->all <= NAMES_MAX)
        choice->names = sf_arena_printf(choice->arena, "%s%s%s", choice->names, *choice->names ? ", " : "",
                                        sf_quoted(choice->arena, scenario->name));
    else if (choice->all == NAMES_MAX + 1)
        choice->names = sf_arena_printf(choice->arena, "%s, ...", choice->names);
}

/* What keeps it from being one; NULL: it is. */
static const char *choice_problem(const struct choice *choice, const struct sf_options *options)
{
    if (choice->count == 1)
        return NULL;
    if (!options->filter)
        return sf_arena_printf(choice->arena,
                               "this file holds %zu scenarios, and one is explored at a time: choose it by "
                               "--filter: %s",
                               choice->all, choice->names);
    return sf_arena_printf(choice->arena,
                           "--filter %s matches the names of %zu scenarios of %zu, and one is "
                           "explored at a time: %s",
                           sf_quoted(choice->arena, options->filter), choice->count, choice->all,
                           choice->names);
}

/* The document that is explored, and which of its combinations; NULL: errors are told. */
static const struct sf_document *read_document(struct sf_arena *arena, const struct sf_options *options,
                                               size_t *combination, struct sf_diagnostics *diagnostics)
{
    char error[SF_REGEX_ERROR_BYTES];
    size_t count;
    const char *path = options->rest[0];
    const struct sf_bindings bindings = {.overrides = options->overrides,
                                         .override_count = options->override_count};
    struct choice choice = {.arena = arena, .names = ""};
    struct sf_document **documents = sf_documents_read(arena, path, &count, diagnostics);
    choice.filter = options->filter ? sf_regex_compile(options->filter, error) : NULL;
    sf_documents_decode(documents, count, &bindings, diagnostics, choose, &choice);
    sf_regex_free(choice.filter);
    const char *problem = diagnostics->errors ? NULL : choice_problem(&choice, options);
    if (problem)
        sf_error(diagnostics, (struct sf_place){.file = sf_file_name(path)}, "%s", problem);
    if (diagnostics->errors)
        return NULL;
    const char **variables = NULL, *what;
    size_t variable_count = 0, index = 0;
    sf_document_variables(arena, choice.document, &variables, &variable_count);
    while ((what = sf_override_unknown(arena, options, &index, variables, variable_count)))
        sf_error(diagnostics, (struct sf_place){.file = "--set"}, "the scenario has no %s", what);
    *combination = choice.combination;
    return choice.document;
}

/* The document with the user's own rules, so that they are checked with all else. */
static const struct sf_node *add_rules(struct sf_arena *arena, const struct sf_options *options,
                                       const struct sf_document *document, struct sf_diagnostics *diagnostics)
{
    struct sf_node *rules = sf_tree_list(arena);
    const struct sf_node *of_file = sf_node_get(document->root, "faults");
    for (size_t i = 0; of_file && of_file->kind == SF_NODE_LIST && i < of_file->count; i++)
        sf_tree_add(arena, rules, of_file->items[i]);
    for (size_t i = 0; i < options->fault_count; i++) {
        const char *file =
            options->fault_count == 1 ? "--fault" : sf_arena_printf(arena, "--fault #%zu", i + 1);
        const struct sf_node *rule = sf_rule_parse_argument(arena, file, options->faults[i], diagnostics);
        if (rule)
            sf_tree_add(arena, rules, rule);
    }
    return rules;
}

static const struct sf_document *with_rules(struct sf_arena *arena, const struct sf_document *document,
                                            const struct sf_node *rules)
{
    struct sf_document *copy = sf_arena_alloc(arena, sizeof *copy);
    struct sf_node *root = sf_tree_mapping(arena);
    for (size_t i = 0; i < document->root->count; i++)
        if (strcmp(document->root->pairs[i].key->text, "faults") != 0)
            sf_tree_set(arena, root, document->root->pairs[i].key->text, document->root->pairs[i].value);
    if (rules->count)
        sf_tree_set(arena, root, "faults", rules);
    *copy = *document;
    copy->root = root;
    return copy;
}

static struct sf_scenario *decode(struct sf_arena *arena, const struct sf_options *options,
                                  const struct sf_document *document, size_t combination,
                                  const struct sf_node *rules, struct sf_diagnostics *diagnostics)
{
    const struct sf_bindings bindings = {.seed = options->has_seed ? &options->seed : NULL,
                                         .combination = combination,
                                         .overrides = options->overrides,
                                         .override_count = options->override_count};
    struct sf_scenario *scenario =
        sf_scenario_decode(arena, with_rules(arena, document, rules), &bindings, diagnostics);
    if (scenario && scenario->program_count == 0)
        sf_error(diagnostics, scenario->place, "the scenario has no programs: there is nothing to explore");
    return scenario;
}

static void fill(struct sf_subject *subject, const struct sf_scenario *scenario)
{
    subject->name = scenario->name;
    subject->scenario = scenario;
    subject->seed = scenario->seed;
    subject->program_count = (unsigned)scenario->program_count;
    subject->programs = sf_arena_alloc(subject->arena, scenario->program_count * sizeof *subject->programs);
    for (size_t i = 0; i < scenario->program_count; i++) {
        const struct sf_program *program = &scenario->programs[i];
        subject->programs[i] = (struct sf_subject_program){.name = program->name,
                                                           .is_service = program->ready.kind != SF_READY_NONE,
                                                           .is_wrapped = program->wrap,
                                                           .stop_signal = program->stop_signal};
    }
    subject->probe = subject->program_count;
}

/* A scenario's own time-out; where it says none a search would take too long with the usual minute. */
static uint64_t timeout_of(const struct sf_options *options, const struct sf_document *document,
                           const struct sf_scenario *scenario)
{
    if (options->timeout_ns)
        return options->timeout_ns;
    return sf_node_get(document->root, "timeout") ? scenario->timeout_ns : DEFAULT_TIMEOUT_NS;
}

bool sf_explored_read(struct sf_arena *arena, const struct sf_options *options, struct sf_subject *subject,
                      const struct sf_node **given)
{
    struct sf_diagnostics diagnostics = {.arena = arena};
    const struct sf_scenario *scenario = NULL;
    const struct sf_document *document;
    const struct sf_node *rules = NULL;
    size_t combination = 0;
    if (options->is_behind_dashes)
        document = command_document(
            arena, options, usable_name(arena, options->as ? options->as : base_name(options->rest[0])));
    else
        document = read_document(arena, options, &combination, &diagnostics);
    if (document)
        rules = add_rules(arena, options, document, &diagnostics);
    if (document && !diagnostics.errors)
        scenario = decode(arena, options, document, combination, rules, &diagnostics);
    sf_diagnostics_print(&diagnostics, stderr);
    if (!scenario || diagnostics.errors)
        return false;
    *subject = (struct sf_subject){.arena = arena,
                                   .document = document,
                                   .is_command = options->is_behind_dashes,
                                   .combination = combination,
                                   .overrides = options->overrides,
                                   .override_count = options->override_count,
                                   .timeout_ns = timeout_of(options, document, scenario)};
    fill(subject, scenario);
    *given = rules->count ? rules : NULL;
    return true;
}

const char *sf_explored_blind(struct sf_arena *arena, const struct sf_subject *subject)
{
    char why[PATH_MAX + 200];
    for (unsigned i = 0; i < subject->program_count; i++) {
        const struct sf_program *program = &subject->scenario->programs[i];
        if (program->wrap &&
            sf_unreachable(program->argv[0], sf_program_path(program), program->cwd, why, sizeof why))
            return sf_arena_printf(arena, "no fault can reach %s: %s", program->name, why);
    }
    return "no program made a call on a socket: there is nothing to explore";
}
