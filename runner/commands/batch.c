#include "commands/batch.h"

#include "base/arena.h"
#include "base/folder.h"
#include "base/ports.h"
#include "commands/interrupt.h"
#include "commands/prepare.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

/* A scenario under way. */
struct job {
    size_t index;
    struct sf_arena *arena; /* NULL: the job is free */
    struct sf_port_set ports;
    struct sf_folder folder;
    struct sf_scenario *scenario;
    struct sf_session_memory *session;
    struct sf_launch *launch;
};

struct crew {
    struct sf_arena *arena;
    struct sf_batch *batch;
    struct job *jobs;
    struct pollfd *fds; /* one a job, then that of signals */
    size_t job_count, running;
    size_t next; /* document to start */
    size_t told; /* reports that `done` has seen */
};

static void free_job(struct job *job)
{
    sf_launch_free(job->launch);
    sf_session_free(job->session);
    sf_port_set_release(&job->ports);
    sf_folder_remove(&job->folder);
    sf_arena_free(job->arena);
    *job = (struct job){0};
}

/* A program that rules cannot reach fails its scenario before the start. */
static struct sf_report_scenario *refuse(const struct sf_scenario *scenario, size_t program, const char *why)
{
    struct sf_report_scenario *report = sf_report_new(scenario->name, scenario->file, scenario->place.line);
    const char *name = scenario->programs[program].name;
    struct sf_finding *finding =
        sf_arena_push(report->arena, &report->findings.list, &report->findings.count, sizeof *finding);
    finding->what = sf_arena_printf(report->arena, "%s.unreachable", name);
    finding->want = "within reach of the rules";
    finding->got = sf_arena_strdup(report->arena, why);
    finding->message = sf_arena_printf(report->arena, "no rule can reach %s: %s", name, why);
    finding->place = scenario->programs[program].place;
    finding->place.file = report->file;
    report->seed = scenario->seed;
    report->result = SF_FAILED;
    return report;
}

/* Decode it anew, with ports that are free now and a folder of its own. NULL: `failure` is set. */
static struct sf_scenario *decode(struct crew *crew, struct job *job)
{
    struct sf_batch *batch = crew->batch;
    const struct sf_bindings bindings = {.port = sf_port_find,
                                         .context = &job->ports,
                                         .dir = sf_folder_find,
                                         .dir_context = &job->folder,
                                         .seed = batch->options->has_seed ? &batch->options->seed : NULL};
    struct sf_diagnostics diagnostics = {.arena = job->arena};
    struct sf_scenario *scenario =
        sf_scenario_decode(job->arena, batch->documents[job->index], &bindings, &diagnostics);
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
    if (batch->options->timeout_ns)
        scenario->timeout_ns = batch->options->timeout_ns;
    return scenario;
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
    for (size_t i = 0; i < job->scenario->program_count; i++) {
        const char *why = sf_program_unreachable(job->arena, job->scenario, i);
        if (!why)
            continue;
        batch->reports[job->index] = refuse(job->scenario, i, why);
        return;
    }
    job->session = sf_scenario_session(crew->arena, job->scenario, &batch->failure);
    if (!job->session)
        return;
    const struct sf_launch_options options = {.stdio = SF_STDIO_CAPTURE, .shim_path = batch->shim_path};
    job->launch = sf_launch_start(job->scenario, job->session, &options);
}

static void collect(struct crew *crew, struct job *job)
{
    struct sf_batch *batch = crew->batch;
    const struct sf_outcome *outcome = sf_launch_wait(job->launch);
    const struct sf_scenario *scenario = job->scenario;
    if (outcome->failure) {
        batch->failure = sf_arena_strdup(crew->arena, outcome->failure);
        return;
    }
    struct sf_report_scenario *report = sf_report_new(scenario->name, scenario->file, scenario->place.line);
    sf_report_judge(report, scenario, job->session, outcome);
    batch->reports[job->index] = report;
}

/* Keep every job busy while there is something to start. */
static void start_all(struct crew *crew)
{
    for (size_t i = 0; i < crew->job_count; i++) {
        struct job *job = &crew->jobs[i];
        while (!job->arena && crew->next < crew->batch->count && !crew->batch->failure) {
            start(crew, job);
            if (!job->launch)
                free_job(job);
            else
                crew->running++;
        }
    }
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
    while (poll(crew->fds, crew->job_count + 1, over ? 0 : -1) < 0 && errno == EINTR)
        ;
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

static void tell(struct crew *crew)
{
    struct sf_batch *batch = crew->batch;
    for (; crew->told < batch->count && batch->reports[crew->told]; crew->told++)
        batch->done(batch->context, batch->reports[crew->told]);
}

/* End what is under way: all at once, then one by one to the end. */
static void end_all(struct crew *crew, int signal)
{
    for (size_t i = 0; i < crew->job_count; i++)
        if (crew->jobs[i].launch)
            sf_launch_interrupt(crew->jobs[i].launch, signal);
    for (size_t i = 0; i < crew->job_count; i++)
        if (crew->jobs[i].arena)
            free_job(&crew->jobs[i]);
}

int sf_batch_run(struct sf_arena *arena, struct sf_batch *batch)
{
    size_t jobs = batch->options->jobs < batch->count ? batch->options->jobs : batch->count;
    struct crew crew = {.arena = arena, .batch = batch, .job_count = jobs};
    crew.jobs = sf_arena_alloc(arena, jobs * sizeof *crew.jobs);
    crew.fds = sf_arena_alloc(arena, (jobs + 1) * sizeof *crew.fds);
    batch->reports = sf_arena_alloc(arena, batch->count * sizeof(struct sf_report_scenario *));
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
        tell(&crew);
        if (crew.running == 0 || batch->failure || sf_interrupt_signal())
            break;
        sleep_until_news(&crew);
        collect_all(&crew);
    }
    int signal = sf_interrupt_signal();
    end_all(&crew, signal ? signal : SIGTERM);
    sf_interrupt_release();
    return signal;
}
