/* Broken habits: what the recorder saw, against how the programs ended. */
#include "verify/judge.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#define FINDINGS_MAX 10u

struct habits {
    struct sf_arena *arena;
    struct sf_warning *list;
    size_t count;
};

static bool is_same_address(const struct sf_addr *a, const struct sf_addr *b)
{
    return a->domain == b->domain && a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0 &&
           a->path_len == b->path_len && memcmp(a->path, b->path, a->path_len) == 0;
}

static bool is_suspicion(const struct sf_warning *warning)
{
    return warning->habit == SF_HABIT_UNCLOSED || warning->habit == SF_HABIT_UNCLOSED_AFTER_FAULT;
}

/* One more, or one more time. */
static void add(struct habits *habits, const struct sf_warning *warning)
{
    for (size_t i = 0; i < habits->count; i++) {
        struct sf_warning *other = &habits->list[i];
        if (other->habit == warning->habit && other->call == warning->call &&
            other->return_address == warning->return_address) {
            other->times += warning->times;
            return;
        }
    }
    struct sf_warning *slot = sf_arena_push(habits->arena, &habits->list, &habits->count, sizeof *slot);
    *slot = *warning;
}

/* The kernel forgets the peer of a connection that was reset. */
static bool is_of(const struct sf_warning *warning, const struct sf_leak *leak)
{
    return is_same_address(&warning->local, &leak->local) &&
           (leak->peer.domain == 0 || is_same_address(&warning->peer, &leak->peer));
}

/* The socket that was suspected to stay open, and is one of these. */
static const struct sf_warning *find_suspect(const struct sf_warnings *warnings, bool *is_taken,
                                             size_t program, const struct sf_leak *leak)
{
    for (uint32_t i = 0; i < warnings->count; i++) {
        const struct sf_warning *warning = &warnings->list[i];
        if (is_taken[i] || warning->program != program || !is_suspicion(warning) ||
            (leak && !is_of(warning, leak)))
            continue;
        is_taken[i] = true;
        return warning;
    }
    return NULL;
}

/* The kernel's count says how many were left open; the trace, which where. Of the first few
 * the addresses are known; a suspect's may have changed since the trace heard of it.
 * is_certain: their use was over; otherwise the trace knows. */
static void add_leaks(struct habits *habits, const struct sf_warnings *warnings, size_t program,
                      const struct sf_leaks *leaks, bool is_certain)
{
    bool *is_taken = sf_arena_alloc(habits->arena, (warnings->count + 1) * sizeof *is_taken);
    uint32_t told = 0;

    for (unsigned i = 0; i < SF_LEAKS_NAMED; i++) {
        if (!(leaks->named >> i & 1) || told == leaks->count)
            continue;
        const struct sf_warning *suspect = find_suspect(warnings, is_taken, program, &leaks->list[i]);
        const struct sf_warning unknown = {.habit = SF_HABIT_UNCLOSED,
                                           .times = 1,
                                           .program = (uint16_t)program,
                                           .call = SF_CALL_COUNT,
                                           .then_call = SF_CALL_COUNT,
                                           .rule = SF_NO_RULE,
                                           .fd = -1,
                                           .state = (uint8_t)leaks->list[i].state,
                                           .local = leaks->list[i].local,
                                           .peer = leaks->list[i].peer};
        if (!suspect)
            suspect = find_suspect(warnings, is_taken, program, NULL);
        if (is_certain || (suspect && suspect->is_due))
            add(habits, suspect ? suspect : &unknown);
        told++;
    }
    while (told++ < leaks->count) {
        const struct sf_warning *suspect = find_suspect(warnings, is_taken, program, NULL);
        if (!suspect)
            return;
        if (is_certain || suspect->is_due)
            add(habits, suspect);
    }
}

/* What the recorder only suspected of a call that had not come back when the program ended. */
static bool holds(struct sf_warning *warning, const struct sf_session_memory *session,
                  const struct sf_exit *exit)
{
    uint64_t end_ns = session->programs[warning->program].start_ns + exit->duration_ns;

    if (warning->habit == SF_HABIT_SIGPIPE)
        return exit->signal == SIGPIPE || exit->code == 128 + SIGPIPE; /* so a shell tells it */
    if (warning->habit != SF_HABIT_NO_TIMEOUT || warning->count)
        return true;
    if (warning->gone_ns && warning->gone_ns + SF_SILENCE_NS / 2 < end_ns)
        return false; /* a child that was ended before: that was its bound */
    warning->count = end_ns > warning->of ? end_ns - warning->of : 0;
    return warning->count >= SF_SILENCE_NS;
}

const struct sf_warning *sf_verify_habits(struct sf_arena *arena, const struct sf_scenario *scenario,
                                          const struct sf_session_memory *session,
                                          const struct sf_outcome *outcome, size_t program, size_t *count)
{
    const struct sf_warnings *warnings = outcome->warnings;
    struct habits habits = {.arena = arena};

    for (uint32_t i = 0; warnings && i < warnings->count; i++) {
        struct sf_warning warning = warnings->list[i];
        if (warning.program == program && !is_suspicion(&warning) &&
            holds(&warning, session, &outcome->programs[program]))
            add(&habits, &warning);
    }
    const struct sf_leaks *leaks = sf_verify_leaks(scenario, session, outcome, program);
    if (warnings && leaks)
        add_leaks(&habits, warnings, program, leaks,
                  sf_verify_stopped(&scenario->programs[program], &outcome->programs[program]));
    *count = habits.count;
    return habits.list;
}

const char *sf_verify_habits_unknown(struct sf_arena *arena, const struct sf_scenario *scenario,
                                     const struct sf_session_memory *session,
                                     const struct sf_outcome *outcome, size_t program)
{
    if (!outcome->warnings)
        return "its calls were not traced";
    if (outcome->untraced)
        return sf_arena_printf(arena, "the trace lacks %s", sf_word_count(arena, outcome->untraced, "call"));
    if (outcome->warnings->more)
        return "there were more warnings than can be kept";
    return sf_verify_leaks_unknown(arena, scenario, session, outcome, program);
}

static void note(struct sf_judge *judge, size_t program, const char *got, const char *sentence)
{
    const struct sf_program_expectation *expect = &judge->scenario->expect[program];
    sf_judge_note(judge, expect->hygiene.place, judge->scenario->programs[program].name, "hygiene",
                  expect->hygiene.text, got, "%s", sentence);
}

void sf_judge_habits(struct sf_judge *judge, size_t program)
{
    const struct sf_program_expectation *expect = &judge->scenario->expect[program];
    const char *name = judge->scenario->programs[program].name;
    size_t count, noted = 0, more = 0;

    if (!expect->hygiene.given || !sf_judge_ran(&judge->outcome->programs[program]))
        return;
    const struct sf_warning *habits =
        sf_verify_habits(judge->arena, judge->scenario, judge->session, judge->outcome, program, &count);
    for (size_t i = 0; i < count; i++) {
        const char *habit = sf_habit_names[habits[i].habit];
        if (expect->hygiene.allowed >> habits[i].habit & 1)
            continue;
        if (noted++ < FINDINGS_MAX)
            note(judge, program, habit,
                 sf_arena_printf(judge->arena, "%s: %s: %s", name, habit,
                                 sf_word_habit(judge->arena, judge->scenario, &habits[i])));
        else
            more++;
    }
    if (more)
        note(judge, program, sf_arena_printf(judge->arena, "%zu more", more),
             sf_arena_printf(judge->arena, "%s: and %s", name,
                             sf_word_count(judge->arena, more, "more warning")));
    const char *why =
        sf_verify_habits_unknown(judge->arena, judge->scenario, judge->session, judge->outcome, program);
    if (why)
        note(judge, program, "not all seen",
             sf_arena_printf(judge->arena, "the habits of %s were not all seen: %s", name, why));
}
