/* sockfault test PATH…: run scenarios and judge their expectations. */
#include "base/arena.h"
#include "commands/batch.h"
#include "commands/commands.h"
#include "commands/help.h"
#include "commands/options.h"
#include "commands/prepare.h"
#include "scenario/files.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { PASSED = 0, FAILED = 1, INVALID = 2, INTERNAL = SF_EXIT_INTERNAL, SIGNALED = 128 };

static const struct sf_report_request default_report = {.format = SF_REPORT_PRETTY};

struct test {
    struct sf_arena *arena;
    struct sf_options options;
    const struct sf_document **documents;
    size_t document_count;
    struct sf_report_scenario **reports; /* where every result goes */
    size_t report_count;
};

static int fail(const char *message)
{
    fprintf(stderr, "sockfault test: %s\n", message);
    return INTERNAL;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* An invalid file stands in the reports as one scenario, its errors as findings. */
static void report_invalid(struct test *test, const char *path, const struct sf_diagnostics *diagnostics)
{
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
    struct sf_report_scenario **slot =
        sf_arena_push(test->arena, &test->reports, &test->report_count, sizeof *test->reports);
    *slot = report;
}

/* Read and check one file; its documents are kept. Returns its number of errors. */
static size_t read_file(struct test *test, const char *path)
{
    struct sf_diagnostics diagnostics = {.arena = test->arena};
    size_t count;
    struct sf_document **documents = sf_documents_read(test->arena, path, &count, &diagnostics);
    struct sf_arena *scratch = sf_arena_new();
    for (size_t i = 0; i < count; i++) {
        const struct sf_scenario *scenario = sf_scenario_decode(scratch, documents[i], NULL, &diagnostics);
        if (scenario && scenario->program_count == 0)
            sf_error(&diagnostics, scenario->place,
                     "the scenario has no programs: there is nothing to test (its rules can be used with "
                     "sockfault run -s)");
        const struct sf_document **slot =
            sf_arena_push(test->arena, &test->documents, &test->document_count, sizeof *test->documents);
        *slot = documents[i];
    }
    if (diagnostics.errors) {
        sf_diagnostics_print(&diagnostics, stderr);
        report_invalid(test, path, &diagnostics);
    }
    sf_arena_free(scratch);
    return diagnostics.errors;
}

/* All files are read before anything is started: PASSED, or INVALID. */
static int read_all(struct test *test)
{
    struct sf_diagnostics diagnostics = {.arena = test->arena};
    struct sf_files files = {0};
    for (int i = 0; i < test->options.rest_count; i++)
        sf_files_add(test->arena, test->options.rest[i], &files, &diagnostics);
    sf_diagnostics_print(&diagnostics, stderr);
    size_t errors = diagnostics.errors;
    for (size_t i = 0; i < files.count; i++)
        errors += read_file(test, files.paths[i]);
    return errors ? INVALID : PASSED;
}

/* The report that grows on the screen while scenarios run, if one is asked for. */
static const struct sf_report_request *live_report(const struct test *test)
{
    if (test->options.report_count == 0)
        return &default_report;
    for (size_t i = 0; i < test->options.report_count; i++)
        if (test->options.reports[i].format == SF_REPORT_PRETTY && !test->options.reports[i].path)
            return &test->options.reports[i];
    return NULL;
}

static void show(void *context, const struct sf_report_scenario *report)
{
    const struct test *test = context;
    if (!live_report(test))
        return;
    sf_pretty_scenario(stdout, report, test->options.verbosity);
    fflush(stdout);
}

/* All reports but the one on the screen; `status` unless one cannot be written. */
static int write_reports(const struct test *test, const struct sf_report_run *run, int status)
{
    for (size_t i = 0; i < test->options.report_count; i++) {
        const struct sf_report_request *request = &test->options.reports[i];
        if (request == live_report(test))
            continue;
        int error = sf_report_write(request, run, stdout, test->options.verbosity);
        if (error)
            status =
                fail(sf_arena_printf(test->arena, "cannot write the report to %s: %s",
                                     request->path ? request->path : "standard output", strerror(error)));
    }
    return status;
}

/* Run what was read. */
static int run_all(struct test *test, uint64_t start_ns)
{
    const char *problem;
    struct sf_batch batch = {.documents = test->documents,
                             .count = test->document_count,
                             .options = &test->options,
                             .done = show,
                             .context = test};
    batch.shim_path = sf_shim_find(test->arena, &problem);
    if (!batch.shim_path)
        return fail(problem);
    int signal = sf_batch_run(test->arena, &batch);
    test->reports = batch.reports;
    test->report_count = batch.reports ? batch.count : 0;
    if (batch.failure)
        return fail(batch.failure);
    if (signal) {
        fprintf(stderr, "sockfault test: interrupted\n");
        return SIGNALED + signal;
    }
    const struct sf_report_run run = {batch.reports, batch.count, now_ns() - start_ns};
    if (live_report(test))
        sf_pretty_summary(stdout, &run);
    return write_reports(test, &run, sf_report_count(&run, SF_FAILED) ? FAILED : PASSED);
}

static int test_paths(struct test *test)
{
    uint64_t start_ns = now_ns();
    int status = read_all(test);
    if (status == PASSED)
        return run_all(test, start_ns);
    /* The errors are on the screen; a report for machines holds them too. */
    const struct sf_report_run run = {test->reports, test->report_count, now_ns() - start_ns};
    return write_reports(test, &run, status);
}

int sf_command_test(int argc, char **argv)
{
    struct test test = {.arena = sf_arena_new()};
    const char *problem = sf_options_parse(test.arena, SF_COMMAND_TEST, argc, argv, &test.options);
    int status = INVALID;
    if (!problem && test.options.help)
        status = sf_help_print("test", stdout);
    else if (!problem && test.options.rest_count == 0)
        problem = "no scenario is given";
    if (problem)
        fprintf(stderr, "sockfault test: %s\nTry 'sockfault help test'.\n", problem);
    else if (!test.options.help)
        status = test_paths(&test);
    for (size_t i = 0; i < test.report_count; i++)
        sf_report_free(test.reports[i]);
    sf_arena_free(test.arena);
    return status;
}
