/* What programs took and did, in numbers, against what they should have. */
#include "verify/judge.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <inttypes.h>

static bool fits(const struct sf_comparison *bound, uint64_t number)
{
    return !bound->place.file || (number >= bound->min && number <= bound->max);
}

static void judge_time(struct sf_judge *judge, const char *program, const char *aspect, const char *verb,
                       const struct sf_comparison *bound, uint64_t ns)
{
    if (fits(bound, ns))
        return;
    const char *took = sf_word_duration(judge->arena, ns);
    sf_judge_note(judge, bound->place, program, aspect, bound->text, took, "%s %s %s, expected %s", program,
                  verb, took, bound->text);
}

static void judge_calls(struct sf_judge *judge, size_t index, const struct sf_comparison *bounds)
{
    const struct sf_program *program = &judge->scenario->programs[index];
    uint64_t calls[SF_FAMILY_COUNT];
    sf_session_calls(judge->session, (unsigned)index, calls);
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++) {
        const struct sf_comparison *bound = &bounds[family];
        if (!bound->place.file)
            continue;
        const char *aspect = sf_arena_printf(judge->arena, "calls.%s", sf_family_names[family]);
        const char *noun = sf_arena_printf(judge->arena, "%s call", sf_family_names[family]);
        if (judge->session->programs[index].loaded == 0)
            sf_judge_note(judge, bound->place, program->name, aspect, bound->text, "not counted",
                          "the %ss of %s were not counted: libsockfault.so was not loaded into %s", noun,
                          program->name, program->argv[0]);
        else if (!fits(bound, calls[family]))
            sf_judge_note(judge, bound->place, program->name, aspect, bound->text,
                          sf_arena_printf(judge->arena, "%" PRIu64, calls[family]), "%s made %s, expected %s",
                          program->name, sf_word_count(judge->arena, calls[family], noun), bound->text);
    }
}

static bool is_stopped_service(const struct sf_program *program, const struct sf_exit *exit)
{
    return program->ready.kind != SF_READY_NONE && !exit->early;
}

const struct sf_leaks *sf_verify_leaks(const struct sf_scenario *scenario,
                                       const struct sf_session_memory *session,
                                       const struct sf_outcome *outcome, size_t index)
{
    const struct sf_program *program = &scenario->programs[index];
    const struct sf_exit *exit = &outcome->programs[index];
    const struct sf_program_state *state = &session->programs[index];
    if (!program->wrap)
        return NULL;
    if (is_stopped_service(program, exit))
        return exit->held_counted && !exit->held_hidden ? &exit->held : NULL;
    return state->loaded ? &state->leaks : NULL;
}

static const char *why_not_counted(struct sf_judge *judge, size_t index)
{
    const struct sf_program *program = &judge->scenario->programs[index];
    const struct sf_exit *exit = &judge->outcome->programs[index];
    if (!is_stopped_service(program, exit))
        return sf_arena_printf(judge->arena, "libsockfault.so was not loaded into %s", program->argv[0]);
    if (exit->held_hidden)
        return sf_arena_printf(judge->arena, "the descriptors of its process %d may not be read",
                               (int)exit->held_hidden);
    return "it was not looked at before it was stopped";
}

static void judge_leaks(struct sf_judge *judge, size_t index, const struct sf_comparison *bound)
{
    const char *name = judge->scenario->programs[index].name;
    if (!bound->place.file)
        return;
    const struct sf_leaks *leaks = sf_verify_leaks(judge->scenario, judge->session, judge->outcome, index);
    if (!leaks) {
        sf_judge_note(judge, bound->place, name, "leaked_sockets", bound->text, "not counted",
                      "the leaked sockets of %s were not counted: %s", name, why_not_counted(judge, index));
    } else if (!fits(bound, leaks->count)) {
        const char *which = sf_word_leaks(judge->arena, leaks);
        sf_judge_note(
            judge, bound->place, name, "leaked_sockets", bound->text,
            sf_arena_printf(judge->arena, "%" PRIu32, leaks->count), "%s leaked %s, expected %s%s%s", name,
            sf_word_count(judge->arena, leaks->count, "socket"), bound->text, *which ? ": " : "", which);
    }
}

void sf_judge_measures(struct sf_judge *judge, size_t index)
{
    const struct sf_program_expectation *expect = &judge->scenario->expect[index];
    const struct sf_exit *exit = &judge->outcome->programs[index];
    const char *name = judge->scenario->programs[index].name;
    if (!sf_judge_ran(exit) || exit->end == SF_END_TIMEOUT)
        return;
    judge_time(judge, name, "duration", "ran for", &expect->duration, exit->duration_ns);
    judge_time(judge, name, "cpu", "used the CPU for", &expect->cpu, exit->cpu_ns);
    judge_calls(judge, index, expect->calls);
    judge_leaks(judge, index, &expect->leaked_sockets);
}
