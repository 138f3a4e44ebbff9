#include "explore/reproduce.h"

#include "base/arena.h"
#include "save/pin.h"
#include "save/tree.h"
#include "save/writer.h"
#include "save/yaml.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

struct work {
    struct sf_arena *arena;
    const struct sf_reproduction *reproduction;
    struct sf_node *root;
    const char *problem;
};

/* Statuses of programs that end by themselves; a shell's that tells of a signal is none. */
enum { LAST_STATUS = 127 };

static struct sf_node *text(const struct work *work, const char *value)
{
    return sf_tree_text(work->arena, value);
}

static void set(const struct work *work, struct sf_node *mapping, const char *key, const char *value)
{
    sf_tree_set(work->arena, mapping, key, text(work, value));
}

/* The whole output, as an expectation; NULL: YAML cannot hold it. */
static struct sf_node *output_node(const struct work *work, const struct sf_pattern_text *pattern)
{
    const char *regex = sf_pattern_regex(work->arena, pattern);
    if (!regex)
        return NULL;
    struct sf_node *node = sf_tree_mapping(work->arena);
    set(work, node, "matches",
        sf_pin_literal(work->arena, sf_arena_printf(work->arena, "\\A(?:%s)\\z", regex)));
    return node;
}

/* A failure that the program admits is right as well as the right output, which expectations cannot say:
 * a shell does. */
static const char either_script[] = "\"$@\"; status=$?; [ $status -eq 0 ] || [ $status -gt 127 ] || "
                                    "{ echo '(it failed, and said so)'; exit 0; }; exit $status";

/* The same where the right output is in a file: what is compared with that is the file itself, then. */
static const char file_script[] = "said=$1 right=$2; shift 2; \"$@\" > \"$said\"; status=$?; "
                                  "[ $status -eq 0 ] || [ $status -gt 127 ] || "
                                  "{ cat \"$right\"; exit 0; }; cat \"$said\"; exit $status";

static struct sf_node *either_node(const struct work *work, const struct sf_pattern_text *pattern)
{
    const char *regex = sf_pattern_regex(work->arena, pattern);
    if (!regex)
        return NULL;
    struct sf_node *node = sf_tree_mapping(work->arena);
    const char *either =
        sf_arena_printf(work->arena, "\\A(?:%s|(?s:.*)\\(it failed, and said so\\)\\n)\\z", regex);
    set(work, node, "matches", sf_pin_literal(work->arena, either));
    return node;
}

static struct sf_node *file_node(const struct work *work)
{
    struct sf_node *node = sf_tree_mapping(work->arena);
    set(work, node, "equals_file", sf_pin_literal(work->arena, work->reproduction->expected));
    return node;
}

/* The program's command, run by the script. */
static struct sf_node *wrapped_run(const struct work *work, const struct sf_node *run)
{
    struct sf_node *list = sf_tree_list(work->arena);
    const char *expected = work->reproduction->expected;
    const char *const before[] = {"/bin/sh",
                                  "-c",
                                  expected ? file_script : either_script,
                                  "sh",
                                  expected ? "${dir}/stdout of the program" : NULL,
                                  expected ? sf_pin_literal(work->arena, expected) : NULL};
    for (size_t i = 0; i < sizeof before / sizeof *before && before[i]; i++)
        sf_tree_add(work->arena, list, text(work, before[i]));
    if (run->kind == SF_NODE_SCALAR) {
        sf_tree_add(work->arena, list, text(work, "/bin/sh"));
        sf_tree_add(work->arena, list, text(work, "-c"));
        sf_tree_add(work->arena, list, run);
    }
    for (size_t i = 0; run->kind == SF_NODE_LIST && i < run->count; i++)
        sf_tree_add(work->arena, list, run->items[i]);
    return list;
}

/* Does the finding ask for a shell around its program? */
static bool needs_shell(const struct work *work)
{
    const struct sf_reproduction *reproduction = work->reproduction;
    return reproduction->symptom->kind == SF_SYMPTOM_SILENT &&
           !sf_candidate_is_benign(reproduction->candidate);
}

static const char *milliseconds(const struct work *work, uint64_t ns)
{
    return sf_arena_printf(work->arena, "%" PRIu64 "ms", (ns + MS - 1) / MS);
}

/* The later client: it starts when the others have ended, if all goes well. */
static bool needs_probe(const struct work *work)
{
    const struct sf_reproduction *reproduction = work->reproduction;
    enum sf_symptom_kind kind = reproduction->symptom->kind;
    bool is_of_service = reproduction->baseline->programs[reproduction->symptom->program].is_service;
    return reproduction->baseline->has_probe && is_of_service &&
           (kind == SF_SYMPTOM_SERVICE_DOWN || kind == SF_SYMPTOM_SPIN);
}

static const struct sf_node *probe_node(const struct work *work, const struct sf_node *original)
{
    struct sf_node *probe = sf_tree_mapping(work->arena);
    uint64_t after_ns = 3 * work->reproduction->baseline->duration_ns + 700 * MS;
    for (size_t i = 0; i < original->count; i++)
        if (strcmp(original->pairs[i].key->text, "start_after") != 0)
            sf_tree_set(work->arena, probe, original->pairs[i].key->text, original->pairs[i].value);
    set(work, probe, "start_after", milliseconds(work, after_ns));
    return probe;
}

/* The programs as they are saved, with what this finding needs. */
static void put_programs(const struct work *work, const struct sf_writer *writer)
{
    const struct sf_reproduction *reproduction = work->reproduction;
    struct sf_writer scratch = *writer;
    scratch.root = sf_tree_mapping(work->arena);
    sf_save_programs(&scratch);
    const struct sf_node *saved = sf_node_get(scratch.root, "programs");
    struct sf_node *programs = sf_tree_mapping(work->arena);
    for (unsigned i = 0; i < saved->count; i++) {
        struct sf_node *program = sf_tree_mapping(work->arena);
        const struct sf_node *from = saved->pairs[i].value;
        bool is_wrapped = needs_shell(work) && i == reproduction->symptom->program;
        for (size_t at = 0; at < from->count; at++) {
            const struct sf_pair *pair = &from->pairs[at];
            bool is_run = is_wrapped && strcmp(pair->key->text, "run") == 0;
            sf_tree_set(work->arena, program, pair->key->text,
                        is_run ? wrapped_run(work, pair->value) : pair->value);
        }
        sf_tree_set(work->arena, programs, saved->pairs[i].key->text, program);
    }
    if (needs_probe(work))
        sf_tree_set(work->arena, programs, sf_subject_probe_name(work->arena, reproduction->subject),
                    probe_node(work, programs->pairs[reproduction->subject->probe].value));
    sf_tree_set(work->arena, work->root, "programs", programs);
}

static void put_rules(const struct work *work, const char *folder)
{
    const struct sf_candidate *candidate = work->reproduction->candidate;
    struct sf_node *rules = sf_tree_list(work->arena);
    for (unsigned i = 0; i < candidate->count; i++) {
        const struct sf_node *node = sf_injection_node(work->arena, &candidate->injections[i], true);
        bool is_given = candidate->injections[i].given != NULL;
        sf_tree_add(work->arena, rules, is_given ? sf_pin_node(work->arena, node, folder) : node);
    }
    sf_tree_set(work->arena, work->root, "faults", rules);
}

static const struct sf_node *plain_statuses(const struct work *work)
{
    struct sf_node *list = sf_tree_list(work->arena);
    for (int status = 0; status <= LAST_STATUS; status++)
        sf_tree_add(work->arena, list, text(work, sf_arena_printf(work->arena, "%d", status)));
    return list;
}

static void expect_crash(const struct work *work, struct sf_node *expect)
{
    if (strncmp(work->reproduction->symptom->detail, "SIG", 3) == 0)
        return;
    struct sf_node *list = sf_tree_list(work->arena), *error = sf_tree_mapping(work->arena);
    for (size_t i = 0; i < SF_SANITIZER_MARKS; i++)
        sf_tree_add(work->arena, list, text(work, sf_sanitizer_marks[i]));
    sf_tree_set(work->arena, error, "not_contains", list);
    sf_tree_set(work->arena, expect, "stderr", error);
}

static void expect_calm(const struct work *work, struct sf_node *expect)
{
    const struct sf_symptom *symptom = work->reproduction->symptom;
    uint64_t normal_ns = work->reproduction->baseline->programs[symptom->program].cpu_ns;
    struct sf_node *calls = sf_tree_mapping(work->arena);
    set(work, expect, "cpu",
        sf_arena_printf(work->arena, "<%s", milliseconds(work, 8 * normal_ns + 500 * MS)));
    if (symptom->family == SF_FAMILY_NONE)
        return;
    set(work, calls, sf_family_names[symptom->family],
        sf_arena_printf(work->arena, "<=%" PRIu64, symptom->limit));
    sf_tree_set(work->arena, expect, "calls", calls);
}

/* What may be warned of: all but sockets that stay open. */
static void expect_closed(const struct work *work, struct sf_node *expect)
{
    const struct sf_symptom *symptom = work->reproduction->symptom;
    const struct sf_baseline_program *normal = &work->reproduction->baseline->programs[symptom->program];
    set(work, expect, "leaked_sockets",
        sf_arena_printf(work->arena, "<=%" PRId64, normal->leaked < 0 ? 0 : normal->leaked));
    if (strstr(symptom->detail, "never closed") == NULL)
        return;
    struct sf_node *list = sf_tree_list(work->arena);
    for (unsigned habit = 0; habit < SF_HABIT_COUNT; habit++)
        if (habit != SF_HABIT_UNCLOSED && habit != SF_HABIT_UNCLOSED_AFTER_FAULT)
            sf_tree_add(work->arena, list, text(work, sf_habit_names[habit]));
    sf_tree_set(work->arena, expect, "hygiene", list);
}

static void expect_output(struct work *work, struct sf_node *expect)
{
    const struct sf_pattern_text *pattern =
        work->reproduction->baseline->programs[work->reproduction->symptom->program].out;
    struct sf_node *node = work->reproduction->expected ? file_node(work)
                           : needs_shell(work)          ? either_node(work, pattern)
                                                        : output_node(work, pattern);
    if (node)
        sf_tree_set(work->arena, expect, "stdout", node);
    else
        work->problem = "the output varies and is no text or longer than 8 KiB, or it is longer than 1 MiB";
}

/* What is expected of the program that shows the symptom. */
static struct sf_node *expectation(struct work *work)
{
    const struct sf_symptom *symptom = work->reproduction->symptom;
    bool is_service = work->reproduction->baseline->programs[symptom->program].is_service;
    struct sf_node *expect = sf_tree_mapping(work->arena);
    if (symptom->by_status && !is_service)
        sf_tree_set(work->arena, expect, "exit", plain_statuses(work));
    else if (!is_service && symptom->kind != SF_SYMPTOM_FRAGILE && symptom->kind != SF_SYMPTOM_SILENT)
        set(work, expect, "exit", "any");
    if (symptom->kind == SF_SYMPTOM_CRASH)
        expect_crash(work, expect);
    else if (symptom->kind == SF_SYMPTOM_SPIN)
        expect_calm(work, expect);
    else if (symptom->kind == SF_SYMPTOM_LEAK)
        expect_closed(work, expect);
    else if (symptom->kind == SF_SYMPTOM_SILENT)
        expect_output(work, expect);
    return expect;
}

/* How the others fare is of no matter, but that a later client must be served. */
static void put_expect(struct work *work)
{
    const struct sf_reproduction *reproduction = work->reproduction;
    struct sf_node *all = sf_tree_mapping(work->arena);
    for (unsigned i = 0; i < reproduction->subject->program_count; i++) {
        const struct sf_baseline_program *program = &reproduction->baseline->programs[i];
        struct sf_node *expect = sf_tree_mapping(work->arena);
        if (i == reproduction->symptom->program)
            expect = expectation(work);
        else if (!program->is_service)
            set(work, expect, "exit", "any");
        if (expect->count)
            sf_tree_set(work->arena, all, program->name, expect);
    }
    if (all->count)
        sf_tree_set(work->arena, work->root, "expect", all);
}

/* As remarks before the document. */
static const char *remarks(struct work *work)
{
    const struct sf_explored *finding = work->reproduction->finding;
    static const char *const rights[SF_SYMPTOM_COUNT] = {
        [SF_SYMPTOM_CRASH] = "A program that notices the fault and ends with an error is right.",
        [SF_SYMPTOM_SPIN] = "A program that notices the fault does not ask again without a pause.",
        [SF_SYMPTOM_SERVICE_DOWN] = "A service that lost one connection still serves the next.",
        [SF_SYMPTOM_HANG] = "A program that waits for a peer bounds its wait.",
        [SF_SYMPTOM_SILENT] = "A program whose output is not complete says so by its exit status.",
        [SF_SYMPTOM_FRAGILE] = "The network does this any day; a correct program does not notice it.",
        [SF_SYMPTOM_LEAK] = "A program closes a connection that is over, on the way of errors too.",
    };
    const char *words = *finding->last_words
                            ? sf_arena_printf(work->arena, "#\n# Its last words: %s\n", finding->last_words)
                            : "";
    return sf_arena_printf(work->arena,
                           "# Found by sockfault explore: %s\n"
                           "#\n"
                           "# %s.\n"
                           "# %s\n%s"
                           "#\n"
                           "# group: %s\n"
                           "# This fails as long as the bug is there: sockfault test FILE\n",
                           sf_symptom_names[finding->kind], sf_explored_sentence(work->arena, finding),
                           rights[finding->kind], words, finding->group);
}

static const char *title(const struct work *work)
{
    const struct sf_explored *finding = work->reproduction->finding;
    return sf_pin_literal(work->arena, sf_arena_printf(work->arena, "%s of %s: %s %u meets %s",
                                                       sf_symptom_names[finding->kind], finding->program,
                                                       finding->site, finding->nth, finding->fault));
}

const char *sf_reproduction_output(struct sf_arena *arena, const struct sf_reproduction *reproduction,
                                   uint64_t *bytes)
{
    const struct sf_symptom *symptom = reproduction->symptom;
    const struct sf_pattern_text *pattern = reproduction->baseline->programs[symptom->program].out;
    *bytes = 0;
    if (symptom->kind != SF_SYMPTOM_SILENT || sf_pattern_regex(arena, pattern))
        return NULL;
    return sf_pattern_whole(pattern, bytes);
}

const char *sf_reproduction_write(struct sf_arena *arena, const struct sf_reproduction *reproduction,
                                  const char **problem)
{
    char here[PATH_MAX];
    const struct sf_subject *subject = reproduction->subject;
    struct work work = {.arena = arena, .reproduction = reproduction, .root = sf_tree_mapping(arena)};
    const struct sf_save_source source = {.document = subject->document,
                                          .combination = subject->combination,
                                          .overrides = subject->overrides,
                                          .override_count = subject->override_count,
                                          .timeout_ns = reproduction->timeout_ns};
    const struct sf_writer writer = {.arena = arena,
                                     .source = &source,
                                     .scenario = subject->scenario,
                                     .folder = sf_scenario_folder(arena, subject->scenario->file),
                                     .here = getcwd(here, sizeof here) ? here : "/",
                                     .root = work.root};
    set(&work, work.root, "name", title(&work));
    sf_save_others(&writer);
    sf_save_timeout(&writer, reproduction->timeout_ns);
    set(&work, work.root, "seed", sf_arena_printf(arena, "%" PRIu64, subject->seed));
    sf_save_vars(&writer);
    put_programs(&work, &writer);
    put_rules(&work, writer.folder);
    put_expect(&work);
    *problem = work.problem;
    const char *yaml = work.problem ? NULL : sf_yaml_write(arena, work.root, problem);
    return yaml ? sf_arena_printf(arena, "%s%s", remarks(&work), yaml) : NULL;
}

const char *sf_reproduction_name(struct sf_arena *arena, const struct sf_reproduction *reproduction)
{
    const struct sf_candidate *candidate = reproduction->candidate;
    const char *name = sf_symptom_names[reproduction->symptom->kind];
    for (unsigned i = 0; i < candidate->count; i++) {
        const struct sf_injection *injection = &candidate->injections[i];
        name = sf_arena_printf(arena, "%s-%s-%s", name, sf_injection_place(injection),
                               sf_injection_fault(injection));
        if (!injection->given && strcmp(injection->fault, "error") == 0) {
            char *error = sf_arena_strdup(arena, injection->value);
            for (char *c = error; *c; c++)
                *c = (char)(*c == '_' ? '-' : tolower((unsigned char)*c));
            name = sf_arena_printf(arena, "%s-%s", name, error);
        }
    }
    return name;
}
