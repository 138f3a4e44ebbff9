/* From what happened to findings: each default and each expectation, both ways. */
#include "base/arena.h"
#include "engine/verdict.h"
#include "verify/verify.h"
#include "verify/wording.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PLACE(line_number) ((struct sf_place){"a.yaml", line_number, 3})

/* A service and a client that ran well under a rule that fired. Tests spoil
 * one thing each. */
struct world {
    struct sf_arena *arena;
    struct sf_program programs[2];
    struct sf_program_expectation expect[2];
    struct sf_rule rules[2];
    struct sf_comparison rule_expect[2];
    struct sf_scenario scenario;
    struct sf_exit exits[2];
    struct sf_outcome outcome;
    struct sf_session_memory *session;
    struct sf_findings found;
};

enum { SERVER, CLIENT };

static struct sf_output output(const char *text)
{
    size_t bytes = strlen(text);
    return (struct sf_output){
        .data = text, .bytes = bytes, .total_bytes = bytes, .tail = text, .tail_bytes = bytes};
}

static void open_session(struct world *world)
{
    struct sf_plan *plan = sf_plan_compile(&world->scenario);
    world->session = sf_session_create(plan, NULL);
    free(plan);
    assert_non_null(world->session);
    world->session->programs[SERVER].loaded = 1;
    world->session->programs[CLIENT].loaded = 1;
    for (size_t i = 0; i < world->scenario.rule_count; i++)
        world->session->rules[i].fired = 5;
}

static int setup(void **state)
{
    static char prog[] = "prog";
    static char *argv[] = {prog, NULL};
    struct world *world = calloc(1, sizeof *world);
    world->arena = sf_arena_new();
    world->programs[SERVER] = (struct sf_program){.name = "server",
                                                  .place = PLACE(3),
                                                  .argv = argv,
                                                  .wrap = true,
                                                  .ready = {.kind = SF_READY_PORT,
                                                            .place = PLACE(4),
                                                            .port = 8080,
                                                            .within_ns = 10000000000},
                                                  .stop_signal = SIGTERM,
                                                  .stop_within_ns = 5000000000};
    world->programs[CLIENT] = (struct sf_program){
        .name = "client", .place = PLACE(6), .argv = argv, .wrap = true, .stop_signal = SIGTERM};
    world->rules[0] = (struct sf_rule){.id = "one-byte",
                                       .fault_text = "partial: 1",
                                       .place = PLACE(9),
                                       .programs = 1u << CLIENT,
                                       .families = 1u << SF_FAMILY_RECV,
                                       .probability = 1,
                                       .fault = SF_FAULT_PARTIAL,
                                       .bytes_min = 1,
                                       .bytes_max = 1};
    sf_call_set_add(&world->rules[0].calls, SF_CALL_recv);
    world->scenario = (struct sf_scenario){.file = "a.yaml",
                                           .place = PLACE(1),
                                           .name = "sample",
                                           .timeout_ns = 30000000000,
                                           .timeout_place = PLACE(2),
                                           .programs = world->programs,
                                           .program_count = 2,
                                           .expect = world->expect,
                                           .rules = world->rules,
                                           .rule_count = 1,
                                           .rule_expect = world->rule_expect};
    world->exits[SERVER] = (struct sf_exit){.end = SF_END_STOPPED,
                                            .code = -1,
                                            .signal = SIGTERM,
                                            .ready = true,
                                            .out = output(""),
                                            .err = output("")};
    world->exits[CLIENT] = (struct sf_exit){
        .end = SF_END_EXITED, .duration_ns = 2000000000, .out = output("one\ntwo\n"), .err = output("")};
    world->outcome = (struct sf_outcome){.programs = world->exits};
    open_session(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    sf_session_free(world->session);
    sf_arena_free(world->arena);
    free(world);
    return 0;
}

static void judge(struct world *world)
{
    world->found = sf_verify(world->arena, &world->scenario, world->session, &world->outcome);
}

/* A second rule, which fired. */
static void add_rule(struct world *world)
{
    world->rules[1] = world->rules[0];
    world->rules[1].id = "second";
    world->scenario.rule_count = 2;
    sf_session_free(world->session);
    open_session(world);
}

static void expect_none(struct world *world)
{
    judge(world);
    if (world->found.count)
        fail_msg("found: %s", world->found.list[0].message);
}

static const struct sf_finding *expect_one(struct world *world, const char *what, unsigned line,
                                           const char *message)
{
    judge(world);
    if (world->found.count != 1)
        fail_msg("%zu findings, the first: %s", world->found.count,
                 world->found.count ? world->found.list[0].message : "none");
    assert_string_equal(world->found.list[0].what, what);
    assert_string_equal(world->found.list[0].message, message);
    assert_int_equal(world->found.list[0].place.line, line);
    return &world->found.list[0];
}

static void said_exit(struct world *world, int program, int code, const char *text)
{
    static int codes[1];
    codes[0] = code;
    world->expect[program].place = PLACE(20);
    world->expect[program].exit.place = PLACE(21);
    world->expect[program].exit.given = true;
    world->expect[program].exit.nonzero = code < 0;
    world->expect[program].exit.codes = codes;
    world->expect[program].exit.count = code < 0 ? 0 : 1;
    world->expect[program].exit.text = text;
}

static void said_signal(struct world *world, int program, int number)
{
    world->expect[program].place = PLACE(20);
    world->expect[program].signal.place = PLACE(22);
    world->expect[program].signal.given = true;
    world->expect[program].signal.number = number;
}

static void all_well_is_no_finding(void **state)
{
    expect_none(*state);
}

static void exit_of_a_program_must_be_0_by_default(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT].code = 56;
    const struct sf_finding *finding =
        expect_one(world, "client.exit", 6, "client exited with 56, expected 0");
    assert_string_equal(finding->want, "0");
    assert_string_equal(finding->got, "56");
}

static void last_line_of_stderr_explains_a_failure(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT].code = 56;
    world->exits[CLIENT].err = output("connecting\ncurl: (56) Recv failure\n\n");
    expect_one(world, "client.exit", 6, "client exited with 56, expected 0: curl: (56) Recv failure");
}

static void summary_of_a_sanitizer_explains_a_failure(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT].code = 1;
    world->exits[CLIENT].err =
        output("SUMMARY: nothing yet\nSUMMARY: AddressSanitizer: heap-use-after-free a.c:7 in f\n"
               "Shadow bytes around it:\n==7==ABORTING\n");
    expect_one(world, "client.exit", 6,
               "client exited with 1, expected 0: SUMMARY: AddressSanitizer: heap-use-after-free a.c:7 in f");
    world->exits[CLIENT].err = output("no SUMMARY: ThreadSanitizer: at a line's start\nbye\n");
    expect_one(world, "client.exit", 6, "client exited with 1, expected 0: bye");
}

static void long_last_line_is_left_to_the_tail(void **state)
{
    struct world *world = *state;
    static char line[202];
    memset(line, 'x', sizeof line - 2);
    struct sf_output whole = output(line);
    assert_int_equal(strlen(sf_word_last_words(world->arena, &whole, 200)), 200);
    memset(line, 'x', sizeof line - 1);
    world->exits[CLIENT].code = 1;
    world->exits[CLIENT].err = output(line);
    expect_one(world, "client.exit", 6, "client exited with 1, expected 0");
}

static void expected_exit_is_compared_and_has_its_own_line(void **state)
{
    struct world *world = *state;
    said_exit(world, CLIENT, 56, "56");
    expect_one(world, "client.exit", 21, "client exited with 0, expected 56");
    world->exits[CLIENT].code = 56;
    expect_none(world);
}

static void nonzero_exit_takes_any_status_but_no_signal(void **state)
{
    struct world *world = *state;
    said_exit(world, CLIENT, -1, "nonzero");
    expect_one(world, "client.exit", 21, "client exited with 0, expected nonzero");
    world->exits[CLIENT].code = 3;
    expect_none(world);
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_SIGNALED, .code = -1, .signal = SIGSEGV};
    expect_one(world, "client.exit", 21, "client was killed by SIGSEGV, expected exit nonzero");
}

static void death_by_signal_fails_by_default(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_SIGNALED, .code = -1, .signal = SIGABRT};
    const struct sf_finding *finding =
        expect_one(world, "client.exit", 6, "client was killed by SIGABRT, expected exit 0");
    assert_string_equal(finding->got, "SIGABRT");
}

static void expected_signal_is_compared_and_settles_the_end(void **state)
{
    struct world *world = *state;
    said_signal(world, CLIENT, SIGABRT);
    expect_one(world, "client.signal", 22, "client exited with 0, expected to be killed by SIGABRT");
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_SIGNALED, .code = -1, .signal = SIGABRT};
    expect_none(world);
    world->exits[CLIENT].signal = SIGSEGV;
    expect_one(world, "client.signal", 22, "client was killed by SIGSEGV, expected to be killed by SIGABRT");
}

static void expected_absence_of_a_signal_leaves_the_exit_at_0(void **state)
{
    struct world *world = *state;
    said_signal(world, CLIENT, 0);
    expect_none(world);
    world->exits[CLIENT].code = 4;
    expect_one(world, "client.exit", 6, "client exited with 4, expected 0");
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_SIGNALED, .code = -1, .signal = SIGSEGV};
    expect_one(world, "client.signal", 22, "client was killed by SIGSEGV, expected no signal");
}

static void program_that_cannot_start_is_the_only_finding(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_FAILED, .exec_errno = ENOENT};
    world->session->programs[CLIENT].loaded = 0;
    world->session->rules[0].fired = 0;
    expect_one(world, "client.start", 6, "client could not be started: prog: No such file or directory");
}

static void timeout_names_who_was_running_and_nothing_follows_from_it(void **state)
{
    struct world *world = *state;
    struct sf_text_item texts[] = {{PLACE(30), "three"}};
    world->outcome.timed_out = true;
    world->expect[CLIENT].out =
        (struct sf_text_expectation){.place = PLACE(29), .contains = texts, .contains_count = 1};
    world->exits[CLIENT] =
        (struct sf_exit){.end = SF_END_TIMEOUT, .code = -1, .signal = SIGKILL, .about = "waits in read(3)"};
    world->exits[SERVER] =
        (struct sf_exit){.end = SF_END_TIMEOUT, .code = -1, .signal = SIGKILL, .ready = true};
    const struct sf_finding *finding = expect_one(
        world, "timeout", 2, "timed out after 30s: client was still running; it waits in read(3)");
    assert_string_equal(finding->want, "<=30s");
    assert_string_equal(finding->got, "running: client");
}

static void timeout_with_services_alone_names_them(void **state)
{
    struct world *world = *state;
    world->outcome.timed_out = true;
    world->exits[SERVER] = (struct sf_exit){.end = SF_END_TIMEOUT, .code = -1, .signal = SIGKILL};
    expect_one(world, "timeout", 2, "timed out after 30s: server was still running");
}

static void service_that_ends_early_fails(void **state)
{
    struct world *world = *state;
    world->exits[SERVER] = (struct sf_exit){.end = SF_END_EXITED, .ready = true, .early = true};
    expect_one(world, "server.end", 3,
               "server exited with 0 before it was stopped; a service must keep running");
    said_exit(world, SERVER, 0, "0");
    expect_none(world);
}

static void service_may_end_with_0_or_by_its_stop_signal(void **state)
{
    struct world *world = *state;
    world->exits[SERVER].signal = 0;
    world->exits[SERVER].code = 0;
    expect_none(world);
    world->exits[SERVER].code = 128 + SIGTERM;
    expect_none(world);
    world->exits[SERVER].code = 1;
    expect_one(world, "server.exit", 3,
               "server exited with 1 when it was stopped with SIGTERM, expected 0 or 143");
    said_exit(world, SERVER, 1, "1");
    expect_none(world);
}

static void service_that_crashes_while_it_stops_fails(void **state)
{
    struct world *world = *state;
    world->exits[SERVER].signal = SIGSEGV;
    expect_one(world, "server.signal", 3, "server crashed while it stopped: it was killed by SIGSEGV");
}

static void service_that_must_be_killed_fails(void **state)
{
    struct world *world = *state;
    world->exits[SERVER].signal = SIGKILL;
    world->exits[SERVER].stop_killed = true;
    expect_one(world, "server.stop", 3, "server had to be killed: it did not end within 5s of SIGTERM");
}

static void service_that_is_never_ready_fails(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_NOT_STARTED};
    world->exits[SERVER] = (struct sf_exit){.end = SF_END_TIMEOUT, .code = -1, .signal = SIGKILL};
    expect_one(world, "server.ready", 4, "server was not ready within 10s: it did not listen on port 8080");
    world->exits[SERVER].ports[0] = 9090;
    world->exits[SERVER].port_count = 1;
    expect_one(world, "server.ready", 4,
               "server was not ready within 10s: it did not listen on port 8080 but on 9090");
    world->exits[SERVER].ports[1] = 9091;
    world->exits[SERVER].port_count = 2;
    const struct sf_finding *finding =
        expect_one(world, "server.ready", 4,
                   "server was not ready within 10s: it did not listen on port 8080 but on 9090, 9091");
    assert_string_equal(finding->got, "not ready");
    world->exits[SERVER] =
        (struct sf_exit){.end = SF_END_EXITED, .code = 1, .early = true, .err = output("port in use\n")};
    expect_one(world, "server.ready", 4, "server exited with 1 before it was ready: port in use");
}

static void cancelled_program_is_not_judged(void **state)
{
    struct world *world = *state;
    said_exit(world, CLIENT, 3, "3");
    world->session->rules[0].fired = 0;
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_STOPPED, .signal = SIGKILL, .cancelled = true};
    world->exits[SERVER] = (struct sf_exit){.end = SF_END_TIMEOUT, .code = -1, .signal = SIGKILL};
    expect_one(world, "server.ready", 4, "server was not ready within 10s: it did not listen on port 8080");
}

static void folder_that_is_missing_is_named(void **state)
{
    struct world *world = *state;
    world->programs[CLIENT].cwd = "/nowhere";
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_FAILED, .exec_errno = ENOENT, .cwd_failed = true};
    expect_one(world, "client.start", 6, "client could not be started: /nowhere: No such file or directory");
}

static void program_that_had_no_turn_is_found_when_nothing_else_is(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_NOT_STARTED};
    expect_one(world, "client.start", 6, "client was not started: the scenario ended before its turn");
}

static void duration_is_bounded_on_both_sides(void **state)
{
    struct world *world = *state;
    world->expect[CLIENT].duration = (struct sf_comparison){PLACE(25), "<2s", 0, 1999999999};
    expect_one(world, "client.duration", 25, "client ran for 2s, expected <2s");
    world->expect[CLIENT].duration.max = 2000000000;
    expect_none(world);
    world->expect[CLIENT].duration = (struct sf_comparison){PLACE(25), ">2s", 2000000001, UINT64_MAX};
    expect_one(world, "client.duration", 25, "client ran for 2s, expected >2s");
}

static void cpu_time_is_bounded(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT].cpu_ns = 1500000000;
    world->expect[CLIENT].cpu = (struct sf_comparison){PLACE(25), "<1s", 0, 999999999};
    expect_one(world, "client.cpu", 25, "client used the CPU for 1.5s, expected <1s");
    world->exits[CLIENT].cpu_ns = 999999999;
    expect_none(world);
}

static void calls_are_compared_by_family(void **state)
{
    struct world *world = *state;
    struct sf_comparison *calls = world->expect[CLIENT].calls;
    calls[SF_FAMILY_CONNECT] = (struct sf_comparison){PLACE(26), ">=2", 2, UINT64_MAX};
    calls[SF_FAMILY_SEND] = (struct sf_comparison){PLACE(27), "0", 0, 0};
    world->session->tallies[0].program = CLIENT;
    world->session->tallies[0].calls[SF_FAMILY_CONNECT] = 1;
    expect_one(world, "client.calls.connect", 26, "client made 1 connect call, expected >=2");
}

static void calls_of_a_program_without_the_shim_are_not_0(void **state)
{
    struct world *world = *state;
    world->expect[SERVER].calls[SF_FAMILY_CONNECT] = (struct sf_comparison){PLACE(26), "0", 0, 0};
    expect_none(world);
    world->session->programs[SERVER].loaded = 0;
    expect_one(world, "server.calls.connect", 26,
               "the connect calls of server were not counted: libsockfault.so was not loaded into prog");
}

/* No rule selects server. */
static void calls_beside_an_escaped_child_are_known_from_below_alone(void **state)
{
    struct world *world = *state;
    struct sf_comparison *connects = &world->expect[SERVER].calls[SF_FAMILY_CONNECT];
    world->session->execs[0] =
        (struct sf_exec){.state = SF_EXEC_PENDING, .pid = 5, .program = SERVER, .path = "./stat"};
    *connects = (struct sf_comparison){PLACE(26), "0", 0, 0};
    const struct sf_finding *finding =
        expect_one(world, "server.calls.connect", 26,
                   "the connect calls of server were not all counted: "
                   "it started ./stat (pid 5) without the shim");
    assert_string_equal(finding->got, "not all counted");
    *connects = (struct sf_comparison){PLACE(26), "<9", 0, 8};
    expect_one(world, "server.calls.connect", 26, finding->message);
    *connects = (struct sf_comparison){PLACE(26), ">=2", 2, UINT64_MAX};
    world->session->tallies[0].program = SERVER;
    world->session->tallies[0].calls[SF_FAMILY_CONNECT] = 1;
    expect_one(world, "server.calls.connect", 26, finding->message);
    world->session->tallies[0].calls[SF_FAMILY_CONNECT] = 2;
    expect_none(world);
    world->session->execs[0].program = CLIENT;
    world->rules[0].programs = 1u << SERVER;
    *connects = (struct sf_comparison){PLACE(26), "2", 2, 2};
    expect_none(world);
}

static void calls_are_unknown_where_the_shim_cannot_follow(void **state)
{
    struct world *world = *state;
    world->expect[SERVER].calls[SF_FAMILY_CONNECT] = (struct sf_comparison){PLACE(26), "0", 0, 0};
    world->session->programs[SERVER].escapes =
        SF_ESCAPE_SOCKETS | SF_ESCAPE_UNREAD | SF_ESCAPE_DIRECTORY | SF_ESCAPE_WATCHES;
    expect_none(world);
    world->session->programs[SERVER].escapes = SF_ESCAPE_IO_URING;
    expect_one(world, "server.calls.connect", 26,
               "the connect calls of server were not all counted: it uses io_uring, whose calls nobody sees");
    world->session->programs[SERVER].escapes = SF_ESCAPE_EXECS;
    expect_one(world, "server.calls.connect", 26,
               "the connect calls of server were not all counted: "
               "it started more programs at once than can be followed");
}

static void reads_and_sends_of_stdio_are_unknown_each_by_itself(void **state)
{
    struct world *world = *state;
    struct sf_program_expectation *expect = &world->expect[CLIENT];
    world->session->programs[CLIENT].escapes = SF_ESCAPE_UNSEEN_READS;
    expect->calls[SF_FAMILY_CONNECT] = (struct sf_comparison){PLACE(26), "0", 0, 0};
    expect->calls[SF_FAMILY_SEND] = (struct sf_comparison){PLACE(27), "0", 0, 0};
    expect->leaked_sockets = (struct sf_comparison){PLACE(28), "0", 0, 0};
    expect_none(world);
    world->session->programs[CLIENT].escapes = SF_ESCAPE_UNSEEN_SENDS;
    expect_one(world, "client.calls.send", 27,
               "the send calls of client were not all counted: "
               "it uses stdio on a socket, whose reads and writes nobody sees");
    expect->calls[SF_FAMILY_SEND] = (struct sf_comparison){0};
    expect->calls[SF_FAMILY_RECV] = (struct sf_comparison){PLACE(29), "0", 0, 0};
    expect_none(world);
    world->session->programs[CLIENT].escapes = SF_ESCAPE_UNSEEN_READS;
    expect_one(world, "client.calls.recv", 29,
               "the recv calls of client were not all counted: "
               "it uses stdio on a socket, whose reads and writes nobody sees");
}

static void leaks_beside_an_escaped_child_are_known_from_below_alone(void **state)
{
    struct world *world = *state;
    struct sf_comparison *leaked = &world->expect[CLIENT].leaked_sockets;
    world->rules[0].programs = 1u << SERVER;
    world->session->execs[0] =
        (struct sf_exec){.state = SF_EXEC_PENDING, .pid = 5, .program = CLIENT, .path = "./stat"};
    world->session->execs[1] = world->session->execs[0];
    *leaked = (struct sf_comparison){PLACE(26), "0", 0, 0};
    expect_one(world, "client.leaked_sockets", 26,
               "the leaked sockets of client were not all counted: "
               "it started ./stat (pid 5) and 1 more without the shim");
    world->session->programs[CLIENT].leaks.count = 1;
    *leaked = (struct sf_comparison){PLACE(26), ">=1", 1, UINT64_MAX};
    expect_none(world);
}

/* It is looked at from outside. */
static void leaks_of_a_stopped_service_are_known_whatever_it_started(void **state)
{
    struct world *world = *state;
    world->expect[SERVER].leaked_sockets = (struct sf_comparison){PLACE(26), "0", 0, 0};
    world->exits[SERVER].held_counted = true;
    world->session->execs[0] =
        (struct sf_exec){.state = SF_EXEC_PENDING, .pid = 5, .program = SERVER, .path = "./stat"};
    expect_none(world);
}

static void leaks_are_told_with_the_first_of_them(void **state)
{
    struct world *world = *state;
    struct sf_leaks *leaks = &world->session->programs[CLIENT].leaks;
    world->expect[CLIENT].leaked_sockets = (struct sf_comparison){PLACE(26), "<=1", 0, 1};
    leaks->count = 1;
    expect_none(world);
    leaks->count = 6;
    expect_one(world, "client.leaked_sockets", 26, "client leaked 6 sockets, expected <=1");
    leaks->named = 0xd; /* the process that wrote the second was killed meanwhile */
    leaks->list[0].local =
        (struct sf_addr){.domain = SF_DOMAIN_INET, .port = 4000, .ip = {[12] = 127, [15] = 1}};
    leaks->list[0].peer = (struct sf_addr){.domain = SF_DOMAIN_INET6, .port = 80, .ip = {[15] = 1}};
    leaks->list[2].peer = (struct sf_addr){.domain = SF_DOMAIN_UNIX, .path_len = 4, .path = "/run/x"};
    leaks->list[3].local = (struct sf_addr){.domain = SF_DOMAIN_INET};
    expect_one(world, "client.leaked_sockets", 26,
               "client leaked 6 sockets, expected <=1: 127.0.0.1:4000 to [::1]:80, one to unix:/run, one "
               "without an address, and 3 more");
}

static void leaks_that_nobody_counted_are_not_0(void **state)
{
    struct world *world = *state;
    world->expect[CLIENT].leaked_sockets = (struct sf_comparison){PLACE(26), "0", 0, 0};
    world->session->programs[CLIENT].loaded = 0;
    world->rules[0].programs = 1u << SERVER;
    expect_one(world, "client.leaked_sockets", 26,
               "the leaked sockets of client were not counted: libsockfault.so was not loaded into prog");
}

static void service_leaks_what_it_held_on_to(void **state)
{
    struct world *world = *state;
    world->expect[SERVER].leaked_sockets = (struct sf_comparison){PLACE(26), "0", 0, 0};
    world->session->programs[SERVER].leaks.count = 5; /* what it had open when it was stopped */
    world->exits[SERVER].held_counted = true;
    expect_none(world);
    world->exits[SERVER].held.count = 1;
    expect_one(world, "server.leaked_sockets", 26, "server leaked 1 socket, expected 0");
    world->exits[SERVER].held_hidden = 77;
    expect_one(world, "server.leaked_sockets", 26,
               "the leaked sockets of server were not counted: the descriptors of its process 77 may not be "
               "read");
    world->exits[SERVER].held_error = EPERM;
    expect_one(world, "server.leaked_sockets", 26,
               "the leaked sockets of server were not counted: whether a closed socket of its process 77 was a "
               "connection cannot be seen, as pidfd_getfd gives: Operation not permitted (CAP_SYS_PTRACE lets a "
               "container use it)");
    world->exits[SERVER].held_counted = false;
    world->exits[SERVER].held_hidden = 0;
    expect_one(world, "server.leaked_sockets", 26,
               "the leaked sockets of server were not counted: it was not looked at before it was stopped");
}

static void service_that_ends_by_itself_leaks_like_any_program(void **state)
{
    struct world *world = *state;
    world->exits[SERVER].end = SF_END_EXITED;
    world->exits[SERVER].early = true;
    world->exits[SERVER].signal = 0;
    world->exits[SERVER].code = 3;
    said_exit(world, SERVER, 3, "3");
    world->expect[SERVER].leaked_sockets = (struct sf_comparison){PLACE(26), "0", 0, 0};
    expect_none(world);
    world->session->programs[SERVER].leaks.count = 1;
    expect_one(world, "server.leaked_sockets", 26, "server leaked 1 socket, expected 0");
}

static struct sf_warnings warnings;

static struct sf_warning *warn(struct world *world, enum sf_habit habit)
{
    if (!world->outcome.warnings)
        warnings.count = warnings.more = 0;
    world->outcome.warnings = &warnings;
    struct sf_warning *warning = &warnings.list[warnings.count++];
    *warning = (struct sf_warning){.habit = habit,
                                   .times = 1,
                                   .program = CLIENT,
                                   .call = SF_CALL_recv,
                                   .then_call = SF_CALL_close,
                                   .rule = SF_NO_RULE,
                                   .fd = 3,
                                   .peer = {.domain = SF_DOMAIN_INET, .port = 80, .ip = {[12] = 127, 0, 0, 1}},
                                   .count = 1,
                                   .site = "greet (greet.c:27)"};
    return warning;
}

static void expect_clean(struct world *world)
{
    world->expect[CLIENT].hygiene.place = PLACE(40);
    world->expect[CLIENT].hygiene.given = true;
    world->expect[CLIENT].hygiene.text = "clean";
}

static void a_warning_of_hygiene_names_call_peer_and_place(void **state)
{
    struct world *world = *state;
    struct sf_warning *warning = warn(world, SF_HABIT_READ_AS_MESSAGE);
    expect_none(world);
    expect_clean(world);
    warning->rule = 0;
    const struct sf_finding *finding = expect_one(
        world, "client.hygiene", 40,
        "client: read-as-message: recv(3) brought 1 byte from 127.0.0.1:80 and left more to be read, and the program went on "
        "with close, under rule one-byte, in greet (greet.c:27)");
    assert_string_equal(finding->want, "clean");
    assert_string_equal(finding->got, "read-as-message");
    world->expect[CLIENT].hygiene.allowed = 1u << SF_HABIT_READ_AS_MESSAGE;
    expect_none(world);
    warning->program = SERVER;
    world->expect[CLIENT].hygiene.allowed = 0;
    expect_none(world);
}

static void hygiene_that_was_not_seen_whole_is_not_clean(void **state)
{
    struct world *world = *state;
    expect_clean(world);
    expect_one(world, "client.hygiene", 40,
               "the habits of client were not all seen: its calls were not traced");
    warn(world, SF_HABIT_READ_AS_MESSAGE)->program = SERVER;
    expect_none(world);
    warnings.more = 1;
    expect_one(world, "client.hygiene", 40,
               "the habits of client were not all seen: there were more warnings than can be kept");
    world->outcome.untraced = 7;
    expect_one(world, "client.hygiene", 40,
               "the habits of client were not all seen: the trace lacks 7 calls");
    world->outcome.untraced = warnings.more = 0;
    world->session->programs[CLIENT].escapes = SF_ESCAPE_RING;
    expect_one(world, "client.hygiene", 40,
               "the habits of client were not all seen: it uses io_uring, whose calls nobody sees");
}

static void a_suspicion_of_sigpipe_holds_where_that_killed(void **state)
{
    struct world *world = *state;
    warn(world, SF_HABIT_SIGPIPE)->call = SF_CALL_send;
    expect_clean(world);
    expect_none(world);
    world->exits[CLIENT].end = SF_END_SIGNALED;
    world->exits[CLIENT].signal = SIGPIPE;
    world->expect[CLIENT].signal.given = true;
    world->expect[CLIENT].signal.number = SIGPIPE;
    expect_one(world, "client.hygiene", 40,
               "client: sigpipe: send(3) to 127.0.0.1:80, which had closed, killed the program by SIGPIPE, in "
               "greet (greet.c:27)");
}

static void a_wait_lasts_until_its_program_ends(void **state)
{
    struct world *world = *state;
    struct sf_warning *warning = warn(world, SF_HABIT_NO_TIMEOUT);
    expect_clean(world);
    world->session->programs[CLIENT].start_ns = 5000000000;
    warning->count = 0;
    warning->of = 6000000001; /* the client runs for 2 s */
    expect_none(world);
    warning->of = 5000000001;
    warning->gone_ns = 6400000000;
    expect_none(world);
    warning->gone_ns = 6900000000; /* with the program */
    warning->of = 6000000000;
    expect_one(world, "client.hygiene", 40,
               "client: no-timeout: recv(3) waited 1s for 127.0.0.1:80, which was silent, and has no time-out, "
               "in greet (greet.c:27)");
}

static void suspected_leaks_are_told_by_the_kernels_count(void **state)
{
    struct world *world = *state;
    struct sf_leaks *leaks = &world->session->programs[CLIENT].leaks;
    expect_clean(world);
    warn(world, SF_HABIT_UNCLOSED)->peer.port = 81;
    struct sf_warning *after = warn(world, SF_HABIT_UNCLOSED_AFTER_FAULT);
    after->error = ECONNRESET;
    after->call = SF_CALL_socket;
    after->fd = -1;
    after->then_call = SF_CALL_recv;
    after->is_due = true;
    expect_none(world);
    leaks->count = 1;
    leaks->named = 1;
    leaks->list[0].peer = after->peer;
    expect_one(world, "client.hygiene", 40,
               "client: unclosed-after-fault: the connection to 127.0.0.1:80 was never closed after recv had "
               "failed with ECONNRESET, in greet (greet.c:27)");
    leaks->count = 2; /* the other was in use */
    expect_one(world, "client.hygiene", 40,
               "client: unclosed-after-fault: the connection to 127.0.0.1:80 was never closed after recv had "
               "failed with ECONNRESET, in greet (greet.c:27)");
    warnings.list[0].is_due = true;
    judge(world);
    assert_int_equal(world->found.count, 2);
    assert_string_equal(world->found.list[1].message,
                        "client: unclosed: the connection to 127.0.0.1:81 (descriptor 3) was never closed, in greet "
                        "(greet.c:27)");
    warnings.count = 0; /* the trace knows nothing of it */
    expect_none(world);
}

static void what_a_stopped_service_holds_on_to_was_due(void **state)
{
    struct world *world = *state;
    world->programs[SERVER].ready.kind = SF_READY_PORT;
    world->exits[SERVER].held_counted = true;
    world->exits[SERVER].held.count = world->exits[SERVER].held.named = 1;
    world->exits[SERVER].held.list[0].peer = (struct sf_addr){.domain = SF_DOMAIN_INET, .port = 99};
    warn(world, SF_HABIT_TINY_READS);
    world->expect[SERVER].hygiene.place = PLACE(40);
    world->expect[SERVER].hygiene.given = true;
    world->expect[SERVER].hygiene.text = "clean";
    expect_one(world, "server.hygiene", 40, "server: unclosed: the connection to 0.0.0.0:99 was never closed");
}

static void many_warnings_are_cut(void **state)
{
    struct world *world = *state;
    expect_clean(world);
    for (uint64_t i = 0; i < 12; i++)
        warn(world, SF_HABIT_TINY_READS)->return_address = i;
    warn(world, SF_HABIT_TINY_READS)->return_address = 11;
    judge(world);
    assert_int_equal(world->found.count, 11);
    assert_string_equal(world->found.list[10].message, "client: and 2 more warnings");
}

static void text_that_is_missing_is_shown_with_the_output(void **state)
{
    struct world *world = *state;
    struct sf_text_expectation *out = &world->expect[CLIENT].out;
    struct sf_text_item texts[] = {{PLACE(30), "two"}, {PLACE(31), "three"}};
    out->place = PLACE(29);
    out->contains = texts;
    out->contains_count = 2;
    const struct sf_finding *finding =
        expect_one(world, "client.stdout.contains", 31,
                   "stdout of client does not contain \"three\": it is \"one\\ntwo\\n\"");
    assert_string_equal(finding->want, "\"three\"");
    assert_string_equal(finding->got, "\"one\\ntwo\\n\"");
    world->exits[CLIENT].out = output("");
    judge(world);
    assert_int_equal(world->found.count, 2);
    assert_string_equal(world->found.list[0].message,
                        "stdout of client does not contain \"two\": it is empty");
}

static void text_that_must_not_be_there_is_shown_in_its_context(void **state)
{
    struct world *world = *state;
    struct sf_text_expectation *err = &world->expect[CLIENT].err;
    struct sf_text_item texts[] = {{PLACE(33), "panic"}};
    err->place = PLACE(32);
    err->not_contains = texts;
    err->not_contains_count = 1;
    expect_none(world);
    world->exits[CLIENT].err = output("a\x01 panic: x");
    expect_one(world, "client.stderr.not_contains", 33,
               "stderr of client contains \"panic\", which it must not: \"a\\x01 panic: x\"");
}

static void unequal_output_is_shown_from_where_it_differs(void **state)
{
    struct world *world = *state;
    struct sf_text_expectation *out = &world->expect[CLIENT].out;
    out->place = PLACE(29);
    out->equals.place = PLACE(30);
    out->equals.text = "one\ntwo\n";
    expect_none(world);
    out->equals.text = "one\ntwin\n";
    expect_one(
        world, "client.stdout.equals", 30,
        "stdout of client differs in line 2 (byte 7): it is \"one\\ntwo\\n\", expected \"one\\ntwin\\n\"");
    out->equals.text = "one\ntwo\nthree";
    expect_one(world, "client.stdout.equals", 30,
               "stdout of client differs in line 3 (byte 9): it is \"one\\ntwo\\n\", expected "
               "\"one\\ntwo\\nthree\"");
    out->equals.text = "";
    expect_one(world, "client.stdout.equals", 30,
               "stdout of client differs in line 1 (byte 1): it is \"one\\ntwo\\n\", expected \"\"");
}

static void output_is_compared_with_a_file(void **state)
{
    struct world *world = *state;
    struct sf_text_expectation *out = &world->expect[CLIENT].out;
    char path[] = "/tmp/sockfault-verify-XXXXXX", message[200];
    int fd = mkstemp(path);
    out->place = out->equals_file.place = PLACE(30);
    out->equals_file.text = path;
    assert_int_equal(write(fd, "one\ntwo\n", 8), 8);
    expect_none(world);
    assert_int_equal(write(fd, "\0", 1), 1);
    expect_one(world, "client.stdout.equals_file", 30,
               "stdout of client differs in line 3 (byte 9): it is \"one\\ntwo\\n\", expected "
               "\"one\\ntwo\\n\\x00\"");
    close(fd);
    unlink(path);
    snprintf(message, sizeof message, "stdout of client cannot be compared with %s: %s", path,
             "No such file or directory");
    expect_one(world, "client.stdout.equals_file", 30, message);
}

static void output_must_match_a_pattern(void **state)
{
    struct world *world = *state;
    struct sf_text_expectation *out = &world->expect[CLIENT].out;
    out->place = out->matches.place = PLACE(30);
    out->matches.text = "(?m)^tw";
    expect_none(world);
    out->matches.text = "^tw";
    expect_one(world, "client.stdout.matches", 30,
               "stdout of client does not match \"^tw\": it is \"one\\ntwo\\n\"");
    out->matches.text = "(a+)+$";
    world->exits[CLIENT].out = output("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
    expect_one(world, "client.stdout.matches", 30,
               "stdout of client could not be searched for \"(a+)+$\", which backtracks too much: "
               "it is \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"");
}

static void emptiness_is_judged_both_ways(void **state)
{
    struct world *world = *state;
    struct sf_text_expectation *out = &world->expect[CLIENT].out;
    out->place = out->empty.place = PLACE(30);
    out->empty.given = out->empty.value = true;
    expect_one(world, "client.stdout.empty", 30, "stdout of client is not empty: it is \"one\\ntwo\\n\"");
    out->empty.value = false;
    expect_none(world);
    world->exits[CLIENT].out = output("");
    expect_one(world, "client.stdout.empty", 30, "stdout of client is empty, expected some output");
}

static void rule_that_never_fired_says_that_no_call_was_made(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    const struct sf_finding *finding =
        expect_one(world, "faults.one-byte", 9,
                   "rule one-byte (partial: 1) never fired: client made no recv call on a socket");
    assert_string_equal(finding->want, ">=1");
    assert_string_equal(finding->got, "0");
}

static void rule_that_never_fired_counts_the_calls_that_it_passed_over(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    world->session->tallies[SERVER].calls[SF_FAMILY_RECV] = 99;
    world->session->tallies[CLIENT].calls[SF_FAMILY_RECV] = 3;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: client made 3 recv calls, none of which its call "
               "selects");
}

static void rule_whose_site_is_nowhere_says_so(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    world->rules[0].site = "poll_per";
    world->session->tallies[CLIENT].calls[SF_FAMILY_RECV] = 3;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: no function poll_per in client or its libraries "
               "(stripped, or inlined?)");
    world->session->rules[0].has_site = 1;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: client made 3 recv calls, none of which its call "
               "and site select");
}

static void rule_that_selected_calls_says_what_else_kept_it_from_them(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    world->session->rules[0].selected = 4;
    world->session->tallies[CLIENT].calls[SF_FAMILY_RECV] = 9;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: it selected 4 calls but changed none: they moved no "
               "more than its limit");
    world->session->rules[0].selected = 1;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: it selected 1 call but did not change it: it moved "
               "no more than its limit");
}

static void rule_of_a_call_that_was_under_way_says_so(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    world->session->rules[0].selected = world->session->rules[0].taken = 1;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: 1 call that it was to change had not returned when "
               "the program ended");
}

static void rule_beside_another_may_have_had_no_turn(void **state)
{
    struct world *world = *state;
    add_rule(world);
    world->session->rules[0].fired = 0;
    world->session->rules[0].selected = 4;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: it selected 4 calls but changed none: they moved no "
               "more than its limit, or another rule acted instead");
    world->rules[0].fault = SF_FAULT_ERROR;
    world->rules[0].fault_text = "error: EPIPE";
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (error: EPIPE) never fired: it selected 4 calls but changed none: another rule "
               "acted instead");
    world->rules[0].fault = SF_FAULT_INTERRUPT;
    world->rules[0].fault_text = "interrupt: true";
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (interrupt: true) never fired: it selected 4 calls but changed none: another "
               "rule acted instead, or had interrupted the call before");
}

static void rule_that_changed_nothing_says_what_the_call_had_to_do_with_it(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    world->session->rules[0].selected = 1;
    world->rules[0].fault = SF_FAULT_CORRUPT;
    world->rules[0].fault_text = "corrupt: 8";
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (corrupt: 8) never fired: it selected 1 call but did not change it: it moved "
               "nothing");
    world->rules[0].fault = SF_FAULT_RESET;
    world->rules[0].fault_text = "reset: true";
    world->rules[0].families = 1u << SF_FAMILY_CONNECT;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (reset: true) never fired: it selected 1 call but did not change it: no "
               "connection came about");
    world->rules[0].families = 1u << SF_FAMILY_RECV;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (reset: true) never fired: it selected 1 call but did not change it: the program "
               "ended before that");
}

static void rule_that_was_refused_says_why(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    world->session->rules[0].illegal = 12;
    world->session->rules[0].illegal_reason = SF_ILLEGAL_NO_HANDLER;
    judge(world);
    assert_int_equal(world->found.count, 1);
    assert_non_null(
        strstr(world->found.list[0].message, "rule one-byte (partial: 1) never fired: 12 calls refused: "));
    assert_non_null(strstr(world->found.list[0].message, sf_illegal_text(SF_ILLEGAL_NO_HANDLER)));
}

static void calls_that_are_not_on_a_socket_are_not_called_so(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    static const unsigned families[] = {SF_FAMILY_RESOLVE, SF_FAMILY_POLL, SF_FAMILY_SOCKET};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        world->rules[0].families = 1u << families[i];
        char message[100];
        snprintf(message, sizeof message, "rule one-byte (partial: 1) never fired: client made no %s call",
                 sf_family_names[families[i]]);
        expect_one(world, "faults.one-byte", 9, message);
    }
}

static void idle_rule_of_all_programs_tells_of_none(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    world->rules[0].programs = UINT64_MAX;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: no program made a recv call on a socket");
    world->rules[0].families = 1u << SF_FAMILY_ACCEPT;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: no program made an accept call on a socket");
    world->session->tallies[SERVER].calls[SF_FAMILY_ACCEPT] = 2;
    sf_call_set_add(&world->rules[0].calls, SF_CALL_accept);
    sf_call_set_add(&world->rules[0].calls, SF_CALL_accept4);
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: the programs made 2 accept calls, "
               "none of which it selects");
    static struct sf_pattern peer = {.kind = SF_PATTERN_ANY, .text = "*"};
    world->rules[0].peers = &peer;
    world->rules[0].peer_count = 1;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: the programs made 2 accept calls, "
               "none of which its peer selects");
    world->rules[0].nth_first = world->rules[0].nth_last = 7;
    world->rules[0].roles = SF_ROLE_CLIENT;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: the programs made 2 accept calls, "
               "none of which its peer, role and nth select");
}

static void rule_without_a_name_is_told_by_its_number(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    world->rules[0].id = "rule-3";
    expect_one(world, "faults.rule-3", 9,
               "rule 3 (partial: 1) never fired: client made no recv call on a socket");
}

static void optional_rule_may_stay_idle(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    world->rules[0].optional = true;
    expect_none(world);
}

static void expected_count_of_a_rule_is_compared(void **state)
{
    struct world *world = *state;
    world->rule_expect[0] = (struct sf_comparison){PLACE(40), ">=10", 10, UINT64_MAX};
    expect_one(world, "faults.one-byte", 40, "rule one-byte (partial: 1) fired 5 times, expected >=10");
    world->rule_expect[0] = (struct sf_comparison){PLACE(40), "5", 5, 5};
    expect_none(world);
    world->rule_expect[0] = (struct sf_comparison){PLACE(40), "0", 0, 0};
    expect_one(world, "faults.one-byte", 40, "rule one-byte (partial: 1) fired 5 times, expected 0");
    world->session->rules[0].fired = 0;
    expect_none(world);
}

static void program_without_the_shim_fails_only_where_rules_select_it(void **state)
{
    struct world *world = *state;
    world->session->programs[SERVER].loaded = 0;
    expect_none(world);
    world->session->programs[CLIENT].loaded = 0;
    expect_one(world, "client.loaded", 6,
               "client ran without the shim, so no rule could reach it: "
               "libsockfault.so was not loaded into prog");
    world->programs[CLIENT].wrap = false;
    expect_none(world);
}

static void escaped_child_fails_only_where_rules_select_its_program(void **state)
{
    struct world *world = *state;
    world->session->execs[0] =
        (struct sf_exec){.state = SF_EXEC_PENDING, .pid = 5, .program = SERVER, .path = "/bin/static"};
    expect_none(world);
    world->session->execs[0].program = CLIENT;
    expect_one(world, "client.escaped", 6,
               "client started /bin/static (pid 5) without the shim: no rule could reach it");
    world->session->execs[1] = world->session->execs[0];
    expect_one(world, "client.escaped", 6,
               "client started /bin/static (pid 5) and 1 more without the shim: no rule could reach them");
}

/* A name that no path holds: it alone tells whether the rule means it. */
static void escaped_child_that_exe_leaves_out_fails_nothing(void **state)
{
    struct world *world = *state;
    static struct sf_pattern exe = {.kind = SF_PATTERN_EXE, .glob = "curl"};
    world->rules[0].exes = &exe;
    world->rules[0].exe_count = 1;
    world->session->execs[0] =
        (struct sf_exec){.state = SF_EXEC_PENDING, .pid = 5, .program = CLIENT, .path = "/gone/static"};
    world->session->programs[CLIENT].escapes = SF_ESCAPE_RING;
    expect_none(world);
    world->session->execs[1] =
        (struct sf_exec){.state = SF_EXEC_PENDING, .pid = 6, .program = CLIENT, .path = "/gone/curl"};
    expect_one(world, "client.escaped", 6,
               "client started /gone/curl (pid 6) without the shim: no rule could reach it");
    world->session->execs[1].state = SF_EXEC_FREE;
    world->expect[CLIENT].calls[SF_FAMILY_RECV] = (struct sf_comparison){PLACE(26), "0", 0, 0};
    expect_one(world, "client.calls.recv", 26,
               "the recv calls of client were not all counted: "
               "it started /gone/static (pid 5) without the shim");
    world->session->execs[0].state = SF_EXEC_FREE;
    expect_one(world, "client.calls.recv", 26,
               "the recv calls of client were not all counted: it uses io_uring, whose calls nobody sees");
}

static void rule_whose_executable_escaped_all_others_never_fired(void **state)
{
    struct world *world = *state;
    static struct sf_pattern exe = {.kind = SF_PATTERN_EXE, .glob = "curl"};
    world->rules[0].exes = &exe;
    world->rules[0].exe_count = 1;
    world->session->rules[0].fired = 0;
    world->session->programs[CLIENT].loaded = 0;
    expect_one(world, "faults.one-byte", 9,
               "rule one-byte (partial: 1) never fired: client made no recv call on a socket, "
               "but not all calls of client were seen: libsockfault.so was not loaded into prog");
    world->rules[0].optional = true;
    expect_none(world);
    exe.glob = "prog";
    expect_one(world, "client.loaded", 6,
               "client ran without the shim, so no rule could reach it: "
               "libsockfault.so was not loaded into prog");
}

static void io_uring_is_reported(void **state)
{
    struct world *world = *state;
    world->session->programs[CLIENT].escapes = SF_ESCAPE_IO_URING;
    expect_one(world, "client.escaped", 6, "client uses io_uring, which no rule can reach");
}

static void filter_that_kills_is_reported_unless_it_is_meant_to(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_SIGNALED, .code = -1, .signal = SIGSYS};
    said_signal(world, CLIENT, SIGSYS);
    expect_none(world);
    said_signal(world, CLIENT, 0);
    world->found = sf_verify_run(world->arena, &world->scenario, world->session, &world->outcome);
    assert_int_equal(world->found.count, 1);
    assert_string_equal(
        world->found.list[0].message,
        "client was ended by SIGSYS, as for a system call that its seccomp filter forbids, perhaps one of the "
        "shim's");
}

/* The shim makes system calls of its own where there is no rule, too. */
static void filter_that_kills_is_reported_without_a_rule(void **state)
{
    struct world *world = *state;
    world->exits[SERVER] = (struct sf_exit){.end = SF_END_SIGNALED, .code = -1, .signal = SIGSYS};
    world->found = sf_verify_run(world->arena, &world->scenario, world->session, &world->outcome);
    assert_int_equal(world->found.count, 1);
    assert_string_equal(world->found.list[0].what, "server.sandbox");
    world->session->programs[SERVER].loaded = 0;
    world->found = sf_verify_run(world->arena, &world->scenario, world->session, &world->outcome);
    assert_int_equal(world->found.count, 0);
}

static void stdio_on_a_socket_is_reported(void **state)
{
    struct world *world = *state;
    world->session->programs[CLIENT].escapes = SF_ESCAPE_STREAM;
    expect_one(world, "client.escaped", 6,
               "client uses stdio on a socket (fdopen): no rule can reach what libc reads and writes there");
    world->session->programs[CLIENT].escapes = SF_ESCAPE_PRINT;
    expect_one(world, "client.escaped", 6,
               "client uses stdio on a socket (dprintf): no rule can reach what libc writes there");
    world->session->programs[CLIENT].escapes = SF_ESCAPE_FCLOSE;
    expect_one(world, "client.escaped", 6,
               "client closes a socket by stdio (fclose): no rule on close acts there");
    world->session->programs[CLIENT].escapes = SF_ESCAPE_UNSEEN_READS | SF_ESCAPE_UNSEEN_SENDS;
    expect_none(world);
}

static void too_many_addresses_are_reported(void **state)
{
    struct world *world = *state;
    world->session->programs[CLIENT].escapes = SF_ESCAPE_DIRECTORY;
    expect_one(world, "client.escaped", 6,
               "client had more addresses, its own and those of names, than can be followed: "
               "rules that name peers may have missed some");
}

static void too_many_registrations_are_reported(void **state)
{
    struct world *world = *state;
    world->session->programs[CLIENT].escapes = SF_ESCAPE_WATCHES;
    expect_one(world, "client.escaped", 6,
               "client had more edge-triggered registrations at once than can be followed: "
               "after a fault some may have waited for an edge that never came");
}

/* The rule selects client alone. */
static void peer_without_the_shim_fails(void **state)
{
    struct world *world = *state;
    static struct sf_pattern peer = {.kind = SF_PATTERN_PROGRAM, .text = "server", .program = SERVER};
    world->rules[0].peers = &peer;
    world->rules[0].peer_count = 1;
    world->session->programs[SERVER].loaded = 0;
    expect_none(world); /* where it listens is known by its port */
    world->programs[SERVER].ready.kind = SF_READY_OUTPUT;
    expect_one(world, "server.loaded", 3,
               "server ran without the shim, so nobody learnt its addresses: "
               "libsockfault.so was not loaded into prog");
    world->session->programs[SERVER].loaded = 1;
    world->session->execs[7] =
        (struct sf_exec){.state = SF_EXEC_PENDING, .pid = 7, .program = SERVER, .path = "/bin/go"};
    expect_one(world, "server.escaped", 3,
               "server started /bin/go (pid 7) without the shim: nobody learnt its addresses");
    world->programs[SERVER].wrap = false;
    expect_none(world);
}

static void findings_come_by_line(void **state)
{
    struct world *world = *state;
    world->session->rules[0].fired = 0;
    said_exit(world, CLIENT, 1, "1");
    world->exits[SERVER].signal = SIGSEGV;
    judge(world);
    assert_int_equal(world->found.count, 3);
    assert_string_equal(world->found.list[0].what, "server.signal");
    assert_string_equal(world->found.list[1].what, "faults.one-byte");
    assert_string_equal(world->found.list[2].what, "client.exit");
}

static void run_expects_nothing_of_how_its_program_ends(void **state)
{
    struct world *world = *state;
    world->exits[CLIENT].code = 3;
    world->found = sf_verify_run(world->arena, &world->scenario, world->session, &world->outcome);
    assert_int_equal(world->found.count, 0);
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_SIGNALED, .code = -1, .signal = SIGSEGV};
    world->found = sf_verify_run(world->arena, &world->scenario, world->session, &world->outcome);
    assert_int_equal(world->found.count, 0);
}

static void run_finds_what_makes_it_mean_less(void **state)
{
    struct world *world = *state;
    world->outcome.timed_out = true;
    world->exits[CLIENT] = (struct sf_exit){.end = SF_END_TIMEOUT, .code = -1, .signal = SIGKILL};
    world->session->programs[CLIENT].escapes = SF_ESCAPE_IO_URING;
    world->session->rules[0].fired = 0;
    world->found = sf_verify_run(world->arena, &world->scenario, world->session, &world->outcome);
    assert_int_equal(world->found.count, 3);
    assert_string_equal(world->found.list[0].what, "timeout");
    assert_string_equal(world->found.list[1].what, "client.escaped");
    assert_string_equal(world->found.list[2].what, "faults.one-byte");
}

static void excerpt_is_bounded_and_escaped(void **state)
{
    struct world *world = *state;
    assert_string_equal(sf_word_excerpt(world->arena, "abcdef", 6, 0, 3), "\"abc\"...");
    assert_string_equal(sf_word_excerpt(world->arena, "abcdef", 6, 3, 3), "...\"def\"");
    assert_string_equal(sf_word_excerpt(world->arena, "abcdef", 6, 0, 6), "\"abcdef\"");
    assert_string_equal(sf_word_excerpt(world->arena, NULL, 0, 0, 3), "\"\"");
    assert_string_equal(sf_word_excerpt(world->arena, "\xc2\xa0\xc2\x9b", 4, 0, 9), "\"\xc2\xa0\\xc2\\x9b\"");
    assert_string_equal(sf_word_excerpt(world->arena, "\xc3\xa4\x1b\"\\\xff\0", 7, 0, 9),
                        "\"\xc3\xa4\\x1b\\\"\\\\\\xff\\x00\"");
    /* Starts on a whole character. */
    assert_string_equal(sf_word_excerpt(world->arena, "a\xc3\xa4z", 4, 2, 9), "...\"\xc3\xa4z\"");
}

static void durations_and_signals_read_well(void **state)
{
    struct world *world = *state;
    assert_string_equal(sf_word_duration(world->arena, 0), "0ns");
    assert_string_equal(sf_word_duration(world->arena, 250000), "250us");
    assert_string_equal(sf_word_duration(world->arena, 999900), "1ms");
    assert_string_equal(sf_word_duration(world->arena, 1234567890), "1.23s");
    assert_string_equal(sf_word_duration(world->arena, UINT64_C(90000000000)), "1m30s");
    assert_string_equal(sf_word_duration(world->arena, UINT64_C(120000000000)), "2m");
    assert_string_equal(sf_word_signal(world->arena, SIGSEGV), "SIGSEGV");
    assert_string_equal(sf_word_signal(world->arena, SIGRTMIN + 2), "SIGRTMIN+2");
    assert_string_equal(sf_word_signal(world->arena, 99), "signal 99");
}

static void utf8_is_told_from_what_only_looks_like_it(void **state)
{
    (void)state;
    assert_int_equal(sf_utf8_length("a", 1), 1);
    assert_int_equal(sf_utf8_length("\xf0\x9f\x98\x80", 4), 4);
    assert_int_equal(sf_utf8_length("\xf0\x9f\x98\x80", 3), 0);
    assert_int_equal(sf_utf8_length("\xc0\x80", 2), 0);         /* overlong */
    assert_int_equal(sf_utf8_length("\xe0\x9f\xbf", 3), 0);     /* overlong */
    assert_int_equal(sf_utf8_length("\xed\xa0\x80", 3), 0);     /* surrogate */
    assert_int_equal(sf_utf8_length("\xf4\x90\x80\x80", 4), 0); /* beyond U+10FFFF */
    assert_int_equal(sf_utf8_length("\xf4\x8f\xbf\xbf", 4), 4); /* U+10FFFF itself */
    assert_int_equal(sf_utf8_length("\xe0\xa0\x80", 3), 3);
    assert_int_equal(sf_utf8_length("\xed\x9f\xbf", 3), 3);
    assert_int_equal(sf_utf8_length("", 0), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(all_well_is_no_finding),
        T(exit_of_a_program_must_be_0_by_default),
        T(last_line_of_stderr_explains_a_failure),
        T(summary_of_a_sanitizer_explains_a_failure),
        T(long_last_line_is_left_to_the_tail),
        T(expected_exit_is_compared_and_has_its_own_line),
        T(nonzero_exit_takes_any_status_but_no_signal),
        T(death_by_signal_fails_by_default),
        T(expected_signal_is_compared_and_settles_the_end),
        T(expected_absence_of_a_signal_leaves_the_exit_at_0),
        T(program_that_cannot_start_is_the_only_finding),
        T(timeout_names_who_was_running_and_nothing_follows_from_it),
        T(timeout_with_services_alone_names_them),
        T(service_that_ends_early_fails),
        T(service_may_end_with_0_or_by_its_stop_signal),
        T(service_that_crashes_while_it_stops_fails),
        T(service_that_must_be_killed_fails),
        T(service_that_is_never_ready_fails),
        T(cancelled_program_is_not_judged),
        T(folder_that_is_missing_is_named),
        T(program_that_had_no_turn_is_found_when_nothing_else_is),
        T(duration_is_bounded_on_both_sides),
        T(cpu_time_is_bounded),
        T(calls_are_compared_by_family),
        T(calls_of_a_program_without_the_shim_are_not_0),
        T(calls_beside_an_escaped_child_are_known_from_below_alone),
        T(calls_are_unknown_where_the_shim_cannot_follow),
        T(reads_and_sends_of_stdio_are_unknown_each_by_itself),
        T(leaks_beside_an_escaped_child_are_known_from_below_alone),
        T(leaks_of_a_stopped_service_are_known_whatever_it_started),
        T(leaks_are_told_with_the_first_of_them),
        T(leaks_that_nobody_counted_are_not_0),
        T(service_leaks_what_it_held_on_to),
        T(service_that_ends_by_itself_leaks_like_any_program),
        T(a_warning_of_hygiene_names_call_peer_and_place),
        T(hygiene_that_was_not_seen_whole_is_not_clean),
        T(a_suspicion_of_sigpipe_holds_where_that_killed),
        T(a_wait_lasts_until_its_program_ends),
        T(suspected_leaks_are_told_by_the_kernels_count),
        T(what_a_stopped_service_holds_on_to_was_due),
        T(many_warnings_are_cut),
        T(text_that_is_missing_is_shown_with_the_output),
        T(text_that_must_not_be_there_is_shown_in_its_context),
        T(unequal_output_is_shown_from_where_it_differs),
        T(output_is_compared_with_a_file),
        T(output_must_match_a_pattern),
        T(emptiness_is_judged_both_ways),
        T(rule_that_never_fired_says_that_no_call_was_made),
        T(rule_that_never_fired_counts_the_calls_that_it_passed_over),
        T(rule_whose_site_is_nowhere_says_so),
        T(rule_that_selected_calls_says_what_else_kept_it_from_them),
        T(rule_of_a_call_that_was_under_way_says_so),
        T(rule_beside_another_may_have_had_no_turn),
        T(rule_that_changed_nothing_says_what_the_call_had_to_do_with_it),
        T(rule_that_was_refused_says_why),
        T(calls_that_are_not_on_a_socket_are_not_called_so),
        T(idle_rule_of_all_programs_tells_of_none),
        T(rule_without_a_name_is_told_by_its_number),
        T(optional_rule_may_stay_idle),
        T(expected_count_of_a_rule_is_compared),
        T(program_without_the_shim_fails_only_where_rules_select_it),
        T(escaped_child_fails_only_where_rules_select_its_program),
        T(escaped_child_that_exe_leaves_out_fails_nothing),
        T(rule_whose_executable_escaped_all_others_never_fired),
        T(io_uring_is_reported),
        T(filter_that_kills_is_reported_unless_it_is_meant_to),
        T(filter_that_kills_is_reported_without_a_rule),
        T(stdio_on_a_socket_is_reported),
        T(too_many_addresses_are_reported),
        T(too_many_registrations_are_reported),
        T(peer_without_the_shim_fails),
        T(findings_come_by_line),
        T(run_expects_nothing_of_how_its_program_ends),
        T(run_finds_what_makes_it_mean_less),
        T(excerpt_is_bounded_and_escaped),
        T(durations_and_signals_read_well),
        T(utf8_is_told_from_what_only_looks_like_it),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
