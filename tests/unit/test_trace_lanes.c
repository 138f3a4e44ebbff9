/* Records are taken out of the lanes whole, once, and only where they are sound. */
#include "tracing.h"

struct taken {
    struct sf_lanes lanes;
    uint64_t begin_ns[4096];
    size_t count, ends;
};

static void keep(void *context, unsigned lane, const struct sf_trace_record *record)
{
    struct taken *taken = context;
    (void)lane;
    if (!record)
        taken->ends++;
    else
        taken->begin_ns[taken->count++] =
            record->kind == SF_TRACE_CALL ? ((const struct sf_trace_call *)record)->begin_ns : 0;
}

static struct taken *open_lanes(struct tracing *tracing)
{
    struct taken *taken = calloc(1, sizeof *taken);
    sf_lanes_open(&taken->lanes, tracing->session->trace, tracing->session->plan);
    return taken;
}

static void close_lanes(struct taken *taken)
{
    sf_lanes_close(&taken->lanes);
    free(taken);
}

static void records_come_out_once_and_the_lane_learns_of_it(void **state)
{
    struct tracing *tracing = *state;
    struct taken *taken = open_lanes(tracing);
    struct sf_trace_call call = tracing_call(SF_CALL_recv, 5);
    union tracing_record socket = tracing_socket(1, 0);
    assert_int_equal(sf_lanes_take(&taken->lanes, keep, taken), 0);
    tracing_tell(tracing, 0, &socket);
    tracing_tell(tracing, 0, &call);
    tracing_tell(tracing, SF_LANES - 1, &call);
    assert_int_equal(sf_lanes_take(&taken->lanes, keep, taken), 3);
    assert_int_equal(taken->count, 3);
    assert_int_equal(taken->ends, 2);
    assert_int_equal(taken->begin_ns[1], 5);
    struct sf_lane *lane = sf_trace_lane(tracing->session->trace, 0);
    assert_int_equal(lane->read, lane->written);
    assert_int_equal(sf_lanes_take(&taken->lanes, keep, taken), 0);
    assert_int_equal(taken->lanes.damaged, 0);
    close_lanes(taken);
}

static void ring_is_followed_across_its_end(void **state)
{
    struct tracing *tracing = *state;
    struct taken *taken = open_lanes(tracing);
    uint64_t told = 0;
    for (unsigned round = 0; round < 450; round++) {
        taken->count = 0;
        for (unsigned i = 0; i < 100; i++) {
            union tracing_record whole =
                tracing_whole(tracing_call(SF_CALL_recv, ++told), -1, NULL, "twelve bytes");
            tracing_tell(tracing, 3, &whole);
        }
        assert_int_equal(sf_lanes_take(&taken->lanes, keep, taken), 100);
        assert_int_equal(taken->begin_ns[0], told - 99);
        assert_int_equal(taken->begin_ns[99], told);
    }
    assert_true(sf_trace_lane(tracing->session->trace, 3)->written > 4 * SF_LANE_BYTES);
    assert_int_equal(taken->lanes.damaged, 0);
    close_lanes(taken);
}

static void parts_of_a_call_are_found(void **state)
{
    (void)state;
    struct sf_addr address = tracing_address(80);
    union tracing_record whole =
        tracing_whole(tracing_call(SF_CALL_recvfrom, 5), BROKEN, &address, "hello");
    assert_int_equal(sf_record_firings(&whole.call)->rule, BROKEN);
    assert_int_equal(sf_record_address(&whole.call)->port, 80);
    assert_memory_equal(sf_record_data(&whole.call), "hello", 5);
    union tracing_record plain = tracing_whole(tracing_call(SF_CALL_recv, 5), -1, NULL, "x");
    assert_null(sf_record_address(&plain.call));
    assert_memory_equal(sf_record_data(&plain.call), "x", 1);
}

/* Told between two that are sound: it alone is skipped. */
static void is_skipped(struct tracing *tracing, const void *record)
{
    struct taken *taken = open_lanes(tracing);
    memcpy(taken->lanes.read, (uint64_t[SF_LANES]){0}, sizeof taken->lanes.read);
    struct sf_lane *lane = sf_trace_lane(tracing->session->trace, 0);
    taken->lanes.read[0] = lane->written;
    struct sf_trace_call first = tracing_call(SF_CALL_recv, 1), last = tracing_call(SF_CALL_recv, 2);
    tracing_tell(tracing, 0, &first);
    tracing_tell(tracing, 0, record);
    tracing_tell(tracing, 0, &last);
    assert_int_equal(sf_lanes_take(&taken->lanes, keep, taken), 2);
    assert_int_equal(taken->begin_ns[0], 1);
    assert_int_equal(taken->begin_ns[1], 2);
    assert_int_equal(taken->lanes.damaged, 1);
    close_lanes(taken);
}

static void record_that_is_not_sound_is_skipped_and_counted(void **state)
{
    struct tracing *tracing = *state;
    struct sf_addr address = tracing_address(80);
#define SKIPPED(part, value)                                                                    \
    do {                                                                                        \
        union tracing_record whole = tracing_whole(tracing_call(SF_CALL_recv, 5), ONE_BYTE, &address, "x"); \
        whole.part = (value);                                                                   \
        is_skipped(tracing, &whole);                                                            \
    } while (0)
    SKIPPED(call.record.version, SF_TRACE_VERSION + 1);
    SKIPPED(call.record.kind, 77);
    SKIPPED(call.program, 2);
    SKIPPED(call.call, SF_CALL_COUNT);
    SKIPPED(call.begin_ns, 6);
    SKIPPED(call.state, 13);
    SKIPPED(call.data_bytes, 8);
    SKIPPED(call.data_bytes, UINT32_MAX);
    SKIPPED(call.rule_count, 255);
    struct sf_firing *firing;
    union tracing_record whole = tracing_whole(tracing_call(SF_CALL_recv, 5), ONE_BYTE, &address, "x");
    firing = (void *)(whole.bytes + sizeof whole.call);
    firing->rule = 3;
    is_skipped(tracing, &whole);
    whole = tracing_whole(tracing_call(SF_CALL_recv, 5), -1, &address, "x");
    ((struct sf_addr *)(void *)(whole.bytes + sizeof whole.call))->path_len = 109;
    is_skipped(tracing, &whole);
    ((struct sf_addr *)(void *)(whole.bytes + sizeof whole.call))->path_len = 0;
    ((struct sf_addr *)(void *)(whole.bytes + sizeof whole.call))->domain = 3;
    is_skipped(tracing, &whole);
    struct sf_trace_call shorter = tracing_call(SF_CALL_recv, 5);
    shorter.record.bytes = sizeof(struct sf_trace_record);
    is_skipped(tracing, &shorter);
    union tracing_record socket = tracing_socket(0, 0);
    is_skipped(tracing, &socket);
    socket = tracing_socket(1, 0);
    socket.socket.program = 9;
    is_skipped(tracing, &socket);
}

/* Nothing behind a wrong length can be found; what is published later can. */
static void is_lost(struct tracing *tracing, uint32_t bytes)
{
    struct taken *taken = open_lanes(tracing);
    struct sf_lane *lane = sf_trace_lane(tracing->session->trace, 0);
    taken->lanes.read[0] = lane->written;
    struct sf_trace_call first = tracing_call(SF_CALL_recv, 1), last = tracing_call(SF_CALL_recv, 2);
    tracing_tell(tracing, 0, &first);
    uint64_t at = lane->written % SF_LANE_BYTES;
    tracing_tell(tracing, 0, &last);
    memcpy((char *)(lane + 1) + at, &bytes, sizeof bytes);
    tracing_tell(tracing, 0, &last);
    assert_int_equal(sf_lanes_take(&taken->lanes, keep, taken), 1);
    assert_int_equal(taken->lanes.damaged, 1);
    tracing_tell(tracing, 0, &last);
    assert_int_equal(sf_lanes_take(&taken->lanes, keep, taken), 1);
    close_lanes(taken);
}

static void wrong_length_loses_what_the_lane_holds(void **state)
{
    struct tracing *tracing = *state;
    is_lost(tracing, 0);
    is_lost(tracing, 4);
    is_lost(tracing, sizeof(struct sf_trace_call) + 1);
    is_lost(tracing, 2 * sizeof(struct sf_trace_call) + 8);
    is_lost(tracing, UINT32_MAX);
    is_lost(tracing, UINT32_MAX & ~7u);
}

static void counts_that_cannot_be_are_not_followed(void **state)
{
    struct tracing *tracing = *state;
    struct taken *taken = open_lanes(tracing);
    struct sf_lane *lane = sf_trace_lane(tracing->session->trace, 0);
    struct sf_trace_call call = tracing_call(SF_CALL_recv, 1);
    static const uint64_t counts[] = {SF_LANE_BYTES + 8, UINT64_MAX, 12345678901, 7};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        lane->written = counts[i];
        assert_int_equal(sf_lanes_take(&taken->lanes, keep, taken), 0);
        assert_int_equal(taken->lanes.damaged, i + 1);
    }
    lane->written = 0;
    lane->read = UINT64_MAX; /* the reader has a count of its own */
    tracing_tell(tracing, 0, &call);
    assert_int_equal(sf_lanes_take(&taken->lanes, keep, taken), 1);
    close_lanes(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, tracing_setup, tracing_teardown)
        T(records_come_out_once_and_the_lane_learns_of_it),
        T(ring_is_followed_across_its_end),
        T(parts_of_a_call_are_found),
        T(record_that_is_not_sound_is_skipped_and_counted),
        T(wrong_length_loses_what_the_lane_holds),
        T(counts_that_cannot_be_are_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
