/* From lanes to lines: the recorder in its process, with the sinks that it has. */
#include "tracing.h"

#include "base/clock.h"
#include "launch/process.h"
#include "launch/tree.h"
#include "trace/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
    struct tracing *tracing;
    struct sf_recording recording;
    struct sf_recorder *recorder;
    int file;
    char text[65536]; /* what was written */
};

static struct run *new_run(void **state)
{
    struct run *run = calloc(1, sizeof *run);
    run->tracing = *state;
    run->file = memfd_create("trace", 0);
    run->recording = (struct sf_recording){.scenario = run->tracing->reading->scenario,
                                           .session = run->tracing->session,
                                           .text = -1,
                                           .json = -1,
                                           .capture = -1,
                                           .lock = -1};
    return run;
}

static struct sf_recorded finish(struct run *run)
{
    struct sf_recorded recorded = sf_recorder_end(run->recorder);
    ssize_t bytes = pread(run->file, run->text, sizeof run->text - 1, 0);
    assert_true(bytes >= 0);
    run->text[bytes] = '\0';
    return recorded;
}

static void end_run(struct run *run)
{
    sf_recorder_free(run->recorder);
    close(run->file);
    free(run);
}

static void start_json(struct run *run)
{
    run->recording.json = run->file;
    run->recorder = sf_recorder_start(&run->recording);
    assert_non_null(run->recorder);
}

static void start_text(struct run *run, int verbosity)
{
    run->recording.text = run->file;
    run->recording.verbosity = verbosity;
    run->recorder = sf_recorder_start(&run->recording);
    assert_non_null(run->recorder);
}

static void tell_connection(struct run *run)
{
    union tracing_record socket = tracing_socket(1, SF_ROLE_CLIENT);
    socket.socket.local = tracing_address(4000);
    socket.socket.peer = tracing_address(80);
    struct sf_trace_call connect = tracing_call(SF_CALL_connect, 1);
    union tracing_record whole = tracing_whole(connect, -1, &socket.socket.peer, "");
    tracing_tell(run->tracing, 0, &socket);
    tracing_tell(run->tracing, 0, &whole);
}

static void tell_recv(struct run *run, unsigned lane, uint64_t end_ns, int64_t result, int error, int rule)
{
    struct sf_trace_call call = tracing_call(SF_CALL___recv_chk, end_ns);
    call.asked = 4096;
    call.result = result;
    call.error = error;
    union tracing_record whole = tracing_whole(call, rule, NULL, result > 0 ? "\"\n\x01" : "");
    tracing_tell(run->tracing, lane, &whole);
}

/* The Nth line, from 0, behind its time. */
static const char *line_of(struct run *run, unsigned index)
{
    static char line[1024];
    const char *at = run->text;
    for (; index && at; index--) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    if (!at)
        return "";
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    const char *behind = *line == '{' ? strchr(line, ',') : strchr(line, '.');
    return !behind ? line : *line == '{' ? behind : behind + 8;
}

static void json_has_the_keys_of_the_contract_in_their_order(void **state)
{
    struct run *run = new_run(state);
    tell_connection(run);
    tell_recv(run, 1, 2, 1, 0, ONE_BYTE);
    start_json(run);
    assert_null(finish(run).failure);
    assert_string_equal(line_of(run, 0),
                        ", \"program\": \"client\", \"pid\": 7, \"tid\": 7, \"call\": \"connect\", "
                        "\"function\": \"connect\", \"fd\": 3, \"socket\": 1, \"state\": \"ESTABLISHED\", "
                        "\"local\": \"127.0.0.1:4000\", \"peer\": \"127.0.0.1:80\", \"asked\": null, "
                        "\"result\": 0, \"error\": null, \"fault\": null}");
    assert_string_equal(line_of(run, 1),
                        ", \"program\": \"client\", \"pid\": 7, \"tid\": 7, \"call\": \"recv\", "
                        "\"function\": \"recv\", \"fd\": 3, \"socket\": 1, \"state\": \"ESTABLISHED\", "
                        "\"local\": \"127.0.0.1:4000\", \"peer\": \"127.0.0.1:80\", \"asked\": 4096, "
                        "\"result\": 1, \"error\": null, \"fault\": \"one-byte\"}");
    end_run(run);
}

static void json_has_null_for_what_there_is_not(void **state)
{
    struct run *run = new_run(state);
    struct sf_trace_call call = tracing_call(SF_CALL_getaddrinfo, 1);
    call.fd = -1;
    call.socket = 0;
    call.result = -2;
    call.error = -2;
    tracing_tell(run->tracing, 0, &call);
    start_json(run);
    finish(run);
    assert_string_equal(line_of(run, 0),
                        ", \"program\": \"client\", \"pid\": 7, \"tid\": 7, \"call\": \"resolve\", "
                        "\"function\": \"getaddrinfo\", \"fd\": null, \"socket\": null, \"state\": null, "
                        "\"local\": null, \"peer\": null, \"asked\": null, \"result\": -2, "
                        "\"error\": \"EAI_NONAME\", \"fault\": null}");
    end_run(run);
}

static void json_escapes_names(void **state)
{
    struct run *run = new_run(state);
    union tracing_record socket = tracing_socket(1, SF_ROLE_CLIENT);
    socket.socket.domain = SF_DOMAIN_UNIX;
    static const char path[] = "/a\"\\\x01\xff\xc3\xa4";
    socket.socket.peer = (struct sf_addr){.domain = SF_DOMAIN_UNIX, .path_len = sizeof path - 1};
    memcpy(socket.socket.peer.path, path, sizeof path - 1);
    struct sf_trace_call call = tracing_call(SF_CALL_connect, 1);
    tracing_tell(run->tracing, 0, &socket);
    tracing_tell(run->tracing, 0, &call);
    start_json(run);
    finish(run);
    assert_non_null(strstr(run->text, "\"peer\": \"unix:/a\\\"\\\\\\u0001\xef\xbf\xbd\xc3\xa4\""));
    end_run(run);
}

static void several_rules_are_joined(void **state)
{
    struct run *run = new_run(state);
    struct sf_trace_call call = tracing_call(SF_CALL_recv, 1);
    union tracing_record whole = tracing_whole(call, ONE_BYTE, NULL, "");
    struct sf_firing second = {.rule = BROKEN};
    memcpy(whole.bytes + sizeof call + sizeof second, &second, sizeof second);
    whole.call.rule_count = 2;
    whole.call.record.bytes += sizeof second;
    tracing_tell(run->tracing, 0, &whole);
    start_json(run);
    finish(run);
    assert_non_null(strstr(run->text, "\"fault\": \"one-byte+broken\"}"));
    end_run(run);
}

static void lines_of_several_scenarios_say_theirs(void **state)
{
    struct run *run = new_run(state);
    run->recording.names_scenario = true;
    tell_connection(run);
    start_json(run);
    finish(run);
    assert_non_null(strstr(run->text, ", \"scenario\": \"n\", \"program\": "));
    end_run(run);
}

static void time_counts_from_the_start_to_the_end_of_the_call(void **state)
{
    struct run *run = new_run(state);
    start_json(run);
    uint64_t now_ns = sf_clock_now_ns();
    tell_recv(run, 0, now_ns + 250000000, 1, 0, -1);
    usleep(300000);
    finish(run);
    double t = strtod(run->text + strlen("{\"t\": "), NULL);
    assert_true(t > 0.249 && t < 20);
    end_run(run);
}

static void text_tells_a_connection_on_one_line_a_call(void **state)
{
    struct run *run = new_run(state);
    tell_connection(run);
    tell_recv(run, 1, 2, 3, 0, ONE_BYTE);
    tell_recv(run, 0, 3, -1, ECONNRESET, BROKEN);
    start_text(run, 1);
    finish(run);
    assert_string_equal(line_of(run, 0), "client #1  ESTABLISHED  connect(3, 127.0.0.1:80) = 0 <0ns>");
    assert_string_equal(line_of(run, 1),
                        "client #1  ESTABLISHED  recv(3, \"\\\"\\n\\x01\", 4096) = 3 <0ns> [one-byte]");
    assert_string_equal(line_of(run, 2), "client #1  CLOSED       recv(3, 4096) = -1 ECONNRESET (Connection "
                                         "reset by peer) <0ns> [broken]");
    assert_non_null(strstr(run->text, "connections:\n  client #1 with 127.0.0.1:80: 0 bytes out, 3 in, 3 "
                                      "calls, not closed, CLOSED\n"));
    end_run(run);
}

static void quiet_text_tells_of_failures_alone(void **state)
{
    struct run *run = new_run(state);
    tell_connection(run);
    tell_recv(run, 0, 2, -1, EAGAIN, -1);
    tell_recv(run, 0, 3, -1, ECONNRESET, -1);
    start_text(run, -1);
    finish(run);
    assert_string_equal(line_of(run, 0), "client #1  CLOSED       recv(3, 4096) = -1 ECONNRESET (Connection "
                                         "reset by peer) <0ns> with 127.0.0.1:80");
    assert_string_equal(line_of(run, 1), "");
    end_run(run);
}

static void unfinished_call_is_shown_at_the_end(void **state)
{
    struct run *run = new_run(state);
    tell_connection(run);
    struct sf_presence *presence = sf_trace_presence(run->tracing->session->trace, 9);
    *presence = (struct sf_presence){
        .begin_ns = 5, .pid = 7, .tid = 8, .call = SF_CALL_recv, .fd = 3, .socket = 1, .asked = 100};
    struct sf_presence *foreign = sf_trace_presence(run->tracing->session->trace, 10);
    *foreign = (struct sf_presence){.begin_ns = 5, .program = 77, .call = SF_CALL_recv};
    /* Killed when it had told of it. */
    struct sf_presence *told = sf_trace_presence(run->tracing->session->trace, 11);
    *told = (struct sf_presence){.begin_ns = 1, .pid = 7, .tid = 7, .call = SF_CALL_connect};
    run->recording.json = memfd_create("json", 0);
    start_text(run, 0);
    finish(run);
    assert_string_equal(line_of(run, 1), "client/8 #1  ESTABLISHED  recv(3, 100 <unfinished ...>");
    assert_string_equal(line_of(run, 2), "");
    ssize_t bytes = pread(run->recording.json, run->text, sizeof run->text - 1, 0);
    run->text[bytes < 0 ? 0 : bytes] = '\0';
    assert_non_null(strstr(run->text, "\"asked\": 100, \"result\": null, \"error\": null, "));
    close(run->recording.json);
    end_run(run);
}

static void what_was_dropped_is_counted_and_said(void **state)
{
    struct run *run = new_run(state);
    tell_connection(run);
    run->tracing->session->trace->dropped = 12;
    struct sf_trace_call damaged = tracing_call(SF_CALL_COUNT, 2);
    tracing_tell(run->tracing, 0, &damaged);
    start_text(run, 0);
    struct sf_recorded recorded = finish(run);
    assert_int_equal(recorded.dropped, 12);
    assert_int_equal(recorded.damaged, 1);
    assert_null(recorded.failure);
    assert_non_null(strstr(run->text, "\nsockfault: the trace lacks 13 calls: "));
    end_run(run);
}

static void filter_shows_what_fits(void **state)
{
    struct run *run = new_run(state);
    struct sf_arena *arena = sf_arena_new();
    struct sf_trace_filter filter = {.program_count = 0};
    assert_null(sf_trace_filter_calls(arena, &filter, "recv,shutdown"));
    assert_null(sf_trace_filter_peer(arena, &filter, "127.0.0.0/8:80"));
    assert_null(sf_trace_filter_program(arena, &filter, "client"));
    sf_trace_filter_close(&filter);
    run->recording.filter = &filter;
    tell_connection(run);
    tell_recv(run, 0, 3, 3, 0, -1);
    union tracing_record other = tracing_socket(2, SF_ROLE_CLIENT);
    other.socket.peer = tracing_address(81);
    tracing_tell(run->tracing, 0, &other);
    struct sf_trace_call call = tracing_call(SF_CALL_recv, 4);
    call.socket = 2;
    tracing_tell(run->tracing, 0, &call);
    call.socket = 1;
    call.program = SERVER;
    tracing_tell(run->tracing, 0, &call);
    start_json(run);
    finish(run);
    assert_non_null(strstr(line_of(run, 0), "\"function\": \"recv\", \"fd\": 3, \"socket\": 1,"));
    assert_string_equal(line_of(run, 1), "");
    sf_trace_filter_free(&filter);
    sf_arena_free(arena);
    end_run(run);
}

static void filter_that_is_none_is_refused(void **state)
{
    (void)state;
    struct sf_arena *arena = sf_arena_new();
    struct sf_trace_filter filter = {.program_count = 0};
    assert_string_equal(
        sf_trace_filter_calls(arena, &filter, "send,conect"),
        "--call: unknown call 'conect', allowed are the families socket, bind, listen, accept, connect, "
        "send, recv, close, shutdown, poll, resolve, option and functions such as recvmsg (did "
        "you mean connect?)");
    const char *none = sf_trace_filter_calls(arena, &filter, "");
    assert_non_null(strstr(none, "--call: unknown call '', allowed are the families"));
    assert_non_null(sf_trace_filter_peer(arena, &filter, "1.2.3.4:x"));
    assert_non_null(sf_trace_filter_peer(arena, &filter, ""));
    assert_non_null(sf_trace_filter_program(arena, &filter, ""));
    sf_arena_free(arena);
}

static void file_that_is_full_is_a_failure(void **state)
{
    struct run *run = new_run(state);
    tell_connection(run);
    run->recording.json = open("/dev/full", O_WRONLY | O_CLOEXEC);
    run->recorder = sf_recorder_start(&run->recording);
    assert_string_equal(sf_recorder_end(run->recorder).failure, "No space left on device");
    close(run->recording.json);
    end_run(run);
}

/* This process has no other child. */
static pid_t find_recorder(void)
{
    struct sf_pids children = {0};
    sf_tree_children(getpid(), &children);
    pid_t pid = children.count == 1 ? children.list[0] : 0;
    sf_pids_free(&children);
    return pid;
}

static void recorder_that_dies_is_a_failure(void **state)
{
    struct run *run = new_run(state);
    start_json(run);
    pid_t pid = find_recorder();
    assert_true(pid > 0);
    kill(pid, SIGKILL);
    assert_string_equal(finish(run).failure, "the recorder was killed by signal 9 (Killed)");
    end_run(run);
}

/* Soon; a zombie waits for its new parent. */
static bool has_gone(pid_t pid)
{
    for (unsigned tries = 0; tries < 1500; tries++) {
        char left = sf_process_look(pid).state;
        if (left == 0 || left == 'Z')
            return true;
        usleep(10000);
    }
    return false;
}

/* A runner that starts a recorder and is killed: what was told is written, and nobody is left. */
static void recorder_outlives_its_runner_for_a_moment_only(void **state)
{
    struct run *run = new_run(state);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t runner = fork();
    if (runner == 0) {
        start_json(run);
        pid_t recorder = find_recorder();
        tell_connection(run);
        ssize_t written = write(ends[1], &recorder, sizeof recorder);
        raise(SIGKILL);
        _exit(written != sizeof recorder);
    }
    pid_t recorder = 0;
    assert_int_equal(read(ends[0], &recorder, sizeof recorder), sizeof recorder);
    assert_int_equal(waitpid(runner, NULL, 0), runner);
    assert_true(has_gone(recorder));
    ssize_t bytes = pread(run->file, run->text, sizeof run->text - 1, 0);
    run->text[bytes < 0 ? 0 : bytes] = '\0';
    assert_non_null(strstr(run->text, "\"call\": \"connect\""));
    close(ends[0]);
    close(ends[1]);
    end_run(run);
}

/* Its reader does not read, so it hangs in a write. */
static void recorder_that_is_stuck_goes_with_its_runner(void **state)
{
    struct run *run = new_run(state);
    int ends[2], full[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(full), 0);
    fcntl(full[1], F_SETFL, O_NONBLOCK);
    while (write(full[1], run->text, sizeof run->text) > 0)
        ;
    fcntl(full[1], F_SETFL, 0);
    pid_t runner = fork();
    if (runner == 0) {
        run->recording.json = full[1];
        run->recorder = sf_recorder_start(&run->recording);
        pid_t recorder = find_recorder();
        tell_connection(run);
        usleep(200000); /* it has begun to write */
        ssize_t written = write(ends[1], &recorder, sizeof recorder);
        raise(SIGKILL);
        _exit(written != sizeof recorder);
    }
    pid_t recorder = 0;
    assert_int_equal(read(ends[0], &recorder, sizeof recorder), sizeof recorder);
    assert_int_equal(waitpid(runner, NULL, 0), runner);
    bool gone = has_gone(recorder);
    if (!gone)
        kill(recorder, SIGKILL);
    assert_true(gone);
    for (unsigned i = 0; i < 2; i++) {
        close(ends[i]);
        close(full[i]);
    }
    end_run(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, tracing_setup, tracing_teardown)
        T(json_has_the_keys_of_the_contract_in_their_order),
        T(json_has_null_for_what_there_is_not),
        T(json_escapes_names),
        T(several_rules_are_joined),
        T(lines_of_several_scenarios_say_theirs),
        T(time_counts_from_the_start_to_the_end_of_the_call),
        T(text_tells_a_connection_on_one_line_a_call),
        T(quiet_text_tells_of_failures_alone),
        T(unfinished_call_is_shown_at_the_end),
        T(what_was_dropped_is_counted_and_said),
        T(filter_shows_what_fits),
        T(filter_that_is_none_is_refused),
        T(file_that_is_full_is_a_failure),
        T(recorder_that_dies_is_a_failure),
        T(recorder_outlives_its_runner_for_a_moment_only),
        T(recorder_that_is_stuck_goes_with_its_runner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
