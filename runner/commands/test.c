/* sockfault test PATH…: run scenarios and judge their expectations. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/diagnostic.h"
#include "base/progress.h"
#include "commands/batch.h"
#include "commands/commands.h"
#include "commands/help.h"
#include "commands/options.h"
#include "commands/prepare.h"
#include "commands/reports.h"
#include "commands/saves.h"

#include <inttypes.h>

enum { PASSED = 0, FAILED = 1, INVALID = 2, INTERNAL = SF_EXIT_INTERNAL, SIGNALED = 128 };

static const struct sf_report_request default_report = {.format = SF_REPORT_PRETTY};

struct test {
    struct sf_arena *arena;
    struct sf_options options;
    struct sf_cases cases;
    struct sf_traces traces;
    struct sf_report_run run; /* where every result goes */
    uint64_t start_ns;
    struct sf_progress progress;
};

static int fail(const char *message)
{
    fprintf(stderr, "sockfault test: %s\n", message);
    return INTERNAL;
}

/* Every report says that it does not hold all, and why. */
static int give_up(struct test *test, const char *message)
{
    test->run.failure = message;
    return fail(message);
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

/* "12 of 40, 1 failed, 3s: reads all, gives up" */
static void show_progress(void *context, const struct sf_batch_state *state)
{
    struct test *test = context;
    if (!state)
        sf_progress_clear(&test->progress);
    if (!state || !test->progress.is_on)
        return;
    struct sf_arena *arena = sf_arena_new();
    uint64_t seconds = (sf_clock_now_ns() - test->start_ns) / UINT64_C(1000000000);
    const char *failed = state->failed ? sf_arena_printf(arena, ", %zu failed", state->failed) : "";
    const char *names = sf_names_join(arena, state->running, state->running_count);
    sf_progress_show(&test->progress, sf_arena_printf(arena, "%zu of %zu%s, %" PRIu64 "s%s%s", state->finished,
                                                      state->total, failed, seconds, *names ? ": " : "", names));
    sf_arena_free(arena);
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
static int write_reports(const struct test *test, int status)
{
    for (size_t i = 0; i < test->options.report_count; i++) {
        const struct sf_report_request *request = &test->options.reports[i];
        if (request == live_report(test))
            continue;
        int error = sf_report_write(request, &test->run, stdout, test->options.verbosity);
        if (error)
            status = fail(sf_reports_problem(test->arena, request, error));
    }
    return status;
}

/* What ran, for --save; `status` unless something is not saved. */
static int write_saves(struct test *test, const struct sf_batch *batch, int status)
{
    size_t count = 0;
    struct sf_save_entry *entries = sf_arena_alloc(test->arena, (batch->report_count + 1) * sizeof *entries);
    for (size_t i = 0; i < batch->report_count; i++)
        if (batch->saved[i])
            entries[count++] = (struct sf_save_entry){batch->reports[i]->name, batch->saved[i]};
    int failed = sf_saves_write(test->arena, &test->options, "test", entries, count);
    return failed ? failed : status;
}

/* Open the files of --save and --trace now that all scenarios are read; what is saved must be none
 * of them. */
static const char *open_files(struct test *test, int *status)
{
    const char *problem = NULL;
    *status = INVALID;
    for (size_t i = 0; i < test->cases.count && !problem; i++)
        problem = sf_saves_conflict(test->arena, &test->options, test->cases.list[i].document->file);
    if (problem)
        return problem;
    *status = INTERNAL;
    problem = sf_saves_open(test->arena, &test->options);
    return problem ? problem
                   : sf_traces_open(test->arena, &test->options, "test", false, test->cases.count > 1,
                                    &test->traces);
}

/* Run what was read. Returns the status, of which the reports are still to be written. */
static int run_all(struct test *test)
{
    int failed;
    const char *problem;
    struct sf_batch batch = {.cases = test->cases.list,
                             .count = test->cases.count,
                             .options = &test->options,
                             .traces = &test->traces,
                             .saves = test->options.save != NULL,
                             .done = show,
                             .busy = show_progress,
                             .context = test};
    batch.shim_path = sf_shim_find(test->arena, &problem);
    if (!batch.shim_path)
        return give_up(test, problem);
    problem = open_files(test, &failed);
    if (problem) {
        give_up(test, problem);
        return failed;
    }
    test->progress = sf_progress_new(test->options.verbosity >= 0);
    int signal = sf_batch_run(test->arena, &batch);
    sf_progress_clear(&test->progress);
    test->run.scenarios = batch.reports;
    test->run.count = batch.report_count;
    if (batch.failure)
        return write_saves(test, &batch, give_up(test, batch.failure));
    if (signal) /* what had finished is reported all the same */
        give_up(test, "interrupted");
    test->run.duration_ns = sf_clock_now_ns() - test->start_ns;
    if (live_report(test))
        sf_pretty_summary(stdout, &test->run);
    int status = sf_report_count(&test->run, SF_FAILED) ? FAILED : PASSED;
    return write_saves(test, &batch, signal ? SIGNALED + signal : status);
}

/* A part of few scenarios may be empty: that is as it should be, but must be said. */
static void tell_idle(struct test *test)
{
    test->run.idle = sf_arena_printf(test->arena, "shard %s holds none of the %zu scenarios", test->run.shard,
                                     test->cases.total);
    if (test->options.verbosity >= 0)
        fprintf(stderr, "sockfault test: %s\n", test->run.idle);
}

static int test_paths(struct test *test)
{
    int status = INVALID;
    const struct sf_shard *shard = &test->options.shard;
    test->start_ns = sf_clock_now_ns();
    test->run.shard = sf_shard_text(test->arena, shard);
    const char *problem = sf_reports_open(test->arena, &test->options);
    if (problem)
        return fail(problem);
    problem = sf_shard_touch(test->arena, shard);
    if (problem) {
        status = give_up(test, problem);
    } else if (sf_cases_read(test->arena, &test->options, &test->cases)) {
        if (test->cases.count == 0)
            tell_idle(test);
        status = run_all(test);
    } else { /* the errors are on the screen; a report for machines holds them too */
        test->run.scenarios = test->cases.invalid;
        test->run.count = test->cases.invalid_count;
        test->run.failure = test->cases.failure;
    }
    test->run.duration_ns = sf_clock_now_ns() - test->start_ns;
    return write_reports(test, status);
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
    else if (!problem)
        problem = sf_options_filter_conflict(SF_COMMAND_TEST, &test.options);
    if (problem)
        fprintf(stderr, "sockfault test: %s\nTry 'sockfault help test'.\n", problem);
    else if (!test.options.help)
        status = test_paths(&test);
    sf_reports_close(&test.options);
    sf_traces_close(&test.traces);
    for (size_t i = 0; i < test.run.count; i++)
        sf_report_free(test.run.scenarios[i]);
    sf_arena_free(test.arena);
    return status;
}
