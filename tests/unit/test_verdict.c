/* The engine: which calls a rule changes, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>

static void call_that_no_rule_names_passes(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: send, partial: 1");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 100).kind, SF_PASS);
    assert_int_equal(engine.rules[0].fired, 0);
    engine_free(&engine);
}

static void every_function_of_a_family_is_selected(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 1");
    connection_open_tcp(&engine, &connection);
    for (int id = 0; id < SF_CALL_COUNT; id++) {
        struct sf_verdict verdict = call_on(&engine, &connection, id, 100);
        assert_int_equal(verdict.kind == SF_APPLY, sf_call_families[id] == SF_FAMILY_RECV);
    }
    engine_free(&engine);
}

static void one_function_leaves_its_family_alone(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recvmsg, partial: 1");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_read, 100).kind, SF_PASS);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recvmsg, 100).limit, 1);
    engine_free(&engine);
}

static void length_that_fits_the_limit_is_not_fired(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 10");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 10).kind, SF_PASS);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 0).kind, SF_PASS);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 11).limit, 10);
    assert_int_equal(engine.rules[0].fired, 1);
    engine_free(&engine);
}

static void read_of_nothing_meets_nothing(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, error: ECONNRESET", "call: recv, delay: 1ms");
    connection_open_tcp(&engine, &connection);
    struct sf_verdict verdict = call_on(&engine, &connection, SF_CALL_read, 0);
    assert_int_equal(verdict.error, 0);
    assert_int_equal(verdict.delay_ns, 1000000);
    assert_int_equal(engine.rules[0].illegal_reason, SF_ILLEGAL_EMPTY);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 0).error, ECONNRESET);
    engine_free(&engine);
}

static void limit_that_did_not_bind_is_taken_back(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 10", "call: recv, delay: 1ms");
    connection_open_tcp(&engine, &connection);
    struct sf_verdict verdict = decide_on(&engine, &connection, SF_CALL_recv, 100);
    assert_int_equal(verdict.rule_count, 2);
    settle(&engine, &verdict, 4);
    assert_int_equal(engine.rules[0].fired, 0);
    assert_int_equal(engine.rules[1].fired, 1);
    assert_int_equal(verdict.rule_count, 1);
    assert_int_equal(verdict.rules[0].rule, 1);
    verdict = decide_on(&engine, &connection, SF_CALL_recv, 100);
    settle(&engine, &verdict, 10);
    assert_int_equal(engine.rules[0].fired, 1);
    engine_free(&engine);
}

static void call_that_never_returns_has_met_what_comes_before_it(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 10", "call: recv, delay: 1ms", "call: recv, signal: USR1");
    connection_open_tcp(&engine, &connection);
    struct sf_verdict verdict = decide_on(&engine, &connection, SF_CALL_recv, 100);
    assert_int_equal(engine.rules[1].fired, 0);
    sf_verdict_count(&engine.engine, &verdict, SF_BEFORE_CALL);
    assert_int_equal(engine.rules[0].fired, 0);
    assert_int_equal(engine.rules[1].fired, 1);
    assert_int_equal(engine.rules[2].fired, 1);
    engine_free(&engine);
}

static void call_under_way_is_one_of_the_times(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 10, times: 1");
    connection_open_tcp(&engine, &connection);
    struct sf_verdict verdict = decide_on(&engine, &connection, SF_CALL_recv, 100);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 100).kind, SF_PASS);
    settle(&engine, &verdict, 4);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 100).limit, 10);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 100).kind, SF_PASS);
    assert_int_equal(engine.rules[0].fired, 1);
    engine_free(&engine);
}

static void third_recv_of_each_connection_is_shortened(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 1, when: {nth: 3}");
    for (int i = 0; i < 3; i++) {
        connection_open_tcp(&engine, &connection);
        for (int n = 1; n <= 6; n++)
            assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 100).limit == 1, n == 3);
    }
    engine_free(&engine);
}

static void range_and_every_must_both_hold(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 1, when: {nth: 3.., every: 2}");
    connection_open_tcp(&engine, &connection);
    for (int n = 1; n <= 9; n++)
        assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 100).kind == SF_APPLY,
                         n >= 3 && n % 2 == 0);
    engine_free(&engine);
}

static void connects_are_counted_over_the_program(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: connect, error: ECONNREFUSED, when: {nth: 2}");
    for (int n = 1; n <= 3; n++) {
        connection_open_tcp(&engine, &connection);
        assert_int_equal(call_on(&engine, &connection, SF_CALL_connect, 0).error, n == 2 ? ECONNREFUSED : 0);
    }
    engine_free(&engine);
}

static void per_says_what_is_counted_over(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 1, when: {nth: 2}, per: scenario");
    for (int n = 1; n <= 3; n++) {
        connection_open_tcp(&engine, &connection);
        assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind == SF_APPLY, n == 2);
    }
    engine_free(&engine);
}

static void only_the_asked_for_connection_is_selected(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, connection: 2..3, partial: 1");
    for (int n = 1; n <= 4; n++) {
        connection_open_tcp(&engine, &connection);
        assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind == SF_APPLY, n == 2 || n == 3);
    }
    engine_free(&engine);
}

static void times_bounds_all_connections_together(void **state)
{
    struct engine engine;
    struct connection connection;
    int fired = 0;
    (void)state;
    ENGINE(&engine, 1, "call: recv, error: ECONNRESET, times: 3");
    for (int n = 0; n < 10; n++) {
        connection_open_tcp(&engine, &connection);
        fired += call_on(&engine, &connection, SF_CALL_recv, 9).error == ECONNRESET;
    }
    assert_int_equal(fired, 3);
    assert_int_equal(engine.rules[0].fired, 3);
    engine_free(&engine);
}

static void probability_fires_about_that_often_and_repeats_with_the_seed(void **state)
{
    struct engine engine;
    struct connection connection;
    unsigned char pattern[3][2000];
    int fired = 0;
    (void)state;
    for (int run = 0; run < 3; run++) {
        ENGINE(&engine, run < 2 ? 7 : 8, "call: recv, error: ECONNRESET, when: {probability: 0.25}");
        connection_open_tcp(&engine, &connection);
        for (int n = 0; n < 2000; n++) {
            pattern[run][n] = call_on(&engine, &connection, SF_CALL_recv, 9).kind == SF_APPLY;
            fired += pattern[run][n];
        }
        engine_free(&engine);
    }
    assert_memory_equal(pattern[0], pattern[1], sizeof pattern[0]);
    assert_memory_not_equal(pattern[0], pattern[2], sizeof pattern[0]);
    assert_in_range(fired, 6000 / 4 - 150, 6000 / 4 + 150);
}

static void interleaving_does_not_change_what_a_connection_meets(void **state)
{
    struct engine engine;
    struct connection a, b;
    uint64_t alone[2][100];
    (void)state;
    for (int run = 0; run < 2; run++) {
        ENGINE(&engine, 7, "call: recv, partial: 1..50, when: {probability: 0.5}");
        connection_open_tcp(&engine, &a);
        connection_open_tcp(&engine, &b);
        for (int n = 0; n < 100; n++) {
            if (run == 1) /* the other connection is busy in between */
                call_on(&engine, &b, SF_CALL_recv, 100);
            alone[run][n] = call_on(&engine, &a, SF_CALL_recv, 100).limit;
        }
        engine_free(&engine);
    }
    assert_memory_equal(alone[0], alone[1], sizeof alone[0]);
}

static void draws_follow_the_id_of_a_rule_not_its_place(void **state)
{
    struct engine engine;
    struct connection connection;
    unsigned char meets[3][500];
    (void)state;
    for (int run = 0; run < 3; run++) {
        const char *shadow = "call: send, partial: 1, id: b";
        const char *rule = run == 2 ? "call: recv, error: ECONNRESET, when: {probability: 0.5}, id: c"
                                    : "call: recv, error: ECONNRESET, when: {probability: 0.5}, id: a";
        if (run == 1)
            ENGINE(&engine, 7, shadow, rule);
        else
            ENGINE(&engine, 7, rule);
        connection_open_tcp(&engine, &connection);
        for (int n = 0; n < 500; n++)
            meets[run][n] = call_on(&engine, &connection, SF_CALL_recv, 9).kind == SF_APPLY;
        engine_free(&engine);
    }
    assert_memory_equal(meets[0], meets[1], sizeof meets[0]);
    assert_memory_not_equal(meets[0], meets[2], sizeof meets[0]);
}

/* Each draws for itself: a socket without a connection, and one with the connection of that number. */
static void sockets_without_a_connection_do_not_draw_alike(void **state)
{
    struct engine engine;
    struct connection connection;
    int fired = 0, alike = 0;
    (void)state;
    ENGINE(&engine, 7, "call: recv, error: ECONNRESET, when: {probability: 0.25}");
    for (int n = 0; n < 400; n++) {
        connection_open_tcp(&engine, &connection);
        connection.per_rule[0].connection = 0;
        bool is_met = call_on(&engine, &connection, SF_CALL_recv, 9).kind == SF_APPLY;
        connection_open_tcp(&engine, &connection);
        fired += is_met;
        alike += is_met == (call_on(&engine, &connection, SF_CALL_recv, 9).kind == SF_APPLY);
    }
    assert_in_range(fired, 60, 140);
    assert_in_range(alike, 200, 300);
    engine_free(&engine);
}

static void the_ends_of_a_pair_are_corrupted_differently(void **state)
{
    struct engine engine;
    struct connection a, b;
    (void)state;
    ENGINE(&engine, 7, "call: [send, recv], corrupt: 1");
    connection_open_tcp(&engine, &a);
    connection_open_tcp(&engine, &b);
    a.per_rule[0].connection = b.per_rule[0].connection = 0;
    uint64_t sent = call_on(&engine, &a, SF_CALL_send, 9).corrupt_draw;
    assert_true(sent != call_on(&engine, &b, SF_CALL_recv, 9).corrupt_draw);
    engine_free(&engine);
}

static void assert_fired_at(const struct sf_verdict *verdict, enum sf_counter counter, uint32_t ordinal,
                            uint32_t nth)
{
    assert_int_equal(verdict->rule_count, 1);
    assert_int_equal(verdict->rules[0].rule, 1);
    assert_int_equal(verdict->rules[0].counter, counter);
    assert_int_equal(verdict->rules[0].ordinal, ordinal);
    assert_int_equal(verdict->rules[0].nth, nth);
}

static void firing_tells_which_call_it_met(void **state)
{
    struct engine engine;
    struct connection a, b;
    (void)state;
    ENGINE(&engine, 1, "call: close, delay: 1ms", "call: [recv, accept], error: ENOMEM, per: connection");
    connection_open_tcp(&engine, &a);
    connection_open_tcp(&engine, &b);
    call_on(&engine, &b, SF_CALL_recv, 9);
    struct sf_verdict verdict = call_on(&engine, &b, SF_CALL_recv, 9);
    assert_fired_at(&verdict, SF_COUNTER_CONNECTION, 2, 2);
    verdict = call_on(&engine, &a, SF_CALL_recv, 9);
    assert_fired_at(&verdict, SF_COUNTER_CONNECTION, 1, 1);
    engine_free(&engine);

    ENGINE(&engine, 1, "call: close, delay: 1ms", "call: recv, error: ENOMEM, per: program");
    connection_open_tcp(&engine, &a);
    call_on(&engine, &a, SF_CALL_recv, 9);
    verdict = call_on(&engine, &a, SF_CALL_recv, 9);
    assert_fired_at(&verdict, SF_COUNTER_PROGRAM, 0, 2);
    engine_free(&engine);

    ENGINE(&engine, 1, "call: close, delay: 1ms", "call: poll, error: ENOMEM, per: scenario");
    verdict = call_on(&engine, NULL, SF_CALL_poll, 9);
    assert_fired_at(&verdict, SF_COUNTER_ALL, 0, 1);
    engine_free(&engine);
}

static void sockets_without_a_connection_are_told_apart(void **state)
{
    struct engine engine;
    struct connection a, b;
    (void)state;
    ENGINE(&engine, 1, "call: close, delay: 1ms", "call: recv, error: ENOMEM");
    connection_open_tcp(&engine, &a);
    connection_open_tcp(&engine, &b);
    a.per_rule[1].connection = b.per_rule[1].connection = 0;
    struct sf_verdict verdict = call_on(&engine, &b, SF_CALL_recv, 9);
    assert_fired_at(&verdict, SF_COUNTER_SOCKET, 1, 1);
    verdict = call_on(&engine, &a, SF_CALL_recv, 9);
    assert_fired_at(&verdict, SF_COUNTER_SOCKET, 2, 1);
    verdict = call_on(&engine, &b, SF_CALL_recv, 9);
    assert_fired_at(&verdict, SF_COUNTER_SOCKET, 1, 2);
    a.per_rule[1].connection = 3; /* it connects: its calls are counted on */
    verdict = call_on(&engine, &a, SF_CALL_recv, 9);
    assert_fired_at(&verdict, SF_COUNTER_CONNECTION, 3, 2);
    engine_free(&engine);
}

static struct engine shared_engine;
static bool orders_differ;

static void *call_many(void *unused)
{
    for (int n = 0; n < 20000; n++) {
        struct sf_verdict verdict = decide_on(&shared_engine, NULL, SF_CALL_poll, 0);
        if (verdict.rule_count != 3 || verdict.rules[0].nth != verdict.rules[1].nth ||
            verdict.rules[0].nth != verdict.rules[2].nth)
            orders_differ = true;
    }
    return unused;
}

static void threads_call_in_one_order_under_rules_of_the_same_calls(void **state)
{
    pthread_t threads[4];
    (void)state;
    ENGINE(&shared_engine, 1, "call: poll, delay: 1us", "call: recv, delay: 1us", "call: poll, delay: 2us",
           "call: poll, signal: USR1, when: {nth: 1..}");
    orders_differ = false;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_false(orders_differ);
    engine_free(&shared_engine);
}

static void firing_tells_the_length_that_was_drawn(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 3, "call: recv, partial: 90", "call: recv, partial: 5..80");
    connection_open_tcp(&engine, &connection);
    for (int n = 0; n < 20; n++) {
        struct sf_verdict verdict = call_on(&engine, &connection, SF_CALL_recv, 100);
        assert_in_range(verdict.limit, 5, 80);
        assert_int_equal(verdict.rules[0].rule, 1);
        assert_int_equal(verdict.rules[0].value, verdict.limit);
    }
    engine_free(&engine);
}

static void exactly_the_named_calls_are_met(void **state)
{
    struct engine engine;
    struct connection connection;
    static const unsigned char met[3][10] = {{1, 1, 0, 0, 1, 0, 0, 1}, {0, 0, 1}, {0}};
    (void)state;
    ENGINE(&engine, 1,
           "call: recv, error: EIO, when: {exactly: {connection 1: '1..2, 5, 8', connection 2: 3, "
           "socket 1: 1}}");
    for (int i = 0; i < 3; i++) {
        connection_open_tcp(&engine, &connection);
        for (int n = 0; n < 10; n++)
            assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).error == EIO, met[i][n]);
    }
    connection.per_rule[0] = (struct sf_socket_rule){0};
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).error, EIO);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    engine_free(&engine);
}

static void named_calls_may_say_what_is_drawn(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 50..60, when: {exactly: '2..3=7, 5, 6=200, 9..'}");
    connection_open_tcp(&engine, &connection);
    for (int n = 1; n <= 10; n++) {
        uint64_t limit = call_on(&engine, &connection, SF_CALL_recv, 100).limit;
        if (n == 2 || n == 3)
            assert_int_equal(limit, 7);
        else if (n == 5 || n >= 9)
            assert_in_range(limit, 50, 60);
        else
            assert_int_equal(limit, UINT64_MAX);
    }
    engine_free(&engine);
}

static void calls_may_be_named_for_every_program(void **state)
{
    struct engine engine;
    (void)state;
    ENGINE(&engine, 1, "call: poll, error: ENOMEM, when: {exactly: 2}",
           "call: poll, error: EINTR, force: true, when: {exactly: {client: 3}}");
    assert_int_equal(call_on(&engine, NULL, SF_CALL_poll, 9).error, 0);
    assert_int_equal(call_on(&engine, NULL, SF_CALL_poll, 9).error, ENOMEM);
    assert_int_equal(call_on(&engine, NULL, SF_CALL_poll, 9).error, EINTR);
    assert_int_equal(call_on(&engine, NULL, SF_CALL_poll, 9).error, 0);
    engine_free(&engine);
}

static void random_length_stays_within_its_range(void **state)
{
    struct engine engine;
    struct connection connection;
    uint64_t least = UINT64_MAX, most = 0;
    (void)state;
    ENGINE(&engine, 3, "call: recv, partial: 5..9");
    connection_open_tcp(&engine, &connection);
    for (int n = 0; n < 500; n++) {
        uint64_t limit = call_on(&engine, &connection, SF_CALL_recv, 100).limit;
        least = limit < least ? limit : least;
        most = limit > most ? limit : most;
    }
    assert_int_equal(least, 5);
    assert_int_equal(most, 9);
    engine_free(&engine);
}

static void any_length_is_drawn_over_all_magnitudes(void **state)
{
    struct engine engine;
    struct connection connection;
    int small = 0, large = 0;
    (void)state;
    ENGINE(&engine, 3, "call: recv, partial: random");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 0).kind, SF_PASS);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 1).kind, SF_PASS);
    for (int n = 0; n < 1000; n++) {
        uint64_t limit = call_on(&engine, &connection, SF_CALL_recv, 65537).limit;
        assert_true(limit == UINT64_MAX || (limit >= 1 && limit <= 65536));
        small += limit < 256;
        large += limit >= 256;
    }
    assert_in_range(small, 350, 650);
    assert_in_range(large, 350, 650);
    engine_free(&engine);
}

static void delays_add_up_and_the_smallest_partial_counts(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, delay: 1ms", "call: recv, partial: 7", "call: recv, delay: 2ms",
           "call: recv, partial: 5");
    connection_open_tcp(&engine, &connection);
    struct sf_verdict verdict = call_on(&engine, &connection, SF_CALL_recv, 100);
    assert_int_equal(verdict.delay_ns, 3000000);
    assert_int_equal(verdict.limit, 5);
    assert_int_equal(engine.rules[1].fired, 0);
    assert_int_equal(engine.rules[3].fired, 1);
    engine_free(&engine);
}

static void first_failure_in_the_file_wins_and_only_it_has_fired(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 5", "call: recv, error: ECONNRESET",
           "call: recv, error: ETIMEDOUT");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 100).error, ECONNRESET);
    assert_int_equal(engine.rules[0].fired, 0);
    assert_int_equal(engine.rules[1].fired, 1);
    assert_int_equal(engine.rules[2].fired, 0);
    engine_free(&engine);
}

static void signals_add_up_in_the_order_of_the_file(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, signal: USR2", "call: recv, error: ECONNRESET",
           "call: recv, signal: HUP");
    connection_open_tcp(&engine, &connection);
    struct sf_verdict verdict = call_on(&engine, &connection, SF_CALL_recv, 100);
    assert_int_equal(verdict.signal_count, 2);
    assert_int_equal(verdict.signals[0], SIGUSR2);
    assert_int_equal(verdict.signals[1], SIGHUP);
    engine_free(&engine);
}

static void one_answer_alone_has_fired(void **state)
{
    struct engine engine;
    (void)state;
    ENGINE(&engine, 1, "call: resolve, resolve: 127.0.0.1", "call: resolve, resolve: 127.0.0.2");
    struct sf_verdict verdict = call_on(&engine, NULL, SF_CALL_getaddrinfo, 0);
    assert_ptr_equal(verdict.answer, sf_plan_rules(engine.plan));
    assert_int_equal(engine.rules[0].fired, 1);
    assert_int_equal(engine.rules[1].fired, 0);
    engine_free(&engine);
}

static void answer_to_a_look_up_that_fails_is_taken_back(void **state)
{
    struct engine engine;
    (void)state;
    ENGINE(&engine, 1, "call: resolve, resolve: 127.0.0.1", "call: resolve, error: EAI_AGAIN");
    assert_int_equal(call_on(&engine, NULL, SF_CALL_getaddrinfo, 0).error, EAI_AGAIN);
    assert_int_equal(engine.rules[0].fired, 0);
    assert_int_equal(engine.rules[1].fired, 1);
    engine_free(&engine);
}

static void interrupt_needs_a_handler_or_a_timeout(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, interrupt: true");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(engine.rules[0].illegal, 1);
    assert_int_equal(engine.rules[0].illegal_reason, SF_ILLEGAL_NO_HANDLER);
    engine.handler = true;
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).error, EINTR);
    engine.handler = false;
    call_on(&engine, &connection, SF_CALL_recv, 9);
    engine.timeout = true;
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).error, EINTR);
    engine.nonblocking = engine.handler = true;
    call_on(&engine, &connection, SF_CALL_recv, 9);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    engine_free(&engine);
}

static void interrupt_never_strikes_twice_running(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, interrupt: true");
    engine.handler = true;
    connection_open_tcp(&engine, &connection);
    for (int n = 1; n <= 6; n++)
        assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).error, n % 2 ? EINTR : 0);
    assert_int_equal(engine.rules[0].illegal, 0);
    engine_free(&engine);
}

/* Others wait on for ever, or for a time-out of their own. */
static void tcp_alone_gives_a_silent_peer_up(void **state)
{
    (void)state;
    struct engine engine;
    struct connection tcp, udp;
    ENGINE(&engine, 1, "call: [recv, send], timeout: 2s");
    connection_open_tcp(&engine, &tcp);
    connection_open(&engine, &udp,
                    (struct sf_scope){.domain = SF_DOMAIN_INET, .type = SF_TYPE_DGRAM, .peer = &engine_peer});
    assert_int_equal(call_on(&engine, &tcp, SF_CALL_recv, 10).timeout_ns, 2000000000);
    assert_int_equal(call_on(&engine, &udp, SF_CALL_recv, 10).kind, SF_PASS);
    assert_int_equal(engine.rules[0].illegal_reason, SF_ILLEGAL_NO_TIMEOUT);
    engine.timeout = true;
    assert_int_equal(call_on(&engine, &udp, SF_CALL_recv, 10).timeout_ns, 2000000000);
    engine.nonblocking = true;
    assert_int_equal(call_on(&engine, &udp, SF_CALL_recv, 10).kind, SF_PASS);
    assert_int_equal(call_on(&engine, &tcp, SF_CALL_send, 10).timeout_ns, 2000000000);
    engine.unconnected = true;
    assert_int_equal(call_on(&engine, &tcp, SF_CALL_recv, 10).kind, SF_PASS);
    assert_int_equal(engine.rules[0].fired, 3);
    engine_free(&engine);
}

static void poll_is_interrupted_where_nothing_is_ready(void **state)
{
    struct engine engine;
    (void)state;
    ENGINE(&engine, 1, "call: poll, interrupt: true");
    engine.ready = true;
    assert_int_equal(call_on(&engine, NULL, SF_CALL_epoll_wait, 0).kind, SF_PASS);
    assert_int_equal(engine.rules[0].illegal_reason, SF_ILLEGAL_READY);
    engine.ready = false;
    assert_int_equal(call_on(&engine, NULL, SF_CALL_epoll_wait, 0).error, EINTR);
    engine_free(&engine);
}

static void unknown_errno_is_illegal_unless_forced(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, error: EXDEV");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(engine.rules[0].illegal_reason, SF_ILLEGAL_ERRNO);
    engine_free(&engine);
    ENGINE(&engine, 1, "call: recv, error: EXDEV, force: true");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).error, EXDEV);
    engine_free(&engine);
}

static void eagain_needs_a_socket_that_does_not_wait(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, error: EAGAIN");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(engine.rules[0].illegal_reason, SF_ILLEGAL_BLOCKING);
    engine.nonblocking = true;
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).error, EAGAIN);
    engine_free(&engine);
}

static void datagram_is_never_sent_in_part(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: send, partial: 1");
    connection_open(&engine, &connection, (struct sf_scope){.domain = SF_DOMAIN_INET, .type = SF_TYPE_DGRAM});
    assert_int_equal(call_on(&engine, &connection, SF_CALL_send, 9).kind, SF_PASS);
    assert_int_equal(engine.rules[0].illegal_reason, SF_ILLEGAL_DATAGRAM);
    engine_free(&engine);
}

static void again_needs_a_socket_that_does_not_wait_and_lives(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, again: true");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(engine.rules[0].illegal_reason, SF_ILLEGAL_BLOCKING);
    engine.nonblocking = true;
    struct sf_verdict verdict = call_on(&engine, &connection, SF_CALL_recv, 9);
    assert_true(verdict.again && verdict.error == EAGAIN);
    engine.ended = true;
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    engine_free(&engine);
}

/* Compared with the kernel: what waits on a socket is told before EPIPE is. */
static void a_send_behind_its_shutdown_tells_what_waits_or_epipe(void **state)
{
    enum { REFUSED = 4, TOLD = 4 };
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: send, again: true", "call: send, timeout: 1s", "call: send, interrupt: true",
           "call: send, error: ENOBUFS", /* refused; those below are told */
           "call: send, reset: true", "call: send, error: ETIMEDOUT", "call: send, error: EPIPE",
           "call: send, error: EHOSTUNREACH");
    engine.timeout = engine.shut = true;
    connection_open_tcp(&engine, &connection);
    for (unsigned i = 0; i < REFUSED + TOLD; i++)
        call_on(&engine, &connection, SF_CALL_send, 9);
    for (unsigned i = 0; i < REFUSED; i++)
        assert_int_equal(engine.rules[i].illegal_reason, SF_ILLEGAL_SHUT);
    for (unsigned i = REFUSED; i < REFUSED + TOLD; i++)
        assert_int_equal(engine.rules[i].illegal, 0);
    engine_free(&engine);
}

static void only_unconnected_sockets_are_refused(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: connect, refuse: true");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_connect, 0).kind, SF_PASS);
    assert_int_equal(engine.rules[0].illegal_reason, SF_ILLEGAL_CONNECTED);
    engine.unconnected = true;
    assert_true(call_on(&engine, &connection, SF_CALL_connect, 0).refuse);
    connection.socket.type = SF_TYPE_DGRAM;
    assert_int_equal(call_on(&engine, &connection, SF_CALL_connect, 0).kind, SF_PASS);
    connection.socket.domain = SF_DOMAIN_UNIX; /* a datagram socket may change its peer */
    engine.unconnected = false;
    assert_true(call_on(&engine, &connection, SF_CALL_connect, 0).refuse);
    engine_free(&engine);
}

static void corruption_of_nothing_is_taken_back(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, corrupt: 3", "call: recv, corrupt: 4");
    connection_open_tcp(&engine, &connection);
    struct sf_verdict verdict = decide_on(&engine, &connection, SF_CALL_recv, 9);
    assert_int_equal(verdict.corrupt_bits, 7);
    settle(&engine, &verdict, 0);
    assert_int_equal(engine.rules[0].fired + engine.rules[1].fired, 0);
    engine_free(&engine);
}

static void window_of_time_is_open_from_after_until_until(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 1, when: {after: 2s, until: 5s}");
    connection_open_tcp(&engine, &connection);
    for (uint64_t s = 0; s < 8; s++) {
        engine.elapsed_ns = s * 1000000000;
        assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind == SF_APPLY, s >= 2 && s < 5);
    }
    engine_free(&engine);
}

static void bytes_of_the_calls_own_direction_count(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 1, when: {after_bytes: 10}",
           "call: close, delay: 1ms, when: {after_bytes: 10}");
    connection_open_tcp(&engine, &connection);
    bytes_pass(&engine, &connection, SF_FAMILY_SEND, "0123456", 9);
    bytes_pass(&engine, &connection, SF_FAMILY_RECV, "012", 9);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_close, 0).kind, SF_APPLY);
    bytes_pass(&engine, &connection, SF_FAMILY_RECV, "3456789", 9);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_APPLY);
    engine_free(&engine);
}

static void match_is_found_across_calls_and_pieces(void **state)
{
    static const struct {
        const char *needle, *first, *second;
        bool found;
    } cases[] = {
        {"abc", "xxab", "cyy", true},  {"abc", "xxab", "xcy", false},     {"aab", "aa", "ab", true},
        {"abab", "abaa", "bab", true}, {"abcabd", "abcab", "cabd", true}, {"abc", "abc", "", true},
        {"aaa", "aa", "ba", false},    {"hex:6162", "a", "b", true},      {"nano", "banan", "ano", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece < 6; piece++) {
            struct engine engine;
            struct connection connection;
            char rule[100];
            snprintf(rule, sizeof rule, "call: recv, partial: 1, when: {match: '%s'}", cases[i].needle);
            ENGINE(&engine, 1, rule);
            connection_open_tcp(&engine, &connection);
            bytes_pass(&engine, &connection, SF_FAMILY_RECV, cases[i].first, piece);
            bytes_pass(&engine, &connection, SF_FAMILY_RECV, cases[i].second, piece);
            if ((call_on(&engine, &connection, SF_CALL_recv, 9).kind == SF_APPLY) != cases[i].found)
                fail_msg("%s in %s + %s by %zu", cases[i].needle, cases[i].first, cases[i].second, piece);
            engine_free(&engine);
        }
    }
}

static void state_and_file_must_hold(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, partial: 1, when: {state: [CLOSE_WAIT, FIN_WAIT_2], exists: /switch}");
    connection_open_tcp(&engine, &connection);
    engine.state = TCP_ESTABLISHED;
    engine.exists = true;
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    engine.state = TCP_FIN_WAIT2;
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_APPLY);
    engine.exists = false;
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    engine_free(&engine);
}

static void site_must_hold_and_is_asked_last(void **state)
{
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1,
           "call: recv, error: EIO, times: 2, when: {every: 2, probability: 1, exists: /switch, site: poll_peer}",
           "call: recv, error: EPIPE, when: {site: poll_peer, probability: 0}");
    connection_open_tcp(&engine, &connection);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(engine.site_asked, 0);
    engine.exists = true;
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(engine.site_asked, 0);
    assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(engine.site_asked, 1);
    engine.site = true;
    for (int i = 0; i < 4; i++)
        assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, i % 2 ? SF_APPLY : SF_PASS);
    assert_int_equal(engine.site_asked, 3);
    /* It has fired as often as it may. */
    for (int i = 0; i < 4; i++)
        assert_int_equal(call_on(&engine, &connection, SF_CALL_recv, 9).kind, SF_PASS);
    assert_int_equal(engine.site_asked, 3);
    engine_free(&engine);
}

static void datagram_meets_rules_of_its_own_destination(void **state)
{
    struct engine engine;
    struct connection connection;
    struct sf_addr other = engine_peer;
    (void)state;
    ENGINE(&engine, 1, "call: [send, socket], peer: \"127.0.0.1:80\", error: ENOBUFS");
    connection_open(&engine, &connection, (struct sf_scope){.domain = SF_DOMAIN_INET, .type = SF_TYPE_DGRAM});
    struct sf_selection selection = {connection.selected, connection.per_rule, &connection.socket};
    struct sf_call_info info = {.call = SF_CALL_sendto,
                                .len = 9,
                                .type = SF_TYPE_DGRAM,
                                .destination = &other,
                                .fact = engine_fact,
                                .context = &engine};
    assert_int_equal(sf_verdict_decide(&engine.engine, &selection, &info).kind, SF_APPLY);
    other.port = 81;
    assert_int_equal(sf_verdict_decide(&engine.engine, &selection, &info).kind, SF_PASS);
    info.destination = NULL; /* nobody knows yet who it will talk to */
    info.call = SF_CALL_socket;
    assert_int_equal(sf_verdict_decide(&engine.engine, &selection, &info).kind, SF_PASS);
    engine_free(&engine);
}

static void datagram_meets_rules_of_the_program_and_the_name_behind_its_address(void **state)
{
    static _Atomic uint64_t entries[16];
    static const struct sf_directory directory = {entries, 16};
    struct engine engine;
    struct connection connection;
    struct sf_addr other = engine_peer;
    (void)state;
    ENGINE(&engine, 1, "call: send, peer: client, error: ENOBUFS", "call: send, peer: 'db:80', delay: 1ms");
    engine.engine.directory = &directory;
    connection_open(&engine, &connection, (struct sf_scope){.domain = SF_DOMAIN_INET, .type = SF_TYPE_DGRAM});
    struct sf_selection selection = {connection.selected, connection.per_rule, &connection.socket};
    struct sf_call_info info = {
        .call = SF_CALL_sendto, .len = 9, .destination = &other, .fact = engine_fact, .context = &engine};
    assert_int_equal(sf_verdict_decide(&engine.engine, &selection, &info).kind, SF_PASS);
    sf_directory_enter(&directory, sf_key_of_name("db", 0, other.ip), 1, false);
    assert_int_equal(sf_verdict_decide(&engine.engine, &selection, &info).delay_ns, 1000000);
    info.program = 1; /* it was another one's question */
    assert_int_equal(sf_verdict_decide(&engine.engine, &selection, &info).kind, SF_PASS);
    other.owner = sf_owner_of_program(0);
    assert_int_equal(sf_verdict_decide(&engine.engine, &selection, &info).error, ENOBUFS);
    engine_free(&engine);
}

static void resolve_rule_with_a_name_is_decided(void **state)
{
    struct engine engine;
    uint64_t selected[1];
    struct sf_selection selection = {.selected = selected};
    struct sf_call_info info = {.call = SF_CALL_getaddrinfo, .fact = engine_fact, .context = &engine};
    (void)state;
    ENGINE(&engine, 1, "call: resolve, peer: 'db:80', error: EAI_AGAIN");
    sf_scope_select(engine.plan, &(struct sf_scope){.host = "db"}, selected);
    assert_int_equal(sf_verdict_decide(&engine.engine, &selection, &info).error, EAI_AGAIN);
    engine_free(&engine);
}

static void resolve_takes_eai_codes(void **state)
{
    struct engine engine;
    (void)state;
    ENGINE(&engine, 1, "call: resolve, error: EAI_AGAIN");
    assert_int_equal(call_on(&engine, NULL, SF_CALL_getaddrinfo, 0).error, EAI_AGAIN);
    engine_free(&engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_that_no_rule_names_passes),
        cmocka_unit_test(every_function_of_a_family_is_selected),
        cmocka_unit_test(one_function_leaves_its_family_alone),
        cmocka_unit_test(length_that_fits_the_limit_is_not_fired),
        cmocka_unit_test(read_of_nothing_meets_nothing),
        cmocka_unit_test(limit_that_did_not_bind_is_taken_back),
        cmocka_unit_test(call_that_never_returns_has_met_what_comes_before_it),
        cmocka_unit_test(call_under_way_is_one_of_the_times),
        cmocka_unit_test(third_recv_of_each_connection_is_shortened),
        cmocka_unit_test(range_and_every_must_both_hold),
        cmocka_unit_test(connects_are_counted_over_the_program),
        cmocka_unit_test(per_says_what_is_counted_over),
        cmocka_unit_test(only_the_asked_for_connection_is_selected),
        cmocka_unit_test(times_bounds_all_connections_together),
        cmocka_unit_test(probability_fires_about_that_often_and_repeats_with_the_seed),
        cmocka_unit_test(sockets_without_a_connection_do_not_draw_alike),
        cmocka_unit_test(the_ends_of_a_pair_are_corrupted_differently),
        cmocka_unit_test(interleaving_does_not_change_what_a_connection_meets),
        cmocka_unit_test(draws_follow_the_id_of_a_rule_not_its_place),
        cmocka_unit_test(firing_tells_which_call_it_met),
        cmocka_unit_test(sockets_without_a_connection_are_told_apart),
        cmocka_unit_test(firing_tells_the_length_that_was_drawn),
        cmocka_unit_test(threads_call_in_one_order_under_rules_of_the_same_calls),
        cmocka_unit_test(exactly_the_named_calls_are_met),
        cmocka_unit_test(named_calls_may_say_what_is_drawn),
        cmocka_unit_test(calls_may_be_named_for_every_program),
        cmocka_unit_test(random_length_stays_within_its_range),
        cmocka_unit_test(any_length_is_drawn_over_all_magnitudes),
        cmocka_unit_test(delays_add_up_and_the_smallest_partial_counts),
        cmocka_unit_test(first_failure_in_the_file_wins_and_only_it_has_fired),
        cmocka_unit_test(signals_add_up_in_the_order_of_the_file),
        cmocka_unit_test(one_answer_alone_has_fired),
        cmocka_unit_test(answer_to_a_look_up_that_fails_is_taken_back),
        cmocka_unit_test(interrupt_needs_a_handler_or_a_timeout),
        cmocka_unit_test(interrupt_never_strikes_twice_running),
        cmocka_unit_test(tcp_alone_gives_a_silent_peer_up),
        cmocka_unit_test(poll_is_interrupted_where_nothing_is_ready),
        cmocka_unit_test(unknown_errno_is_illegal_unless_forced),
        cmocka_unit_test(eagain_needs_a_socket_that_does_not_wait),
        cmocka_unit_test(datagram_is_never_sent_in_part),
        cmocka_unit_test(again_needs_a_socket_that_does_not_wait_and_lives),
        cmocka_unit_test(a_send_behind_its_shutdown_tells_what_waits_or_epipe),
        cmocka_unit_test(only_unconnected_sockets_are_refused),
        cmocka_unit_test(corruption_of_nothing_is_taken_back),
        cmocka_unit_test(window_of_time_is_open_from_after_until_until),
        cmocka_unit_test(bytes_of_the_calls_own_direction_count),
        cmocka_unit_test(match_is_found_across_calls_and_pieces),
        cmocka_unit_test(state_and_file_must_hold),
        cmocka_unit_test(site_must_hold_and_is_asked_last),
        cmocka_unit_test(datagram_meets_rules_of_its_own_destination),
        cmocka_unit_test(datagram_meets_rules_of_the_program_and_the_name_behind_its_address),
        cmocka_unit_test(resolve_rule_with_a_name_is_decided),
        cmocka_unit_test(resolve_takes_eai_codes),
    };
    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
