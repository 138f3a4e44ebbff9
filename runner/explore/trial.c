#include "explore/trial.h"

#include "base/arena.h"
#include "commands/prepare.h"
#include "explore/candidate.h"
#include "verify/verify.h"
#include "verify/wording.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

enum { WORDS_BYTES = 300 };

const char *const sf_sanitizer_marks[SF_SANITIZER_MARKS] = {
    "ERROR: AddressSanitizer",  "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer",
    "WARNING: MemorySanitizer", ": runtime error: ",
};

/* Decode a document with ports and a folder of its own; NULL: *problem says why. */
static struct sf_scenario *decode(struct sf_trial *trial, const struct sf_subject *subject,
                                  const struct sf_document *document, bool is_pinned, const char **problem)
{
    const struct sf_bindings bindings = {.port = sf_port_find,
                                         .context = &trial->ports,
                                         .dir = sf_folder_find,
                                         .dir_context = &trial->folder,
                                         .seed = is_pinned ? NULL : &subject->seed,
                                         .combination = is_pinned ? 0 : subject->combination,
                                         .overrides = subject->overrides,
                                         .override_count = is_pinned ? 0 : subject->override_count};
    struct sf_diagnostics diagnostics = {.arena = trial->arena};
    struct sf_scenario *scenario = sf_scenario_decode(trial->arena, document, &bindings, &diagnostics);
    for (size_t i = 0; i < trial->ports.count; i++)
        if (trial->ports.list[i].number == 0)
            *problem = "there is no free port left for a scenario";
    if (trial->folder.error)
        *problem = sf_arena_printf(trial->arena, "cannot make a folder for ${dir}: %s",
                                   strerror(trial->folder.error));
    for (size_t i = 0; i < diagnostics.count && !scenario && !*problem; i++)
        if (diagnostics.list[i].severity == SF_ERROR)
            *problem = diagnostics.list[i].message;
    return *problem ? NULL : scenario;
}

static const char *record(struct sf_trial *trial)
{
    trial->observation = sf_observation_new();
    if (!trial->observation)
        return sf_arena_printf(trial->arena, "cannot map memory: %s", strerror(errno));
    if (trial->facts.has_probe)
        trial->observation->probe = (uint32_t)trial->scenario->program_count - 1;
    const struct sf_recording recording = {.scenario = trial->scenario,
                                           .session = trial->session,
                                           .text = -1,
                                           .json = -1,
                                           .capture = -1,
                                           .lock = -1,
                                           .seeks_habits = true,
                                           .observation = trial->observation};
    trial->recorder = sf_recorder_start(&recording);
    return trial->recorder ? NULL
                           : sf_arena_printf(trial->arena, "cannot start the recorder: %s", strerror(errno));
}

static enum sf_trial_start launch(struct sf_trial *trial, const struct sf_subject *subject, bool is_traced,
                                  const char **problem)
{
    static const struct sf_trace_wish wish = {.data_bytes = 0};
    for (size_t i = 0; i < trial->scenario->program_count && !*problem; i++)
        *problem = sf_program_unreachable(trial->arena, trial->scenario, i);
    if (*problem)
        return SF_TRIAL_FAILED;
    trial->session = sf_scenario_session(trial->arena, trial->scenario, is_traced ? &wish : NULL, problem);
    if (trial->session && is_traced)
        *problem = record(trial);
    if (*problem)
        return SF_TRIAL_FAILED;
    const struct sf_launch_options options = {.stdio = SF_STDIO_CAPTURE, .shim_path = subject->shim_path};
    trial->launch = sf_launch_start(trial->scenario, trial->session, &options);
    return SF_TRIAL_STARTED;
}

static void begin(struct sf_trial *trial)
{
    *trial = (struct sf_trial){.arena = sf_arena_new()};
    trial->ports.arena = trial->folder.arena = trial->arena;
}

enum sf_trial_start sf_trial_start(struct sf_trial *trial, const struct sf_subject *subject,
                                   const struct sf_node *rules, uint64_t timeout_ns, bool is_traced,
                                   const char **problem)
{
    *problem = NULL;
    begin(trial);
    const struct sf_document *document = sf_subject_document(trial->arena, subject, rules);
    trial->scenario = decode(trial, subject, document, false, problem);
    if (!trial->scenario)
        return SF_TRIAL_FAILED;
    trial->scenario->timeout_ns = timeout_ns;
    for (size_t i = 0; i < trial->scenario->rule_count; i++)
        trial->scenario->rules[i].is_caught = true; /* what is tried is beyond doubt */
    trial->facts.has_probe = subject->probe < subject->program_count;
    if (trial->facts.has_probe)
        trial->scenario->programs[trial->scenario->program_count - 1].is_last = true;
    return launch(trial, subject, is_traced, problem);
}

enum sf_trial_start sf_trial_start_document(struct sf_trial *trial, const struct sf_subject *subject,
                                            const struct sf_document *document, const char **problem)
{
    *problem = NULL;
    begin(trial);
    trial->scenario = decode(trial, subject, document, true, problem);
    if (!trial->scenario)
        return SF_TRIAL_FAILED;
    bool seeks_habits = false;
    for (size_t i = 0; i < trial->scenario->program_count; i++)
        seeks_habits |= trial->scenario->expect[i].hygiene.given;
    return launch(trial, subject, seeks_habits, problem);
}

int sf_trial_fd(const struct sf_trial *trial)
{
    return sf_launch_fd(trial->launch);
}

/* The line in which a sanitizer says that it found something. */
static const char *find_report(struct sf_arena *arena, const struct sf_output *output)
{
    for (size_t i = 0; i < SF_SANITIZER_MARKS; i++) {
        const char *mark = sf_sanitizer_marks[i];
        const char *found = output->bytes ? memmem(output->data, output->bytes, mark, strlen(mark)) : NULL;
        if (!found)
            continue;
        const char *start = found, *end = output->data + output->bytes;
        while (start > output->data && start[-1] != '\n')
            start--;
        const char *stop = memchr(start, '\n', (size_t)(end - start));
        return sf_word_line(arena, start, (uint64_t)((stop ? stop : end) - start), WORDS_BYTES);
    }
    return NULL;
}

/* What a shell tells of a child. A status alone may be a program's own; of SIGPIPE shells say nothing. */
static int find_told_signal(const struct sf_exit *exit)
{
    if (exit->code == 128 + SIGPIPE)
        return SIGPIPE;
    static const int crashes[] = {SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGTRAP};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        const char *name = strsignal(crashes[i]);
        if (exit->code == 128 + crashes[i] && exit->err.bytes &&
            memmem(exit->err.data, exit->err.bytes, name, strlen(name)))
            return crashes[i];
    }
    return 0;
}

static void collect_program(struct sf_trial *trial, const struct sf_outcome *outcome, unsigned index)
{
    const struct sf_exit *exit = &outcome->programs[index];
    const struct sf_program *program = &trial->scenario->programs[index];
    struct sf_trial_program *facts = &trial->facts.programs[index];
    const struct sf_leaks *leaks = sf_verify_leaks(trial->scenario, trial->session, outcome, index);
    *facts = (struct sf_trial_program){
        .end = exit->end,
        .code = exit->code,
        .signal = exit->signal,
        .is_service = program->ready.kind != SF_READY_NONE,
        .ready = exit->ready,
        .early = exit->early,
        .cancelled = exit->cancelled,
        .stop_killed = exit->stop_killed,
        .stop_signal = program->stop_signal,
        .duration_ns = exit->duration_ns,
        .cpu_ns = exit->cpu_ns,
        .leaked = leaks ? (int64_t)leaks->count : -1,
        .unclosed = trial->observation && index < SF_OBSERVED_PROGRAMS
                        ? trial->observation->programs[index].unclosed
                        : 0,
        .out = exit->out.data,
        .out_bytes = exit->out.bytes,
        .told_signal = find_told_signal(exit),
        .sanitizer = find_report(trial->arena, &exit->err),
        .last_words = sf_word_last_words(trial->arena, &exit->err, WORDS_BYTES),
    };
    sf_session_calls(trial->session, index, facts->calls);
}

const char *sf_trial_collect(struct sf_trial *trial)
{
    const struct sf_outcome *outcome = sf_launch_wait(trial->launch);
    struct sf_trial_facts *facts = &trial->facts;
    if (trial->recorder) {
        struct sf_recorded recorded = sf_recorder_end(trial->recorder);
        if (recorded.failure)
            return sf_arena_printf(trial->arena, "cannot trace: %s", recorded.failure);
        facts->warnings = recorded.warnings;
    }
    if (outcome->failure)
        return outcome->failure;
    facts->observation = trial->observation;
    facts->count = (unsigned)trial->scenario->program_count;
    facts->programs = sf_arena_alloc(trial->arena, facts->count * sizeof *facts->programs);
    facts->timed_out = outcome->timed_out;
    facts->duration_ns = outcome->duration_ns;
    facts->timeout_ns = trial->scenario->timeout_ns;
    facts->is_whole = true;
    for (size_t i = 0; i < trial->scenario->rule_count; i++) {
        facts->fired += trial->session->rules[i].fired;
        facts->illegal += trial->session->rules[i].illegal;
        facts->is_whole &= trial->session->rules[i].fired > 0;
    }
    for (unsigned i = 0; i < facts->count; i++) {
        collect_program(trial, outcome, i);
        facts->is_void |= (trial->session->programs[i].escapes & (SF_ESCAPE_WIRE | SF_ESCAPE_SOCKETS)) != 0;
    }
    return NULL;
}

void sf_trial_free(struct sf_trial *trial)
{
    sf_launch_free(trial->launch);
    sf_recorder_free(trial->recorder);
    sf_observation_free(trial->observation);
    sf_session_free(trial->session);
    sf_port_set_release(&trial->ports);
    sf_folder_remove(&trial->folder);
    sf_arena_free(trial->arena);
    *trial = (struct sf_trial){0};
}
