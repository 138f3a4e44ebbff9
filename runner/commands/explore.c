/* sockfault explore: find the faults that programs do not survive. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/ports.h"
#include "base/progress.h"
#include "commands/commands.h"
#include "commands/explored.h"
#include "commands/help.h"
#include "commands/options.h"
#include "commands/prepare.h"
#include "commands/reports.h"
#include "explore/report.h"
#include "explore/store.h"

#include <inttypes.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
#define LINE_NS (5 * SECOND) /* between lines of progress that no terminal shows */

enum { NOTHING = 0, FOUND = 1, WRONG = 2, FAILED = SF_EXIT_INTERNAL, SIGNALED = 128 };

static const struct sf_report_request default_report = {.format = SF_REPORT_PRETTY};

struct explore {
    struct sf_arena *arena;
    struct sf_options options;
    struct sf_subject subject;
    struct sf_exploration exploration;
    uint64_t line_ns; /* when progress was told last */
    struct sf_progress progress;
};

static int fail(struct explore *explore, const char *message, int status)
{
    sf_progress_clear(&explore->progress);
    fprintf(stderr, "sockfault explore: %s\n", message);
    return status;
}

static const char *progress_text(struct sf_arena *arena, const struct sf_explore_progress *progress)
{
    double seconds = (double)progress->elapsed_ns / SECOND;
    double rate = seconds > 0 ? (double)progress->tried / seconds : 0;
    const char *left =
        !progress->is_over && rate > 0
            ? sf_arena_printf(arena, ", %.0f s left", (double)(progress->total - progress->tried) / rate)
            : "";
    return sf_arena_printf(
        arena, "sockfault explore: %" PRIu64 " runs, %zu of %zu faults tried, %zu finding%s, %.0f faults/s%s",
        progress->runs, progress->tried, progress->total, progress->findings,
        progress->findings == 1 ? "" : "s", rate, left);
}

/* On a terminal one line that changes, elsewhere a line every few seconds; and what is known so far
 * is kept. */
static void tell(void *context, const struct sf_explore_progress *progress)
{
    struct explore *explore = context;
    uint64_t now_ns = sf_clock_now_ns();
    bool is_due = now_ns - explore->line_ns >= LINE_NS;
    explore->line_ns = is_due ? now_ns : explore->line_ns;
    if (is_due && !progress->is_over)
        sf_store_save(&explore->exploration);
    struct sf_arena *arena = sf_arena_new();
    if (progress->is_over)
        sf_progress_clear(&explore->progress);
    else if (explore->progress.is_on)
        sf_progress_show(&explore->progress, progress_text(arena, progress));
    else if (is_due && explore->options.verbosity >= 0)
        fprintf(stderr, "%s\n", progress_text(arena, progress));
    sf_arena_free(arena);
}

static int write_reports(struct explore *explore, int status)
{
    const struct sf_report_request *requests = explore->options.reports;
    size_t count = explore->options.report_count;
    if (count == 0) {
        requests = &default_report;
        count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        int error =
            sf_explored_report(&requests[i], &explore->exploration, stdout, explore->options.verbosity);
        if (error)
            status = fail(explore, sf_reports_problem(explore->arena, &requests[i], error), FAILED);
    }
    return status;
}

/* Whatever the report says, a person must see why it ended. */
static bool shows_problem(const struct explore *explore)
{
    for (size_t i = 0; i < explore->options.report_count; i++)
        if (explore->options.reports[i].format == SF_REPORT_PRETTY && !explore->options.reports[i].path)
            return true;
    return explore->options.report_count == 0;
}

static int status_of(struct explore *explore)
{
    const struct sf_exploration *exploration = &explore->exploration;
    if (exploration->failure)
        return fail(explore, exploration->failure, FAILED);
    if (exploration->problem) {
        if (!shows_problem(explore))
            fprintf(stderr, "sockfault explore: without any fault, %s\n%s", exploration->problem,
                    exploration->output);
        return WRONG;
    }
    if (exploration->signal)
        return fail(explore, "interrupted", SIGNALED + exploration->signal);
    return sf_explored_count(exploration) ? FOUND : NOTHING;
}

/* Faults need calls to strike. */
static const char *nothing_to_strike(const struct explore *explore)
{
    const struct sf_exploration *exploration = &explore->exploration;
    if (exploration->failure || exploration->problem || exploration->signal ||
        exploration->baseline.site_count > 0 || exploration->given)
        return NULL;
    return sf_explored_blind(explore->arena, &explore->subject);
}

/* A search that cannot try a fault would pass whatever the program does. */
static const char *no_room(const struct explore *explore)
{
    const struct sf_exploration *exploration = &explore->exploration;
    uint64_t least = exploration->runs + SF_EXPLORE_FAULT_RUNS;
    if (exploration->failure || exploration->problem || exploration->signal || exploration->max_runs == 0 ||
        least <= exploration->max_runs)
        return NULL;
    return sf_arena_printf(explore->arena,
                           "--max-runs: %" PRIu64 " are the least here: %" PRIu64
                           " without faults had to be made, and a fault takes up to %u",
                           least, exploration->runs, SF_EXPLORE_FAULT_RUNS);
}

static int search(struct explore *explore)
{
    struct sf_exploration *exploration = &explore->exploration;
    sf_explore_begin(exploration);
    const char *problem = nothing_to_strike(explore);
    if (!problem)
        problem = no_room(explore);
    if (problem)
        return fail(explore, problem, WRONG);
    if (!exploration->failure && !exploration->problem && !exploration->signal) {
        sf_explore_search(exploration);
        problem = sf_store_save(exploration);
        if (problem && !exploration->failure)
            exploration->failure = problem;
    }
    if (explore->options.known)
        problem = sf_store_known(exploration, explore->options.known);
    if (problem && !exploration->failure)
        exploration->failure = problem;
    return write_reports(explore, status_of(explore));
}

static int start(struct explore *explore)
{
    const struct sf_options *options = &explore->options;
    struct sf_exploration *exploration = &explore->exploration;
    const char *problem = sf_reports_open(explore->arena, options);
    if (problem)
        return fail(explore, problem, FAILED);
    if (!sf_explored_read(explore->arena, options, &explore->subject, &exploration->given))
        return WRONG;
    explore->subject.shim_path = sf_shim_find(explore->arena, &problem);
    if (!problem)
        problem = sf_shard_touch(explore->arena, &options->shard);
    if (problem)
        return fail(explore, problem, FAILED);
    exploration->arena = explore->arena;
    exploration->subject = &explore->subject;
    exploration->jobs = options->jobs;
    exploration->max_runs = options->max_runs;
    exploration->is_thorough = options->thorough;
    exploration->shard = options->shard;
    exploration->out = options->out;
    exploration->progress = tell;
    exploration->context = explore;
    explore->line_ns = sf_clock_now_ns();
    explore->progress = sf_progress_new(options->verbosity >= 0);
    if (options->resume)
        problem = sf_store_resume(exploration);
    if (!problem && options->known) /* whether it can be read is told before the search, not behind it */
        problem = sf_store_known(exploration, options->known);
    return problem ? fail(explore, problem, WRONG) : search(explore);
}

int sf_command_explore(int argc, char **argv)
{
    struct explore explore = {.arena = sf_arena_new()};
    const char *problem = sf_options_parse(explore.arena, SF_COMMAND_EXPLORE, argc, argv, &explore.options);
    int status = WRONG;
    if (!problem && explore.options.help)
        status = sf_help_print("explore", stdout);
    else if (!problem)
        problem = sf_explored_conflict(explore.arena, &explore.options);
    if (problem)
        fprintf(stderr, "sockfault explore: %s\nTry 'sockfault help explore'.\n", problem);
    else if (!explore.options.help)
        status = start(&explore);
    sf_reports_close(&explore.options);
    sf_arena_free(explore.arena);
    return status;
}
