#include "verify/verify.h"

#include "base/arena.h"
#include "launch/meant.h"
#include "verify/judge.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

void sf_judge_note(struct sf_judge *judge, struct sf_place place, const char *subject, const char *aspect,
                   const char *want, const char *got, const char *format, ...)
{
    struct sf_finding *finding =
        sf_arena_push(judge->arena, &judge->found.list, &judge->found.count, sizeof *finding);
    va_list args;
    va_start(args, format);
    finding->message = sf_arena_vprintf(judge->arena, format, args);
    va_end(args);
    finding->what = aspect ? sf_arena_printf(judge->arena, "%s.%s", subject, aspect) : subject;
    finding->want = want;
    finding->got = got;
    finding->place = place;
}

bool sf_verify_is_faulted(const struct sf_scenario *scenario, size_t program)
{
    for (size_t i = 0; i < scenario->rule_count; i++)
        if (scenario->rules[i].programs >> program & 1)
            return scenario->programs[program].wrap;
    return false;
}

bool sf_verify_is_meant(const struct sf_scenario *scenario, size_t program)
{
    return sf_verify_is_faulted(scenario, program) &&
           sf_file_is_meant(scenario, program, scenario->programs[program].argv[0]);
}

static bool names(const struct sf_rule *rule, size_t program)
{
    for (size_t i = 0; i < rule->peer_count; i++)
        if (rule->peers[i].kind == SF_PATTERN_PROGRAM && rule->peers[i].program == program)
            return true;
    return false;
}

bool sf_verify_is_peer(const struct sf_scenario *scenario, size_t program)
{
    const struct sf_program *peer = &scenario->programs[program];
    for (size_t i = 0; i < scenario->rule_count; i++)
        if (names(&scenario->rules[i], program))
            return peer->wrap && peer->ready.kind != SF_READY_PORT;
    return false;
}

/* The programs that the time-out ended. Services wait for the others by
 * design, so they are to blame only when nothing else was running. */
static const char *still_running(const struct sf_judge *judge, bool services, unsigned *count)
{
    const char *names = "";
    *count = 0;
    for (size_t i = 0; i < judge->scenario->program_count; i++) {
        const struct sf_program *program = &judge->scenario->programs[i];
        if (judge->outcome->programs[i].end != SF_END_TIMEOUT ||
            (program->ready.kind != SF_READY_NONE) != services)
            continue;
        names = sf_arena_printf(judge->arena, "%s%s%s", names, *count ? ", " : "", program->name);
        ++*count;
    }
    return names;
}

/* "; it waits in recvfrom(3), in greet (greet.c:27)" */
static const char *what_they_did(const struct sf_judge *judge, unsigned count)
{
    const char *text = "";
    for (size_t i = 0; i < judge->scenario->program_count; i++) {
        const struct sf_exit *exit = &judge->outcome->programs[i];
        const char *name = count == 1 ? "it" : judge->scenario->programs[i].name;
        if (exit->end == SF_END_TIMEOUT && *exit->about)
            text = sf_arena_printf(judge->arena, "%s; %s %s", text, name, exit->about);
    }
    return text;
}

static void judge_timeout(struct sf_judge *judge)
{
    if (!judge->outcome->timed_out)
        return;
    unsigned count;
    const char *names = still_running(judge, false, &count);
    if (count == 0)
        names = still_running(judge, true, &count);
    const char *bound = sf_word_duration(judge->arena, judge->scenario->timeout_ns);
    const char *want = sf_arena_printf(judge->arena, "<=%s", bound);
    if (count == 0)
        sf_judge_note(judge, judge->scenario->timeout_place, "timeout", NULL, want, "not over",
                      "timed out after %s", bound);
    else
        sf_judge_note(judge, judge->scenario->timeout_place, "timeout", NULL, want,
                      sf_arena_printf(judge->arena, "running: %s", names),
                      "timed out after %s: %s %s still running%s", bound, names, count == 1 ? "was" : "were",
                      what_they_did(judge, count));
}

/* A program that had no turn although all else went well. */
static void judge_start(struct sf_judge *judge)
{
    for (size_t i = 0; i < judge->scenario->program_count && judge->found.count == 0; i++) {
        const struct sf_program *program = &judge->scenario->programs[i];
        if (judge->outcome->programs[i].end == SF_END_NOT_STARTED)
            sf_judge_note(judge, program->place, program->name, "start", "started", "not started",
                          "%s was not started: the scenario ended before its turn", program->name);
    }
}

/* By line; what stands on one line keeps its order. The lists are short. */
static void sort(struct sf_findings *findings)
{
    for (size_t i = 1; i < findings->count; i++) {
        struct sf_finding finding = findings->list[i];
        size_t at = i;
        for (; at > 0 && findings->list[at - 1].place.line > finding.place.line; at--)
            findings->list[at] = findings->list[at - 1];
        findings->list[at] = finding;
    }
}

struct sf_findings sf_verify(struct sf_arena *arena, const struct sf_scenario *scenario,
                             const struct sf_session_memory *session, const struct sf_outcome *outcome)
{
    struct sf_judge judge = {.arena = arena, .scenario = scenario, .session = session, .outcome = outcome};
    judge_timeout(&judge);
    for (size_t i = 0; i < scenario->program_count; i++) {
        sf_judge_end(&judge, i);
        sf_judge_measures(&judge, i);
        sf_judge_habits(&judge, i);
        sf_judge_output(&judge, i);
        sf_judge_shim(&judge, i);
    }
    sf_judge_rules(&judge);
    judge_start(&judge);
    sort(&judge.found);
    return judge.found;
}

struct sf_findings sf_verify_run(struct sf_arena *arena, const struct sf_scenario *scenario,
                                 const struct sf_session_memory *session, const struct sf_outcome *outcome)
{
    struct sf_judge judge = {.arena = arena, .scenario = scenario, .session = session, .outcome = outcome};
    judge_timeout(&judge);
    for (size_t i = 0; i < scenario->program_count; i++) {
        if (outcome->programs[i].end == SF_END_FAILED)
            sf_judge_end(&judge, i);
        sf_judge_shim(&judge, i);
    }
    sf_judge_rules(&judge);
    return judge.found;
}
