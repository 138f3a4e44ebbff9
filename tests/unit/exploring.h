/* A baseline from thin air: a client that connects, sends once and reads thrice, and a service. */
#ifndef SF_TESTS_EXPLORING_H
#define SF_TESTS_EXPLORING_H

#include "reader.h"

#include "abi/session.h"
#include "explore/suspect.h"

#include <stdio.h>

enum { SERVER, CLIENT, PROBE };

struct exploring {
    struct reading *reading;
    struct sf_subject subject;
    struct sf_exploration exploration;
    struct sf_trial_program programs[3];
    struct sf_trial_facts facts; /* of a run in which all is well, but that a rule fired */
};

static const char exploring_text[] = "name: greet\n"
                                     "vars: {word: hello}\n"
                                     "programs:\n"
                                     "  server: {run: [serve, '${port.a}'], ready: {port: '${port.a}'}}\n"
                                     "  client: {run: [ask, '${word}', '${scenario_dir}/x']}\n";

static inline void exploring_site(struct exploring *exploring, enum sf_family family, uint32_t nth,
                                  uint32_t place)
{
    struct sf_baseline *baseline = &exploring->exploration.baseline;
    struct sf_site *site =
        sf_arena_push(baseline->arena, &baseline->sites, &baseline->site_count, sizeof *site);
    *site = (struct sf_site){.program = CLIENT,
                             .family = family,
                             .domain = SF_DOMAIN_INET,
                             .type = SF_TYPE_STREAM,
                             .role = SF_ROLE_CLIENT,
                             .connection = family == SF_FAMILY_CONNECT ? 0 : 1,
                             .nth = nth,
                             .place = place};
}

static inline void exploring_baseline(struct exploring *exploring)
{
    static struct sf_site_place places[] = {
        {.name = "main (a.c:10)", .source = "/src/a.c", .program = CLIENT, .family = SF_FAMILY_CONNECT},
        {.name = "say (a.c:20)", .source = "/src/a.c", .program = CLIENT, .family = SF_FAMILY_SEND},
        {.name = "hear (a.c:30)", .source = "/src/a.c", .program = CLIENT, .family = SF_FAMILY_RECV}};
    struct sf_arena *arena = exploring->reading->arena;
    struct sf_baseline *baseline = &exploring->exploration.baseline;
    sf_baseline_begin(baseline, arena);
    sf_baseline_add(baseline, &exploring->subject, &exploring->facts);
    baseline->places = sf_arena_alloc(arena, sizeof places);
    memcpy(baseline->places, places, sizeof places);
    baseline->place_count = 3;
    exploring_site(exploring, SF_FAMILY_CONNECT, 1, 0);
    exploring_site(exploring, SF_FAMILY_SEND, 1, 1);
    for (uint32_t nth = 1; nth <= 3; nth++)
        exploring_site(exploring, SF_FAMILY_RECV, nth, 2);
    sf_baseline_close(baseline);
    struct sf_site_connection *connection =
        sf_arena_push(arena, &baseline->connections, &baseline->connection_count, sizeof *connection);
    *connection = (struct sf_site_connection){.program = CLIENT,
                                              .domain = SF_DOMAIN_INET,
                                              .type = SF_TYPE_STREAM,
                                              .role = SF_ROLE_CLIENT,
                                              .connection = 1,
                                              .bytes_in = 20,
                                              .bytes_out = 6,
                                              .sends = 1};
}

static inline int exploring_setup(void **state)
{
    struct reading *reading = read_valid(exploring_text);
    struct exploring *exploring = sf_arena_alloc(reading->arena, sizeof *exploring);
    static struct sf_subject_program programs[] = {
        {.name = "server", .is_service = true, .is_wrapped = true, .stop_signal = 15},
        {.name = "client", .is_wrapped = true, .stop_signal = 15}};
    struct sf_diagnostics none = {.arena = reading->arena};
    const struct sf_source source = {
        .file = "/folder/a.yaml", .text = exploring_text, .bytes = strlen(exploring_text)};
    size_t count;
    exploring->reading = reading;
    exploring->subject =
        (struct sf_subject){.arena = reading->arena,
                            .document = sf_documents_parse(reading->arena, &source, &count, &none)[0],
                            .name = "greet",
                            .seed = 7,
                            .timeout_ns = UINT64_C(5000000000),
                            .programs = programs,
                            .program_count = 2,
                            .probe = CLIENT};
    exploring->subject.scenario =
        sf_scenario_decode(reading->arena, exploring->subject.document, NULL, &none);
    exploring->programs[SERVER] = (struct sf_trial_program){.end = SF_END_STOPPED,
                                                            .signal = 15,
                                                            .stop_signal = 15,
                                                            .code = -1,
                                                            .is_service = true,
                                                            .ready = true,
                                                            .out = "",
                                                            .last_words = "",
                                                            .calls = {[SF_FAMILY_CLOSE] = 2}};
    exploring->programs[CLIENT] = exploring->programs[PROBE] =
        (struct sf_trial_program){.end = SF_END_EXITED,
                                  .out = "hello 1\n",
                                  .out_bytes = 8,
                                  .stop_signal = 15,
                                  .last_words = "",
                                  .calls = {[SF_FAMILY_RECV] = 3}};
    exploring->facts = (struct sf_trial_facts){.programs = exploring->programs,
                                               .count = 3,
                                               .has_probe = true,
                                               .is_whole = true,
                                               .duration_ns = 20000000,
                                               .timeout_ns = UINT64_C(5000000000),
                                               .fired = 1};
    exploring->exploration = (struct sf_exploration){.arena = reading->arena, .subject = &exploring->subject};
    exploring_baseline(exploring);
    *state = exploring;
    return 0;
}

static inline int exploring_teardown(void **state)
{
    struct exploring *exploring = *state;
    release(exploring->reading);
    return 0;
}

/* One fault of the client: its Nth recv. */
static inline struct sf_candidate exploring_fault(const char *fault, const char *value,
                                                  enum sf_fault_class class, bool is_benign)
{
    return (struct sf_candidate){.injections = {{.program = "client",
                                                 .program_index = CLIENT,
                                                 .family = SF_FAMILY_RECV,
                                                 .connection = 1,
                                                 .first = 2,
                                                 .last = 2,
                                                 .fault = fault,
                                                 .value = value,
                                                 .class = class,
                                                 .is_benign = is_benign}},
                                 .count = 1,
                                 .place = 2};
}

#endif
