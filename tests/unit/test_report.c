/* Reports from a hand-made run: what a person reads, what a machine reads. */
#include "reported.h"

#include "base/arena.h"
#include "engine/record.h"
#include "verify/wording.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <unistd.h>

static json_t *load(struct world *world)
{
    json_error_t error;
    json_t *root = json_loads(write_report(world, SF_REPORT_JSON, 0), JSON_ALLOW_NUL, &error);
    if (!root)
        fail_msg("%s", error.text);
    return root;
}

static void pretty_report_has_a_line_a_scenario_and_a_summary(void **state)
{
    assert_string_equal(write_report(*state, SF_REPORT_PRETTY, 0),
                        "PASS fine (100ms)\n"
                        "FAIL broken (400ms)\n"
                        "b.yaml:20: client exited with 56, expected 0\n"
                        "    client's standard error:\n"
                        "    | one\n"
                        "    | two\n"
                        "1 passed, 1 failed in 1.2s\n");
}

static void quiet_report_leaves_out_what_passed(void **state)
{
    const char *text = write_report(*state, SF_REPORT_PRETTY, -1);
    assert_null(strstr(text, "fine"));
    assert_non_null(strstr(text, "FAIL broken"));
    assert_non_null(strstr(text, "1 passed, 1 failed"));
}

static void verbose_report_adds_seed_programs_rules_and_events(void **state)
{
    struct world *world = *state;
    const char *events[] = {"t=0.0012 client recv(3) asked 4096 -> 1  rule one-byte"};
    world->scenarios[1]->events = events;
    world->scenarios[1]->event_count = 1;
    world->scenarios[1]->events_more = 11;
    world->rule.illegal = 1;
    world->rule.illegal_reason = "because";
    const char *text = write_report(world, SF_REPORT_PRETTY, 1);
    assert_non_null(strstr(text, "    seed 7\n"
                                 "    program client: exited with 56 after 110ms; calls: connect 1, recv 12\n"
                                 "    rule one-byte (partial: 1): fired 12 times, refused 1 time: because\n"
                                 "    t=0.0012 client recv(3) asked 4096 -> 1  rule one-byte\n"
                                 "    ... and 11 more\n"));
}

static void forced_rule_is_marked(void **state)
{
    struct world *world = *state;
    assert_null(strstr(write_report(world, SF_REPORT_JSON, 0), "forced"));
    world->rule.forced = true;
    assert_non_null(strstr(write_report(world, SF_REPORT_PRETTY, 1),
                           "    rule one-byte (partial: 1): fired 12 times, forced\n"));
    assert_non_null(strstr(write_report(world, SF_REPORT_JSON, 0), "\"forced\": true"));
}

static void rules_are_called_as_in_findings(void **state)
{
    struct world *world = *state;
    world->rule.id = "rule-2";
    assert_non_null(
        strstr(write_report(world, SF_REPORT_PRETTY, 1), "    rule 2 (partial: 1): fired 12 times\n"));
}

static void report_of_a_run_has_no_verdict(void **state)
{
    struct world *world = *state;
    world->run =
        (struct sf_report_run){.scenarios = &world->scenarios[1], .count = 1, .duration_ns = 400000000};
    world->scenarios[1]->is_run = true;
    world->finding.message = "rule one-byte (partial: 1) never fired: it was late";
    assert_string_equal(write_report(world, SF_REPORT_PRETTY, 0),
                        "sockfault: broken\n"
                        "    seed 7\n"
                        "    program client: exited with 56 after 110ms; calls: connect 1, recv 12\n"
                        "    rule one-byte (partial: 1): fired 12 times\n"
                        "sockfault: rule one-byte (partial: 1) never fired: it was late\n");
    assert_string_equal(write_report(world, SF_REPORT_PRETTY, -1),
                        "sockfault: rule one-byte (partial: 1) never fired: it was late\n");
}

static void finding_names_the_file_that_its_rule_stands_in(void **state)
{
    struct world *world = *state;
    world->finding.place.file = "--fault #2";
    assert_non_null(strstr(write_report(world, SF_REPORT_PRETTY, 0), "\n--fault #2:20: client exited"));
}

static void skipped_scenario_says_why_and_is_counted(void **state)
{
    struct world *world = *state;
    world->scenarios[0]->result = SF_SKIPPED;
    world->scenarios[0]->reason = "redis-server is not on PATH";
    const char *text = write_report(world, SF_REPORT_PRETTY, 0);
    assert_non_null(strstr(text, "SKIP fine: redis-server is not on PATH\n"));
    assert_non_null(strstr(text, "0 passed, 1 failed, 1 skipped in 1.2s\n"));
}

static void finding_without_a_line_names_the_file_alone(void **state)
{
    struct world *world = *state;
    world->finding.place.line = 0;
    assert_non_null(strstr(write_report(world, SF_REPORT_PRETTY, 0), "\nb.yaml: client exited"));
}

static void last_lines_of_a_long_stderr_are_shown_escaped(void **state)
{
    struct world *world = *state;
    world->program.exit.err = output("1\n2\n3\n4\n\033[2Jfive\n6\n7", 20);
    const char *text = write_report(world, SF_REPORT_PRETTY, 0);
    assert_non_null(strstr(text, "    client's standard error ended with:\n"
                                 "    | 3\n    | 4\n    | \\x1b[2Jfive\n    | 6\n    | 7\n"));
}

static void one_line_that_the_message_tells_is_not_repeated(void **state)
{
    struct world *world = *state;
    world->program.exit.err = output("oops\n", 5);
    world->finding.message = "client exited with 56, expected 0: oops";
    assert_null(strstr(write_report(world, SF_REPORT_PRETTY, 0), "standard error"));
}

static void stderr_of_a_program_that_did_well_is_not_shown(void **state)
{
    struct world *world = *state;
    world->finding.what = "clients.exit";
    assert_null(strstr(write_report(world, SF_REPORT_PRETTY, 0), "standard error"));
}

static void colour_is_for_terminals_alone(void **state)
{
    assert_null(strchr(write_report(*state, SF_REPORT_PRETTY, 1), '\033'));
}

/* What a terminal is sent. */
static const char *show_on_terminal(struct world *world, char *text, size_t bytes)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_int_equal(grantpt(master) | unlockpt(master), 0);
    FILE *terminal = fopen(ptsname(master), "r+");
    assert_non_null(terminal);
    sf_pretty_scenario(terminal, world->scenarios[0], 0);
    fflush(terminal);
    ssize_t got = read(master, text, bytes - 1);
    assert_true(got > 0);
    text[got] = '\0';
    fclose(terminal);
    close(master);
    return text;
}

static void terminal_gets_colour_unless_told_otherwise(void **state)
{
    char text[200];
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    assert_string_equal(show_on_terminal(*state, text, sizeof text), "\033[32mPASS\033[0m fine (100ms)\r\n");
    setenv("NO_COLOR", "1", 1);
    assert_string_equal(show_on_terminal(*state, text, sizeof text), "PASS fine (100ms)\r\n");
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    assert_string_equal(show_on_terminal(*state, text, sizeof text), "PASS fine (100ms)\r\n");
}

static void program_that_was_not_started_has_no_end_to_show(void **state)
{
    struct world *world = *state;
    world->program.exit = (struct sf_exit){.end = SF_END_NOT_STARTED, .code = -1};
    assert_non_null(strstr(write_report(world, SF_REPORT_PRETTY, 1), "program client: not started"));
    assert_non_null(strstr(write_report(world, SF_REPORT_JSON, 1), "\"exit\": null"));
}

static void json_report_has_the_keys_of_the_contract_in_order(void **state)
{
    struct world *world = *state;
    const char *text = write_report(world, SF_REPORT_JSON, 0);
    static const char *const keys[] = {"\"format\": 1",
                                       "\"tool\": \"sockfault ",
                                       "\"summary\"",
                                       "\"total\": 2",
                                       "\"passed\": 1",
                                       "\"failed\": 1",
                                       "\"skipped\": 0",
                                       "\"invalid\": 0",
                                       "\"duration_s\": 1.2",
                                       "\"scenarios\"",
                                       "\"name\": \"broken\"",
                                       "\"file\": \"b.yaml\"",
                                       "\"line\": 1",
                                       "\"result\": \"failed\"",
                                       "\"seed\": 7",
                                       "\"duration_s\": 0.4",
                                       "\"failures\"",
                                       "\"what\": \"client.exit\"",
                                       "\"want\": \"0\"",
                                       "\"got\": \"56\"",
                                       "\"line\": 20",
                                       "\"message\": \"client exited with 56, expected 0\"",
                                       "\"programs\"",
                                       "\"client\"",
                                       "\"end\": \"exited\"",
                                       "\"exit\": 56",
                                       "\"signal\": null",
                                       "\"duration_s\": 0.11",
                                       "\"stdout\": \"hi\\n\"",
                                       "\"stderr\": \"one\\ntwo\\n\"",
                                       "\"calls\"",
                                       "\"connect\": 1",
                                       "\"recv\": 12",
                                       "\"leaked_sockets\": 0",
                                       "\"faults\"",
                                       "\"id\": \"one-byte\"",
                                       "\"line\": 14",
                                       "\"fired\": 12",
                                       "\"illegal\": 0"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        text = strstr(text, keys[i]);
        if (!text)
            fail_msg("%s is missing or out of order", keys[i]);
    }
    json_decref(load(world));
}

static json_t *client_of(json_t *root)
{
    json_t *scenario = json_array_get(json_object_get(root, "scenarios"), 1);
    return json_object_get(json_object_get(scenario, "programs"), "client");
}

static void json_exit_is_null_where_a_signal_is_named(void **state)
{
    struct world *world = *state;
    world->program.exit.end = SF_END_SIGNALED;
    world->program.exit.code = -1;
    world->program.exit.signal = SIGSEGV;
    json_t *root = load(world);
    assert_true(json_is_null(json_object_get(client_of(root), "exit")));
    assert_string_equal(json_string_value(json_object_get(client_of(root), "signal")), "SIGSEGV");
    assert_string_equal(json_string_value(json_object_get(client_of(root), "end")), "signaled");
    json_decref(root);
}

static void leaks_are_told_where_they_were_counted(void **state)
{
    struct world *world = *state;
    world->program.leaked_sockets = 2;
    world->program.leaks = "127.0.0.1:4000 to 127.0.0.1:80";
    assert_non_null(strstr(write_report(world, SF_REPORT_JSON, 0), "\"leaked_sockets\": 2"));
    assert_non_null(strstr(write_report(world, SF_REPORT_PRETTY, 1),
                           "calls: connect 1, recv 12\n"
                           "    program client leaked 2 sockets: 127.0.0.1:4000 to 127.0.0.1:80\n"));
    world->program.leaks = "";
    assert_non_null(strstr(write_report(world, SF_REPORT_PRETTY, 1), "client leaked 2 sockets\n"));
    world->program.leaked_sockets = -1;
    assert_non_null(strstr(write_report(world, SF_REPORT_JSON, 0), "\"leaked_sockets\": null"));
    assert_null(strstr(write_report(world, SF_REPORT_PRETTY, 1), "leaked"));
}

static void calls_are_no_number_where_not_all_were_counted(void **state)
{
    struct world *world = *state;
    world->program.calls_unknown = SF_FAMILIES_ALL;
    json_t *root = load(world);
    assert_true(json_is_null(json_object_get(client_of(root), "calls")));
    json_decref(root);
    world->program.calls_unknown = 1u << SF_FAMILY_RECV | 1u << SF_FAMILY_SEND;
    root = load(world);
    json_t *calls = json_object_get(client_of(root), "calls");
    assert_int_equal(json_integer_value(json_object_get(calls, "connect")), 1);
    assert_true(json_is_null(json_object_get(calls, "recv")));
    assert_true(json_is_null(json_object_get(calls, "send")));
    assert_int_equal(json_object_size(calls), 3);
    json_decref(root);
    assert_non_null(strstr(write_report(world, SF_REPORT_PRETTY, 1),
                           "after 110ms; calls, not all of them: connect 1, recv 12\n"));
}

static void json_replaces_what_is_not_utf8(void **state)
{
    struct world *world = *state;
    world->program.exit.out = output("a\xff\xc3\xa4\xc3\0b", 7);
    json_t *root = load(world);
    json_t *value = json_object_get(client_of(root), "stdout");
    assert_int_equal(json_string_length(value), 11);
    assert_memory_equal(json_string_value(value), "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\0b", 11);
    json_decref(root);
}

static void json_of_no_scenarios_is_whole(void **state)
{
    struct world *world = *state;
    world->run.count = 0;
    json_t *root = load(world);
    assert_int_equal(json_array_size(json_object_get(root, "scenarios")), 0);
    json_decref(root);
}

static void json_says_why_it_does_not_hold_all(void **state)
{
    struct world *world = *state;
    assert_null(strstr(write_report(world, SF_REPORT_JSON, 0), "\"failure\""));
    world->run.failure = "interrupted";
    json_t *root = load(world);
    assert_string_equal(json_string_value(json_object_get(root, "failure")), "interrupted");
    json_decref(root);
}

static void pretty_file_says_why_it_does_not_hold_all(void **state)
{
    struct world *world = *state;
    char path[] = "/tmp/sockfault-report-XXXXXX", text[1000] = "";
    int fd = mkstemp(path);
    struct sf_report_request request = {.path = path};
    world->run.count = 0;
    world->run.failure = "no shim";
    assert_string_equal(write_report(world, SF_REPORT_PRETTY, 0), ""); /* the screen has it */
    assert_int_equal(sf_report_open(&request), 0);
    assert_int_equal(sf_report_write(&request, &world->run, NULL, 0), 0);
    sf_report_close(&request);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    assert_string_equal(text, "sockfault: no shim\n");
    close(fd);
    unlink(path);
}

static void format_is_parsed_with_and_without_a_file(void **state)
{
    (void)state;
    struct sf_report_request request;
    char error[200];
    assert_true(sf_report_parse("json", &request, error, sizeof error));
    assert_int_equal(request.format, SF_REPORT_JSON);
    assert_null(request.path);
    assert_true(sf_report_parse("pretty=a=b.txt", &request, error, sizeof error));
    assert_int_equal(request.format, SF_REPORT_PRETTY);
    assert_string_equal(request.path, "a=b.txt");
}

static void unknown_format_is_refused_with_what_is_allowed(void **state)
{
    (void)state;
    struct sf_report_request request;
    char error[200];
    assert_false(sf_report_parse("xml", &request, error, sizeof error));
    assert_string_equal(error, "unknown report format 'xml': allowed are pretty, tap, junit, json, github, html");
    assert_false(sf_report_parse("jsn=x", &request, error, sizeof error));
    assert_string_equal(error, "unknown report format 'jsn' (did you mean json?): allowed are pretty, tap, "
                               "junit, json, github, html");
    assert_false(sf_report_parse("json=", &request, error, sizeof error));
    assert_string_equal(error, "'json=' names no file behind its '='");
    assert_false(sf_report_parse("", &request, error, sizeof error));
}

static void report_goes_to_the_file_that_was_asked_for(void **state)
{
    struct world *world = *state;
    char path[] = "/tmp/sockfault-report-XXXXXX";
    int fd = mkstemp(path);
    struct sf_report_request request = {.format = SF_REPORT_JSON, .path = path};
    assert_int_equal(sf_report_open(&request), 0);
    assert_int_equal(sf_report_write(&request, &world->run, NULL, 0), 0);
    sf_report_close(&request);
    char start[2] = "";
    assert_int_equal(read(fd, start, 1), 1);
    assert_string_equal(start, "{");
    close(fd);
    unlink(path);
}

static void unwritable_file_is_an_error(void **state)
{
    struct world *world = *state;
    struct sf_report_request request = {.format = SF_REPORT_JSON, .path = "/proc/none/report.json"};
    assert_int_equal(sf_report_open(&request), ENOENT);
    sf_report_close(&request);
    request.path = "/dev/full";
    for (request.format = 0; request.format < SF_REPORT_FORMAT_COUNT; request.format++) {
        assert_int_equal(sf_report_open(&request), 0);
        assert_int_equal(sf_report_write(&request, &world->run, NULL, 0), ENOSPC);
        sf_report_close(&request);
    }
}

/* A session of the scenario, whose first program was there. */
static struct sf_session_memory *loaded_session(const struct sf_scenario *scenario)
{
    struct sf_plan *plan = sf_plan_compile(scenario);
    struct sf_session_memory *session = sf_session_create(plan, NULL);
    free(plan);
    session->programs[0].loaded = 1;
    return session;
}

/* From a session to what is kept: it must outlive everything else. */
static void judged_report_keeps_what_happened(void **state)
{
    (void)state;
    struct sf_arena *arena = sf_arena_new();
    struct sf_program program = {.name = sf_arena_strdup(arena, "client"), .wrap = true};
    struct sf_program_expectation expect = {0};
    struct sf_rule rule = {.id = sf_arena_strdup(arena, "rule-1"),
                           .fault_text = "partial: 1",
                           .place = {"c", 9, 1},
                           .programs = UINT64_MAX,
                           .families = 1u << SF_FAMILY_RECV,
                           .fault = SF_FAULT_PARTIAL,
                           .probability = 1,
                           .bytes_min = 1,
                           .bytes_max = 1};
    struct sf_comparison count = {0};
    sf_call_set_add(&rule.calls, SF_CALL_recv);
    struct sf_scenario scenario = {.file = "c.yaml",
                                   .seed = 5,
                                   .programs = &program,
                                   .program_count = 1,
                                   .expect = &expect,
                                   .rules = &rule,
                                   .rule_count = 1,
                                   .rule_expect = &count};
    struct sf_session_memory *session = loaded_session(&scenario);
    session->programs[0].start_ns = 1000000000;
    session->rules[0].fired = 1;
    struct sf_event *event = (void *)(session->events + 1);
    *event = (struct sf_event){.version = SF_EVENT_VERSION,
                               .producer = SF_PRODUCER_SHIM,
                               .kind = SF_EVENT_CALL,
                               .rule_count = 1,
                               .time_ns = 1001200000,
                               .call = SF_CALL_recv,
                               .fd = 3,
                               .asked = 4096,
                               .result = -1,
                               .error = ECONNRESET};
    event->bytes = sizeof *event + sizeof(struct sf_firing);
    session->events->reserved_bytes = event->bytes;
    struct sf_exit exit = {.end = SF_END_EXITED, .code = 1, .err = output("bad", 3)};
    struct sf_outcome outcome = {.programs = &exit, .duration_ns = 5000000};
    struct sf_report_scenario *report = sf_report_new("kept", scenario.file, 1);
    sf_report_judge(report, &scenario, session, &outcome);
    sf_session_free(session);
    sf_arena_free(arena);

    assert_int_equal(report->result, SF_FAILED);
    assert_int_equal(report->findings.count, 1);
    assert_string_equal(report->findings.list[0].what, "client.exit");
    assert_string_equal(report->programs[0].name, "client");
    assert_memory_equal(report->programs[0].exit.err.tail, "bad", 3);
    assert_string_equal(report->rules[0].id, "rule-1");
    assert_int_equal(report->rules[0].fired, 1);
    assert_int_equal(report->event_count, 1);
    assert_string_equal(report->events[0], "t=0.0012 client recv(3) asked 4096 -> ECONNRESET  rule 1");
    sf_report_free(report);
}

/* The record of the socket that a link rule acted on, while it is that socket's. */
static void a_firing_of_the_wire_names_the_connection(void **state)
{
    (void)state;
    struct sf_arena *arena = sf_arena_new();
    struct sf_program program = {.name = "client", .wrap = true};
    struct sf_program_expectation expect = {0};
    struct sf_rule rule = {.id = "cut",
                           .fault_text = "reset: true",
                           .place = {"c", 9, 1},
                           .kind = SF_RULE_LINK,
                           .link.directions = SF_LINK_IN};
    struct sf_comparison count = {0};
    struct sf_scenario scenario = {.name = "n",
                                   .place = {"f", 1, 1},
                                   .file = "f",
                                   .programs = &program,
                                   .program_count = 1,
                                   .expect = &expect,
                                   .rules = &rule,
                                   .rule_count = 1,
                                   .rule_expect = &count};
    struct sf_session_memory *session = loaded_session(&scenario);
    const uint64_t place = session->session->sockets_at + 3 * session->session->socket_stride;
    struct sf_socket *socket = sf_session_socket(session->session, place);
    socket->number = 7;
    socket->peer = (struct sf_addr){
        .domain = SF_DOMAIN_INET, .port = 80, .ip = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
    const struct {
        uint64_t record;
        uint32_t number;
        struct sf_firing firing;
    } rows[] = {
        {place, 7, {0, SF_COUNTER_PROGRAM, 0, 2, 0}},
        {place, 8, {0, SF_COUNTER_CONNECTION, 5, 1, 0}}, /* another socket has it now */
        {place + 8, 7, {0, SF_COUNTER_ALL, 0, 2, 0}},
        {0, 7, {0, SF_COUNTER_ALL, 0, 2, 0}},
        {UINT64_MAX, 7, {0, SF_COUNTER_ALL, 0, 2, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t bytes = sizeof(struct sf_event) + sizeof(struct sf_firing);
        struct sf_event *event =
            sf_record_reserve(session->events, session->session->events_bytes, (uint32_t)bytes);
        *event = (struct sf_event){.version = SF_EVENT_VERSION,
                                   .producer = SF_PRODUCER_WIRE,
                                   .kind = SF_EVENT_LINK,
                                   .rule_count = 1,
                                   .time_ns = 1200000,
                                   .fd = -1,
                                   .socket = rows[i].number,
                                   .asked = i,
                                   .result = i ? SF_LINK_OUT : SF_LINK_IN,
                                   .payload_at = rows[i].record};
        event->rules[0] = rows[i].firing;
        event->bytes = (uint32_t)bytes;
    }
    struct sf_exit exit = {.end = SF_END_EXITED};
    struct sf_outcome outcome = {.programs = &exit};
    struct sf_report_scenario *report = sf_report_new("n", "f", 1);
    sf_report_judge(report, &scenario, session, &outcome);
    sf_session_free(session);
    sf_arena_free(arena);
    assert_int_equal(report->event_count, 5);
    assert_string_equal(report->events[0],
                        "t=0.0012 client connection 2 to 127.0.0.1:80, in, behind 0 bytes  rule cut");
    assert_string_equal(report->events[1], "t=0.0012 client connection 5, out, behind 1 byte  rule cut");
    for (size_t i = 2; i < 5; i++)
        assert_string_equal(strstr(report->events[i], " out"), i == 2   ? " out, behind 2 bytes  rule cut"
                                                               : i == 3 ? " out, behind 3 bytes  rule cut"
                                                                        : " out, behind 4 bytes  rule cut");
    sf_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pretty_report_has_a_line_a_scenario_and_a_summary),
        T(quiet_report_leaves_out_what_passed),
        T(verbose_report_adds_seed_programs_rules_and_events),
        T(forced_rule_is_marked),
        T(rules_are_called_as_in_findings),
        T(report_of_a_run_has_no_verdict),
        T(finding_names_the_file_that_its_rule_stands_in),
        T(skipped_scenario_says_why_and_is_counted),
        T(finding_without_a_line_names_the_file_alone),
        T(last_lines_of_a_long_stderr_are_shown_escaped),
        T(one_line_that_the_message_tells_is_not_repeated),
        T(stderr_of_a_program_that_did_well_is_not_shown),
        T(colour_is_for_terminals_alone),
        T(terminal_gets_colour_unless_told_otherwise),
        T(program_that_was_not_started_has_no_end_to_show),
        T(json_report_has_the_keys_of_the_contract_in_order),
        T(json_exit_is_null_where_a_signal_is_named),
        T(leaks_are_told_where_they_were_counted),
        T(calls_are_no_number_where_not_all_were_counted),
        T(json_replaces_what_is_not_utf8),
        T(json_of_no_scenarios_is_whole),
        T(json_says_why_it_does_not_hold_all),
        T(pretty_file_says_why_it_does_not_hold_all),
        T(report_goes_to_the_file_that_was_asked_for),
        T(unwritable_file_is_an_error),
        cmocka_unit_test(format_is_parsed_with_and_without_a_file),
        cmocka_unit_test(unknown_format_is_refused_with_what_is_allowed),
        cmocka_unit_test(judged_report_keeps_what_happened),
        cmocka_unit_test(a_firing_of_the_wire_names_the_connection),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
