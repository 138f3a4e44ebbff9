/* The wire's parts that need no socket: deadlines, rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/deadline.h"
#include "wire/rate.h"

#include <stdlib.h>

#define S UINT64_C(1000000000)
enum { MANY = 1000 };

static void deadlines_come_in_order_whatever_order_they_were_set_in(void **state)
{
    (void)state;
    struct sf_deadlines deadlines = {0};
    static struct sf_deadline many[MANY];
    srand(1);
    for (unsigned i = 0; i < MANY; i++)
        sf_deadline_set(&deadlines, &many[i], (uint64_t)rand());
    for (unsigned i = 0; i < MANY; i += 3) /* earlier, later */
        sf_deadline_set(&deadlines, &many[i], (uint64_t)rand());
    for (unsigned i = 0; i < MANY; i += 7)
        sf_deadline_set(&deadlines, &many[i], SF_NEVER);
    uint64_t last = 0;
    unsigned count = 0;
    for (struct sf_deadline *first; (first = sf_deadlines_first(&deadlines)); count++) {
        assert_true(first->at_ns >= last);
        last = first->at_ns;
        sf_deadline_set(&deadlines, first, SF_NEVER);
        assert_int_equal(first->place, 0);
    }
    assert_int_equal(count, MANY - (MANY + 6) / 7);
    sf_deadlines_free(&deadlines);
}

static void no_deadline_is_none(void **state)
{
    (void)state;
    struct sf_deadlines deadlines = {0};
    struct sf_deadline one = {0};
    assert_null(sf_deadlines_first(&deadlines));
    sf_deadline_set(&deadlines, &one, SF_NEVER);
    assert_null(sf_deadlines_first(&deadlines));
    sf_deadline_set(&deadlines, &one, 5);
    sf_deadline_set(&deadlines, &one, 5);
    assert_ptr_equal(sf_deadlines_first(&deadlines), &one);
    sf_deadline_set(&deadlines, &one, SF_NEVER);
    assert_null(sf_deadlines_first(&deadlines));
    sf_deadlines_free(&deadlines);
}

/* How many bytes pass from `from_ns` on in `ns`, where a sender takes all that it may. */
static uint64_t pass_for(struct sf_rate *rate, uint64_t from_ns, uint64_t ns)
{
    uint64_t passed = 0, now_ns = from_ns;
    while (now_ns < from_ns + ns) {
        uint64_t bytes = sf_rate_allows(rate, now_ns);
        if (bytes == 0) {
            assert_true(sf_rate_when(rate) > now_ns);
            now_ns = sf_rate_when(rate);
            continue;
        }
        sf_rate_take(rate, now_ns, bytes);
        passed += bytes;
    }
    return passed;
}

static void a_rate_lets_pass_what_it_says(void **state)
{
    (void)state;
    static const uint64_t rates[] = {1, 100, 65536, 1250000, 5000000000};
    for (unsigned i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct sf_rate rate = sf_rate_new(rates[i]);
        uint64_t want = rates[i] * 100, burst = rates[i] / 100 > 1500 ? rates[i] / 100 : 1500;
        uint64_t got = pass_for(&rate, 7 * S, 100 * S);
        assert_in_range(got, want - want / 1000 - 1, want + want / 1000 + burst);
    }
}

static void a_pause_gives_no_more_than_a_burst(void **state)
{
    (void)state;
    struct sf_rate rate = sf_rate_new(1000000);
    sf_rate_take(&rate, S, 50000);
    assert_int_equal(sf_rate_allows(&rate, S), 0);
    assert_int_equal(sf_rate_allows(&rate, 1000 * S), 10000);
}

static void no_rate_lets_everything_pass(void **state)
{
    (void)state;
    struct sf_rate rate = {0};
    sf_rate_take(&rate, S, 1000);
    assert_int_equal(sf_rate_allows(&rate, S), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_come_in_order_whatever_order_they_were_set_in),
        cmocka_unit_test(no_deadline_is_none),
        cmocka_unit_test(a_rate_lets_pass_what_it_says),
        cmocka_unit_test(a_pause_gives_no_more_than_a_burst),
        cmocka_unit_test(no_rate_lets_everything_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
