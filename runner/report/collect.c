/* What is kept of a scenario when its programs and its session go. */
#include "report/report.h"

#include "base/address.h"
#include "base/arena.h"
#include "engine/verdict.h"
#include "scenario/states.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <string.h>

struct sf_report_scenario *sf_report_new(const char *name, const char *file, unsigned line)
{
    struct sf_arena *arena = sf_arena_new();
    struct sf_report_scenario *report = sf_arena_alloc(arena, sizeof *report);
    report->arena = arena;
    report->name = sf_arena_strdup(arena, name);
    report->file = sf_arena_strdup(arena, file);
    report->line = line;
    return report;
}

struct sf_report_scenario *sf_report_of(const struct sf_scenario *scenario)
{
    struct sf_report_scenario *report = sf_report_new(scenario->name, scenario->file, scenario->place.line);
    report->seed = scenario->seed;
    if (scenario->tag_count)
        report->tags = sf_names_join(report->arena, scenario->tags, scenario->tag_count);
    return report;
}

void sf_report_free(struct sf_report_scenario *report)
{
    if (report)
        sf_arena_free(report->arena);
}

/* The tail alone: whole outputs go with the launch. */
static struct sf_output keep_output(struct sf_arena *arena, const struct sf_output *output)
{
    struct sf_output kept = {.total_bytes = output->total_bytes, .tail_bytes = output->tail_bytes};
    kept.tail = output->tail_bytes ? sf_arena_strndup(arena, output->tail, output->tail_bytes) : "";
    return kept;
}

static void keep_habits(struct sf_report_scenario *report, const struct sf_scenario *scenario,
                        const struct sf_session_memory *session, const struct sf_outcome *outcome,
                        size_t index)
{
    struct sf_report_program *program = &report->programs[index];
    struct sf_arena *arena = report->arena;
    const struct sf_warning *list =
        sf_verify_habits(arena, scenario, session, outcome, index, &program->habit_count);

    program->has_hygiene = outcome->warnings != NULL && scenario->programs[index].wrap &&
                           outcome->programs[index].end != SF_END_NOT_STARTED &&
                           outcome->programs[index].end != SF_END_FAILED;
    if (program->has_hygiene)
        program->hygiene_unknown = sf_verify_habits_unknown(arena, scenario, session, outcome, index);
    program->habits = sf_arena_alloc(arena, (program->habit_count + 1) * sizeof *program->habits);
    for (size_t i = 0; i < program->habit_count; i++) {
        const struct sf_warning *warning = &list[i];
        char peer[SF_ADDRESS_TEXT_BYTES];
        program->habits[i] = (struct sf_report_habit){
            .warning = sf_habit_names[warning->habit],
            .message = sf_word_habit(arena, scenario, warning),
            .call = warning->call < SF_CALL_COUNT ? sf_call_names[warning->call] : NULL,
            .state = warning->state ? sf_state_name(warning->state) : NULL,
            .site = warning->site[0] ? warning->site : NULL,
            .peer = sf_address_print(peer, &warning->peer) ? sf_arena_strdup(arena, peer) : NULL,
            .fd = warning->fd,
            .connection = warning->connection,
            .times = warning->times};
    }
}

static void keep_programs(struct sf_report_scenario *report, const struct sf_scenario *scenario,
                          const struct sf_session_memory *session, const struct sf_outcome *outcome)
{
    report->program_count = scenario->program_count;
    report->programs = sf_arena_alloc(report->arena, scenario->program_count * sizeof *report->programs);
    for (size_t i = 0; i < scenario->program_count; i++) {
        struct sf_report_program *program = &report->programs[i];
        program->name = sf_arena_strdup(report->arena, scenario->programs[i].name);
        program->exit = outcome->programs[i];
        program->exit.out = keep_output(report->arena, &outcome->programs[i].out);
        program->exit.err = keep_output(report->arena, &outcome->programs[i].err);
        sf_session_calls(session, (unsigned)i, program->calls);
        const struct sf_leaks *leaks = sf_verify_leaks(scenario, session, outcome, i);
        for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
            if (sf_verify_calls_unknown(report->arena, scenario, session, i, 1u << family))
                program->calls_unknown |= 1u << family;
        bool leaks_unknown = sf_verify_leaks_unknown(report->arena, scenario, session, outcome, i) != NULL;
        program->leaked_sockets = leaks && !leaks_unknown ? (int64_t)leaks->count : -1;
        program->leaks = leaks ? sf_word_leaks(report->arena, leaks) : "";
        keep_habits(report, scenario, session, outcome, i);
    }
}

static void keep_rules(struct sf_report_scenario *report, const struct sf_scenario *scenario,
                       const struct sf_session_memory *session)
{
    report->rule_count = scenario->rule_count;
    report->rules = sf_arena_alloc(report->arena, scenario->rule_count * sizeof *report->rules);
    for (size_t i = 0; i < scenario->rule_count; i++) {
        const struct sf_rule_state *state = &session->rules[i];
        report->rules[i] = (struct sf_report_rule){
            .id = sf_arena_strdup(report->arena, scenario->rules[i].id),
            .text = sf_arena_strdup(report->arena, scenario->rules[i].fault_text),
            .line = scenario->rules[i].place.line,
            .forced = scenario->rules[i].force,
            .fired = state->fired,
            .illegal = state->illegal,
            .illegal_reason = state->illegal ? sf_illegal_text(state->illegal_reason) : NULL,
        };
    }
}

static const char *describe_result(struct sf_arena *arena, const struct sf_event *event)
{
    if (event->kind == SF_EVENT_BEGUN)
        return "(never returned)";
    if (event->error == 0)
        return sf_arena_printf(arena, "%" PRId64, event->result);
    const char *name = event->error > 0 ? strerrorname_np(event->error) : NULL;
    return name ? name : sf_arena_printf(arena, "error %d", event->error);
}

/* "recv(3) asked 4096 -> 1" */
static const char *describe_call(struct sf_arena *arena, const struct sf_event *event)
{
    const char *fd = event->fd >= 0 ? sf_arena_printf(arena, "%d", event->fd) : "";
    return sf_arena_printf(arena, "%s(%s) asked %" PRIu64 " -> %s", sf_call_names[event->call], fd,
                           event->asked, describe_result(arena, event));
}

/* "connection 2 to 127.0.0.1:80, in, behind 4096 bytes". Another socket may have the record by now. */
static const char *describe_link(struct sf_arena *arena, const struct sf_session_memory *session,
                                 const struct sf_event *event)
{
    char peer[SF_ADDRESS_TEXT_BYTES] = "";
    const struct sf_socket *socket = sf_session_socket(session->session, event->payload_at);
    if (socket && socket->number == event->socket)
        sf_address_print(peer, &socket->peer);
    const struct sf_firing *place = &event->rules[0];
    uint32_t number = place->counter == SF_COUNTER_CONNECTION ? place->ordinal : place->nth;
    return sf_arena_printf(arena, "connection %u%s%s, %s, behind %s", number, *peer ? " to " : "", peer,
                           event->result == SF_LINK_IN ? "in" : "out",
                           sf_word_count(arena, event->asked, "byte"));
}

/* "t=0.0012 client recv(3) asked 4096 -> 1  rule one-byte" */
static const char *describe_event(struct sf_arena *arena, const struct sf_scenario *scenario,
                                  const struct sf_session_memory *session, const struct sf_event *event)
{
    uint64_t start_ns = session->programs[event->program].start_ns;
    double seconds = event->time_ns > start_ns ? (double)(event->time_ns - start_ns) / 1e9 : 0;
    const char *what =
        event->kind == SF_EVENT_LINK ? describe_link(arena, session, event) : describe_call(arena, event);
    const char *rules = "";
    for (unsigned i = 0; i < event->rule_count; i++)
        if (event->rules[i].rule < scenario->rule_count)
            rules = sf_arena_printf(arena, "%s%s%s", rules, *rules ? ", " : "",
                                    sf_word_rule(arena, scenario->rules[event->rules[i].rule].id));
    return sf_arena_printf(arena, "t=%.4f %s %s  %s", seconds, scenario->programs[event->program].name, what,
                           rules);
}

static void keep_events(struct sf_report_scenario *report, const struct sf_scenario *scenario,
                        const struct sf_session_memory *session)
{
    report->events_more = session->events->dropped;
    for (const struct sf_event *event = sf_session_event(session, NULL); event;
         event = sf_session_event(session, event)) {
        if (event->rule_count == 0)
            continue;
        if (report->event_count == SF_REPORT_EVENTS_MAX) {
            report->events_more++;
            continue;
        }
        const char **slot =
            sf_arena_push(report->arena, &report->events, &report->event_count, sizeof *report->events);
        *slot = describe_event(report->arena, scenario, session, event);
    }
}

/* Findings point into the scenario and at constants: only the former goes. */
static void keep_findings(struct sf_report_scenario *report, const struct sf_scenario *scenario,
                          const struct sf_session_memory *session, const struct sf_outcome *outcome)
{
    struct sf_arena *arena = report->arena;
    report->findings = report->is_run ? sf_verify_run(arena, scenario, session, outcome)
                                      : sf_verify(arena, scenario, session, outcome);
    for (size_t i = 0; i < report->findings.count; i++) {
        struct sf_finding *finding = &report->findings.list[i];
        finding->what = sf_arena_strdup(arena, finding->what);
        finding->want = sf_arena_strdup(arena, finding->want);
        finding->got = sf_arena_strdup(arena, finding->got);
        finding->place.file =
            sf_arena_strdup(arena, finding->place.file ? finding->place.file : report->file);
    }
}

void sf_report_judge(struct sf_report_scenario *report, const struct sf_scenario *scenario,
                     const struct sf_session_memory *session, const struct sf_outcome *outcome)
{
    report->seed = scenario->seed;
    report->duration_ns = outcome->duration_ns;
    keep_programs(report, scenario, session, outcome);
    keep_rules(report, scenario, session);
    keep_events(report, scenario, session);
    keep_findings(report, scenario, session, outcome);
    if (outcome->timeline)
        report->timeline = sf_timeline_with_links(report->arena, outcome->timeline, session);
    report->result = report->findings.count ? SF_FAILED : SF_PASSED;
}
