#include "commands/cases.h"

#include "base/arena.h"
#include "base/regex.h"
#include "commands/overrides.h"
#include "scenario/files.h"

#include <string.h>

struct reader {
    struct sf_arena *arena;
    const struct sf_options *options;
    struct sf_cases *cases;
    struct sf_regex *filter; /* NULL: all are chosen */
    struct sf_diagnostics diagnostics; /* of the file that is being read */
    const char **variables; /* of all scenarios */
    size_t variable_count;
};

/* What cannot be run stands in the reports as one scenario, its errors as findings. */
static void report_invalid(struct reader *reader, const char *path)
{
    const struct sf_diagnostics *diagnostics = &reader->diagnostics;
    struct sf_report_scenario *report = sf_report_new(path, path, 1);
    report->result = SF_INVALID;
    for (size_t i = 0; i < diagnostics->count; i++) {
        if (diagnostics->list[i].severity != SF_ERROR)
            continue;
        struct sf_finding *finding =
            sf_arena_push(report->arena, &report->findings.list, &report->findings.count, sizeof *finding);
        finding->what = "invalid";
        finding->want = "a valid scenario";
        finding->got = finding->message = sf_arena_strdup(report->arena, diagnostics->list[i].message);
        finding->place = diagnostics->list[i].place;
    }
    struct sf_report_scenario **slot = sf_arena_push(reader->arena, &reader->cases->invalid,
                                                     &reader->cases->invalid_count, sizeof *slot);
    *slot = report;
}

/* Print the errors of a path, and keep them for reports. Returns their number. */
static size_t conclude(struct reader *reader, const char *path)
{
    sf_diagnostics_print(&reader->diagnostics, stderr);
    if (reader->diagnostics.errors)
        report_invalid(reader, sf_file_name(path));
    return reader->diagnostics.errors;
}

static bool chosen(struct reader *reader, const struct sf_scenario *scenario)
{
    if (!reader->filter)
        return true;
    enum sf_regex_result result = sf_regex_search(reader->filter, scenario->name, strlen(scenario->name));
    if (result == SF_REGEX_GIVEN_UP)
        sf_error(&reader->diagnostics, scenario->place, "--filter takes too long on the name %s",
                 sf_quoted(reader->arena, scenario->name));
    return result == SF_REGEX_FOUND;
}

static void add_scenario(void *context, const struct sf_document *document, size_t combination,
                         const struct sf_scenario *scenario)
{
    struct reader *reader = context;
    if (scenario->program_count == 0)
        sf_error(&reader->diagnostics, scenario->place,
                 "the scenario has no programs: there is nothing to test (its rules can be used with "
                 "sockfault run -s)");
    if (!chosen(reader, scenario))
        return;
    for (unsigned run = 0; run < reader->options->repeat; run++) {
        struct sf_case *slot =
            sf_arena_push(reader->arena, &reader->cases->list, &reader->cases->count, sizeof *slot);
        *slot = (struct sf_case){document, combination, run};
    }
}

/* Returns the number of its errors. */
static size_t read_file(struct reader *reader, const char *path)
{
    struct sf_diagnostics *diagnostics = &reader->diagnostics;
    const struct sf_bindings bindings = {.overrides = reader->options->overrides,
                                         .override_count = reader->options->override_count};
    size_t count;
    *diagnostics = (struct sf_diagnostics){.arena = reader->arena};
    struct sf_document **documents = sf_documents_read(reader->arena, path, &count, diagnostics);
    for (size_t i = 0; i < count; i++)
        sf_document_variables(reader->arena, documents[i], &reader->variables, &reader->variable_count);
    sf_documents_decode(documents, count, &bindings, diagnostics, add_scenario, reader);
    return conclude(reader, path);
}

/* The files that a path of the command line means. Returns the number of errors. */
static size_t find_files(struct reader *reader, const char *path, struct sf_files *files)
{
    reader->diagnostics = (struct sf_diagnostics){.arena = reader->arena};
    sf_files_add(reader->arena, path, files, &reader->diagnostics);
    return conclude(reader, path);
}

static void fail(struct reader *reader, const char *message)
{
    fprintf(stderr, "sockfault test: %s\n", message);
    if (!reader->cases->failure)
        reader->cases->failure = message;
}

/* --set must mean something to one scenario or another. Returns how many do not. */
static size_t check_overrides(struct reader *reader)
{
    size_t unknown = 0, index = 0;
    const char *what;
    while ((what = sf_override_unknown(reader->arena, reader->options, &index, reader->variables,
                                       reader->variable_count))) {
        fail(reader, sf_arena_printf(reader->arena, "--set: no scenario has the %s", what));
        unknown++;
    }
    return unknown;
}

/* Of all that was chosen, only what the part takes in. */
static void choose_part(struct sf_cases *cases, const struct sf_shard *shard)
{
    cases->total = cases->count;
    cases->count = 0;
    for (size_t i = 0; i < cases->total; i++)
        if (sf_shard_holds(shard, i))
            cases->list[cases->count++] = cases->list[i];
}

bool sf_cases_read(struct sf_arena *arena, const struct sf_options *options, struct sf_cases *cases)
{
    char error[SF_REGEX_ERROR_BYTES];
    struct reader reader = {.arena = arena, .options = options, .cases = cases};
    struct sf_files files = {0};
    *cases = (struct sf_cases){0};
    if (options->filter)
        reader.filter = sf_regex_compile(options->filter, error);
    size_t errors = 0;
    for (int i = 0; i < options->rest_count; i++)
        errors += find_files(&reader, options->rest[i], &files);
    for (size_t i = 0; i < files.count; i++)
        errors += read_file(&reader, files.paths[i]);
    sf_regex_free(reader.filter);
    if (errors == 0)
        errors = check_overrides(&reader);
    if (errors == 0 && cases->count == 0)
        fail(&reader, sf_arena_printf(arena, "the name of no scenario matches %s",
                                      sf_quoted(arena, options->filter)));
    choose_part(cases, &options->shard);
    return errors == 0 && cases->total > 0;
}
