#include "commands/batch.h"

#include "base/arena.h"
#include "base/folder.h"
#include "base/ports.h"
#include "commands/interrupt.h"
#include "commands/prepare.h"
#include "commands/unstarted.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

enum { BUSY_MS = 1000 };

/* A scenario under way. */
struct job {
    size_t index;
    struct sf_arena *arena; /* NULL: the job is free */
    struct sf_port_set ports;
    struct sf_folder folder;
    struct sf_scenario *scenario;
    struct sf_session_memory *session;
    struct sf_recorder *recorder; /* NULL: nothing is traced */
    struct sf_launch *launch;
};

struct crew {
    struct sf_arena *arena;
    struct sf_batch *batch;
    struct job *jobs;
    struct pollfd *fds; /* one a job, then that of signals */
    size_t job_count, running;
    struct sf_report_scenario **reports; /* one a case; NULL: not yet */
    const struct sf_saved **saved;       /* likewise */
    size_t next;                         /* case to start */
    size_t told;                         /* cases that `done` has seen */
    size_t finished, failed;             /* scenarios that did */
    const char **names;                  /* room for those of all jobs */
};

static void free_job(struct job *job)
{
    sf_launch_free(job->launch);
    sf_recorder_free(job->recorder);
    sf_session_free(job->session);
    sf_port_set_release(&job->ports);
    sf_folder_remove(&job->folder);
    sf_arena_free(job->arena);
    *job = (struct job){0};
}

/* Decode it anew, with ports that are free now and a folder of its own. NULL: `failure` is set. */
static struct sf_scenario *decode(struct crew *crew, struct job *job)
{
    struct sf_batch *batch = crew->batch;
    const struct sf_options *options = batch->options;
    const struct sf_case *this = &batch->cases[job->index];
    const struct sf_bindings bindings = {.port = sf_port_find,
                                         .context = &job->ports,
                                         .dir = sf_folder_find,
                                         .dir_context = &job->folder,
                                         .seed = options->has_seed ? &options->seed : NULL,
                                         .combination = this->combination,
                                         .overrides = options->overrides,
                                         .override_count = options->override_count};
    struct sf_diagnostics diagnostics = {.arena = job->arena};
    struct sf_scenario *scenario = sf_scenario_decode(job->arena, this->document, &bindings, &diagnostics);
    for (size_t i = 0; i < job->ports.count; i++)
        if (job->ports.list[i].number == 0)
            batch->failure = "there is no free port left for a scenario";
    if (job->folder.error)
        batch->failure = sf_arena_printf(crew->arena, "cannot make a folder for ${dir}: %s",
                                         strerror(job->folder.error));
    if (!scenario && !batch->failure)
        batch->failure = "a scenario that was valid is no longer";
    if (batch->failure)
        return NULL;
    if (options->timeout_ns)
        scenario->timeout_ns = options->timeout_ns;
    if (options->repeat > 1)
        scenario->name = sf_arena_printf(job->arena, "%s (run %u)", scenario->name, this->run + 1);
    scenario->seed = (scenario->seed + this->run) & INT64_MAX;
    return scenario;
}

static void keep(struct crew *crew, const struct job *job, struct sf_report_scenario *report)
{
    crew->reports[job->index] = report;
    crew->finished++;
    crew->failed += report->result == SF_FAILED;
}

/* Is nothing more to be started? */
static bool stopped(const struct crew *crew)
{
    return crew->batch->failure || (crew->failed && crew->batch->options->fail_fast);
}

/* Start the next scenario in a free job. Without a launch afterwards there is a
 * report already, or a failure. */
static void start(struct crew *crew, struct job *job)
{
    struct sf_batch *batch = crew->batch;
    *job = (struct job){.index = crew->next++, .arena = sf_arena_new()};
    job->ports.arena = job->folder.arena = job->arena;
    job->scenario = decode(crew, job);
    if (!job->scenario)
        return;
    struct sf_report_scenario *unstarted = sf_scenario_unstarted(job->scenario, batch->options->no_skip);
    if (unstarted) {
        keep(crew, job, unstarted);
        return;
    }
    job->session = sf_scenario_session(crew->arena, job->scenario, sf_traces_wish(batch->traces, job->scenario),
                                       &batch->failure);
    if (job->session)
        job->recorder =
            sf_traces_record(crew->arena, batch->traces, job->scenario, job->session, &batch->failure);
    if (batch->failure)
        return;
    const struct sf_launch_options options = {
        .stdio = SF_STDIO_CAPTURE, .shim_path = batch->shim_path, .asks_what_waits = true};
    job->launch = sf_launch_start(job->scenario, job->session, &options);
}

static void save(struct crew *crew, const struct job *job)
{
    const struct sf_options *options = crew->batch->options;
    const struct sf_case *this = &crew->batch->cases[job->index];
    const struct sf_save_source source = {.document = this->document,
                                          .combination = this->combination,
                                          .overrides = options->overrides,
                                          .override_count = options->override_count,
                                          .timeout_ns = options->timeout_ns};
    crew->saved[job->index] = sf_save(crew->arena, &source, job->scenario, job->session);
}

static void collect(struct crew *crew, struct job *job)
{
    struct sf_batch *batch = crew->batch;
    struct sf_outcome outcome = *sf_launch_wait(job->launch);
    const struct sf_scenario *scenario = job->scenario;
    if (outcome.failure) {
        batch->failure = sf_arena_strdup(crew->arena, outcome.failure);
        return;
    }
    const char *problem =
        sf_traces_finish(crew->arena, batch->traces, scenario, job->session, job->recorder, &outcome);
    if (problem) {
        batch->failure = problem;
        return;
    }
    struct sf_report_scenario *report = sf_report_of(scenario);
    sf_report_judge(report, scenario, job->session, &outcome);
    if (batch->saves)
        save(crew, job);
    keep(crew, job, report);
}

/* Keep every job busy while there is something to start. */
static void start_all(struct crew *crew)
{
    for (size_t i = 0; i < crew->job_count; i++) {
        struct job *job = &crew->jobs[i];
        while (!job->arena && crew->next < crew->batch->count && !stopped(crew)) {
            start(crew, job);
            if (!job->launch)
                free_job(job);
            else
                crew->running++;
        }
    }
}

static void say_busy(const struct crew *crew)
{
    struct sf_batch_state state = {.finished = crew->finished,
                                   .failed = crew->failed,
                                   .total = crew->batch->count,
                                   .running = crew->names};
    for (size_t i = 0; i < crew->job_count; i++)
        if (crew->jobs[i].launch)
            crew->names[state.running_count++] = crew->jobs[i].scenario->name;
    crew->batch->busy(crew->batch->context, &state);
}

/* Sleep until a scenario is over or a signal came. */
static void sleep_until_news(struct crew *crew)
{
    bool over = false;
    for (size_t i = 0; i < crew->job_count; i++) {
        crew->fds[i].fd = crew->jobs[i].launch ? sf_launch_fd(crew->jobs[i].launch) : -1;
        crew->fds[i].revents = 0;
        over |= crew->jobs[i].launch && crew->fds[i].fd < 0;
    }
    int count;
    do {
        say_busy(crew);
        count = poll(crew->fds, crew->job_count + 1, over ? 0 : BUSY_MS);
    } while ((count < 0 && errno == EINTR) || (count == 0 && !over));
}

static void collect_all(struct crew *crew)
{
    for (size_t i = 0; i < crew->job_count; i++) {
        struct job *job = &crew->jobs[i];
        if (!job->launch || (crew->fds[i].fd >= 0 && !crew->fds[i].revents))
            continue;
        collect(crew, job);
        free_job(job);
        crew->running--;
    }
}

/* Tell of what is over, in order: up to the first that is not, with `all` of the rest too. */
static void tell(struct crew *crew, bool all)
{
    struct sf_batch *batch = crew->batch;
    for (; crew->told < batch->count && (all || crew->reports[crew->told]); crew->told++) {
        struct sf_report_scenario *report = crew->reports[crew->told];
        if (!report)
            continue;
        batch->saved[batch->report_count] = crew->saved[crew->told];
        batch->reports[batch->report_count++] = report;
        batch->done(batch->context, report);
    }
}

/* End what is under way: all at once, then one by one to the end. What was not told of is forgotten. */
static void end_all(struct crew *crew, int signal)
{
    for (size_t i = 0; i < crew->job_count; i++)
        if (crew->jobs[i].launch)
            sf_launch_interrupt(crew->jobs[i].launch, signal);
    for (size_t i = 0; i < crew->job_count; i++)
        if (crew->jobs[i].arena)
            free_job(&crew->jobs[i]);
    for (; crew->told < crew->batch->count; crew->told++)
        sf_report_free(crew->reports[crew->told]);
}

int sf_batch_run(struct sf_arena *arena, struct sf_batch *batch)
{
    size_t jobs = batch->options->jobs < batch->count ? batch->options->jobs : batch->count;
    struct crew crew = {.arena = arena, .batch = batch, .job_count = jobs};
    crew.jobs = sf_arena_alloc(arena, jobs * sizeof *crew.jobs);
    crew.fds = sf_arena_alloc(arena, (jobs + 1) * sizeof *crew.fds);
    crew.names = sf_arena_alloc(arena, (jobs + 1) * sizeof *crew.names);
    crew.reports = sf_arena_alloc(arena, batch->count * sizeof(struct sf_report_scenario *));
    crew.saved = sf_arena_alloc(arena, batch->count * sizeof(struct sf_saved *));
    batch->reports = sf_arena_alloc(arena, batch->count * sizeof(struct sf_report_scenario *));
    batch->saved = sf_arena_alloc(arena, batch->count * sizeof(struct sf_saved *));
    batch->report_count = 0;
    batch->failure = NULL;
    int signals = sf_interrupt_catch();
    if (signals < 0) {
        batch->failure = sf_arena_printf(arena, "cannot catch signals: %s", strerror(errno));
        return 0;
    }
    for (size_t i = 0; i <= jobs; i++)
        crew.fds[i] = (struct pollfd){.fd = i == jobs ? signals : -1, .events = POLLIN};

    for (;;) {
        start_all(&crew);
        tell(&crew, stopped(&crew));
        if (crew.running == 0 || stopped(&crew) || sf_interrupt_signal())
            break;
        sleep_until_news(&crew);
        batch->busy(batch->context, NULL);
        collect_all(&crew);
    }
    int signal = sf_interrupt_signal();
    if (signal)
        tell(&crew, true);
    end_all(&crew, signal ? signal : SIGTERM);
    sf_interrupt_release();
    return signal;
}
