#include "commands/traces.h"

#include "base/arena.h"
#include "base/output.h"
#include "commands/reports.h"
#include "launch/descriptors.h"
#include "verify/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DATA_BYTES = 64 }; /* of a call, with -v */

static int open_file(const char *path)
{
    if (strcmp(path, "-") == 0)
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return sf_descriptor_above_stdio(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
}

static const char *open_one(struct sf_arena *arena, const char *option, const char *path, int *fd)
{
    if (!path)
        return NULL;
    *fd = open_file(path);
    return *fd >= 0 ? NULL
                    : sf_arena_printf(arena, "%s: cannot write to %s: %s", option, path, strerror(errno));
}

/* Two of them in one file were neither. */
static const char *find_shared_file(struct sf_arena *arena, const struct sf_options *options)
{
    const struct {
        const char *option, *path;
    } files[] = {{"--trace", options->trace}, {"--pcap", options->pcap}, {"--output", options->output}};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < i; j++)
            if (files[i].path && files[j].path && strcmp(files[i].path, files[j].path) == 0 &&
                strcmp(files[i].path, "/dev/null") != 0)
                return sf_arena_printf(arena, "%s and %s both write to %s", files[j].option, files[i].option,
                                       files[i].path);
    return NULL;
}

static void set_data(struct sf_traces *traces)
{
    if (traces->capture >= 0)
        traces->wish.data_bytes = UINT32_MAX;
    else if (traces->text >= 0 && traces->verbosity > 0)
        traces->wish.data_bytes = traces->verbosity > 1 ? UINT32_MAX : DATA_BYTES;
}

const char *sf_traces_open(struct sf_arena *arena, struct sf_options *options, const char *command,
                           bool is_trace, bool several, struct sf_traces *traces)
{
    *traces = (struct sf_traces){.command = command,
                                 .text = is_trace ? STDERR_FILENO : -1,
                                 .json = -1,
                                 .capture = -1,
                                 .lock = -1,
                                 .filter = &options->shown,
                                 .verbosity = options->verbosity,
                                 .several = several,
                                 .seeks_habits = is_trace || (!several && options->verbosity > 0),
                                 .draws_timeline = sf_reports_draw(options)};
    const char *problem = find_shared_file(arena, options);
    if (!problem)
        problem = open_one(arena, "--trace", options->trace, &traces->json);
    if (!problem)
        problem = open_one(arena, "--pcap", options->pcap, &traces->capture);
    if (!problem)
        problem = open_one(arena, "--output", options->output, &traces->text);
    if (!problem && several && (traces->json >= 0 || traces->capture >= 0))
        traces->lock = memfd_create("sockfault-trace-lock", MFD_CLOEXEC);
    set_data(traces);
    sf_trace_filter_close(&options->shown);
    return problem;
}

void sf_traces_close(struct sf_traces *traces)
{
    if (!traces->command)
        return;
    if (traces->stranger)
        fprintf(stderr, "sockfault %s: --program: no scenario has a program '%s': it was not traced\n",
                traces->command, traces->stranger);
    if (traces->json >= 0)
        close(traces->json);
    if (traces->capture >= 0)
        close(traces->capture);
    if (traces->text > STDERR_FILENO)
        close(traces->text);
    if (traces->lock >= 0)
        close(traces->lock);
    sf_trace_filter_free(traces->filter);
    *traces = (struct sf_traces){0};
}

static bool seeks_habits(const struct sf_traces *traces, const struct sf_scenario *scenario)
{
    for (size_t i = 0; i < scenario->program_count; i++)
        if (scenario->expect[i].hygiene.given)
            return true;
    return traces->seeks_habits;
}

const struct sf_trace_wish *sf_traces_wish(const struct sf_traces *traces, const struct sf_scenario *scenario)
{
    bool is_wished = traces->text >= 0 || traces->json >= 0 || traces->capture >= 0;
    return is_wished || traces->draws_timeline || seeks_habits(traces, scenario) ? &traces->wish : NULL;
}

struct sf_recorder *sf_traces_record(struct sf_arena *arena, struct sf_traces *traces,
                                     const struct sf_scenario *scenario,
                                     const struct sf_session_memory *session, const char **problem)
{
    if (!sf_traces_wish(traces, scenario))
        return NULL;
    traces->stranger = sf_trace_filter_meet(traces->filter, scenario);
    const struct sf_recording recording = {.scenario = scenario,
                                           .session = session,
                                           .filter = traces->filter,
                                           .text = traces->text,
                                           .json = traces->json,
                                           .capture = traces->capture,
                                           .lock = traces->lock,
                                           .verbosity = traces->verbosity,
                                           .is_colored = sf_output_colors(traces->text),
                                           .names_scenario = traces->several,
                                           .seeks_habits = seeks_habits(traces, scenario),
                                           .draws_timeline = traces->draws_timeline};
    struct sf_recorder *recorder = sf_recorder_start(&recording);
    if (!recorder)
        *problem = sf_arena_printf(arena, "cannot start the recorder of the trace: %s", strerror(errno));
    return recorder;
}

/* A line on stderr; of several scenarios it says which. */
static void say(const struct sf_traces *traces, const struct sf_scenario *scenario, const char *sentence)
{
    if (traces->several)
        fprintf(stderr, "sockfault %s: %s: %s\n", traces->command, scenario->name, sentence);
    else
        fprintf(stderr, "sockfault: %s\n", sentence);
}

/* The trace itself says it where it is on the screen. */
static void say_dropped(struct sf_arena *arena, const struct sf_traces *traces,
                        const struct sf_scenario *scenario, uint64_t count)
{
    if (count && traces->text != STDERR_FILENO)
        say(traces, scenario,
            sf_arena_printf(arena,
                            "the trace lacks %" PRIu64 " call%s: they came faster than they "
                            "could be written",
                            count, count == 1 ? "" : "s"));
}

static bool has_called(const struct sf_session_memory *session, size_t program)
{
    uint64_t calls[SF_FAMILY_COUNT], sum = 0;
    sf_session_calls(session, (unsigned)program, calls);
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
        sum += calls[family];
    return sum > 0;
}

static void say_unseen(struct sf_arena *arena, const struct sf_traces *traces,
                       const struct sf_scenario *scenario, const struct sf_session_memory *session,
                       const struct sf_outcome *outcome)
{
    for (size_t i = 0; i < scenario->program_count; i++) {
        const struct sf_program *program = &scenario->programs[i];
        enum sf_end end = outcome->programs[i].end;
        if (!program->wrap || end == SF_END_NOT_STARTED || end == SF_END_FAILED)
            continue;
        const char *why = sf_verify_calls_unknown(arena, scenario, session, i, ~0u);
        if (why)
            say(traces, scenario,
                sf_arena_printf(arena, "the trace lacks calls of %s: %s", program->name, why));
        else if (traces->text >= 0 && traces->verbosity >= 0 && !has_called(session, i))
            say(traces, scenario, sf_arena_printf(arena, "%s made no call on a socket", program->name));
    }
}

/* Is there a file, or a screen, for the calls? Warnings say by themselves what they lack. */
static bool is_shown(const struct sf_traces *traces)
{
    return traces->text >= 0 || traces->json >= 0 || traces->capture >= 0;
}

const char *sf_traces_finish(struct sf_arena *arena, const struct sf_traces *traces,
                             const struct sf_scenario *scenario, const struct sf_session_memory *session,
                             struct sf_recorder *recorder, struct sf_outcome *outcome)
{
    if (!recorder)
        return NULL;
    struct sf_recorded recorded = sf_recorder_end(recorder);
    outcome->warnings = recorded.warnings;
    outcome->untraced = recorded.dropped + recorded.damaged;
    outcome->timeline = recorded.timeline;
    if (is_shown(traces)) {
        say_dropped(arena, traces, scenario, outcome->untraced);
        say_unseen(arena, traces, scenario, session, outcome);
    }
    const char *what = traces->capture < 0                      ? "trace"
                       : traces->text >= 0 || traces->json >= 0 ? "trace or the capture"
                                                                : "capture";
    return recorded.failure ? sf_arena_printf(arena, "cannot write the %s: %s", what, recorded.failure)
                            : NULL;
}
