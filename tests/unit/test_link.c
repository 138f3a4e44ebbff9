/* Link rules in the engine: which connections they mean, and what connect meets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine.h"

#include <errno.h>
#include <netinet/tcp.h>

static struct sf_verdict connect_new(struct engine *engine)
{
    struct connection connection;
    connection_open_tcp(engine, &connection);
    engine->unconnected = true;
    struct sf_verdict verdict = decide_on(engine, &connection, SF_CALL_connect, 0);
    settle(engine, &verdict, verdict.error || verdict.refuse || verdict.timeout_ns ? -1 : 0);
    return verdict;
}

static void a_connection_that_a_rule_selects_is_the_wires(void **state)
{
    (void)state;
    struct engine engine;
    struct connection connection;
    ENGINE(&engine, 1, "link: both, delay: 1ms");
    connection_open_tcp(&engine, &connection);
    struct sf_verdict verdict = decide_on(&engine, &connection, SF_CALL_connect, 0);
    assert_int_equal(verdict.kind, SF_ROUTE);
    assert_true(verdict.route);
    assert_int_equal(verdict.rule_count, 0);
    verdict = decide_on(&engine, &connection, SF_CALL_connect, 0); /* to learn what came of it */
    assert_true(verdict.route);
    assert_int_equal(engine.rules[0].selected, 1);
    assert_int_equal(decide_on(&engine, &connection, SF_CALL_recv, 10).kind, SF_PASS);
    engine_free(&engine);
}

static void one_that_no_rule_selects_is_not(void **state)
{
    (void)state;
    struct engine engine;
    ENGINE(&engine, 1, "link: both, delay: 1ms, peer: '*:81'", "link: both, delay: 1ms, when: {nth: 2}",
           "link: in, drop: true");
    assert_int_equal(connect_new(&engine).kind, SF_PASS);
    assert_int_equal(connect_new(&engine).kind, SF_ROUTE);
    assert_int_equal(connect_new(&engine).kind, SF_PASS);
    engine_free(&engine);
}

static void connections_are_counted_once_each(void **state)
{
    (void)state;
    struct engine engine;
    ENGINE(&engine, 1, "link: both, refuse: true, when: {every: 2}", "link: out, chunk: 1, type: stream");
    for (unsigned i = 1; i <= 4; i++) {
        struct sf_verdict verdict = connect_new(&engine);
        assert_int_equal(verdict.refuse, i % 2 == 0);
        assert_true(verdict.route);
    }
    assert_int_equal(engine.rules[0].fired, 2);
    assert_int_equal(engine.rules[1].fired, 0); /* that is the wire's to say */
    engine_free(&engine);
}

static void what_connect_meets_is_a_verdict(void **state)
{
    (void)state;
    struct engine engine;
    ENGINE(&engine, 1, "link: both, unreachable: host, when: {nth: 1}",
           "link: both, unreachable: net, when: {nth: 2}", "link: both, syn_timeout: 3s, when: {nth: 3}",
           "link: both, refuse: true, when: {from: 3}");
    assert_int_equal(connect_new(&engine).error, EHOSTUNREACH);
    assert_int_equal(connect_new(&engine).error, ENETUNREACH);
    struct sf_verdict verdict = connect_new(&engine);
    assert_int_equal(verdict.timeout_ns, 3000000000);
    assert_false(verdict.refuse); /* the first in the file wins */
    assert_true(connect_new(&engine).refuse);
    assert_int_equal(engine.rules[3].fired, 1);
    engine_free(&engine);
}

static void the_first_two_fail_and_then_all_is_well(void **state)
{
    (void)state;
    struct engine engine;
    ENGINE(&engine, 1, "link: both, refuse: true, times: 2");
    assert_true(connect_new(&engine).refuse);
    assert_true(connect_new(&engine).refuse);
    assert_int_equal(connect_new(&engine).kind, SF_PASS);
    engine_free(&engine);
}

static void a_window_opens_and_closes_for_connect(void **state)
{
    (void)state;
    struct engine engine;
    ENGINE(&engine, 1, "link: both, refuse: true, when: {after: 1s, until: 2s}",
           "link: both, blackhole: true, when: {after: 1s, until: 2s}");
    assert_false(connect_new(&engine).refuse);
    engine.elapsed_ns = 1500000000;
    assert_true(connect_new(&engine).refuse);
    engine.elapsed_ns = 2000000000;
    struct sf_verdict verdict = connect_new(&engine);
    assert_false(verdict.refuse);
    assert_true(verdict.route); /* when a black hole acts, the wire sees */
    engine_free(&engine);
}

static void a_further_connect_of_one_that_stands_meets_nothing(void **state)
{
    (void)state;
    struct engine engine;
    struct connection connection;
    ENGINE(&engine, 1, "link: both, unreachable: net", "link: both, delay: 1ms");
    connection_open_tcp(&engine, &connection);
    struct sf_verdict verdict = decide_on(&engine, &connection, SF_CALL_connect, 0);
    assert_int_equal(verdict.error, 0);
    assert_true(verdict.route);
    assert_int_equal(engine.rules[0].fired, 0);
    engine_free(&engine);
}

static void what_connect_meets_it_meets_in_syn_sent(void **state)
{
    (void)state;
    struct engine engine;
    ENGINE(&engine, 1, "link: both, refuse: true, when: {state: SYN_SENT}",
           "link: both, unreachable: net, when: {state: [ESTABLISHED, CLOSED]}");
    engine.state = TCP_CLOSE;
    struct sf_verdict verdict = connect_new(&engine);
    assert_true(verdict.refuse);
    assert_int_equal(verdict.error, 0);
    engine_free(&engine);
}

static void an_accepted_connection_is_decided_by_itself(void **state)
{
    (void)state;
    struct engine engine;
    struct connection connection;
    ENGINE(&engine, 1, "link: both, delay: 1ms, role: server, when: {nth: 2}");
    struct sf_scope scope = {
        .domain = SF_DOMAIN_INET, .type = SF_TYPE_STREAM, .role = SF_ROLE_SERVER, .peer = &engine_peer};
    for (unsigned i = 1; i <= 3; i++) {
        connection_open(&engine, &connection, scope);
        struct sf_selection selection = {connection.selected, connection.per_rule, &connection.socket};
        const struct sf_call_info info = {.call = SF_CALL_accept, .type = SF_TYPE_STREAM};
        assert_int_equal(sf_verdict_routes(&engine.engine, &selection, &info), i == 2);
        assert_int_equal(sf_verdict_routes(&engine.engine, &selection, &info), i == 2);
    }
    engine_free(&engine);
}

static void datagrams_that_go_out_are_the_wires(void **state)
{
    (void)state;
    struct engine engine;
    struct connection connection;
    ENGINE(&engine, 1, "link: both, delay: 1ms", "link: both, chunk: 1");
    connection_open(&engine, &connection,
                    (struct sf_scope){.domain = SF_DOMAIN_INET, .type = SF_TYPE_DGRAM, .peer = &engine_peer});
    assert_int_equal(connection.selected[0], 1); /* chunk is for streams, whatever the rule says */
    struct sf_verdict verdict = decide_on(&engine, &connection, SF_CALL_send, 10);
    assert_int_equal(verdict.kind, SF_ROUTE);
    assert_int_equal(verdict.rule_count, 0); /* what comes of them is the wire's to say */
    assert_int_equal(engine.rules[0].calls, 0);
    assert_int_equal(decide_on(&engine, &connection, SF_CALL_recv, 10).kind, SF_PASS);
    engine_free(&engine);
}

static void open_datagrams(struct engine *engine, struct connection *connection)
{
    connection_open(engine, connection, (struct sf_scope){.domain = SF_DOMAIN_INET, .type = SF_TYPE_DGRAM});
}

static void datagrams_that_only_come_in_are_sent_as_ever(void **state)
{
    (void)state;
    struct engine engine;
    struct connection connection;
    ENGINE(&engine, 1, "link: in, drop: true");
    open_datagrams(&engine, &connection);
    assert_int_equal(decide_on(&engine, &connection, SF_CALL_sendto, 10).kind, SF_PASS);
    engine_free(&engine);
}

static void a_datagram_without_a_way_fails_at_once(void **state)
{
    (void)state;
    struct engine engine;
    struct connection connection;
    ENGINE(&engine, 1, "link: in, unreachable: net, when: {nth: 2}",
           "link: both, unreachable: host, times: 1");
    open_datagrams(&engine, &connection);
    assert_int_equal(decide_on(&engine, &connection, SF_CALL_connect, 0).error, 0);
    assert_int_equal(decide_on(&engine, &connection, SF_CALL_send, 1).error, EHOSTUNREACH);
    struct sf_verdict verdict = decide_on(&engine, &connection, SF_CALL_send, 1);
    assert_int_equal(verdict.error, ENETUNREACH);
    assert_int_equal(decide_on(&engine, &connection, SF_CALL_send, 1).kind, SF_PASS);
    engine_free(&engine);
}

static void connect_of_a_datagram_socket_hears_of_a_way_that_is_missing_for_all(void **state)
{
    (void)state;
    struct engine engine;
    struct connection connection;
    ENGINE(&engine, 1, "link: both, unreachable: net");
    open_datagrams(&engine, &connection);
    assert_int_equal(decide_on(&engine, &connection, SF_CALL_connect, 0).error, ENETUNREACH);
    engine_free(&engine);
}

static void a_datagram_is_chosen_by_its_place(void **state)
{
    (void)state;
    struct engine engine;
    unsigned chosen[3] = {0};
    ENGINE(&engine, 7, "link: out, drop: true, when: {nth: 2..3}",
           "link: out, drop: true, when: {probability: 0.5}", "link: out, drop: true, when: {probability: 0.5}");
    struct sf_firing place = {.counter = SF_COUNTER_PROGRAM};
    for (place.nth = 1; place.nth <= 4; place.nth++)
        assert_int_equal(sf_datagram_chosen(&engine.engine, &place), place.nth == 2 || place.nth == 3);
    for (unsigned draw = 0; draw < 3; draw++) { /* a rule; another; another count */
        place.rule = draw == 1 ? 2 : 1;
        place.ordinal = draw == 2;
        for (place.nth = 1; place.nth <= 32; place.nth++)
            chosen[draw] |= (unsigned)sf_datagram_chosen(&engine.engine, &place) << (place.nth - 1);
    }
    assert_int_not_equal(chosen[0], chosen[1]);
    assert_int_not_equal(chosen[0], chosen[2]);
    assert_in_range(__builtin_popcount(chosen[0]), 6, 26);
    engine_free(&engine);
}

static void the_seed_chooses_the_connections(void **state)
{
    (void)state;
    unsigned routed[2] = {0};
    for (unsigned run = 0; run < 2; run++) {
        struct engine engine;
        ENGINE(&engine, 7, "link: both, delay: 1ms, when: {probability: 0.5}");
        for (unsigned i = 0; i < 32; i++)
            routed[run] |= (unsigned)connect_new(&engine).route << i;
        engine_free(&engine);
    }
    assert_int_equal(routed[0], routed[1]);
    assert_in_range(__builtin_popcount(routed[0]), 6, 26);
}

static void a_plan_holds_link_rules_as_written(void **state)
{
    (void)state;
    struct engine engine;
    ENGINE(&engine, 1, "link: in, delay: {mean: 9ms, jitter: 2ms, distribution: pareto}",
           "link: out, throttle: 1KiB/s, per: scenario", "link: both, throttle: 2KiB/s",
           "link: both, syn_timeout: 3s", "link: both, unreachable: net", "link: out, chunk: 2..5");
    const struct sf_plan_rule *rules = sf_plan_rules(engine.plan);
    assert_int_equal(rules[0].link.directions, SF_LINK_IN);
    assert_int_equal(rules[0].delay_ns, 9000000);
    assert_int_equal(rules[0].link.jitter_ns, 2000000);
    assert_int_equal(rules[0].link.distribution, SF_DISTRIBUTION_PARETO);
    assert_int_equal(rules[1].link.bytes_per_s, 1024);
    assert_true(rules[1].link.is_shared);
    assert_false(rules[2].link.is_shared);
    assert_int_equal(rules[3].delay_ns, 3000000000);
    assert_int_equal(rules[3].types, SF_TYPE_STREAM);
    assert_int_equal(rules[3].domains, SF_DOMAIN_INET | SF_DOMAIN_INET6);
    assert_int_equal(rules[4].link.unreachable, SF_UNREACHABLE_NET);
    assert_int_equal(rules[5].bytes_max, 5);
    const uint32_t connections = 1u << SF_FAMILY_CONNECT | 1u << SF_FAMILY_ACCEPT;
    assert_int_equal(sf_rule_families_on(&rules[0], SF_TYPE_STREAM), connections); /* reads stay idle */
    assert_int_equal(sf_rule_families_on(&rules[0], SF_TYPE_DGRAM),
                     connections | 1u << SF_FAMILY_SEND | 1u << SF_FAMILY_RECV);
    engine_free(&engine);
}

#define REFUSES(rule, change)                                                               \
    do {                                                                                    \
        struct engine engine;                                                               \
        ENGINE(&engine, 1, rule);                                                           \
        struct sf_plan_rule *r = (struct sf_plan_rule *)(void *)sf_plan_rules(engine.plan); \
        change;                                                                             \
        engine.plan->checksum = sf_plan_checksum(engine.plan);                              \
        const char *problem = sf_plan_verify(engine.plan, engine.plan->total_bytes);        \
        assert_non_null(problem);                                                           \
        assert_non_null(strstr(problem, "link fault"));                                     \
        engine_free(&engine);                                                               \
    } while (0)

static void a_link_fault_out_of_range_is_refused(void **state)
{
    (void)state;
    REFUSES("link: in, delay: 1s", r->link.directions = 4);
    REFUSES("link: in, delay: 1s", r->link.fault = SF_LINK_FAULT_COUNT);
    REFUSES("link: in, delay: 1s", r->link.distribution = SF_DISTRIBUTION_COUNT);
    REFUSES("link: in, delay: 1s", r->link.unreachable = SF_UNREACHABLE_COUNT);
    REFUSES("link: in, delay: 1s", r->link.is_shared = 2);
    REFUSES("link: in, delay: 1s", r->watches = 1);
    REFUSES("link: in, delay: 1s", r->fault = SF_FAULT_DELAY);
    REFUSES("link: in, throttle: 1KiB/s", r->link.bytes_per_s = 0);
    REFUSES("link: in, chunk: 1..2", r->bytes_min = 0);
    REFUSES("link: in, chunk: 1..2", r->bytes_min = 3);
    REFUSES("link: in, syn_timeout: 1s", r->delay_ns = 0);
    REFUSES("link: in, corrupt: 1", r->bits = 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_a_rule_selects_is_the_wires),
        cmocka_unit_test(one_that_no_rule_selects_is_not),
        cmocka_unit_test(connections_are_counted_once_each),
        cmocka_unit_test(what_connect_meets_is_a_verdict),
        cmocka_unit_test(the_first_two_fail_and_then_all_is_well),
        cmocka_unit_test(a_window_opens_and_closes_for_connect),
        cmocka_unit_test(a_further_connect_of_one_that_stands_meets_nothing),
        cmocka_unit_test(what_connect_meets_it_meets_in_syn_sent),
        cmocka_unit_test(an_accepted_connection_is_decided_by_itself),
        cmocka_unit_test(datagrams_that_go_out_are_the_wires),
        cmocka_unit_test(datagrams_that_only_come_in_are_sent_as_ever),
        cmocka_unit_test(a_datagram_without_a_way_fails_at_once),
        cmocka_unit_test(connect_of_a_datagram_socket_hears_of_a_way_that_is_missing_for_all),
        cmocka_unit_test(a_datagram_is_chosen_by_its_place),
        cmocka_unit_test(the_seed_chooses_the_connections),
        cmocka_unit_test(a_plan_holds_link_rules_as_written),
        cmocka_unit_test(a_link_fault_out_of_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
