/* Connections that open at once come in one order under all rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/number.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { RULES = 5, THREADS = 4, EACH = 2000, RECORDS = THREADS * EACH };

struct record {
    uint64_t other;
    struct sf_socket_rule rules[RULES];
};

static struct world {
    _Atomic uint64_t turn;
    struct sf_rule_state states[RULES];
    struct record records[RECORDS];
} world;

static const struct sf_numbering numbering = {.turn = &world.turn,
                                              .rules = world.states,
                                              .rule_count = RULES,
                                              .first = (char *)world.records[0].rules,
                                              .stride = sizeof(struct record)};

static int setup(void **state)
{
    (void)state;
    memset((void *)&world, 0, sizeof world);
    return 0;
}

static void each_rule_counts_the_connections_that_ask(void **state)
{
    (void)state;
    assert_int_equal(sf_number_of(&world.records[0].rules[0]), 0);
    sf_number_ask(&world.records[7].rules[1]);
    assert_int_equal(sf_number_of(&world.records[7].rules[1]), 0);
    sf_number(&numbering, 7);
    sf_number_ask(&world.records[3].rules[1]);
    sf_number_ask(&world.records[3].rules[4]);
    sf_number(&numbering, 3);
    sf_number_ask(&world.records[7].rules[1]); /* it has one */
    sf_number_ask(&world.records[7].rules[4]);
    sf_number(&numbering, 7);
    assert_int_equal(sf_number_of(&world.records[7].rules[1]), 1);
    assert_int_equal(sf_number_of(&world.records[3].rules[1]), 2);
    assert_int_equal(sf_number_of(&world.records[3].rules[4]), 1);
    assert_int_equal(sf_number_of(&world.records[7].rules[4]), 2);
    assert_int_equal(sf_number_of(&world.records[3].rules[0]), 0);
    assert_int_equal(world.states[1].connections, 2);
    assert_int_equal(world.states[0].connections, 0);
}

static void numbering_that_was_left_half_done_is_completed(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULES; rule++)
        sf_number_ask(&world.records[0].rules[rule]);
    world.turn = 5ull << 32 | 1; /* its process was killed here: one rule has counted it, one is about to */
    world.records[0].rules[0].connection = 1;
    world.states[0].connections = 1;
    world.records[0].rules[1].connection = 1;
    for (int rule = 0; rule < RULES; rule++)
        sf_number_ask(&world.records[1].rules[rule]);
    sf_number(&numbering, 1);
    for (int rule = 0; rule < RULES; rule++) {
        assert_int_equal(sf_number_of(&world.records[0].rules[rule]), 1);
        assert_int_equal(sf_number_of(&world.records[1].rules[rule]), 2);
        assert_int_equal(world.states[rule].connections, 2);
    }
}

static pthread_barrier_t start;

/* Every fourth connection means nothing to the last rule. */
static bool asks(size_t record, int rule)
{
    return rule != RULES - 1 || record % 4 != 0;
}

static void *open_connections(void *context)
{
    size_t first = (size_t)(uintptr_t)context * EACH;
    pthread_barrier_wait(&start);
    for (size_t record = first; record < first + EACH; record++) {
        for (int rule = 0; rule < RULES; rule++)
            if (asks(record, rule))
                sf_number_ask(&world.records[record].rules[rule]);
        sf_number(&numbering, (uint32_t)record);
    }
    return NULL;
}

static void threads_are_numbered_in_one_order_under_all_rules(void **state)
{
    static uint32_t by_ordinal[RECORDS + 1];
    pthread_t threads[THREADS];
    (void)state;
    pthread_barrier_init(&start, NULL, THREADS);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_connections, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);

    memset(by_ordinal, 0, sizeof by_ordinal);
    for (uint32_t record = 0; record < RECORDS; record++) {
        uint32_t ordinal = sf_number_of(&world.records[record].rules[0]);
        assert_in_range(ordinal, 1, RECORDS);
        assert_int_equal(by_ordinal[ordinal], 0);
        by_ordinal[ordinal] = record + 1;
        for (int rule = 1; rule < RULES - 1; rule++)
            assert_int_equal(sf_number_of(&world.records[record].rules[rule]), ordinal);
    }
    uint32_t last = 0;
    for (uint32_t ordinal = 1; ordinal <= RECORDS; ordinal++) {
        uint32_t record = by_ordinal[ordinal] - 1;
        if (asks(record, RULES - 1))
            assert_int_equal(sf_number_of(&world.records[record].rules[RULES - 1]), ++last);
    }
    assert_int_equal(world.states[0].connections, RECORDS);
    assert_int_equal(world.states[RULES - 1].connections, last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_rule_counts_the_connections_that_ask, setup),
        cmocka_unit_test_setup(numbering_that_was_left_half_done_is_completed, setup),
        cmocka_unit_test_setup(threads_are_numbered_in_one_order_under_all_rules, setup),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
