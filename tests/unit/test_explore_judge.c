/* What is a finding, and what is none. */
#include "exploring.h"

#include <signal.h>

static struct sf_symptom judge(struct exploring *exploring, struct sf_candidate candidate)
{
    return sf_trial_judge(&exploring->exploration.baseline, &exploring->facts, &candidate);
}

static struct sf_candidate reset_fault(void)
{
    return exploring_fault("reset", "true", SF_CLASS_RESET, false);
}

static struct sf_candidate partial_fault(void)
{
    return exploring_fault("partial", "1", SF_CLASS_SHORT, true);
}

static void run_as_ever_is_no_finding(void **state)
{
    assert_int_equal(judge(*state, reset_fault()).kind, SF_SYMPTOM_NONE);
}

static void clean_error_is_right_unless_the_fault_is_benign(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[CLIENT].code = 1;
    exploring->programs[CLIENT].last_words = "reset by peer";
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_NONE);
    struct sf_symptom found = judge(exploring, partial_fault());
    assert_int_equal(found.kind, SF_SYMPTOM_FRAGILE);
    assert_int_equal(found.program, CLIENT);
    assert_string_equal(found.detail, "exits with 1: reset by peer");
}

static void fault_that_never_fired_shows_nothing(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[CLIENT].end = SF_END_SIGNALED;
    exploring->programs[CLIENT].signal = SIGSEGV;
    exploring->facts.fired = 0;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_NONE);
    exploring->facts.fired = 1;
    exploring->facts.is_void = true;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_NONE);
}

static void signal_is_a_crash_but_not_the_one_that_stops_a_service(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[CLIENT].end = SF_END_SIGNALED;
    exploring->programs[CLIENT].signal = SIGSEGV;
    struct sf_symptom found = judge(exploring, reset_fault());
    assert_int_equal(found.kind, SF_SYMPTOM_CRASH);
    assert_string_equal(found.detail, "SIGSEGV");
    assert_false(found.by_status);
}

static void status_of_a_shell_tells_of_a_crash(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[CLIENT].code = 128 + SIGABRT;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_NONE); /* perhaps its own */
    exploring->programs[CLIENT].told_signal = SIGABRT;
    struct sf_symptom found = judge(exploring, reset_fault());
    assert_int_equal(found.kind, SF_SYMPTOM_CRASH);
    assert_string_equal(found.detail, "SIGABRT");
    assert_true(found.by_status);
}

static void report_of_a_sanitizer_is_a_crash(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[CLIENT].code = 1;
    exploring->programs[CLIENT].sanitizer = "==1==ERROR: AddressSanitizer: heap-use-after-free";
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_CRASH);
}

static void other_output_with_success_is_silent(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[CLIENT].out = "hel";
    exploring->programs[CLIENT].out_bytes = 3;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_SILENT);
    struct sf_candidate end = exploring_fault("eof", "true", SF_CLASS_END, false);
    assert_int_equal(judge(exploring, end).kind, SF_SYMPTOM_SILENT);
    end.injections[0].ends_alike = true; /* sooner than it ends anyway, which nobody can tell */
    assert_int_equal(judge(exploring, end).kind, SF_SYMPTOM_NONE);
    exploring->programs[CLIENT].code = 1;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_NONE);
}

static void output_of_the_later_client_is_not_compared(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[PROBE].out = "hello 2\n";
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_NONE);
}

static void program_without_end_hangs(void **state)
{
    struct exploring *exploring = *state;
    exploring->facts.timed_out = true;
    exploring->programs[CLIENT].end = SF_END_TIMEOUT;
    exploring->programs[CLIENT].signal = SIGKILL;
    exploring->programs[PROBE].end = SF_END_NOT_STARTED;
    struct sf_symptom found = judge(exploring, reset_fault());
    assert_int_equal(found.kind, SF_SYMPTOM_HANG);
    assert_int_equal(found.program, CLIENT);
}

static void who_is_slowed_down_but_moves_on_does_not_hang(void **state)
{
    struct exploring *exploring = *state;
    struct sf_observation *seen = sf_observation_new();
    exploring->facts.timed_out = true;
    exploring->programs[CLIENT].end = SF_END_TIMEOUT;
    exploring->facts.observation = seen;
    seen->end_ns = UINT64_C(9000000000);
    seen->programs[CLIENT].moved_ns = UINT64_C(8900000000);
    assert_int_equal(judge(exploring, partial_fault()).kind, SF_SYMPTOM_NONE);
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_HANG);
    seen->programs[CLIENT].moved_ns = UINT64_C(8000000000);
    assert_int_equal(judge(exploring, partial_fault()).kind, SF_SYMPTOM_HANG);
    sf_observation_free(seen);
}

static void who_listens_for_a_client_that_never_came_does_not_hang(void **state)
{
    struct exploring *exploring = *state;
    struct sf_observation *seen = sf_observation_new();
    struct sf_candidate of_another = reset_fault();
    of_another.injections[0].program_index = SERVER;
    exploring->facts.timed_out = true;
    exploring->facts.observation = seen;
    exploring->programs[CLIENT].end = SF_END_TIMEOUT;
    exploring->programs[CLIENT].calls[SF_FAMILY_LISTEN] = 1;
    assert_int_equal(judge(exploring, of_another).kind, SF_SYMPTOM_NONE);
    of_another.injections[1] = of_another.injections[0];
    of_another.injections[1].program_index = CLIENT; /* its connection, which never was */
    of_another.count = 2;
    assert_int_equal(judge(exploring, of_another).kind, SF_SYMPTOM_NONE);
    of_another.injections[1].connection = 0;
    assert_int_equal(judge(exploring, of_another).kind, SF_SYMPTOM_HANG);
    of_another.count = 1;
    seen->connections[seen->connection_count++] =
        (struct sf_observed_connection){.program = CLIENT, .role = SF_ROLE_SERVER, .connection = 1};
    assert_int_equal(judge(exploring, of_another).kind, SF_SYMPTOM_HANG);
    sf_observation_free(seen);
}

static void program_without_end_that_burns_the_cpu_spins(void **state)
{
    struct exploring *exploring = *state;
    exploring->facts.timed_out = true;
    exploring->programs[CLIENT].end = SF_END_TIMEOUT;
    exploring->programs[CLIENT].signal = SIGKILL;
    exploring->programs[CLIENT].duration_ns = UINT64_C(1000000000);
    exploring->programs[CLIENT].cpu_ns = UINT64_C(900000000);
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_SPIN);
}

static void who_waits_for_a_silenced_peer_is_not_to_blame(void **state)
{
    struct exploring *exploring = *state;
    struct sf_candidate silence = exploring_fault("blackhole", "true", SF_CLASS_SILENCE, false);
    silence.injections[0].family = SF_FAMILY_NONE;
    exploring->facts.timed_out = true;
    exploring->programs[CLIENT].end = SF_END_TIMEOUT;
    assert_int_equal(judge(exploring, silence).kind, SF_SYMPTOM_HANG);
    silence.injections[0].program_index = SERVER;
    assert_int_equal(judge(exploring, silence).kind, SF_SYMPTOM_NONE);
}

static void calls_beyond_all_bounds_spin_but_those_of_a_fault_do_not(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[SERVER].calls[SF_FAMILY_RECV] = 100000;
    struct sf_symptom found = judge(exploring, reset_fault());
    assert_int_equal(found.kind, SF_SYMPTOM_SPIN);
    assert_int_equal(found.program, SERVER);
    assert_int_equal(found.family, SF_FAMILY_RECV);
    exploring->facts.fired = 90000;
    assert_int_equal(judge(exploring, partial_fault()).kind, SF_SYMPTOM_NONE);
}

static void service_that_ends_by_itself_is_down_unless_it_never_began(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[SERVER].end = SF_END_EXITED;
    exploring->programs[SERVER].signal = 0;
    exploring->programs[SERVER].code = 1;
    exploring->programs[SERVER].early = true;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_SERVICE_DOWN);
    exploring->programs[SERVER].ready = false;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_NONE);
    exploring->programs[SERVER].calls[SF_FAMILY_ACCEPT] = 1; /* it died of its first one */
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_SERVICE_DOWN);
}

static void later_client_must_be_served_unless_it_may_meet_the_fault(void **state)
{
    struct exploring *exploring = *state;
    struct sf_candidate fault = reset_fault();
    exploring->programs[PROBE].code = 1;
    struct sf_symptom found = judge(exploring, fault);
    assert_int_equal(found.kind, SF_SYMPTOM_SERVICE_DOWN);
    assert_int_equal(found.program, SERVER);
    fault.injections[0].program_index = SERVER;
    fault.injections[0].program = "server";
    assert_int_equal(judge(exploring, fault).kind, SF_SYMPTOM_SERVICE_DOWN);
    fault.injections[0].connection = 0;
    assert_int_equal(judge(exploring, fault).kind, SF_SYMPTOM_NONE);
}

static void sockets_left_open_leak_where_the_program_lives_on(void **state)
{
    struct exploring *exploring = *state;
    exploring->programs[CLIENT].leaked = 1;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_LEAK);
    exploring->programs[CLIENT].code = 1;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_NONE);
    exploring->programs[CLIENT].leaked = 0;
    exploring->programs[CLIENT].code = 0;
    exploring->programs[SERVER].leaked = 2;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_LEAK);
}

/* A child's end closes what it held, which no trace shows. */
static void what_a_service_holds_is_not_for_its_trace_to_say(void **state)
{
    struct exploring *exploring = *state;
    static const struct sf_observation seen;
    exploring->facts.observation = &seen;
    exploring->programs[SERVER].unclosed = 1;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_NONE);
    exploring->programs[CLIENT].unclosed = 1;
    assert_int_equal(judge(exploring, reset_fault()).kind, SF_SYMPTOM_LEAK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, exploring_setup, exploring_teardown)
    const struct CMUnitTest tests[] = {
        T(run_as_ever_is_no_finding),
        T(clean_error_is_right_unless_the_fault_is_benign),
        T(fault_that_never_fired_shows_nothing),
        T(signal_is_a_crash_but_not_the_one_that_stops_a_service),
        T(status_of_a_shell_tells_of_a_crash),
        T(report_of_a_sanitizer_is_a_crash),
        T(other_output_with_success_is_silent),
        T(output_of_the_later_client_is_not_compared),
        T(program_without_end_hangs),
        T(program_without_end_that_burns_the_cpu_spins),
        T(who_is_slowed_down_but_moves_on_does_not_hang),
        T(who_listens_for_a_client_that_never_came_does_not_hang),
        T(who_waits_for_a_silenced_peer_is_not_to_blame),
        T(calls_beyond_all_bounds_spin_but_those_of_a_fault_do_not),
        T(service_that_ends_by_itself_is_down_unless_it_never_began),
        T(later_client_must_be_served_unless_it_may_meet_the_fault),
        T(sockets_left_open_leak_where_the_program_lives_on),
        T(what_a_service_holds_is_not_for_its_trace_to_say),
    };
    return cmocka_run_group_tests_name("explore_judge", tests, NULL, NULL);
}
