/* Link rules: what the relay will be handed, and what no plan can hold. */
#include "reader.h"

#include "plan/session.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct sf_rule *rule_of(const struct reading *reading)
{
    if (!reading->scenario)
        sf_diagnostics_print(&reading->diagnostics, stderr);
    assert_non_null(reading->scenario);
    return &reading->scenario->rules[0];
}

static void a_bare_link_rule_has_the_defaults(void **state)
{
    (void)state;
    struct reading *reading = read_rule("link: in, drop: true");
    const struct sf_rule *rule = rule_of(reading);
    assert_int_equal(rule->kind, SF_RULE_LINK);
    assert_int_equal(rule->link.place.line, 4);
    assert_int_equal(rule->link.place.column, 6);
    assert_int_equal(rule->fault_place.column, 16);
    assert_string_equal(rule->fault_text, "drop: true");
    assert_int_equal(rule->families, 0);
    assert_int_equal(rule->programs, UINT64_MAX);
    assert_int_equal(rule->per, SF_PER_PROGRAM);
    assert_true(rule->probability == 1);
    assert_int_equal(rule->link.group_count, 0);
    assert_int_equal(reading->diagnostics.count, 0);
    release(reading);
}

static void assert_values_equal(const struct sf_link *got, const struct sf_link *want)
{
    assert_int_equal(got->jitter_ns, want->jitter_ns);
    assert_int_equal(got->distribution, want->distribution);
    assert_int_equal(got->bytes_per_s, want->bytes_per_s);
    assert_int_equal(got->unreachable, want->unreachable);
    assert_int_equal(got->syn_timeout_ns, want->syn_timeout_ns);
    assert_int_equal(got->datagrams, want->datagrams);
    assert_int_equal(got->group_count, want->group_count);
}

static void a_call_rule_has_no_link(void **state)
{
    (void)state;
    static const struct sf_link none = {0};
    struct reading *reading = read_rule("call: recv, delay: 1s");
    assert_int_equal(rule_of(reading)->kind, SF_RULE_CALL);
    assert_int_equal(rule_of(reading)->link.directions, 0);
    assert_values_equal(&rule_of(reading)->link, &none);
    release(reading);
}

static void directions_are_seen_from_the_selected_program(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        unsigned directions;
    } rows[] = {
        {"link: in, blackhole: true", SF_LINK_IN},
        {"link: out, blackhole: true", SF_LINK_OUT},
        {"link: both, blackhole: true", SF_LINK_IN | SF_LINK_OUT},
        {"link: in, refuse: true", SF_LINK_IN}, /* any is taken where there is none */
        {"link: out, unreachable: net", SF_LINK_OUT},
        {"link: both, syn_timeout: 1s", SF_LINK_IN | SF_LINK_OUT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_rule(rows[i].rule);
        assert_int_equal(rule_of(reading)->link.directions, rows[i].directions);
        release(reading);
    }
}

static void every_link_fault_is_read(void **state)
{
    (void)state;
    bool seen[SF_LINK_FAULT_COUNT] = {false};
    static const struct {
        const char *fault;
        enum sf_link_fault_kind kind;
        struct sf_link link;
        uint64_t delay_ns;
        uint32_t min, max, bits;
    } rows[] = {
        {"delay: 1.5s", SF_LINK_DELAY, .delay_ns = 1500000000},
        {"delay: {mean: 100ms}", SF_LINK_DELAY, .delay_ns = 100000000},
        {"delay: {mean: 100ms, jitter: 20ms}", SF_LINK_DELAY, .delay_ns = 100000000,
         .link = {.jitter_ns = 20000000, .distribution = SF_DISTRIBUTION_UNIFORM}},
        {"delay: {mean: 1ms, jitter: 0ms, distribution: uniform}", SF_LINK_DELAY, .delay_ns = 1000000},
        {"delay: {mean: 1ms, jitter: 2us, distribution: normal}", SF_LINK_DELAY, .delay_ns = 1000000,
         .link = {.jitter_ns = 2000, .distribution = SF_DISTRIBUTION_NORMAL}},
        {"delay: {mean: 1ms, jitter: 2us, distribution: pareto}", SF_LINK_DELAY, .delay_ns = 1000000,
         .link = {.jitter_ns = 2000, .distribution = SF_DISTRIBUTION_PARETO}},
        {"throttle: 64KiB/s", SF_LINK_THROTTLE, .link = {.bytes_per_s = 65536}},
        {"throttle: 10Mbit/s", SF_LINK_THROTTLE, .link = {.bytes_per_s = 1250000}},
        {"chunk: 7", SF_LINK_CHUNK, .min = 7, .max = 7},
        {"chunk: 1..8", SF_LINK_CHUNK, .min = 1, .max = 8},
        {.fault = "reset: true", .kind = SF_LINK_RESET},
        {.fault = "close: true", .kind = SF_LINK_CLOSE},
        {.fault = "blackhole: true", .kind = SF_LINK_BLACKHOLE},
        {.fault = "refuse: true", .kind = SF_LINK_REFUSE},
        {"unreachable: host", SF_LINK_UNREACHABLE, .link = {.unreachable = SF_UNREACHABLE_HOST}},
        {"unreachable: net", SF_LINK_UNREACHABLE, .link = {.unreachable = SF_UNREACHABLE_NET}},
        {"syn_timeout: 3s", SF_LINK_SYN_TIMEOUT, .link = {.syn_timeout_ns = 3000000000}},
        {"corrupt: 3", SF_LINK_CORRUPT, .bits = 3},
        {.fault = "drop: true", .kind = SF_LINK_DROP},
        {.fault = "duplicate: true", .kind = SF_LINK_DUPLICATE},
        {"reorder: 4", SF_LINK_REORDER, .link = {.datagrams = 4}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "link: out, %s", rows[i].fault);
        struct reading *reading = read_rule(text);
        const struct sf_rule *rule = rule_of(reading);
        assert_int_equal(rule->link.directions, SF_LINK_OUT);
        assert_int_equal(rule->link.fault, rows[i].kind);
        assert_values_equal(&rule->link, &rows[i].link);
        assert_int_equal(rule->delay_ns, rows[i].delay_ns);
        assert_int_equal(rule->bytes_min, rows[i].min);
        assert_int_equal(rule->bytes_max, rows[i].max);
        assert_int_equal(rule->bits, rows[i].bits);
        assert_string_equal(rule->fault_text, rows[i].fault);
        assert_int_equal(reading->diagnostics.count, 0);
        seen[rows[i].kind] = true;
        release(reading);
    }
    for (int kind = 0; kind < SF_LINK_PARTITION; kind++)
        assert_true(seen[kind]);
}

static void scope_and_trigger_are_those_of_all_rules(void **state)
{
    (void)state;
    struct reading *reading = read_rule(
        "link: both, corrupt: 1, program: client, peer: '*:80', local: '10.0.0.0/8:*', family: inet, "
        "type: stream, role: client, connection: 2..3, exe: curl, times: 4, optional: true, id: i, "
        "when: {nth: 2.., every: 3, after: 1s, until: 2s, after_bytes: 64KiB, match: 'hex:16ff00', "
        "state: ESTABLISHED, probability: 0.5, exists: /x}");
    const struct sf_rule *rule = rule_of(reading);
    assert_string_equal(rule->id, "i");
    assert_true(rule->optional);
    assert_int_equal(rule->programs, 2);
    assert_int_equal(rule->peer_count, 1);
    assert_int_equal(rule->local_count, 1);
    assert_int_equal(rule->exe_count, 1);
    assert_int_equal(rule->domains, SF_DOMAIN_INET);
    assert_int_equal(rule->types, SF_TYPE_STREAM);
    assert_int_equal(rule->roles, SF_ROLE_CLIENT);
    assert_int_equal(rule->connection_first, 2);
    assert_int_equal(rule->connection_last, 3);
    assert_int_equal(rule->times, 4);
    assert_int_equal(rule->nth_first, 2);
    assert_int_equal(rule->nth_last, UINT32_MAX);
    assert_int_equal(rule->every, 3);
    assert_int_equal(rule->after_ns, 1000000000);
    assert_int_equal(rule->until_ns, 2000000000);
    assert_int_equal(rule->after_bytes, 65536);
    assert_int_equal(rule->match_bytes, 3);
    assert_memory_equal(rule->match, "\x16\xff\0", 3);
    assert_int_equal(rule->states, 1 << 1);
    assert_true(rule->probability == 0.5);
    assert_string_equal(rule->exists, "/x");
    release(reading);
}

static void a_link_counts_over_the_program_unless_written(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        enum sf_per per;
    } rows[] = {
        {"link: in, delay: 1s", SF_PER_PROGRAM},
        {"link: in, delay: 1s, per: program", SF_PER_PROGRAM},
        {"link: in, delay: 1s, per: scenario", SF_PER_SCENARIO},
        {"link: in, delay: 1s, per: connection", SF_PER_CONNECTION},
        {"link: in, delay: 1s, type: dgram, per: connection", SF_PER_CONNECTION},
        {"partition: [[client], [server]]", SF_PER_SCENARIO},
        {"partition: [[client], [server]], per: program", SF_PER_PROGRAM},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_rule(rows[i].rule);
        assert_int_equal(rule_of(reading)->per, rows[i].per);
        release(reading);
    }
}

static void a_partition_groups_programs_by_bit(void **state)
{
    (void)state;
    struct reading *reading =
        read_valid("name: n\nprograms: {a: 'true', b: 'true', c: 'true', d: 'true', e: 'true'}\n"
                   "faults: [{partition: [[a, d], [\"b\"], [e]], when: {after: 1s}}]\n");
    const struct sf_rule *rule = rule_of(reading);
    assert_int_equal(rule->kind, SF_RULE_PARTITION);
    assert_int_equal(rule->link.fault, SF_LINK_PARTITION);
    assert_int_equal(rule->link.group_count, 3);
    assert_int_equal(rule->link.groups[0], 1 | 8);
    assert_int_equal(rule->link.groups[1], 2);
    assert_int_equal(rule->link.groups[2], 16);
    assert_int_equal(rule->programs, 1 | 2 | 8 | 16);
    assert_int_equal(rule->link.directions, SF_LINK_IN | SF_LINK_OUT);
    static const uint32_t peers[] = {0, 3, 1, 4};
    assert_int_equal(rule->peer_count, COUNT(peers));
    for (size_t i = 0; i < COUNT(peers); i++) {
        assert_int_equal(rule->peers[i].kind, SF_PATTERN_PROGRAM);
        assert_int_equal(rule->peers[i].program, peers[i]);
    }
    assert_int_equal(rule->after_ns, 1000000000);
    assert_string_equal(rule->fault_text, "partition: [[a, d], [b], [e]]");
    release(reading);
}

static void what_a_link_cannot_do_is_warned_of(void **state)
{
    (void)state;
    static const char text[] =
        "name: n\nprograms: {a: {run: 'true', wrap: false}, b: {run: 'true', wrap: false}, "
        "c: 'true', d: {run: 'true', wrap: false, ready: {port: 80}}}\nfaults: [{%s}]\n";
    static const struct {
        const char *rule, *warning; /* NULL: none */
    } rows[] = {
        {"link: both, delay: 1s, force: true", "force does nothing here"},
        {"link: both, refuse: true, when: {after_bytes: 1}",
         "connect meets refuse before any byte has passed, so the rule will not fire on streams"},
        {"link: both, refuse: true, type: stream, when: {match: x}",
         "connect meets refuse before any byte has passed, so the rule will not fire"},
        {"link: both, syn_timeout: 1s, when: {match: x}", "connect meets syn_timeout before any byte"},
        {"link: both, refuse: true, type: dgram, when: {match: x}", NULL},
        {"link: both, unreachable: net, type: dgram, when: {match: x}", "a send meets unreachable before any byte"},
        {"link: both, reset: true, when: {match: x}", NULL},
        {"link: both, delay: 1s, when: {state: [LISTEN, TIME_WAIT]}",
         "no connection passes anything in these states, so the rule will not fire"},
        {"link: both, delay: 1s, when: {state: [LISTEN, CLOSE_WAIT]}", NULL},
        {"link: both, delay: 1s, when: {state: SYN_SENT}", NULL},
        {"link: both, blackhole: true, when: {state: SYN_SENT}", NULL},
        {"link: both, reset: true, when: {state: SYN_SENT}",
         "no byte passes in SYN_SENT, so the rule will not fire (delay and blackhole act on the handshake)"},
        {"link: both, refuse: true, when: {state: [ESTABLISHED, CLOSE_WAIT]}",
         "connect meets refuse in SYN_SENT, so the rule will not fire on streams"},
        {"link: both, refuse: true, when: {state: [SYN_SENT, CLOSE_WAIT]}", NULL},
        {"link: both, delay: 1s, program: a", "no rule reaches a: it says wrap: false"},
        {"partition: [[c], [d]]", "connections that d makes are not cut: it says wrap: false"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char whole[512];
        snprintf(whole, sizeof whole, text, rows[i].rule);
        struct reading *reading = read_text(whole);
        assert_non_null(reading->scenario);
        assert_int_equal(reading->diagnostics.count, rows[i].warning ? 1 : 0);
        if (rows[i].warning) {
            assert_int_equal(reading->diagnostics.list[0].severity, SF_WARNING);
            assert_non_null(strstr(reading->diagnostics.list[0].message, rows[i].warning));
        }
        release(reading);
    }
}

static void a_plan_without_the_runner_holds_no_link_rule(void **state)
{
    (void)state;
    struct reading *reading = read_rule("link: in, delay: 1s");
    assert_false(sf_plan_admits(reading->scenario, &reading->diagnostics));
    assert_string_equal(reading->diagnostics.list[0].message,
                        "link rules need the wire, a process of sockfault run and test: a plan has call rules "
                        "alone, run -s obeys both");
    release(reading);
    reading = read_rule("call: recv, delay: 1s");
    assert_true(sf_plan_admits(reading->scenario, &reading->diagnostics));
    release(reading);
}

static void a_partition_needs_the_addresses_of_its_programs(void **state)
{
    (void)state;
    struct reading *reading = read_text(
        "name: n\nprograms: {a: {run: 'true', wrap: false}, b: 'true'}\nfaults: [{partition: [[a], [b]]}]\n");
    assert_null(reading->scenario);
    assert_int_equal(reading->diagnostics.count, 1);
    assert_string_equal(
        reading->diagnostics.list[0].message,
        "nobody learns the addresses of a, which says wrap: false; ready: {port: N} would tell "
        "where it listens");
    assert_int_equal(reading->diagnostics.list[0].place.column, 24);
    release(reading);
}

static void a_run_of_one_program_has_no_partition(void **state)
{
    (void)state;
    static const char text[] =
        "name: n\nvars: {me: b}\nprograms: {a: 'true', b: 'true', c: 'true'}\n"
        "faults:\n- {id: p, partition: [[a, '${me}'], [c]]}\n"
        "- {id: q, partition: [[a], [c]]}\n- {id: r, link: in, drop: true, program: c}\n";
    const struct sf_bindings bindings = {.program_name = "b"};
    struct reading *reading = read_text_bytes(text, sizeof text - 1, &bindings);
    assert_null(reading->scenario);
    assert_int_equal(reading->diagnostics.errors, 2);
    assert_string_equal(
        reading->diagnostics.list[0].message,
        "run starts b alone: nobody learns the addresses of a, so this peer would select nothing");
    release(reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_link_rule_has_the_defaults),
        cmocka_unit_test(a_call_rule_has_no_link),
        cmocka_unit_test(directions_are_seen_from_the_selected_program),
        cmocka_unit_test(every_link_fault_is_read),
        cmocka_unit_test(scope_and_trigger_are_those_of_all_rules),
        cmocka_unit_test(a_link_counts_over_the_program_unless_written),
        cmocka_unit_test(a_partition_groups_programs_by_bit),
        cmocka_unit_test(what_a_link_cannot_do_is_warned_of),
        cmocka_unit_test(a_plan_without_the_runner_holds_no_link_rule),
        cmocka_unit_test(a_partition_needs_the_addresses_of_its_programs),
        cmocka_unit_test(a_run_of_one_program_has_no_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
