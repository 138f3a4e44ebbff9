/* From a symptom to a finding: confirmed, made smaller, grouped, written down. */
#include "exploring.h"

#include "explore/reproduce.h"

#include <signal.h>

static void crash(struct exploring *exploring)
{
    exploring->programs[CLIENT].end = SF_END_SIGNALED;
    exploring->programs[CLIENT].signal = SIGSEGV;
}

static void recover(struct exploring *exploring)
{
    exploring->programs[CLIENT].end = SF_END_EXITED;
    exploring->programs[CLIENT].signal = 0;
}

static struct sf_suspect *suspect_of(struct exploring *exploring, const struct sf_candidate *candidate)
{
    struct sf_symptom found = sf_trial_judge(&exploring->exploration.baseline, &exploring->facts, candidate);
    assert_int_not_equal(found.kind, SF_SYMPTOM_NONE);
    return sf_suspect_new(&exploring->exploration, candidate, &found, false);
}

static void judge(struct exploring *exploring, struct sf_suspect *suspect)
{
    sf_suspect_judge(&exploring->exploration, suspect, &exploring->facts);
}

static struct sf_candidate reset_fault(void)
{
    return exploring_fault("reset", "true", SF_CLASS_RESET, false);
}

static void what_does_not_repeat_is_unstable(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = reset_fault();
    crash(exploring);
    struct sf_suspect *suspect = suspect_of(exploring, &candidate);
    assert_int_equal(suspect->step, SF_SUSPECT_CONFIRM);
    recover(exploring);
    judge(exploring, suspect);
    assert_int_equal(suspect->step, SF_SUSPECT_OVER);
    assert_true(suspect->is_unstable);
    assert_false(suspect->is_new);
}

static void run_that_only_lacked_time_is_nothing(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = reset_fault();
    exploring->facts.timed_out = true;
    exploring->programs[CLIENT].end = SF_END_TIMEOUT;
    struct sf_suspect *suspect = suspect_of(exploring, &candidate);
    suspect->was_cut = true;
    recover(exploring);
    exploring->facts.timed_out = false;
    judge(exploring, suspect);
    assert_int_equal(suspect->step, SF_SUSPECT_OVER);
    assert_false(suspect->is_unstable);
}

static void calls_that_move_something_are_no_spin_once_they_are_looked_at(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = exploring_fault("chunk", "1", SF_CLASS_SHORT, true);
    struct sf_observation *seen = sf_observation_new();
    exploring->programs[CLIENT].calls[SF_FAMILY_POLL] = 40000;
    struct sf_suspect *suspect = suspect_of(exploring, &candidate);
    assert_int_equal(suspect->symptom.kind, SF_SYMPTOM_SPIN);
    exploring->facts.observation = seen;
    judge(exploring, suspect);
    assert_int_equal(suspect->step, SF_SUSPECT_OVER);
    assert_false(suspect->is_unstable);
    exploring->facts.observation = NULL;
    suspect = suspect_of(exploring, &candidate);
    exploring->programs[CLIENT].calls[SF_FAMILY_POLL] = 0;
    exploring->facts.observation = seen;
    judge(exploring, suspect); /* nor does it make as many again */
    assert_true(suspect->is_unstable);
    sf_observation_free(seen);
}

static void output_is_compared_with_a_later_run_first(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = reset_fault();
    exploring->programs[CLIENT].out = "hello 2\n";
    struct sf_suspect *suspect = suspect_of(exploring, &candidate);
    assert_int_equal(suspect->step, SF_SUSPECT_CONTROL);
    assert_null(sf_suspect_candidate(suspect));
    judge(exploring, suspect); /* without faults it says the same */
    assert_int_equal(suspect->step, SF_SUSPECT_CONFIRM);
    judge(exploring, suspect);
    assert_int_equal(suspect->step, SF_SUSPECT_OVER);
    assert_false(suspect->is_new);
}

static void of_two_faults_one_is_enough(void **state)
{
    struct exploring *exploring = *state;
    struct sf_candidate pair = reset_fault();
    pair.injections[1] = pair.injections[0];
    pair.injections[1].fault = "delay";
    pair.injections[1].value = "20ms";
    pair.count = 2;
    crash(exploring);
    struct sf_suspect *suspect = suspect_of(exploring, &pair);
    judge(exploring, suspect);
    assert_int_equal(suspect->step, SF_SUSPECT_SHRINK);
    assert_int_equal(sf_suspect_candidate(suspect)->count, 1);
    judge(exploring, suspect); /* still crashes */
    assert_int_equal(suspect->candidate.count, 1);
    assert_string_equal(suspect->candidate.injections[0].fault, "reset");
    assert_int_equal(suspect->step, SF_SUSPECT_CONFIRM); /* where does that one strike? */
    judge(exploring, suspect);
    assert_int_equal(suspect->step, SF_SUSPECT_SHRINK);
}

static void fault_at_all_calls_becomes_one_at_the_call_that_matters(void **state)
{
    struct exploring *exploring = *state;
    struct sf_candidate all = exploring_fault("partial", "1", SF_CLASS_SHORT, true);
    all.injections[0].first = all.injections[0].last = 0;
    all.injections[0].connection = 0;
    crash(exploring);
    struct sf_suspect *suspect = suspect_of(exploring, &all);
    judge(exploring, suspect);
    recover(exploring);
    judge(exploring, suspect); /* not the first call */
    crash(exploring);
    judge(exploring, suspect); /* the second */
    assert_int_equal(suspect->candidate.injections[0].first, 2);
    assert_int_equal(suspect->candidate.injections[0].last, 2);
}

static void nothing_is_made_smaller_when_runs_are_short(void **state)
{
    struct exploring *exploring = *state;
    struct sf_candidate all = exploring_fault("partial", "1", SF_CLASS_SHORT, true);
    all.injections[0].first = all.injections[0].last = 0;
    exploring->exploration.is_short_of_runs = true;
    crash(exploring);
    struct sf_suspect *suspect = suspect_of(exploring, &all);
    judge(exploring, suspect);
    assert_int_not_equal(suspect->step, SF_SUSPECT_SHRINK);
}

/* Through all steps to the end. */
static void settle(struct exploring *exploring, struct sf_suspect *suspect)
{
    for (int i = 0; i < 20 && suspect->step != SF_SUSPECT_VERIFY && suspect->step != SF_SUSPECT_OVER; i++)
        judge(exploring, suspect);
    if (suspect->step == SF_SUSPECT_VERIFY)
        sf_suspect_verify(&exploring->exploration, suspect, true);
}

static void finding_says_who_where_and_what(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = reset_fault();
    crash(exploring);
    struct sf_suspect *suspect = suspect_of(exploring, &candidate);
    settle(exploring, suspect);
    assert_true(suspect->is_new);
    assert_string_equal(suspect->finding.site, "recv");
    assert_int_equal(suspect->finding.nth, 2);
    assert_string_equal(suspect->finding.fault, "reset: true");
    assert_string_equal(suspect->finding.detail, "SIGSEGV");
    assert_string_equal(suspect->finding.place, "hear (a.c:30)");
    assert_string_equal(suspect->finding.source, "/src/a.c");
    assert_string_equal(suspect->finding.reproducer, "crash-recv-reset");
    assert_string_equal(sf_explored_sentence(exploring->reading->arena, &suspect->finding),
                        "client is killed by SIGSEGV when its recv 2, in hear (a.c:30), meets reset: true");
}

static void second_of_a_group_is_counted_only(void **state)
{
    struct exploring *exploring = *state;
    struct sf_exploration *exploration = &exploring->exploration;
    struct sf_candidate candidate = reset_fault();
    crash(exploring);
    struct sf_suspect *suspect = suspect_of(exploring, &candidate);
    settle(exploring, suspect);
    struct sf_explored *slot = sf_arena_push(exploration->arena, &exploration->findings.list,
                                             &exploration->findings.count, sizeof *slot);
    *slot = suspect->finding;
    candidate.injections[0].fault = "eof";
    struct sf_suspect *other = suspect_of(exploring, &candidate);
    settle(exploring, other);
    assert_false(other->is_new);
    assert_int_equal(exploration->findings.list[0].alike, 1);
}

static void reproducer_that_passes_is_no_finding(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = reset_fault();
    crash(exploring);
    struct sf_suspect *suspect = suspect_of(exploring, &candidate);
    while (suspect->step != SF_SUSPECT_VERIFY)
        judge(exploring, suspect);
    for (int i = 0; i < 3 && suspect->step == SF_SUSPECT_VERIFY; i++)
        sf_suspect_verify(&exploring->exploration, suspect, false);
    assert_int_equal(suspect->step, SF_SUSPECT_OVER);
    assert_true(suspect->is_unstable);
}

static const char *written(struct exploring *exploring, const struct sf_candidate *candidate)
{
    struct sf_suspect *suspect = suspect_of(exploring, candidate);
    settle(exploring, suspect);
    assert_true(suspect->is_new);
    struct reading *reading = read_valid(suspect->text);
    release(reading);
    return suspect->text;
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("want: %s\nin: %s", part, text);
}

static void reproducer_stands_by_itself(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = reset_fault();
    crash(exploring);
    const char *text = written(exploring, &candidate);
    assert_holds(text, "# Found by sockfault explore: crash\n");
    assert_holds(text,
                 "# client is killed by SIGSEGV when its recv 2, in hear (a.c:30), meets reset: true.\n");
    assert_holds(text, "/folder/x");
    assert_holds(text, "${port.a}");
    assert_holds(text, "word: hello");
    assert_holds(text, "seed: 7");
    assert_holds(text, "timeout: 5s");
    assert_holds(text, "optional: true");
    assert_holds(text, "exit: any");
}

static void silence_of_a_failed_program_is_expected_to_end(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = reset_fault();
    struct sf_baseline *baseline = &exploring->exploration.baseline;
    exploring->programs[CLIENT].out = "hel";
    exploring->programs[CLIENT].out_bytes = 3;
    struct sf_suspect *suspect = suspect_of(exploring, &candidate);
    suspect->step = SF_SUSPECT_CONFIRM;
    settle(exploring, suspect);
    assert_true(suspect->is_new);
    assert_holds(suspect->text, "(it failed, and said so)");
    assert_holds(suspect->text, "hello 1");
    assert_false(sf_pattern_varies(baseline->programs[CLIENT].out));
}

static void service_that_is_down_is_asked_once_more(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = reset_fault();
    exploring->programs[PROBE].code = 1;
    const char *text = written(exploring, &candidate);
    assert_holds(text, "client-again:");
    assert_holds(text, "start_after:");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, exploring_setup, exploring_teardown)
    const struct CMUnitTest tests[] = {
        T(what_does_not_repeat_is_unstable),
        T(run_that_only_lacked_time_is_nothing),
        T(calls_that_move_something_are_no_spin_once_they_are_looked_at),
        T(output_is_compared_with_a_later_run_first),
        T(of_two_faults_one_is_enough),
        T(fault_at_all_calls_becomes_one_at_the_call_that_matters),
        T(nothing_is_made_smaller_when_runs_are_short),
        T(finding_says_who_where_and_what),
        T(second_of_a_group_is_counted_only),
        T(reproducer_that_passes_is_no_finding),
        T(reproducer_stands_by_itself),
        T(silence_of_a_failed_program_is_expected_to_end),
        T(service_that_is_down_is_asked_once_more),
    };
    return cmocka_run_group_tests_name("explore_suspect", tests, NULL, NULL);
}
