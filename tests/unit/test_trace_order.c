/* Records of all lanes come out in the order of their end. */
#include "tracing.h"

#include "trace/order.h"

static void add(struct sf_order *order, unsigned lane, uint64_t end_ns, uint64_t now_ns)
{
    struct sf_trace_call call = tracing_call(SF_CALL_recv, end_ns);
    sf_order_add(order, lane, &call.record, now_ns);
}

/* The end of the next call; 0: a socket's record; 1: none is there. */
static uint64_t take(struct sf_order *order, uint64_t until_ns)
{
    struct sf_trace_record *record = sf_order_take(order, until_ns);
    if (!record)
        return 1;
    uint64_t end_ns = record->kind == SF_TRACE_CALL ? ((struct sf_trace_call *)(void *)record)->end_ns : 0;
    free(record);
    return end_ns;
}

static void later_ones_are_held_back(void **state)
{
    (void)state;
    struct sf_order order = {0};
    add(&order, 0, 300, 1000);
    add(&order, 1, 100, 1000);
    add(&order, 2, 200, 1000);
    assert_int_equal(take(&order, 99), 1);
    assert_int_equal(take(&order, 200), 100);
    add(&order, 0, 150, 1000); /* whoever had it published late */
    assert_int_equal(take(&order, 200), 150);
    assert_int_equal(take(&order, 200), 200);
    assert_int_equal(take(&order, 200), 1);
    assert_int_equal(take(&order, UINT64_MAX), 300);
    assert_int_equal(take(&order, UINT64_MAX), 1);
    sf_order_free(&order);
}

static void many_come_out_sorted(void **state)
{
    (void)state;
    struct sf_order order = {0};
    uint64_t seed = 1, last = 0;
    enum { MANY = 20000 };
    for (unsigned i = 0; i < MANY; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        add(&order, i % SF_LANES, 2 + (seed >> 40), UINT64_MAX);
    }
    for (unsigned i = 0; i < MANY; i++) {
        uint64_t next = take(&order, UINT64_MAX);
        assert_true(next >= last);
        last = next;
    }
    assert_int_equal(take(&order, UINT64_MAX), 1);
    sf_order_free(&order);
}

static void equal_times_keep_their_order(void **state)
{
    (void)state;
    struct sf_order order = {0};
    for (uint32_t i = 0; i < 100; i++) {
        struct sf_trace_call call = tracing_call(SF_CALL_recv, 50);
        call.tid = i;
        sf_order_add(&order, 0, &call.record, 1000);
    }
    for (uint32_t i = 0; i < 100; i++) {
        struct sf_trace_record *record = sf_order_take(&order, 50);
        assert_int_equal(((struct sf_trace_call *)(void *)record)->tid, i);
        free(record);
    }
    sf_order_free(&order);
}

static void time_in_the_future_is_now(void **state)
{
    (void)state;
    struct sf_order order = {0};
    add(&order, 0, UINT64_MAX, 500);
    add(&order, 0, 600, 1000);
    assert_int_equal(take(&order, 500), UINT64_MAX);
    assert_int_equal(take(&order, 600), 600);
    sf_order_free(&order);
}

static void socket_comes_right_before_its_call(void **state)
{
    (void)state;
    struct sf_order order = {0};
    union tracing_record socket = tracing_socket(1, 0);
    add(&order, 1, 100, 1000);
    sf_order_add(&order, 0, &socket.record, 1000);
    sf_order_add(&order, 0, &socket.record, 1000);
    add(&order, 0, 200, 1000);
    sf_order_add(&order, 0, NULL, 1000);
    assert_int_equal(take(&order, 150), 100);
    assert_int_equal(take(&order, 150), 1);
    assert_int_equal(take(&order, 200), 0);
    assert_int_equal(take(&order, 200), 0);
    assert_int_equal(take(&order, 200), 200);
    sf_order_free(&order);
}

static void socket_without_a_call_in_its_lane_does_not_wait(void **state)
{
    (void)state;
    struct sf_order order = {0};
    union tracing_record socket = tracing_socket(1, 0);
    add(&order, 1, 100, 1000);
    sf_order_add(&order, 0, &socket.record, 1000);
    sf_order_add(&order, 0, NULL, 1000);
    assert_int_equal(take(&order, 100), 0);
    assert_int_equal(take(&order, 100), 100);
    sf_order_add(&order, 0, &socket.record, 1000); /* never taken: freed all the same */
    sf_order_free(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_ones_are_held_back),
        cmocka_unit_test(many_come_out_sorted),
        cmocka_unit_test(equal_times_keep_their_order),
        cmocka_unit_test(time_in_the_future_is_now),
        cmocka_unit_test(socket_comes_right_before_its_call),
        cmocka_unit_test(socket_without_a_call_in_its_lane_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
