/* From a scenario to the image and the session: what is compiled is verified,
 * and nothing else is. */
#include "plan/session.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct sf_call_set one_call(enum sf_call_id call)
{
    struct sf_call_set set = {{0}};
    sf_call_set_add(&set, call);
    return set;
}

/* Two programs, one of them ready by port, three rules, patterns of several kinds. */
static struct sf_scenario sample(void)
{
    static struct sf_program programs[] = {
        {.name = "server", .wrap = true, .ready = {.kind = SF_READY_PORT, .port = 8080}},
        {.name = "client", .wrap = false, .ready = {.kind = SF_READY_OUTPUT, .port = 9}}};
    static struct sf_pattern peers[] = {
        {.kind = SF_PATTERN_INET,
         .domains = SF_DOMAIN_INET,
         .prefix_len = 104,
         .port = 443,
         .address = {[10] = 0xff, [11] = 0xff, [12] = 10}},
        {.kind = SF_PATTERN_UNIX, .glob = "/run/x*.sock"},
        {.kind = SF_PATTERN_ANY},
    };
    static struct sf_stretch stretches[] = {{SF_COUNTER_CONNECTION, 1, 2, 5, 0},
                                            {SF_COUNTER_CONNECTION, 1, 7, UINT32_MAX, 3},
                                            {SF_COUNTER_PROGRAM, 0, 1, 1, 0}};
    static struct sf_rule rules[3];
    rules[0] = (struct sf_rule){.id = "slow",
                                .place = {"a.yaml", 7, 1},
                                .families = 1u << SF_FAMILY_RECV,
                                .calls = one_call(SF_CALL_recv),
                                .programs = UINT64_MAX,
                                .probability = 1,
                                .fault = SF_FAULT_DELAY,
                                .delay_ns = 1000,
                                .peers = peers,
                                .peer_count = 2};
    rules[1] = (struct sf_rule){.id = "short",
                                .place = {"a.yaml", 9, 1},
                                .families = 1u << SF_FAMILY_SEND,
                                .calls = one_call(SF_CALL_send),
                                .programs = 2,
                                .probability = 0.25,
                                .fault = SF_FAULT_PARTIAL,
                                .bytes_min = 2,
                                .bytes_max = 5,
                                .nth_first = 3,
                                .nth_last = UINT32_MAX,
                                .optional = true,
                                .force = true,
                                .exactly = {{"a.yaml", 10, 1}, stretches, 3},
                                .peers = peers + 2,
                                .peer_count = 1};
    rules[2] = (struct sf_rule){.id = "refused",
                                .families = 1u << SF_FAMILY_CONNECT,
                                .calls = one_call(SF_CALL_connect),
                                .programs = 1,
                                .probability = 1e-30,
                                .fault = SF_FAULT_ERROR,
                                .error = ECONNREFUSED,
                                .every = 2,
                                .times = 9};
    return (struct sf_scenario){
        .seed = 99, .programs = programs, .program_count = 2, .rules = rules, .rule_count = 3};
}

static struct sf_plan *sample_plan(void)
{
    struct sf_scenario scenario = sample();
    return sf_plan_compile(&scenario);
}

static void fix_checksum(struct sf_plan *plan)
{
    plan->checksum = sf_plan_checksum(plan);
}

/* What a shim does with a plan it took: touch all that the views lead to. */
static size_t walk(const struct sf_plan *plan)
{
    size_t length = 0;
    for (uint32_t i = 0; i < plan->program_count; i++)
        length += strlen(sf_plan_string(plan, sf_plan_programs(plan)[i].name_at));
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const struct sf_plan_rule *rule = sf_plan_rules(plan) + i;
        length += strlen(sf_plan_string(plan, rule->id_at));
        for (uint32_t j = 0; j < rule->stretch_count; j++)
            length += sf_plan_stretches(plan)[rule->stretch + j].value & 1;
        for (uint32_t j = 0; j < rule->peer_count; j++) {
            const struct sf_plan_pattern *pattern = sf_plan_patterns(plan) + rule->peer + j;
            if (pattern->kind == SF_PATTERN_UNIX)
                length += strlen(sf_plan_string(plan, pattern->glob_at));
        }
    }
    return length;
}

static void compiled_plan_holds_every_rule_as_written(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    assert_null(sf_plan_verify(plan, plan->total_bytes));
    assert_int_equal(plan->seed, 99);
    assert_int_equal(plan->program_count, 2);
    assert_int_equal(plan->rule_count, 3);
    assert_int_equal(plan->pattern_count, 3);
    assert_string_equal(sf_plan_string(plan, sf_plan_programs(plan)[1].name_at), "client");
    assert_int_equal(sf_plan_programs(plan)[0].wrap, 1);
    assert_int_equal(sf_plan_programs(plan)[1].wrap, 0);
    assert_int_equal(sf_plan_programs(plan)[0].ready_port, 8080);
    assert_int_equal(sf_plan_programs(plan)[1].ready_port, 0);

    const struct sf_plan_rule *rules = sf_plan_rules(plan);
    assert_string_equal(sf_plan_string(plan, rules[0].id_at), "slow");
    assert_int_equal(rules[0].line, 7);
    assert_int_equal(rules[0].delay_ns, 1000);
    assert_true(sf_call_set_has(&rules[0].calls, SF_CALL_recv));
    assert_int_equal(rules[0].peer_count, 2);
    const struct sf_plan_pattern *peer = sf_plan_patterns(plan) + rules[0].peer;
    assert_int_equal(peer[0].port, 443);
    assert_int_equal(peer[0].address[12], 10);
    assert_string_equal(sf_plan_string(plan, peer[1].glob_at), "/run/x*.sock");

    assert_int_equal(rules[0].flags, 0);
    assert_int_equal(rules[1].flags, SF_RULE_FORCE | SF_RULE_OPTIONAL | SF_RULE_EXACTLY);
    assert_int_equal(rules[1].stretch_count, 3);
    const struct sf_stretch *stretches = sf_plan_stretches(plan) + rules[1].stretch;
    assert_int_equal(stretches[1].first, 7);
    assert_int_equal(stretches[1].value, 3);
    assert_int_equal(stretches[2].counter, SF_COUNTER_PROGRAM);
    assert_int_equal(rules[1].programs, 2);
    assert_int_equal(rules[1].bytes_max, 5);
    assert_int_equal(rules[1].nth_last, UINT32_MAX);
    assert_int_equal(sf_plan_patterns(plan)[rules[1].peer].kind, SF_PATTERN_ANY);
    assert_int_equal(rules[2].error, ECONNREFUSED);
    assert_int_equal(rules[2].every, 2);
    assert_int_equal(rules[2].times, 9);
    free(plan);
}

static void probability_becomes_a_share_of_2_to_the_53(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    assert_int_equal(sf_plan_rules(plan)[0].probability, SF_PROBABILITY_ALWAYS);
    assert_int_equal(sf_plan_rules(plan)[1].probability, SF_PROBABILITY_ALWAYS / 4);
    assert_int_equal(sf_plan_rules(plan)[2].probability, 1);
    free(plan);
}

static void equal_rules_are_all_kept(void **state)
{
    (void)state;
    struct sf_scenario scenario = sample();
    struct sf_rule rules[50];
    for (int i = 0; i < 50; i++)
        rules[i] = scenario.rules[0];
    scenario.rules = rules;
    scenario.rule_count = 50;
    struct sf_plan *plan = sf_plan_compile(&scenario);
    assert_int_equal(plan->rule_count, 50);
    assert_int_equal(plan->pattern_count, 100);
    assert_null(sf_plan_verify(plan, plan->total_bytes));
    free(plan);
}

/* Rules as in sample(), but a recv rule: changed in one thing each. */
static void rules_that_select_the_same_calls_share_a_count(void **state)
{
    (void)state;
    struct sf_scenario scenario = sample();
    struct sf_rule rules[16];
    struct sf_pattern other_peers[2] = {scenario.rules[0].peers[0], scenario.rules[0].peers[1]};
    struct sf_pattern exe = {.kind = SF_PATTERN_EXE, .glob = "curl"};
    other_peers[1].glob = "/run/y*.sock";
    for (int i = 0; i < 16; i++)
        rules[i] = scenario.rules[0];
    rules[1].programs = 1;
    rules[2].fault = SF_FAULT_INTERRUPT;
    rules[3].calls = one_call(SF_CALL_read);
    rules[4].peers = other_peers;
    rules[5].nth_first = rules[5].nth_last = 3;
    rules[6].domains = SF_DOMAIN_INET;
    rules[7].types = SF_TYPE_STREAM;
    rules[8].roles = SF_ROLE_CLIENT;
    rules[9].per = SF_PER_SCENARIO;
    rules[10].connection_first = rules[10].connection_last = 1;
    rules[11].peer_count = 1;
    rules[12].locals = rules[12].peers;
    rules[12].local_count = 1;
    rules[13].exes = &exe;
    rules[13].exe_count = 1;
    rules[14].programs = 1;
    scenario.rules = rules;
    scenario.rule_count = 16;
    struct sf_plan *plan = sf_plan_compile(&scenario);
    assert_null(sf_plan_verify(plan, plan->total_bytes));
    for (uint16_t i = 0; i < 16; i++) {
        bool as_first = i == 0 || i == 2 || i == 5 || i == 15;
        bool as_second = i == 1 || i == 14;
        assert_int_equal(sf_plan_rules(plan)[i].counts_as, as_first ? 0 : as_second ? 1 : i);
        assert_int_equal(sf_plan_rules(plan)[i].count, as_first ? 1 : as_second ? 2 : 0);
    }
    free(plan);
}

static void rules_with_other_names_as_peer_share_no_count(void **state)
{
    (void)state;
    struct sf_scenario scenario = sample();
    struct sf_pattern peers[] = {{.kind = SF_PATTERN_HOST, .glob = "a.test", .port = 80},
                                 {.kind = SF_PATTERN_HOST, .glob = "b.test", .port = 80},
                                 {.kind = SF_PATTERN_PROGRAM, .program = 0},
                                 {.kind = SF_PATTERN_PROGRAM, .program = 1}};
    struct sf_rule rules[5];
    for (int i = 0; i < 5; i++) {
        rules[i] = scenario.rules[0];
        rules[i].peers = &peers[i % 4];
        rules[i].peer_count = 1;
    }
    scenario.rules = rules;
    scenario.rule_count = 5;
    struct sf_plan *plan = sf_plan_compile(&scenario);
    for (uint16_t i = 0; i < 5; i++)
        assert_int_equal(sf_plan_rules(plan)[i].counts_as, i % 4);
    free(plan);
}

static void only_so_many_counts_are_shared(void **state)
{
    (void)state;
    struct sf_scenario scenario = sample();
    struct sf_rule rules[50];
    for (unsigned i = 0; i < 50; i++) {
        rules[i] = scenario.rules[0];
        rules[i].connection_first = rules[i].connection_last = 1 + i % 25;
    }
    scenario.rules = rules;
    scenario.rule_count = 50;
    struct sf_plan *plan = sf_plan_compile(&scenario);
    assert_null(sf_plan_verify(plan, plan->total_bytes));
    for (unsigned i = 0; i < 25; i++) {
        const struct sf_plan_rule *first = &sf_plan_rules(plan)[i], *second = &sf_plan_rules(plan)[25 + i];
        assert_int_equal(first->counts_as, i);
        assert_int_equal(second->counts_as, i < SF_COUNTS_MAX ? i : 25 + i);
        assert_int_equal(first->count, i < SF_COUNTS_MAX ? i + 1 : 0);
        assert_int_equal(second->count, first->count);
    }
    free(plan);
}

static void plan_without_rules_is_valid(void **state)
{
    (void)state;
    struct sf_scenario scenario = sample();
    scenario.rule_count = 0;
    struct sf_plan *plan = sf_plan_compile(&scenario);
    assert_null(sf_plan_verify(plan, plan->total_bytes));
    free(plan);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    uint64_t bytes = plan->total_bytes;
    for (uint64_t at = 0; at < bytes; at++)
        for (int bit = 0; bit < 8; bit++) {
            ((unsigned char *)plan)[at] ^= (unsigned char)(1 << bit);
            if (!sf_plan_verify(plan, bytes))
                fail_msg("bit %d of byte %lu was flipped unnoticed", bit, (unsigned long)at);
            ((unsigned char *)plan)[at] ^= (unsigned char)(1 << bit);
        }
    assert_null(sf_plan_verify(plan, bytes));
    free(plan);
}

/* A block of exactly these bytes, so that the sanitizers see a read beyond. */
static struct sf_plan *copy(const struct sf_plan *plan, uint64_t bytes)
{
    void *block = malloc(bytes ? bytes : 1);
    assert_non_null(block);
    memcpy(block, plan, bytes);
    return block;
}

static void every_truncation_is_noticed(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    for (uint64_t bytes = 0; bytes < plan->total_bytes; bytes++) {
        struct sf_plan *cut = copy(plan, bytes);
        if (!sf_plan_verify(cut, bytes))
            fail_msg("a plan cut to %lu bytes was taken", (unsigned long)bytes);
        free(cut);
    }
    free(plan);
}

/* A cut plan whose header was adapted: the tables must be found outside. */
static void truncation_with_a_right_checksum_is_noticed(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    for (uint64_t bytes = sizeof *plan; bytes < plan->total_bytes; bytes += 8) {
        struct sf_plan *cut = copy(plan, bytes);
        cut->total_bytes = bytes;
        fix_checksum(cut);
        if (!sf_plan_verify(cut, bytes))
            fail_msg("a plan cut to %lu bytes was taken", (unsigned long)bytes);
        free(cut);
    }
    free(plan);
}

/* With the checksum fixed up, the structural checks are all there is: a byte
 * may still be legal, but then what it leads to can be walked. */
static void damage_with_a_right_checksum_is_refused_or_harmless(void **state)
{
    (void)state;
    static const unsigned char patterns[] = {0x01, 0x02, 0x10, 0x80, 0x7f, 0xff};
    struct sf_plan *plan = sample_plan();
    uint64_t bytes = plan->total_bytes;
    unsigned refused = 0;
    for (uint64_t at = 0; at < bytes; at++)
        for (size_t i = 0; i < sizeof patterns; i++) {
            struct sf_plan *damaged = copy(plan, bytes);
            ((unsigned char *)damaged)[at] ^= patterns[i];
            if (damaged->total_bytes <= bytes)
                fix_checksum(damaged);
            if (sf_plan_verify(damaged, bytes))
                refused++;
            else
                assert_true(walk(damaged) < bytes * 8);
            free(damaged);
        }
    assert_true(refused > 500);
    free(plan);
}

/* One field out of range each, all else right. */
#define REFUSES(plan, change, sentence)                                            \
    do {                                                                           \
        struct sf_plan *p = copy(plan, (plan)->total_bytes);                       \
        struct sf_plan_rule *r = (void *)((char *)p + p->rules_at);                \
        struct sf_plan_pattern *t = (void *)((char *)p + p->patterns_at);          \
        struct sf_plan_program *g = (void *)((char *)p + p->programs_at);          \
        struct sf_stretch *s = (void *)((char *)p + p->stretches_at);              \
        (void)r, (void)t, (void)g, (void)s;                                        \
        change;                                                                    \
        fix_checksum(p);                                                           \
        const char *problem = sf_plan_verify(p, p->total_bytes);                   \
        if (!problem)                                                              \
            fail_msg("taken: %s", #change);                                        \
        if (!strstr(problem, sentence))                                            \
            fail_msg("%s: '%s' says nothing of '%s'", #change, problem, sentence); \
        free(p);                                                                   \
    } while (0)

static void field_out_of_range_is_refused_with_its_reason(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    REFUSES(plan, p->magic[6] = '\n', "not a plan");
    REFUSES(plan, p->version++, "another version");
    REFUSES(plan, p->program_count = 0, "number of programs");
    REFUSES(plan, p->program_count = 65, "number of programs");
    REFUSES(plan, p->rule_count = 4097, "too many rules");
    REFUSES(plan, p->rules_at = (uint32_t)p->total_bytes, "outside");
    REFUSES(plan, p->rules_at += 4, "outside");
    REFUSES(plan, p->patterns_at = 8, "outside");
    REFUSES(plan, p->pattern_count = 1000, "outside");
    REFUSES(plan, p->string_bytes = 0, "strings");
    REFUSES(plan, p->string_bytes -= 1, "strings");
    REFUSES(plan, g[0].name_at = p->string_bytes, "name");
    REFUSES(plan, g[0].wrap = 2, "switch");
    REFUSES(plan, r[0].local_count = p->pattern_count + 1, "pattern");
    REFUSES(plan, r[0].exe = UINT32_MAX, "pattern");
    REFUSES(plan, (r[0].exe = r[0].peer, r[0].exe_count = 1), "pattern"); /* an address is no glob */
    REFUSES(plan, r[0].match_bytes = 257, "trigger");
    REFUSES(plan, (r[0].match_at = p->string_bytes, r[0].match_bytes = 1), "trigger");
    REFUSES(plan, r[0].exists_at = p->string_bytes, "trigger");
    REFUSES(plan, r[0].exists = 2, "trigger");
    REFUSES(plan, r[0].site_at = p->string_bytes, "trigger");
    REFUSES(plan, r[0].site = 2, "trigger");
    REFUSES(plan, r[0].watches = UINT32_MAX, "trigger");
    REFUSES(plan, (r[0].fault = SF_FAULT_CORRUPT, r[0].bits = 0), "fault");
    REFUSES(plan, (r[0].fault = SF_FAULT_SIGNAL, r[0].signal = 65), "fault");
    REFUSES(plan, r[0].id_at = p->string_bytes, "name");
    REFUSES(plan, r[0].flags = 8, "flag");
    REFUSES(plan, r[0].families = 0, "calls");
    REFUSES(plan, r[0].calls.word[SF_CALL_WORDS - 1] |= UINT64_C(1) << 63, "calls");
    REFUSES(plan, sf_call_set_add(&r[0].calls, SF_CALL_execve), "calls");
    REFUSES(plan, r[0].programs = 4, "program");
    REFUSES(plan, r[0].peer = 2, "pattern");
    REFUSES(plan, r[0].peer = UINT32_MAX, "pattern");
    REFUSES(plan, r[0].domains = 16, "scope");
    REFUSES(plan, r[0].types = 8, "scope");
    REFUSES(plan, r[0].roles = 4, "scope");
    REFUSES(plan, r[0].per = 3, "scope");
    REFUSES(plan, r[0].connection_last = 1, "trigger");
    REFUSES(plan, r[1].nth_last = 2, "trigger");
    REFUSES(plan, r[0].probability = SF_PROBABILITY_ALWAYS + 1, "trigger");
    REFUSES(plan, r[0].counts_as = 3, "counts as one");
    REFUSES(plan, r[0].count = SF_COUNTS_MAX + 1, "counts as one");
    REFUSES(plan, p->stretch_count = 1000, "outside");
    REFUSES(plan, r[1].stretch = 1, "trigger");
    REFUSES(plan, r[1].stretch_count = UINT32_MAX, "trigger");
    REFUSES(plan, s[0].counter = SF_COUNTER_PROGRAM + 1, "trigger");
    REFUSES(plan, s[0].first = 0, "trigger");
    REFUSES(plan, s[0].last = 1, "trigger");
    REFUSES(plan, s[0].first = s[0].last = 8, "trigger"); /* no longer in order */
    REFUSES(plan, r[0].fault = SF_FAULT_COUNT, "fault");
    REFUSES(plan, r[1].bytes_min = 0, "fault");
    REFUSES(plan, r[1].bytes_min = 6, "fault");
    REFUSES(plan, r[2].error = 0, "fault");
    REFUSES(plan, t[0].kind = SF_PATTERN_COUNT, "unknown kind");
    REFUSES(plan, (t[0].kind = SF_PATTERN_PROGRAM, t[0].program = 2), "program");
    REFUSES(plan, (t[0].kind = SF_PATTERN_HOST, t[0].glob_at = p->string_bytes), "strings");
    REFUSES(plan, (t[0].kind = SF_PATTERN_PROGRAM, r[0].local = 0, r[0].local_count = 1), "pattern");
    REFUSES(plan, g[0].ready_port = 65536, "port");
    REFUSES(plan, t[0].prefix_len = 129, "pattern");
    REFUSES(plan, t[0].domains = 0, "pattern");
    REFUSES(plan, t[0].domains = SF_DOMAIN_UNIX, "pattern");
    REFUSES(plan, t[1].glob_at = p->string_bytes, "strings");
    free(plan);
}

static void extremes_that_are_legal_are_taken(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    struct sf_plan_rule *rule = (void *)((char *)plan + plan->rules_at);
    struct sf_plan_pattern *pattern = (void *)((char *)plan + plan->patterns_at);
    rule->domains = SF_DOMAIN_INET | SF_DOMAIN_INET6 | SF_DOMAIN_UNIX | SF_DOMAIN_OTHER;
    rule->types = SF_TYPE_STREAM | SF_TYPE_DGRAM | SF_TYPE_OTHER;
    rule->roles = SF_ROLE_CLIENT | SF_ROLE_SERVER;
    rule->per = SF_PER_SCENARIO;
    rule->connection_first = rule->connection_last = UINT32_MAX;
    rule->flags = SF_RULE_FORCE | SF_RULE_OPTIONAL;
    rule->programs = 3;
    rule->peer = plan->pattern_count - rule->peer_count;
    pattern->prefix_len = 128;
    pattern->domains = SF_DOMAIN_INET | SF_DOMAIN_INET6;
    pattern[1].glob_at = plan->string_bytes - 1;
    pattern[2].kind = SF_PATTERN_PROGRAM;
    pattern[2].program = plan->program_count - 1;
    fix_checksum(plan);
    assert_null(sf_plan_verify(plan, plan->total_bytes));
    free(plan);
}

static void session_has_its_areas_apart_and_sealed(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    struct sf_session_memory *memory = sf_session_create(plan, NULL);
    assert_non_null(memory);
    const struct sf_session *session = memory->session;
    const uint64_t starts[] = {sizeof *session,     session->plan_at,     session->shared_at,
                               session->control_at, session->programs_at, session->rules_at,
                               session->calls_at,   session->tallies_at,  session->execs_at,
                               session->sockets_at, session->events_at,   session->total_bytes};
    for (size_t i = 1; i < sizeof starts / sizeof *starts; i++) {
        assert_true(starts[i - 1] <= starts[i]);
        assert_int_equal(starts[i] % 64, 0);
    }
    assert_true(session->plan_at + session->plan_bytes <= session->shared_at);
    assert_int_equal(session->shared_at % (uint64_t)sysconf(_SC_PAGESIZE), 0);
    assert_true(session->events_at + sizeof(struct sf_event_log) + session->events_bytes <=
                session->total_bytes);
    assert_true(session->sockets_at + (uint64_t)session->socket_count * session->socket_stride <=
                session->events_at);
    assert_int_equal(session->socket_count, 65536);
    assert_true(session->socket_stride >= sizeof(struct sf_socket) + 8 + 3 * sizeof(struct sf_socket_rule));
    assert_null(sf_plan_verify(memory->plan, session->plan_bytes));
    assert_int_equal(memory->control->generation, 1);
    assert_int_equal(memory->control->families,
                     1u << SF_FAMILY_RECV | 1u << SF_FAMILY_SEND | 1u << SF_FAMILY_CONNECT);
    assert_int_equal(memory->control->plan_at, session->plan_at);
    assert_int_equal(strlen(memory->id), 32);
    assert_int_equal(ftruncate(memory->fd, 0), -1);
    assert_int_equal(fcntl(memory->fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    assert_int_equal(fcntl(memory->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    sf_session_free(memory);
    free(plan);
}

static void session_has_room_for_a_trace_where_one_is_wished(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    const struct sf_trace_wish wish = {.data_bytes = 77};
    struct sf_session_memory *plain = sf_session_create(plan, NULL), *traced = sf_session_create(plan, &wish);
    assert_non_null(traced);
    const struct sf_session *session = traced->session;
    assert_null(plain->trace);
    assert_int_equal(plain->session->trace_at, 0);
    assert_int_equal(session->trace_at % 64, 0);
    assert_true(session->trace_at >= session->kept_at + session->kept_bytes);
    assert_int_equal(plain->session->kept_at, session->kept_at);
    assert_true(plain->session->total_bytes < plain->session->kept_at + plain->session->kept_bytes + 4096);
    assert_ptr_equal(traced->trace, (char *)traced->session + session->trace_at);
    assert_int_equal(traced->trace->data_bytes, 77);
    assert_true((char *)sf_trace_presence(traced->trace, session->tally_count) <=
                (char *)traced->session + session->total_bytes);
    for (uint32_t i = 0; i < SF_LANES; i++)
        assert_int_equal((uintptr_t)sf_trace_lane(traced->trace, i) % 64, 0);
    sf_session_free(plain);
    sf_session_free(traced);
    free(plan);
}

static void sessions_have_different_ids(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    struct sf_session_memory *one = sf_session_create(plan, NULL), *two = sf_session_create(plan, NULL);
    assert_string_not_equal(one->id, two->id);
    sf_session_free(one);
    sf_session_free(two);
    free(plan);
}

static void many_rules_keep_the_socket_table_within_a_gibibyte(void **state)
{
    (void)state;
    struct sf_scenario scenario = sample();
    struct sf_rule *rules = calloc(SF_PLAN_RULES_MAX, sizeof *rules);
    for (unsigned i = 0; i < SF_PLAN_RULES_MAX; i++)
        rules[i] = scenario.rules[2];
    scenario.rules = rules;
    scenario.rule_count = SF_PLAN_RULES_MAX;
    struct sf_plan *plan = sf_plan_compile(&scenario);
    struct sf_session_memory *memory = sf_session_create(plan, NULL);
    assert_non_null(memory);
    uint32_t count = memory->session->socket_count;
    assert_true(count >= SF_SOCKET_WAYS && (count & (count - 1)) == 0);
    assert_true((uint64_t)count * memory->session->socket_stride <= UINT64_C(1) << 30);
    sf_session_free(memory);
    free(plan);
    free(rules);
}

static void calls_of_a_program_are_the_sum_of_its_tallies(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    struct sf_session_memory *memory = sf_session_create(plan, NULL);
    memory->tallies[0].calls[SF_FAMILY_RECV] = 100; /* shared by threads of program 0 */
    memory->tallies[1].calls[SF_FAMILY_RECV] = 1;
    for (uint32_t i = 2; i < 5; i++) {
        memory->tallies[i].claimed = 1;
        memory->tallies[i].program = i % 2;
        memory->tallies[i].calls[SF_FAMILY_RECV] = 10;
        memory->tallies[i].calls[SF_FAMILY_CONNECT] = i;
    }
    uint64_t calls[SF_FAMILY_COUNT];
    sf_session_calls(memory, 0, calls);
    assert_int_equal(calls[SF_FAMILY_RECV], 120);
    assert_int_equal(calls[SF_FAMILY_CONNECT], 6);
    sf_session_calls(memory, 1, calls);
    assert_int_equal(calls[SF_FAMILY_RECV], 11);
    assert_int_equal(calls[SF_FAMILY_SEND], 0);
    sf_session_free(memory);
    free(plan);
}

/* A session under a limit on file sizes, by a process without privileges: its errno, or 0. */
static int session_under_limit(rlim_t soft, rlim_t hard)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct sf_plan *plan = sample_plan();
        struct rlimit limit = {soft, hard}, after;
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || (getuid() == 0 && setuid(65534) != 0))
            _exit(255);
        struct sf_session_memory *memory = sf_session_create(plan, NULL);
        int error = memory ? 0 : errno;
        struct sigaction action;
        sigaction(SIGXFSZ, NULL, &action);
        if (getrlimit(RLIMIT_FSIZE, &after) != 0 || after.rlim_cur != soft || after.rlim_max != hard ||
            action.sa_handler != SIG_DFL)
            _exit(254);
        sf_session_free(memory);
        free(plan);
        _exit(error);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void session_is_made_below_a_soft_limit_on_file_sizes(void **state)
{
    (void)state;
    assert_int_equal(session_under_limit(1024, RLIM_INFINITY), 0);
}

static void hard_limit_on_file_sizes_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(session_under_limit(1024, 1024), EFBIG);
}

static void pending_execs_are_escapes_of_their_program(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    struct sf_session_memory *memory = sf_session_create(plan, NULL);
    assert_null(sf_session_escaped(memory, UINT32_MAX, NULL));
    memory->execs[3] = (struct sf_exec){.state = SF_EXEC_PENDING, .pid = 12, .program = 1};
    memory->execs[4] = (struct sf_exec){.state = SF_EXEC_LOADED, .pid = 13, .program = 1};
    const struct sf_exec *last = &memory->execs[memory->session->exec_count - 1];
    memory->execs[last - memory->execs] = (struct sf_exec){.state = SF_EXEC_PENDING, .pid = 14};
    assert_ptr_equal(sf_session_escaped(memory, UINT32_MAX, NULL), &memory->execs[3]);
    assert_ptr_equal(sf_session_escaped(memory, UINT32_MAX, &memory->execs[3]), last);
    assert_null(sf_session_escaped(memory, UINT32_MAX, last));
    assert_ptr_equal(sf_session_escaped(memory, 0, NULL), last);
    assert_ptr_equal(sf_session_escaped(memory, 1, NULL), &memory->execs[3]);
    assert_null(sf_session_escaped(memory, 1, &memory->execs[3]));
    sf_session_free(memory);
    free(plan);
}

static struct sf_event *append(struct sf_session_memory *memory, uint8_t rules, int32_t fd)
{
    uint64_t bytes = sizeof(struct sf_event) + rules * sizeof(struct sf_firing);
    uint64_t at = atomic_fetch_add(&memory->events->reserved_bytes, bytes);
    struct sf_event *event = (void *)((char *)(memory->events + 1) + at);
    event->version = SF_EVENT_VERSION;
    event->producer = SF_PRODUCER_SHIM;
    event->kind = SF_EVENT_CALL;
    event->rule_count = rules;
    event->fd = fd;
    event->time_ns = 123456789;
    event->bytes = (uint32_t)bytes;
    return event;
}

static void events_are_read_in_order_across_holes(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    struct sf_session_memory *memory = sf_session_create(plan, NULL);
    assert_null(sf_session_event(memory, NULL));
    append(memory, 1, 3);
    append(memory, 2, 4)->bytes = 0; /* its producer died half-way */
    append(memory, 0, 5);
    const struct sf_event *event = sf_session_event(memory, NULL);
    assert_non_null(event);
    assert_int_equal(event->fd, 3);
    event = sf_session_event(memory, event);
    assert_non_null(event);
    assert_int_equal(event->fd, 5);
    assert_null(sf_session_event(memory, event));
    sf_session_free(memory);
    free(plan);
}

static void events_end_where_the_log_is_full(void **state)
{
    (void)state;
    struct sf_plan *plan = sample_plan();
    struct sf_session_memory *memory = sf_session_create(plan, NULL);
    append(memory, 1, 3);
    memory->events->reserved_bytes = UINT64_MAX / 2;
    const struct sf_event *event = sf_session_event(memory, NULL);
    assert_non_null(event);
    assert_null(sf_session_event(memory, event));
    sf_session_free(memory);
    free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_plan_holds_every_rule_as_written),
        cmocka_unit_test(probability_becomes_a_share_of_2_to_the_53),
        cmocka_unit_test(equal_rules_are_all_kept),
        cmocka_unit_test(rules_that_select_the_same_calls_share_a_count),
        cmocka_unit_test(rules_with_other_names_as_peer_share_no_count),
        cmocka_unit_test(only_so_many_counts_are_shared),
        cmocka_unit_test(plan_without_rules_is_valid),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(truncation_with_a_right_checksum_is_noticed),
        cmocka_unit_test(damage_with_a_right_checksum_is_refused_or_harmless),
        cmocka_unit_test(field_out_of_range_is_refused_with_its_reason),
        cmocka_unit_test(extremes_that_are_legal_are_taken),
        cmocka_unit_test(session_has_its_areas_apart_and_sealed),
        cmocka_unit_test(session_has_room_for_a_trace_where_one_is_wished),
        cmocka_unit_test(sessions_have_different_ids),
        cmocka_unit_test(many_rules_keep_the_socket_table_within_a_gibibyte),
        cmocka_unit_test(calls_of_a_program_are_the_sum_of_its_tallies),
        cmocka_unit_test(session_is_made_below_a_soft_limit_on_file_sizes),
        cmocka_unit_test(hard_limit_on_file_sizes_is_an_error),
        cmocka_unit_test(pending_execs_are_escapes_of_their_program),
        cmocka_unit_test(events_are_read_in_order_across_holes),
        cmocka_unit_test(events_end_where_the_log_is_full),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
