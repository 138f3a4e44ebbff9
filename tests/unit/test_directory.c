/* The directory: whose address is whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine.h"
#include "engine/arrival.h"
#include "engine/directory.h"

#include <arpa/inet.h>
#include <pthread.h>

#define ENTRIES 1024u

static _Atomic uint64_t entries[ENTRIES];
static const struct sf_directory directory = {entries, ENTRIES};

static int empty(void **state)
{
    (void)state;
    memset((void *)entries, 0, sizeof entries);
    return 0;
}

static struct sf_addr inet(const char *text, uint16_t port)
{
    struct sf_addr to = {.domain = SF_DOMAIN_INET6, .port = port};
    if (inet_pton(AF_INET6, text, to.ip) == 1)
        return to;
    to.domain = SF_DOMAIN_INET;
    to.ip[10] = to.ip[11] = 0xff;
    assert_int_equal(inet_pton(AF_INET, text, to.ip + 12), 1);
    return to;
}

static struct sf_addr path(const char *text)
{
    struct sf_addr to = {.domain = SF_DOMAIN_UNIX, .path_len = (uint8_t)strlen(text)};
    memcpy(to.path, text, to.path_len);
    return to;
}

static void nothing_is_found_where_nothing_was_entered(void **state)
{
    static const struct sf_directory none = {0};
    (void)state;
    for (uint64_t key = 0; key < 100; key++)
        assert_int_equal(sf_directory_find(&directory, key << 32 | key), SF_OWNER_NONE);
    assert_int_equal(sf_directory_find(&none, 7), SF_OWNER_NONE);
    assert_false(sf_directory_enter(&none, 7, 1, false));
}

static void what_was_entered_is_found(void **state)
{
    (void)state;
    for (uint32_t pid = 1; pid <= 300; pid++)
        assert_true(sf_directory_enter(&directory, sf_key_of_process(pid), (uint8_t)(1 + pid % 64), pid % 2));
    for (uint32_t pid = 1; pid <= 300; pid++)
        assert_int_equal(sf_directory_find(&directory, sf_key_of_process(pid)), 1 + pid % 64);
    assert_int_equal(sf_directory_find(&directory, sf_key_of_process(301)), SF_OWNER_NONE);
}

static void last_owner_has_it(void **state)
{
    uint64_t key = sf_key_of_process(9);
    unsigned used = 0;
    (void)state;
    sf_directory_enter(&directory, key, 1, true);
    sf_directory_enter(&directory, key, 2, true);
    assert_int_equal(sf_directory_find(&directory, key), 2);
    sf_directory_enter(&directory, key, 64, false);
    assert_int_equal(sf_directory_find(&directory, key), 64);
    for (unsigned i = 0; i < ENTRIES; i++)
        used += entries[i] != 0;
    assert_int_equal(used, 1);
}

/* Keys of one set: all that they differ in is the fingerprint. */
static uint64_t crowded(uint32_t number)
{
    return (uint64_t)number << 32 | 5;
}

static void passing_entries_give_way_and_no_others(void **state)
{
    uint32_t found = 0;
    (void)state;
    for (uint32_t i = 1; i <= SF_DIRECTORY_WAYS; i++)
        assert_true(sf_directory_enter(&directory, crowded(i), 1, i > 4));
    for (uint32_t i = 100; i < 200; i++) {
        assert_true(sf_directory_enter(&directory, crowded(i), 2, true));
        assert_int_equal(sf_directory_find(&directory, crowded(i)), 2);
    }
    for (uint32_t i = 1; i <= 4; i++)
        assert_int_equal(sf_directory_find(&directory, crowded(i)), 1);
    for (uint32_t i = 100; i < 200; i++)
        found += sf_directory_find(&directory, crowded(i)) == 2;
    assert_int_equal(found, SF_DIRECTORY_WAYS - 4);
}

static void set_full_of_lasting_entries_says_so(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= SF_DIRECTORY_WAYS; i++)
        assert_true(sf_directory_enter(&directory, crowded(i), 1, false));
    assert_false(sf_directory_enter(&directory, crowded(100), 1, false));
    assert_false(sf_directory_enter(&directory, crowded(100), 1, true));
    assert_true(sf_directory_enter(&directory, crowded(3), 2, true)); /* it has its place */
    assert_int_equal(sf_directory_find(&directory, crowded(3)), 2);
}

static void entry_that_was_to_stay_stays(void **state)
{
    (void)state;
    sf_directory_enter(&directory, crowded(1), 1, false);
    sf_directory_enter(&directory, crowded(1), 1, true);
    for (uint32_t i = 2; i < 200; i++)
        sf_directory_enter(&directory, crowded(i), 2, true);
    assert_int_equal(sf_directory_find(&directory, crowded(1)), 1);
}

static void what_happens_once_is_met_once(void **state)
{
    uint64_t key = sf_key_of_process(9);
    (void)state;
    assert_int_equal(sf_directory_meet(&directory, key), SF_OWNER_NONE);
    sf_directory_enter(&directory, key, 3, true);
    assert_int_equal(sf_directory_meet(&directory, key), 3);
    assert_int_equal(sf_directory_meet(&directory, key), SF_OWNER_NONE);
    assert_int_equal(sf_directory_find(&directory, key), 3);
    sf_directory_enter(&directory, key, 3, true); /* it happens again */
    assert_int_equal(sf_directory_meet(&directory, key), 3);
    assert_int_equal(sf_directory_meet(&directory, key), SF_OWNER_NONE);
    for (uint32_t i = 1; i <= 2 * SF_DIRECTORY_WAYS; i++) /* and gives way as before */
        assert_true(sf_directory_enter(&directory, (uint64_t)i << 32 | (uint32_t)key, 2, true));
    assert_int_equal(sf_directory_find(&directory, key), SF_OWNER_NONE);
}

static void keys_tell_apart_what_differs(void **state)
{
    struct sf_addr a = inet("127.0.0.1", 80), b = inet("127.0.0.1", 81), c = inet("127.0.0.2", 80),
                   mapped = inet("::ffff:127.0.0.1", 80), x = path("/x"), y = path("/y");
    const uint64_t keys[] = {
        sf_key_of_address(SF_TYPE_STREAM, &a),
        sf_key_of_address(SF_TYPE_DGRAM, &a),
        sf_key_of_address(SF_TYPE_STREAM, &b),
        sf_key_of_address(SF_TYPE_STREAM, &c),
        sf_key_of_pair(&a, &b),
        sf_key_of_pair(&b, &a),
        sf_key_of_address(SF_TYPE_STREAM, &x),
        sf_key_of_address(SF_TYPE_STREAM, &y),
        sf_key_of_file(1, 2),
        sf_key_of_file(2, 1),
        sf_key_of_process(1),
        sf_key_of_name("db", 0, a.ip),
        sf_key_of_name("db", 1, a.ip),
        sf_key_of_name("db", 0, c.ip),
        sf_key_of_name("db.internal", 0, a.ip),
    };
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(keys[i] >> 9, keys[j] >> 9);
    assert_int_equal(sf_key_of_address(SF_TYPE_STREAM, &a), sf_key_of_address(SF_TYPE_STREAM, &mapped));
    assert_int_equal(sf_key_of_address(SF_TYPE_STREAM, &x), sf_key_of_address(SF_TYPE_DGRAM, &x));
}

static void address_is_bound_as_it_is_or_with_all_others(void **state)
{
    static const struct {
        const char *bound, *asked;
        uint16_t bound_port, asked_port;
        bool found;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", 80, 80, true},   {"127.0.0.1", "127.0.0.2", 80, 80, false},
        {"127.0.0.1", "127.0.0.1", 80, 81, false},  {"0.0.0.0", "127.0.0.1", 80, 80, true},
        {"0.0.0.0", "10.1.2.3", 80, 80, true},      {"0.0.0.0", "10.1.2.3", 80, 81, false},
        {"0.0.0.0", "::1", 80, 80, false},          {"::", "::1", 80, 80, true},
        {"::", "127.0.0.1", 80, 80, false},         {"::1", "::1", 80, 80, true},
        {"127.0.0.1", "::ffff:127.0.0.1", 80, 80, true}, {"0.0.0.0", "::ffff:127.0.0.1", 80, 80, true},
    };
    struct engine engine;
    (void)state;
    ENGINE(&engine, 1, "call: recv, delay: 1ms");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sf_addr bound = inet(cases[i].bound, cases[i].bound_port),
                       asked = inet(cases[i].asked, cases[i].asked_port);
        empty(NULL);
        sf_directory_enter(&directory, sf_key_of_address(SF_TYPE_STREAM, &bound), 2, false);
        if ((sf_directory_owner(&directory, engine.plan, SF_TYPE_STREAM, &asked) == 2) != cases[i].found)
            fail_msg("%s bound, %s asked for: expected %s", cases[i].bound, cases[i].asked,
                     cases[i].found ? "found" : "not found");
        assert_int_equal(sf_directory_owner(&directory, engine.plan, SF_TYPE_DGRAM, &asked), SF_OWNER_NONE);
    }
    engine_free(&engine);
}

static void nearest_entry_wins(void **state)
{
    struct sf_addr own = inet("127.0.0.1", 80), all = inet("0.0.0.0", 80);
    struct engine engine;
    (void)state;
    ENGINE(&engine, 1, "call: recv, delay: 1ms");
    sf_directory_enter(&directory, sf_key_of_address(SF_TYPE_STREAM, &all), 1, false);
    sf_directory_enter(&directory, sf_key_of_address(SF_TYPE_STREAM, &own), 2, false);
    assert_int_equal(sf_directory_owner(&directory, engine.plan, SF_TYPE_STREAM, &own), 2);
    engine_free(&engine);
}

static void service_is_known_by_the_port_it_is_ready_at(void **state)
{
    struct sf_addr at = inet("127.0.0.1", 8080), all = inet("0.0.0.0", 8080), none = inet("127.0.0.1", 0);
    struct engine engine;
    (void)state;
    ENGINE(&engine, 1, "call: recv, delay: 1ms");
    struct sf_plan_program *programs = (void *)((char *)engine.plan + engine.plan->programs_at);
    programs[1].ready_port = 8080;
    assert_int_equal(sf_directory_owner(&directory, engine.plan, SF_TYPE_STREAM, &at), 2);
    assert_int_equal(sf_directory_owner(&directory, engine.plan, SF_TYPE_DGRAM, &at), SF_OWNER_NONE);
    assert_int_equal(sf_directory_owner(&directory, engine.plan, SF_TYPE_STREAM, &none), SF_OWNER_NONE);
    sf_directory_enter(&directory, sf_key_of_address(SF_TYPE_STREAM, &all), 1, false);
    assert_int_equal(sf_directory_owner(&directory, engine.plan, SF_TYPE_STREAM, &at), 1); /* it listens now */
    engine_free(&engine);
}

#define THREADS 4
#define KEYS 100

/* All enter the same keys, each under its own name, and one that nobody else has. */
static void *enter_all(void *context)
{
    uint8_t owner = *(uint8_t *)context;
    for (int round = 0; round < 200; round++)
        for (uint32_t pid = 0; pid < KEYS; pid++) {
            sf_directory_enter(&directory, sf_key_of_process(pid), owner, true);
            sf_directory_enter(&directory, sf_key_of_process(1000u * owner + pid), owner, true);
        }
    return NULL;
}

static void threads_enter_at_once(void **state)
{
    pthread_t threads[THREADS];
    uint8_t owners[THREADS];
    (void)state;
    for (uint8_t i = 0; i < THREADS; i++) {
        owners[i] = (uint8_t)(i + 1);
        assert_int_equal(pthread_create(&threads[i], NULL, enter_all, &owners[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t pid = 0; pid < KEYS; pid++) {
        assert_in_range(sf_directory_find(&directory, sf_key_of_process(pid)), 1, THREADS);
        for (uint8_t i = 1; i <= THREADS; i++)
            assert_int_equal(sf_directory_find(&directory, sf_key_of_process(1000u * i + pid)), i);
    }
}

static void an_address_waits_for_those_who_are_about_to_enter_theirs(void **state)
{
    (void)state;
    static struct sf_arrivals arrivals = {.newest = 7, .used = 3};
    arrivals.tickets[1] = sf_arrival_ticket(5, 1, 1, 0);
    arrivals.tickets[2] = sf_arrival_ticket(6, 2, 2, 80);
    assert_true(sf_arrivals_await(&arrivals, 1000, 7, SF_OWNER_NONE));
    assert_false(sf_arrivals_await(&arrivals, 1000, 7, sf_owner_of_program(1))); /* its own */
    assert_true(sf_arrivals_await(&arrivals, 80, 7, sf_owner_of_program(1)));
    assert_false(sf_arrivals_await(&arrivals, 1000, 4, SF_OWNER_NONE)); /* taken since */
    assert_true(sf_arrivals_await(&arrivals, 1000, SF_ARRIVAL_NUMBERS + 7, SF_OWNER_NONE));
    sf_arrivals_give_up(&arrivals, 80, 7, NULL);
    assert_false(sf_arrivals_await(&arrivals, 1000, 7, SF_OWNER_NONE));
    assert_true(sf_arrivals_await(&arrivals, 80, 7, SF_OWNER_NONE)); /* a connect may take long */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_waits_for_those_who_are_about_to_enter_theirs),
        cmocka_unit_test_setup(nothing_is_found_where_nothing_was_entered, empty),
        cmocka_unit_test_setup(what_was_entered_is_found, empty),
        cmocka_unit_test_setup(last_owner_has_it, empty),
        cmocka_unit_test_setup(passing_entries_give_way_and_no_others, empty),
        cmocka_unit_test_setup(set_full_of_lasting_entries_says_so, empty),
        cmocka_unit_test_setup(entry_that_was_to_stay_stays, empty),
        cmocka_unit_test_setup(what_happens_once_is_met_once, empty),
        cmocka_unit_test_setup(keys_tell_apart_what_differs, empty),
        cmocka_unit_test_setup(address_is_bound_as_it_is_or_with_all_others, empty),
        cmocka_unit_test_setup(nearest_entry_wins, empty),
        cmocka_unit_test_setup(service_is_known_by_the_port_it_is_ready_at, empty),
        cmocka_unit_test_setup(threads_enter_at_once, empty),
    };
    return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
