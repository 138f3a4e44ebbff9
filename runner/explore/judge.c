#include "explore/judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define SLOW_SHARE 10          /* of its time: who moved data within the last tenth goes on */
#define SPIN_CPU_NS (300 * MS) /* less CPU than this is no spin … */
#define SPIN_SHARE 5           /* … nor is less than a fifth of the time that it ran */
#define SPIN_FACTOR 8          /* … nor what is near to the CPU that it uses anyway */
#define SPIN_CALLS 10000u      /* calls beyond what the fault and the fault-free runs account for */
#define SPIN_IDLE_CALLS 1000u  /* … that failed or brought nothing, in a row */

const char *const sf_symptom_names[SF_SYMPTOM_COUNT] = {
    [SF_SYMPTOM_NONE] = "none",     [SF_SYMPTOM_CRASH] = "crash",
    [SF_SYMPTOM_SPIN] = "spin",     [SF_SYMPTOM_HANG] = "hang",
    [SF_SYMPTOM_SILENT] = "silent", [SF_SYMPTOM_FRAGILE] = "fragile",
    [SF_SYMPTOM_LEAK] = "leak",     [SF_SYMPTOM_SERVICE_DOWN] = "service-down",
};

/* What is judged. */
struct view {
    const struct sf_baseline *baseline;
    const struct sf_trial_facts *facts;
    const struct sf_candidate *candidate;
};

static struct sf_symptom symptom(enum sf_symptom_kind kind, unsigned program, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static struct sf_symptom symptom(enum sf_symptom_kind kind, unsigned program, const char *format, ...)
{
    struct sf_symptom made = {.kind = kind, .program = program, .family = SF_FAMILY_NONE};
    va_list args;
    va_start(args, format);
    vsnprintf(made.detail, sizeof made.detail, format, args);
    va_end(args);
    return made;
}

static bool is_probe(const struct view *view, unsigned index)
{
    return view->facts->has_probe && index == view->facts->count - 1;
}

/* A signal that was not ours. */
static int crash_signal(const struct sf_trial_program *program, const struct sf_baseline_program *normal)
{
    bool was_asked = program->end == SF_END_STOPPED || program->end == SF_END_TIMEOUT || program->cancelled;
    if (program->signal && was_asked &&
        (program->signal == program->stop_signal || program->signal == SIGKILL))
        return 0;
    if (program->signal)
        return program->end == SF_END_TIMEOUT ? 0 : program->signal;
    return program->code == normal->code ? 0 : program->told_signal;
}

static struct sf_symptom judge_crash(const struct view *view, unsigned index)
{
    const struct sf_trial_program *program = &view->facts->programs[index];
    if (is_probe(view, index))
        return (struct sf_symptom){0};
    int number = crash_signal(program, &view->baseline->programs[index]);
    if (number) {
        const char *name = sigabbrev_np(number);
        struct sf_symptom found = symptom(SF_SYMPTOM_CRASH, index, "SIG%s", name ? name : "RT");
        found.by_status = program->signal == 0;
        return found;
    }
    if (program->sanitizer && !view->baseline->programs[index].has_report)
        return symptom(SF_SYMPTOM_CRASH, index, "%s", program->sanitizer);
    return (struct sf_symptom){0};
}

/* It used the CPU for most of a run that did not end. */
static bool burns(const struct view *view, unsigned index)
{
    const struct sf_trial_program *program = &view->facts->programs[index];
    uint64_t normal_ns = view->baseline->programs[index].cpu_ns;
    return view->facts->timed_out && program->end == SF_END_TIMEOUT && program->cpu_ns >= SPIN_CPU_NS &&
           program->cpu_ns >= program->duration_ns / SPIN_SHARE && program->cpu_ns / SPIN_FACTOR >= normal_ns;
}

/* So many calls are no spin: each firing of a fault may cost a few, each byte one. */
static uint64_t fine_calls(const struct view *view, unsigned index, unsigned family)
{
    const struct sf_baseline_program *normal = &view->baseline->programs[index];
    return 4 * normal->calls[family] + 4 * view->facts->fired + normal->bytes + SPIN_CALLS;
}

/* The family of calls that it made far too often; SF_FAMILY_NONE: none. */
static enum sf_family repeated(const struct view *view, unsigned index)
{
    const struct sf_trial_program *program = &view->facts->programs[index];
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
        if (program->calls[family] > fine_calls(view, index, family))
            return (enum sf_family)family;
    return SF_FAMILY_NONE;
}

static struct sf_symptom judge_spin(const struct view *view, unsigned index)
{
    const struct sf_trial_program *program = &view->facts->programs[index];
    const struct sf_observation *seen = view->facts->observation;
    if (is_probe(view, index))
        return (struct sf_symptom){0};
    if (burns(view, index))
        return symptom(SF_SYMPTOM_SPIN, index, "used the CPU for %" PRIu64 " of %" PRIu64 " ms",
                       program->cpu_ns / MS, program->duration_ns / MS);
    enum sf_family family = repeated(view, index);
    if (family == SF_FAMILY_NONE)
        return (struct sf_symptom){0};
    /* Where the calls were seen one by one, those that moved something are no spin. */
    if (seen && index < SF_OBSERVED_PROGRAMS && seen->programs[index].idle_calls < SPIN_IDLE_CALLS)
        return (struct sf_symptom){0};
    struct sf_symptom found = symptom(
        SF_SYMPTOM_SPIN, index, "made %" PRIu64 " %s calls, %" PRIu64 " without the fault",
        program->calls[family], sf_family_names[family], view->baseline->programs[index].calls[family]);
    found.family = family;
    found.limit = fine_calls(view, index, family);
    return found;
}

bool sf_trial_is_busy(const struct sf_baseline *baseline, const struct sf_trial_facts *facts,
                      unsigned program)
{
    const struct view view = {.baseline = baseline, .facts = facts};
    return facts->observation && program < SF_OBSERVED_PROGRAMS &&
           facts->observation->programs[program].idle_calls < SPIN_IDLE_CALLS &&
           repeated(&view, program) != SF_FAMILY_NONE;
}

/* A service that could not begin, and says so, is right. What accepts has begun, though nobody has seen it
 * ready yet. */
static bool began(const struct sf_trial_program *program)
{
    return program->ready || program->calls[SF_FAMILY_ACCEPT] > 0;
}

static struct sf_symptom judge_service(const struct view *view, unsigned index)
{
    const struct sf_trial_program *program = &view->facts->programs[index];
    if (program->is_service && program->early && began(program) && !program->signal)
        return symptom(SF_SYMPTOM_SERVICE_DOWN, index, "exited with %d by itself", program->code);
    return (struct sf_symptom){0};
}

static bool service_meets_later_clients(const struct view *view)
{
    for (unsigned i = 0; i < view->candidate->count; i++) {
        const struct sf_injection *injection = &view->candidate->injections[i];
        if (injection->given || view->facts->programs[injection->program_index].is_service)
            return sf_candidate_lasts(view->candidate);
    }
    return false;
}

/* The service that the fault struck, or else the first. */
static unsigned service_of(const struct view *view)
{
    for (unsigned i = 0; i < view->candidate->count; i++) {
        const struct sf_injection *injection = &view->candidate->injections[i];
        if (!injection->given && view->facts->programs[injection->program_index].is_service)
            return injection->program_index;
    }
    for (unsigned i = 0; i < view->facts->count; i++)
        if (view->facts->programs[i].is_service)
            return i;
    return 0;
}

/* Whose network has fallen silent for good; program_count: nobody's. Who waits at the other end waits for a
 * peer that is gone, which is judged where that program itself meets the silence. */
static unsigned silenced(const struct view *view)
{
    for (unsigned i = 0; i < view->candidate->count; i++) {
        const struct sf_injection *injection = &view->candidate->injections[i];
        if (!injection->given && injection->family == SF_FAMILY_NONE && injection->class == SF_CLASS_SILENCE)
            return injection->program_index;
    }
    return view->facts->count;
}

/* A client that meets no fault, behind those that did. */
static struct sf_symptom judge_probe(const struct view *view)
{
    if (!view->facts->has_probe || service_meets_later_clients(view) || silenced(view) < view->facts->count)
        return (struct sf_symptom){0};
    unsigned index = view->facts->count - 1;
    const struct sf_trial_program *probe = &view->facts->programs[index];
    for (unsigned i = 0; i < view->facts->count; i++)
        if (view->facts->programs[i].is_service && !began(&view->facts->programs[i]))
            return (struct sf_symptom){0};
    if (probe->end == SF_END_TIMEOUT)
        return symptom(SF_SYMPTOM_SERVICE_DOWN, service_of(view),
                       "a later client without faults gets no answer");
    if (probe->end == SF_END_SIGNALED)
        return symptom(SF_SYMPTOM_SERVICE_DOWN, service_of(view),
                       "a later client without faults is killed by signal %d", probe->signal);
    if (probe->end == SF_END_EXITED && probe->code != view->baseline->programs[index].code)
        return symptom(SF_SYMPTOM_SERVICE_DOWN, service_of(view),
                       "a later client without faults exits with %d%s%s", probe->code,
                       *probe->last_words ? ": " : "", probe->last_words);
    return (struct sf_symptom){0};
}

bool sf_trial_is_slow(const struct sf_trial_facts *facts, const struct sf_candidate *candidate,
                      unsigned program)
{
    const struct sf_observation *seen = facts->observation;
    for (unsigned i = 0; i < candidate->count; i++) {
        enum sf_fault_class class = candidate->injections[i].class;
        if (class != SF_CLASS_SHORT && class != SF_CLASS_DELAY)
            return false;
    }
    return seen && program < SF_OBSERVED_PROGRAMS && seen->programs[program].moved_ns &&
           seen->end_ns - seen->programs[program].moved_ns < facts->timeout_ns / SLOW_SHARE;
}

/* Does the fault strike its listener or what it does beside its connections? Those never were. */
static bool strikes_without_connection(const struct sf_candidate *candidate, unsigned program)
{
    for (unsigned i = 0; i < candidate->count; i++) {
        const struct sf_injection *injection = &candidate->injections[i];
        if (injection->given || (injection->program_index == program && injection->connection == 0))
            return true;
    }
    return false;
}

bool sf_trial_awaits_client(const struct sf_trial_facts *facts, const struct sf_candidate *candidate,
                            unsigned program)
{
    const struct sf_observation *seen = facts->observation;
    for (uint32_t i = 0; seen && i < seen->connection_count; i++)
        if (seen->connections[i].program == program && seen->connections[i].role == SF_ROLE_SERVER)
            return false;
    return seen && facts->programs[program].calls[SF_FAMILY_LISTEN] > 0 &&
           !strikes_without_connection(candidate, program);
}

static struct sf_symptom judge_hang(const struct view *view, unsigned index)
{
    const struct sf_trial_program *program = &view->facts->programs[index];
    unsigned of_silence = silenced(view);
    if (is_probe(view, index) || (of_silence < view->facts->count && of_silence != index) ||
        sf_trial_is_slow(view->facts, view->candidate, index) ||
        sf_trial_awaits_client(view->facts, view->candidate, index))
        return (struct sf_symptom){0};
    if (!program->is_service && program->end == SF_END_TIMEOUT && view->facts->timed_out)
        return symptom(SF_SYMPTOM_HANG, index, "no end within %" PRIu64 " ms", view->facts->timeout_ns / MS);
    if (program->is_service && program->stop_killed)
        return symptom(SF_SYMPTOM_HANG, index, "had to be killed when it was stopped");
    return (struct sf_symptom){0};
}

static bool ended_as_ever(const struct view *view)
{
    for (unsigned i = 0; i < view->facts->count; i++) {
        const struct sf_trial_program *program = &view->facts->programs[i];
        if (program->is_service || is_probe(view, i))
            continue;
        if (program->end != SF_END_EXITED || program->code != view->baseline->programs[i].code)
            return false;
    }
    return true;
}

static bool ends_alike(const struct sf_candidate *candidate)
{
    bool alike = false;
    for (unsigned i = 0; i < candidate->count; i++)
        alike |= candidate->injections[i].ends_alike;
    return alike;
}

static struct sf_symptom judge_output(const struct view *view, unsigned index)
{
    const struct sf_trial_program *program = &view->facts->programs[index];
    if (ends_alike(view->candidate))
        return (struct sf_symptom){0};
    if (program->is_service || is_probe(view, index) || !ended_as_ever(view) ||
        sf_pattern_fits(view->baseline->programs[index].out, program->out, program->out_bytes))
        return (struct sf_symptom){0};
    return symptom(SF_SYMPTOM_SILENT, index,
                   "exits with %d, and its output is not that of the fault-free run", program->code);
}

static struct sf_symptom judge_failure(const struct view *view, unsigned index)
{
    const struct sf_trial_program *program = &view->facts->programs[index];
    if (!sf_candidate_is_benign(view->candidate) || program->is_service || is_probe(view, index) ||
        program->end != SF_END_EXITED || program->code == view->baseline->programs[index].code)
        return (struct sf_symptom){0};
    return symptom(SF_SYMPTOM_FRAGILE, index, "exits with %d%s%s", program->code,
                   *program->last_words ? ": " : "", program->last_words);
}

/* Of a program that ended with an error the kernel closes what it left: that is no leak. What a service holds
 * the kernel knows; a trace does not see what ends with a child of it. */
static struct sf_symptom judge_leak(const struct view *view, unsigned index)
{
    const struct sf_trial_program *program = &view->facts->programs[index];
    const struct sf_baseline_program *normal = &view->baseline->programs[index];
    bool lived_on = program->is_service ? program->end == SF_END_STOPPED && !program->cancelled
                                        : program->end == SF_END_EXITED && program->code == normal->code;
    if (is_probe(view, index) || !lived_on)
        return (struct sf_symptom){0};
    if (program->leaked > normal->leaked && normal->leaked >= 0)
        return symptom(SF_SYMPTOM_LEAK, index,
                       "%" PRId64 " socket%s left open, %" PRId64 " without the fault", program->leaked,
                       program->leaked == 1 ? "" : "s", normal->leaked);
    if (!program->is_service && view->facts->observation && program->unclosed > normal->unclosed)
        return symptom(SF_SYMPTOM_LEAK, index,
                       "%" PRIu32 " connection%s never closed once over, %" PRIu32 " without the fault",
                       program->unclosed, program->unclosed == 1 ? "" : "s", normal->unclosed);
    return (struct sf_symptom){0};
}

/* The first program that shows a symptom of this kind. */
static struct sf_symptom first(const struct view *view,
                               struct sf_symptom (*judge)(const struct view *view, unsigned index))
{
    for (unsigned i = 0; i < view->facts->count; i++) {
        const struct sf_symptom found = judge(view, i);
        if (found.kind != SF_SYMPTOM_NONE)
            return found;
    }
    return (struct sf_symptom){0};
}

struct sf_symptom sf_trial_judge(const struct sf_baseline *baseline, const struct sf_trial_facts *facts,
                                 const struct sf_candidate *candidate)
{
    const struct view view = {baseline, facts, candidate};
    if (facts->fired == 0 || facts->is_void)
        return (struct sf_symptom){0};
    struct sf_symptom found = first(&view, judge_crash);
    if (found.kind == SF_SYMPTOM_NONE)
        found = first(&view, judge_spin);
    if (found.kind == SF_SYMPTOM_NONE)
        found = first(&view, judge_service);
    if (found.kind == SF_SYMPTOM_NONE)
        found = judge_probe(&view);
    if (found.kind == SF_SYMPTOM_NONE)
        found = first(&view, judge_hang);
    if (found.kind == SF_SYMPTOM_NONE)
        found = first(&view, judge_output);
    if (found.kind == SF_SYMPTOM_NONE)
        found = first(&view, judge_failure);
    if (found.kind == SF_SYMPTOM_NONE)
        found = first(&view, judge_leak);
    return found;
}
