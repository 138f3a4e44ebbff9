/* What explore sees in a run. */
#include "exploring.h"

#include "explore/observe.h"
#include "plan/session.h"
#include "trace/recorder.h"
#include "trace/sinks.h"

#include <errno.h>

/* How many connections are taken for over and never closed, when the last call on one failed so. */
static uint32_t unclosed_after(uint8_t type, int error)
{
    struct sf_observation *observation = sf_observation_new();
    struct sf_session_memory session = {0};
    const struct sf_recording recording = {.observation = observation, .session = &session};
    struct sf_trace_sink sink;
    struct sf_followed socket = {.number = 1, .connection = 1, .type = type, .domain = SF_DOMAIN_INET};
    const struct sf_trace_call record = {
        .call = SF_CALL_recv, .fd = 3, .asked = 10, .result = -1, .error = error};
    const struct sf_traced call = {.record = &record, .socket = &socket};
    assert_non_null(observation);
    assert_true(sf_observe_sink(&recording, &sink));
    sink.take(sink.context, &call);
    assert_int_equal(sink.end(sink.context, 0), 0);
    uint32_t unclosed = observation->programs[0].unclosed;
    sf_observation_free(observation);
    return unclosed;
}

static void error_ends_a_stream_but_no_datagram_socket(void **state)
{
    (void)state;
    assert_int_equal(unclosed_after(SF_TYPE_STREAM, ECONNRESET), 1);
    assert_int_equal(unclosed_after(SF_TYPE_STREAM, EAGAIN), 0);
    assert_int_equal(unclosed_after(SF_TYPE_DGRAM, ECONNREFUSED), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_ends_a_stream_but_no_datagram_socket),
    };
    return cmocka_run_group_tests_name("explore_observe", tests, NULL, NULL);
}
