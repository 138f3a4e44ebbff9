/* What programs took and did, in numbers, against what they should have. */
#include "verify/judge.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <string.h>

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

/* Would it fit, were the number a higher one? */
static bool fits_from(const struct sf_comparison *bound, uint64_t number)
{
    return number >= bound->min && bound->max == UINT64_MAX;
}

/* Each is the end of a sentence. */
static const char *why_not_seen(struct sf_arena *arena, const struct sf_scenario *scenario,
                                const struct sf_session_memory *session, size_t index, uint32_t families)
{
    unsigned count, escapes = session->programs[index].escapes;
    const char *what = sf_word_escaped(arena, scenario, session, index, false, &count);
    if (what)
        return sf_arena_printf(arena, "it started %s without the shim", what);
    if (escapes & (SF_ESCAPE_IO_URING | SF_ESCAPE_RING))
        return "it uses io_uring, whose calls nobody sees";
    if (escapes & SF_ESCAPE_BLIND)
        return "it forbids itself the system calls that tell one socket from another";
    if (escapes & SF_ESCAPE_EXECS)
        return "it started more programs at once than can be followed";
    bool is_unseen = (families & 1u << SF_FAMILY_RECV && escapes & SF_ESCAPE_UNSEEN_READS) ||
                     (families & 1u << SF_FAMILY_SEND && escapes & SF_ESCAPE_UNSEEN_SENDS);
    return is_unseen ? "it uses stdio on a socket, whose reads and writes nobody sees" : NULL;
}

const char *sf_verify_calls_unknown(struct sf_arena *arena, const struct sf_scenario *scenario,
                                    const struct sf_session_memory *session, size_t index,
                                    uint32_t families)
{
    const struct sf_program *program = &scenario->programs[index];
    if (!program->wrap)
        return "it is started without the shim";
    if (session->programs[index].loaded == 0)
        return sf_arena_printf(arena, "libsockfault.so was not loaded into %s", program->argv[0]);
    return why_not_seen(arena, scenario, session, index, families);
}

static void note_unknown(struct sf_judge *judge, const struct sf_comparison *bound, const char *program,
                         const char *aspect, const char *nouns, bool some, const char *why)
{
    const char *counted = some ? "not all counted" : "not counted";
    sf_judge_note(judge, bound->place, program, aspect, bound->text, counted, "the %s of %s were %s: %s",
                  nouns, program, counted, why);
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
        const char *why =
            sf_verify_calls_unknown(judge->arena, judge->scenario, judge->session, index, 1u << family);
        if (why && fits_from(bound, calls[family]))
            continue;
        const char *aspect = sf_arena_printf(judge->arena, "calls.%s", sf_family_names[family]);
        const char *noun = sf_arena_printf(judge->arena, "%s call", sf_family_names[family]);
        if (why)
            note_unknown(judge, bound, program->name, aspect, sf_arena_printf(judge->arena, "%ss", noun),
                         judge->session->programs[index].loaded != 0, why);
        else if (!fits(bound, calls[family]))
            sf_judge_note(judge, bound->place, program->name, aspect, bound->text,
                          sf_arena_printf(judge->arena, "%" PRIu64, calls[family]), "%s made %s, expected %s",
                          program->name, sf_word_count(judge->arena, calls[family], noun), bound->text);
    }
}

bool sf_verify_stopped(const struct sf_program *program, const struct sf_exit *exit)
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
    if (sf_verify_stopped(program, exit))
        return exit->held_counted && !exit->held_hidden ? &exit->held : NULL;
    return state->loaded ? &state->leaks : NULL;
}

/* A stopped service is looked at from outside, whatever it runs. */
const char *sf_verify_leaks_unknown(struct sf_arena *arena, const struct sf_scenario *scenario,
                                    const struct sf_session_memory *session, const struct sf_outcome *outcome,
                                    size_t index)
{
    const struct sf_program *program = &scenario->programs[index];
    const struct sf_exit *exit = &outcome->programs[index];
    if (!program->wrap || !sf_verify_stopped(program, exit)) {
        const char *why = sf_verify_calls_unknown(arena, scenario, session, index, 0);
        bool is_counted = !(session->programs[index].escapes & SF_ESCAPE_UNCOUNTED);
        return why || is_counted ? why : "it forbids itself the system calls that count them";
    }
    if (exit->held_hidden && exit->held_error)
        return sf_arena_printf(arena,
                               "whether a closed socket of its process %d was a connection cannot be seen, as "
                               "pidfd_getfd gives: %s (CAP_SYS_PTRACE lets a container use it)",
                               (int)exit->held_hidden, strerror(exit->held_error));
    if (exit->held_hidden)
        return sf_arena_printf(arena, "the descriptors of its process %d may not be read",
                               (int)exit->held_hidden);
    return exit->held_counted ? NULL : "it was not looked at before it was stopped";
}

static void judge_leaks(struct sf_judge *judge, size_t index, const struct sf_comparison *bound)
{
    const char *name = judge->scenario->programs[index].name;
    if (!bound->place.file)
        return;
    const struct sf_leaks *leaks = sf_verify_leaks(judge->scenario, judge->session, judge->outcome, index);
    const char *why =
        sf_verify_leaks_unknown(judge->arena, judge->scenario, judge->session, judge->outcome, index);
    if (why && !(leaks && fits_from(bound, leaks->count))) {
        note_unknown(judge, bound, name, "leaked_sockets", "leaked sockets", leaks != NULL, why);
    } else if (leaks && !why && !fits(bound, leaks->count)) {
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
