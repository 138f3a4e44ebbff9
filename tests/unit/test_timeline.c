/* From calls to the lives of connections that the HTML report draws. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tracing.h"

#include "html/html.h"
#include "timeline/timeline.h"
#include "trace/sinks.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define START_NS (1000 * MS)

static struct sf_recording recording;
static struct sf_trace_sink sink;
static struct sf_timeline *timeline;

static int setup(void **state)
{
    tracing_setup(state);
    struct tracing *tracing = *state;
    recording = (struct sf_recording){.session = tracing->session,
                                      .draws_timeline = true,
                                      .timeline = memfd_create("timeline", 0),
                                      .start_ns = START_NS};
    return sf_timeline_sink(&recording, &sink) ? 0 : -1;
}

static int teardown(void **state)
{
    close(recording.timeline);
    free(timeline);
    timeline = NULL;
    return tracing_teardown(state);
}

/* A call of the client that took a microsecond and ended at `ms`. rule: -1: none fired. */
static void call(struct sf_followed *socket, enum sf_call_id id, unsigned ms, int error, int rule)
{
    const struct sf_firing firing = {.rule = (uint16_t)rule};
    struct sf_trace_call record = tracing_call(id, START_NS + ms * MS);
    record.begin_ns = record.end_ns - 1000;
    record.error = error;
    record.result = error ? -1 : 7;
    record.rule_count = rule >= 0;
    const struct sf_traced traced = {
        .record = &record, .firings = &firing, .program = "client", .socket = socket};
    sink.take(sink.context, &traced);
}

static void finish(void)
{
    assert_int_equal(sink.end(sink.context, 3), 0);
    timeline = sf_timeline_read(recording.timeline);
    assert_non_null(timeline);
}

static struct sf_followed connection(uint32_t number)
{
    return (struct sf_followed){.number = number,
                                .connection = number,
                                .domain = SF_DOMAIN_INET,
                                .type = SF_TYPE_STREAM,
                                .state = SF_STATE_ESTABLISHED,
                                .peer_name = "server"};
}

static void tells_a_life(void **state)
{
    (void)state;
    struct sf_followed socket = connection(1);
    socket.state = SF_STATE_SYN_SENT;
    call(&socket, SF_CALL_connect, 10, EINPROGRESS, -1);
    socket.state = SF_STATE_ESTABLISHED;
    socket.bytes_in = 100;
    call(&socket, SF_CALL_recv, 20, 0, ONE_BYTE);
    socket.bytes_in = 150;
    call(&socket, SF_CALL_recv, 21, 0, ONE_BYTE);
    call(&socket, SF_CALL_recv, 22, EAGAIN, -1);
    call(&socket, SF_CALL_send, 30, EPIPE, -1);
    socket.state = SF_STATE_LAST_ACK;
    socket.closed_ns = START_NS + 40 * MS;
    call(&socket, SF_CALL_close, 40, 0, -1);
    finish();

    const struct sf_timeline_connection *kept = timeline->connections;
    const struct sf_timeline_event *events = sf_timeline_events(timeline);
    assert_int_equal(timeline->connection_count, 1);
    assert_int_equal(timeline->dropped, 3);
    assert_string_equal(kept->peer_name, "server");
    assert_int_equal(kept->calls, 6);
    assert_int_equal(kept->bytes_in, 150);
    assert_int_equal(kept->opened_ns, 10 * MS - 1000);
    assert_int_equal(kept->closed_ns, 40 * MS);
    assert_int_equal(timeline->event_count, 6); /* neither EINPROGRESS nor EAGAIN is news */
    assert_int_equal(events[0].state, SF_STATE_SYN_SENT);
    assert_int_equal(events[1].kind, SF_TIMELINE_FAULT);
    assert_int_equal(events[1].rule, ONE_BYTE);
    assert_int_equal(events[1].times, 1);
    assert_int_equal(events[2].state, SF_STATE_ESTABLISHED);
    assert_int_equal(events[4].kind, SF_TIMELINE_ERROR);
    assert_int_equal(events[4].error, EPIPE);
    assert_int_equal(events[5].state, SF_STATE_LAST_ACK);
}

static void alike_in_a_row_are_one(void **state)
{
    (void)state;
    struct sf_followed socket = connection(1);
    for (unsigned i = 0; i < 1000; i++)
        call(&socket, SF_CALL_recv, i, 0, ONE_BYTE);
    call(&socket, SF_CALL_recv, 1000, 0, BROKEN);
    finish();
    const struct sf_timeline_event *events = sf_timeline_events(timeline);
    assert_int_equal(timeline->event_count, 4); /* the first, its state, the others, and another rule's */
    assert_int_equal(events[2].times, 999);
    assert_int_equal(events[2].ns, 1 * MS);
    assert_int_equal(events[2].last_ns, 999 * MS);
    assert_int_equal(events[3].rule, BROKEN);
}

static void what_is_too_much_is_counted(void **state)
{
    (void)state;
    struct sf_followed *sockets = calloc(SF_TIMELINE_CONNECTIONS_MAX + 8, sizeof *sockets);
    for (uint32_t i = 0; i < SF_TIMELINE_CONNECTIONS_MAX + 7; i++) {
        sockets[i] = connection(i + 1);
        call(&sockets[i], SF_CALL_recv, i, 0, -1);
        call(&sockets[i], SF_CALL_recv, i, 0, -1);
    }
    for (unsigned i = 0; i < SF_TIMELINE_EVENTS_MAX; i++)
        call(&sockets[0], SF_CALL_recv, 6000 + i, i % 2 ? EIO : EBADF, -1);
    finish();
    free(sockets);
    assert_int_equal(timeline->connection_count, SF_TIMELINE_CONNECTIONS_MAX);
    assert_int_equal(timeline->connections_more, 7);
    assert_int_equal(timeline->connections[0].events_more, 1); /* its state is the first */
}

/* Buckets widen as the run goes on: no byte is lost, none moves to another time. */
static void traffic_stays_where_it_was(void **state)
{
    (void)state;
    struct sf_followed socket = connection(1);
    uint64_t in = 0;
    for (unsigned ms = 1; ms < 100000; ms *= 3) {
        socket.bytes_in += ms;
        call(&socket, SF_CALL_recv, ms, 0, -1);
    }
    finish();
    const struct sf_timeline_connection *kept = timeline->connections;
    for (unsigned i = 0; i < SF_TIMELINE_BUCKETS; i++)
        in += kept->in[i];
    assert_int_equal(in, socket.bytes_in);
    assert_int_equal(kept->in[(59049 * MS - timeline->first_ns) / timeline->bucket_ns], 59049);
}

/* A server that waits long for its first client leaves the buckets narrow, and so does one that ends late. */
static void buckets_are_of_the_traffic(void **state)
{
    (void)state;
    struct sf_followed listener = connection(1), socket = connection(2);
    listener.state = SF_STATE_LISTEN;
    call(&listener, SF_CALL_listen, 1, 0, -1);
    call(&socket, SF_CALL_accept, 9000, 0, -1);
    socket.bytes_in = 5;
    call(&socket, SF_CALL_recv, 9001, 0, -1);
    socket.bytes_out = 7;
    call(&socket, SF_CALL_send, 9003, 0, -1);
    call(&listener, SF_CALL_close, 60000, 0, -1);
    finish();
    const struct sf_timeline_connection *kept = &timeline->connections[1];
    assert_int_equal(timeline->first_ns, 9001 * MS);
    assert_true(timeline->bucket_ns < MS);
    assert_int_equal(kept->in[0], 5);
    assert_int_equal(kept->out[2 * MS / timeline->bucket_ns], 7);
    assert_int_equal(kept->opened_ns, 9000 * MS); /* when accept came back, however long it had waited */
}

static void calls_without_a_socket_are_the_programs(void **state)
{
    (void)state;
    call(NULL, SF_CALL_poll, 1, EBADF, -1);
    call(NULL, SF_CALL_getaddrinfo, 2, -2, CUT);
    finish();
    assert_int_equal(timeline->connection_count, 1);
    assert_int_equal(timeline->connections[0].number, 0);
    assert_int_equal(timeline->event_count, 2);
}

static void what_is_none_is_not_read(void **state)
{
    (void)state;
    struct sf_followed socket = connection(1);
    call(&socket, SF_CALL_recv, 1, EIO, -1);
    finish();
    struct sf_timeline_event stray = {.connection = 9};
    off_t end = lseek(recording.timeline, 0, SEEK_END);
    assert_int_equal(ftruncate(recording.timeline, end - 1), 0);
    assert_null(sf_timeline_read(recording.timeline));
    assert_int_equal(pwrite(recording.timeline, &stray, sizeof stray, end - (off_t)sizeof stray),
                     sizeof stray);
    assert_null(sf_timeline_read(recording.timeline));
    assert_int_equal(ftruncate(recording.timeline, 0), 0);
    assert_null(sf_timeline_read(recording.timeline));
}

static void text_of_others_stays_text(void **state)
{
    (void)state;
    char *written = NULL;
    size_t bytes;
    char size[SF_HTML_SIZE_BYTES];
    FILE *out = open_memstream(&written, &bytes);
    sf_html_put(out, "<b>%s</b>%u%%", "<i a='b' c=\"d\">&\x1b\x7f\xff\xc3\xa9\n", 7);
    fclose(out);
    assert_string_equal(written, "<b>&lt;i a=&#39;b&#39; c=&quot;d&quot;&gt;&amp;␛␡\xef\xbf\xbdé\n</b>7%");
    free(written);
    assert_string_equal(sf_html_size(size, 999), "999 B");
    assert_string_equal(sf_html_size(size, 1234), "1.2 KiB");
    assert_string_equal(sf_html_size(size, UINT64_C(1) << 40), "1.0 TiB");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(tells_a_life),
        TEST(alike_in_a_row_are_one),
        TEST(what_is_too_much_is_counted),
        TEST(traffic_stays_where_it_was),
        TEST(buckets_are_of_the_traffic),
        TEST(calls_without_a_socket_are_the_programs),
        TEST(what_is_none_is_not_read),
        cmocka_unit_test(text_of_others_stays_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
