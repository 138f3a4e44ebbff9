/* What is tried, in which order. */
#include "exploring.h"

#include "save/tree.h"

#include "base/diagnostic.h"

static const char *text_at(struct exploring *exploring, size_t index)
{
    return sf_candidate_text(exploring->reading->arena, &exploring->exploration.candidates.list[index]);
}

static void make(struct exploring *exploring, const struct sf_node *given)
{
    sf_candidates_make(&exploring->exploration.candidates, exploring->reading->arena,
                       &exploring->exploration.baseline, given, false);
}

static size_t find(struct exploring *exploring, const char *text)
{
    for (size_t i = 0; i < exploring->exploration.candidates.count; i++)
        if (strcmp(text_at(exploring, i), text) == 0)
            return i;
    fail_msg("there is no %s", text);
    return 0;
}

static void rule_is_written_as_people_write_it(void **state)
{
    struct exploring *exploring = *state;
    const struct sf_candidate candidate = exploring_fault("reset", "true", SF_CLASS_RESET, false);
    assert_string_equal(sf_candidate_text(exploring->reading->arena, &candidate),
                        "call: recv, program: client, connection: 1, when: {nth: 2}, reset: true");
    assert_string_equal(sf_candidate_fault(exploring->reading->arena, &candidate), "reset: true");
}

static void rules_of_the_user_come_first(void **state)
{
    struct exploring *exploring = *state;
    struct sf_node *rules = sf_tree_list(exploring->reading->arena);
    struct sf_diagnostics none = {.arena = exploring->reading->arena};
    sf_tree_add(
        exploring->reading->arena, rules,
        sf_rule_parse_argument(exploring->reading->arena, "--fault", "call: send, error: EIO", &none));
    make(exploring, rules);
    assert_string_equal(text_at(exploring, 0), "call: send, error: EIO");
    assert_false(sf_candidate_is_benign(&exploring->exploration.candidates.list[0]));
}

static void faults_at_every_call_come_before_those_at_one(void **state)
{
    struct exploring *exploring = *state;
    make(exploring, NULL);
    assert_string_equal(text_at(exploring, 0), "call: recv, program: client, partial: 1");
    assert_string_equal(text_at(exploring, 1), "call: send, program: client, partial: 1");
}

static void each_place_is_struck_before_any_is_struck_again(void **state)
{
    struct exploring *exploring = *state;
    make(exploring, NULL);
    size_t refused = find(exploring, "call: connect, program: client, when: {nth: 1}, refuse: true");
    size_t sent = find(exploring, "call: send, program: client, connection: 1, when: {nth: 1}, reset: true");
    size_t first = find(exploring, "call: recv, program: client, connection: 1, when: {nth: 1}, eof: true");
    size_t again = find(exploring, "call: recv, program: client, connection: 1, when: {nth: 1}, reset: true");
    size_t second = find(exploring, "call: recv, program: client, connection: 1, when: {nth: 2}, eof: true");
    size_t link = find(exploring, "link: both, program: client, connection: 1, chunk: 1");
    assert_true(refused < again && sent < again && first < again);
    assert_true(again < link && link < second);
}

static void no_two_are_alike(void **state)
{
    struct exploring *exploring = *state;
    make(exploring, NULL);
    sf_candidates_pair(&exploring->exploration.candidates, 7, 100);
    size_t count = exploring->exploration.candidates.count;
    assert_true(count > exploring->exploration.candidates.singles);
    for (size_t i = 0; i < count; i++)
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(text_at(exploring, i), text_at(exploring, other));
}

static void pairs_follow_from_the_seed(void **state)
{
    struct exploring *exploring = *state;
    make(exploring, NULL);
    sf_candidates_pair(&exploring->exploration.candidates, 7, 10);
    size_t at = exploring->exploration.candidates.singles;
    const char *first = text_at(exploring, at);
    make(exploring, NULL);
    sf_candidates_pair(&exploring->exploration.candidates, 7, 10);
    assert_string_equal(first, text_at(exploring, at));
    make(exploring, NULL);
    sf_candidates_pair(&exploring->exploration.candidates, 8, 10);
    assert_string_not_equal(first, text_at(exploring, at));
}

static void every_rule_is_valid(void **state)
{
    struct exploring *exploring = *state;
    make(exploring, NULL);
    for (size_t i = 0; i < exploring->exploration.candidates.count; i++) {
        struct reading *reading = read_rule(text_at(exploring, i));
        if (!reading->scenario)
            fail_msg("%s: %s", text_at(exploring, i), reading->diagnostics.list[0].message);
        release(reading);
    }
}

static void connections_end_in_the_midst_only_where_that_is_asked_for(void **state)
{
    struct exploring *exploring = *state;
    const char *cut = "link: in, program: client, connection: 1, when: {after_bytes: 10}, close: true";
    make(exploring, NULL);
    for (size_t i = 0; i < exploring->exploration.candidates.count; i++)
        assert_string_not_equal(text_at(exploring, i), cut);
    sf_candidates_make(&exploring->exploration.candidates, exploring->reading->arena,
                       &exploring->exploration.baseline, NULL, true);
    find(exploring, cut);
}

static bool ends_alike(struct exploring *exploring, bool is_thorough)
{
    sf_candidates_make(&exploring->exploration.candidates, exploring->reading->arena,
                       &exploring->exploration.baseline, NULL, is_thorough);
    size_t at = find(exploring, "call: recv, program: client, connection: 1, when: {nth: 2}, eof: true");
    return exploring->exploration.candidates.list[at].injections[0].ends_alike;
}

static void early_end_is_told_from_one_that_comes_anyway(void **state)
{
    struct exploring *exploring = *state;
    assert_false(ends_alike(exploring, false));
    for (size_t i = 0; i < exploring->exploration.baseline.connection_count; i++)
        exploring->exploration.baseline.connections[i].was_read_out = true;
    assert_true(ends_alike(exploring, false));
    assert_false(ends_alike(exploring, true));
}

static void queue_of_a_unix_socket_keeps_what_a_poll_has_told_of(void **state)
{
    struct exploring *exploring = *state;
    for (size_t i = 0; i < exploring->exploration.baseline.site_count; i++)
        exploring->exploration.baseline.sites[i].domain = SF_DOMAIN_UNIX;
    make(exploring, NULL);
    for (size_t i = 0; i < exploring->exploration.candidates.count; i++) {
        const struct sf_injection *injection = &exploring->exploration.candidates.list[i].injections[0];
        assert_false(injection->family == SF_FAMILY_RECV && injection->class == SF_CLASS_AGAIN);
    }
}

static void end_of_a_bounded_wait_is_no_harmless_moment(void **state)
{
    struct exploring *exploring = *state;
    for (size_t i = 0; i < exploring->exploration.baseline.site_count; i++)
        exploring->exploration.baseline.sites[i].is_bounded = true;
    make(exploring, NULL);
    for (size_t i = 0; i < exploring->exploration.candidates.count; i++) {
        const struct sf_candidate *candidate = &exploring->exploration.candidates.list[i];
        assert_string_not_equal(candidate->injections[0].fault, "again");
        if (strcmp(candidate->injections[0].fault, "interrupt") == 0)
            assert_false(sf_candidate_is_benign(candidate));
    }
}

static void what_a_look_has_seen_is_read_whole(void **state)
{
    struct exploring *exploring = *state;
    struct sf_baseline *baseline = &exploring->exploration.baseline;
    for (size_t i = 0; i < baseline->site_count; i++)
        baseline->sites[i].was_peeked =
            baseline->sites[i].family == SF_FAMILY_RECV && baseline->sites[i].nth == 2;
    make(exploring, NULL);
    bool is_reset = false;
    for (size_t i = 0; i < exploring->exploration.candidates.count; i++) {
        const struct sf_injection *injection = &exploring->exploration.candidates.list[i].injections[0];
        bool strikes = injection->family == SF_FAMILY_RECV && injection->first <= 2 && injection->last >= 2;
        bool is_everywhere = injection->family == SF_FAMILY_RECV && injection->first == 0;
        assert_false(is_everywhere && injection->class != SF_CLASS_GIVEN);
        assert_false(strikes && strcmp(injection->fault, "partial") == 0);
        assert_false(strikes && strcmp(injection->fault, "eof") == 0);
        is_reset |= strikes && strcmp(injection->fault, "reset") == 0;
    }
    assert_true(is_reset);
}

static void fault_bound_to_a_connection_spares_later_clients(void **state)
{
    struct sf_candidate candidate = exploring_fault("reset", "true", SF_CLASS_RESET, false);
    (void)state;
    assert_false(sf_candidate_lasts(&candidate));
    candidate.injections[0].connection = 0;
    assert_true(sf_candidate_lasts(&candidate));
    candidate.injections[0].is_benign = true; /* that it ought to bear it is another question */
    assert_true(sf_candidate_lasts(&candidate));
    candidate.injections[0].family = SF_FAMILY_ACCEPT;
    assert_false(sf_candidate_lasts(&candidate));
    candidate.injections[1] = candidate.injections[0];
    candidate.count = 2; /* behind the one the other may strike anyone's */
    assert_true(sf_candidate_lasts(&candidate));
    candidate.count = 1;
    candidate.injections[0].last = UINT32_MAX;
    assert_true(sf_candidate_lasts(&candidate));
}

static void of_two_faults_one_may_strike_a_later_client(void **state)
{
    struct sf_candidate candidate = exploring_fault("reset", "true", SF_CLASS_RESET, false);
    (void)state;
    candidate.injections[1] = candidate.injections[0];
    candidate.count = 2;
    assert_false(sf_candidate_lasts(&candidate)); /* at the same connection they are over with it */
    candidate.injections[1].connection = 2;
    assert_true(sf_candidate_lasts(&candidate));
    candidate.injections[1].connection = candidate.injections[0].connection;
    candidate.injections[1].program_index++; /* a client's, which then may never arrive */
    assert_true(sf_candidate_lasts(&candidate));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, exploring_setup, exploring_teardown)
    const struct CMUnitTest tests[] = {
        T(rule_is_written_as_people_write_it),
        T(rules_of_the_user_come_first),
        T(faults_at_every_call_come_before_those_at_one),
        T(each_place_is_struck_before_any_is_struck_again),
        T(no_two_are_alike),
        T(pairs_follow_from_the_seed),
        T(every_rule_is_valid),
        T(connections_end_in_the_midst_only_where_that_is_asked_for),
        T(early_end_is_told_from_one_that_comes_anyway),
        T(queue_of_a_unix_socket_keeps_what_a_poll_has_told_of),
        T(end_of_a_bounded_wait_is_no_harmless_moment),
        T(what_a_look_has_seen_is_read_whole),
        T(fault_bound_to_a_connection_spares_later_clients),
        T(of_two_faults_one_may_strike_a_later_client),
    };
    return cmocka_run_group_tests_name("explore_candidates", tests, NULL, NULL);
}
