#include "explore/baseline.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <string.h>

void sf_baseline_begin(struct sf_baseline *baseline, struct sf_arena *arena)
{
    *baseline = (struct sf_baseline){.arena = arena};
}

/* The baseline's own place for one of a run, added where it is new. */
static uint32_t find_place(struct sf_baseline *baseline, const struct sf_observation *observation,
                           uint32_t seen, unsigned program, enum sf_family family)
{
    const char *name = sf_observation_place(observation, seen);
    for (size_t i = 0; i < baseline->place_count; i++) {
        const struct sf_site_place *place = &baseline->places[i];
        if (place->program == program && place->family == family && strcmp(place->name, name) == 0)
            return (uint32_t)i;
    }
    struct sf_site_place *place =
        sf_arena_push(baseline->arena, &baseline->places, &baseline->place_count, sizeof *place);
    *place = (struct sf_site_place){
        .name = sf_arena_strdup(baseline->arena, name),
        .source = sf_arena_strdup(baseline->arena, sf_observation_source(observation, seen)),
        .program = program,
        .family = family};
    return (uint32_t)(baseline->place_count - 1);
}

/* Rules can name it, and a fault there could mean something. */
static bool is_wanted(const struct sf_trial_facts *facts, const struct sf_observed_call *call)
{
    enum sf_family family = (enum sf_family)sf_call_families[call->call];
    bool is_probe = facts->has_probe && call->program == facts->count - 1;
    bool is_pair = call->connection == 0 && call->type != SF_TYPE_DGRAM &&
                   (family == SF_FAMILY_RECV || family == SF_FAMILY_SEND || family == SF_FAMILY_SHUTDOWN);
    return !is_probe && !is_pair && !call->peeks && call->nth > 0 && family != SF_FAMILY_OPTION &&
           family != SF_FAMILY_CLOSE;
}

/* A place may be known in one run alone: what a process has loaded by itself is learnt only while it lives.
 */
static bool is_same(const struct sf_baseline *baseline, const struct sf_site *site,
                    const struct sf_observation *observation, const struct sf_observed_call *call)
{
    const char *before = baseline->places[site->place].name;
    const char *now = sf_observation_place(observation, call->place);
    return site->program == call->program && site->family == sf_call_families[call->call] &&
           site->connection == call->connection && site->nth == call->nth && site->type == call->type &&
           (!*before || !*now || strcmp(before, now) == 0);
}

static uint32_t better_place(struct sf_baseline *baseline, const struct sf_site *site,
                             const struct sf_observation *observation, const struct sf_observed_call *call)
{
    const char *now = sf_observation_place(observation, call->place);
    return *baseline->places[site->place].name || !*now
               ? site->place
               : find_place(baseline, observation, call->place, site->program, site->family);
}

/* How many calls there were before the probe began: what serves it is none of what is struck. */
static uint32_t calls_before_probe(const struct sf_trial_facts *facts)
{
    const struct sf_observation *observation = facts->observation;
    return observation->call_count < observation->before_probe ? observation->call_count
                                                               : observation->before_probe;
}

static void add_sites(struct sf_baseline *baseline, const struct sf_trial_facts *facts)
{
    const struct sf_observation *observation = facts->observation;
    uint32_t count = calls_before_probe(facts);
    for (uint32_t i = 0; i < count; i++) {
        const struct sf_observed_call *call = &observation->calls[i];
        enum sf_family family = (enum sf_family)sf_call_families[call->call];
        if (!is_wanted(facts, call))
            continue;
        struct sf_site *site =
            sf_arena_push(baseline->arena, &baseline->sites, &baseline->site_count, sizeof *site);
        *site =
            (struct sf_site){.program = call->program,
                             .family = family,
                             .domain = call->domain,
                             .type = call->type,
                             .role = call->role,
                             .connection = call->connection,
                             .nth = call->nth,
                             .is_bounded = call->is_bounded,
                             .was_peeked = call->was_peeked,
                             .place = find_place(baseline, observation, call->place, call->program, family)};
    }
}

/* Keep what this run shows as well. Both are nearly in the same order, so the search is short. */
static void keep_common(struct sf_baseline *baseline, const struct sf_trial_facts *facts)
{
    const struct sf_observation *observation = facts->observation;
    uint32_t from = 0, count = calls_before_probe(facts);
    size_t kept = 0;
    for (size_t i = 0; i < baseline->site_count; i++) {
        const struct sf_site site = baseline->sites[i];
        for (uint32_t step = 0; step < count; step++) {
            uint32_t at = (from + step) % count;
            if (!is_wanted(facts, &observation->calls[at]) ||
                !is_same(baseline, &site, observation, &observation->calls[at]))
                continue;
            baseline->sites[kept] = site;
            baseline->sites[kept++].place =
                better_place(baseline, &site, observation, &observation->calls[at]);
            from = at + 1;
            break;
        }
    }
    baseline->site_count = kept;
}

static void add_connections(struct sf_baseline *baseline, const struct sf_trial_facts *facts)
{
    uint32_t before = facts->observation->before_probe;
    for (uint32_t i = 0; i < facts->observation->connection_count; i++) {
        const struct sf_observed_connection *seen = &facts->observation->connections[i];
        if (seen->since_call >= before)
            continue;
        struct sf_site_connection *connection = sf_arena_push(
            baseline->arena, &baseline->connections, &baseline->connection_count, sizeof *connection);
        *connection = (struct sf_site_connection){.program = seen->program,
                                                  .domain = seen->domain,
                                                  .type = seen->type,
                                                  .role = seen->role,
                                                  .connection = seen->connection,
                                                  .bytes_in = seen->bytes_in,
                                                  .bytes_out = seen->bytes_out,
                                                  .sends = seen->sends,
                                                  .was_read_out = seen->was_read_out};
    }
}

static void add_trace(struct sf_baseline *baseline, const struct sf_trial_facts *facts)
{
    if (baseline->runs == 0) {
        add_sites(baseline, facts);
        add_connections(baseline, facts);
    } else {
        keep_common(baseline, facts);
    }
    baseline->is_cut |= facts->observation->calls_more > 0;
    for (unsigned i = 0; i < facts->count && i < SF_OBSERVED_PROGRAMS; i++) {
        struct sf_baseline_program *program = &baseline->programs[i];
        const struct sf_observed_program *seen = &facts->observation->programs[i];
        program->unclosed = seen->unclosed > program->unclosed ? seen->unclosed : program->unclosed;
        program->idle_calls = seen->idle_calls > program->idle_calls ? seen->idle_calls : program->idle_calls;
    }
    for (uint32_t i = 0; i < facts->observation->connection_count && baseline->runs == 0; i++) {
        const struct sf_observed_connection *seen = &facts->observation->connections[i];
        baseline->programs[seen->program].bytes += seen->bytes_in + seen->bytes_out;
    }
}

static void begin_programs(struct sf_baseline *baseline, const struct sf_subject *subject,
                           const struct sf_trial_facts *facts)
{
    baseline->program_count = facts->count;
    baseline->has_probe = facts->has_probe;
    baseline->programs = sf_arena_alloc(baseline->arena, facts->count * sizeof *baseline->programs);
    for (unsigned i = 0; i < facts->count; i++) {
        const struct sf_trial_program *program = &facts->programs[i];
        unsigned original = i < subject->program_count ? i : subject->probe;
        baseline->programs[i] = (struct sf_baseline_program){
            .name = i < subject->program_count ? subject->programs[i].name
                                               : sf_subject_probe_name(baseline->arena, subject),
            .is_service = program->is_service,
            .is_wrapped = subject->programs[original].is_wrapped,
            .code = program->code,
            .leaked = program->leaked,
            .out = sf_pattern_learn(baseline->arena, program->out, program->out_bytes)};
    }
}

static void add_program(struct sf_baseline_program *program, const struct sf_trial_program *facts)
{
    program->cpu_ns = facts->cpu_ns > program->cpu_ns ? facts->cpu_ns : program->cpu_ns;
    program->duration_ns =
        facts->duration_ns > program->duration_ns ? facts->duration_ns : program->duration_ns;
    program->leaked = facts->leaked > program->leaked ? facts->leaked : program->leaked;
    program->has_report |= facts->sanitizer != NULL;
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
        if (facts->calls[family] > program->calls[family])
            program->calls[family] = facts->calls[family];
    sf_pattern_widen(program->out, facts->out, facts->out_bytes);
}

void sf_baseline_add(struct sf_baseline *baseline, const struct sf_subject *subject,
                     const struct sf_trial_facts *facts)
{
    if (baseline->runs == 0)
        begin_programs(baseline, subject, facts);
    for (unsigned i = 0; i < facts->count; i++)
        add_program(&baseline->programs[i], &facts->programs[i]);
    if (facts->observation)
        add_trace(baseline, facts);
    baseline->duration_ns =
        facts->duration_ns > baseline->duration_ns ? facts->duration_ns : baseline->duration_ns;
    baseline->runs++;
}

void sf_baseline_close(struct sf_baseline *baseline)
{
    for (size_t i = 0; i < baseline->site_count; i++)
        baseline->sites[i].occurrence = ++baseline->places[baseline->sites[i].place].count;
    for (size_t i = 0; i < baseline->site_count; i++) {
        struct sf_site *site = &baseline->sites[i];
        site->is_last = site->occurrence == baseline->places[site->place].count;
        baseline->place_used += site->is_last;
    }
}

static const char *end_text(struct sf_arena *arena, const struct sf_trial_program *program)
{
    if (program->signal)
        return sf_arena_printf(arena, "was killed by %s", sf_word_signal(arena, program->signal));
    return sf_arena_printf(arena, "exited with %d", program->code);
}

static bool stopped_well(const struct sf_trial_program *program)
{
    return program->signal ? program->signal == program->stop_signal
                           : program->code == 0 || program->code == 128 + program->stop_signal;
}

const char *sf_baseline_problem(struct sf_arena *arena, const struct sf_subject *subject,
                                const struct sf_trial_facts *facts, bool *probe_fails)
{
    *probe_fails = false;
    for (unsigned i = 0; i < facts->count; i++) {
        const struct sf_trial_program *program = &facts->programs[i];
        bool is_probe = facts->has_probe && i == facts->count - 1;
        const char *name = is_probe ? "the probe" : subject->programs[i].name;
        bool is_wrong = program->is_service ? program->early || program->stop_killed || !stopped_well(program)
                                            : program->signal || program->code != 0;
        if (is_probe) {
            *probe_fails = is_wrong || program->end != SF_END_EXITED;
            continue;
        }
        if (program->end == SF_END_FAILED)
            return sf_arena_printf(arena, "%s could not be started", name);
        if (program->end == SF_END_TIMEOUT)
            return sf_arena_printf(arena, "%s %s within %s", name,
                                   program->is_service && !program->ready ? "was not ready" : "did not end",
                                   sf_word_duration(arena, facts->timeout_ns));
        if (program->end == SF_END_NOT_STARTED)
            return sf_arena_printf(arena, "%s was not started", name);
        if (is_wrong && !program->cancelled)
            return sf_arena_printf(arena, "%s %s%s", name, end_text(arena, program),
                                   program->early ? ", but is a service" : "");
    }
    return NULL;
}
