/* Partitions as the plan holds them: who is cut off from whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reader.h"

#include "abi/plan.h"
#include "engine/scope.h"
#include "plan/session.h"

#include <stdlib.h>

#define PROGRAMS "programs: {a: 'true', b: 'true', c: 'true', d: 'true'}\n"
enum { A, B, C, D, NOBODY = -1 };

static bool cuts(const struct sf_plan *plan, unsigned rule, uint32_t from, int to)
{
    struct sf_addr address = {.domain = SF_DOMAIN_INET};
    address.owner = to == NOBODY ? SF_OWNER_NONE : sf_owner_of_program((uint32_t)to);
    return sf_partition_cuts(plan, &sf_plan_rules(plan)[rule], from, &address);
}

static struct sf_plan *compile(struct reading *reading)
{
    struct sf_plan *plan = sf_plan_compile(reading->scenario);
    assert_null(sf_plan_verify(plan, plan->total_bytes));
    return plan;
}

static void a_partition_cuts_between_groups_alone(void **state)
{
    (void)state;
    struct reading *reading = read_valid("name: n\n" PROGRAMS "faults: [{partition: [[c, a], [b]]}]\n");
    struct sf_plan *plan = compile(reading);
    static const struct {
        uint32_t from;
        int to;
        bool is_cut;
    } rows[] = {{A, B, true},  {B, A, true},  {C, B, true},  {B, C, true},       {A, C, false}, {C, A, false},
                {A, A, false}, {A, D, false}, {D, A, false}, {A, NOBODY, false}, {D, B, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(cuts(plan, 0, rows[i].from, rows[i].to), rows[i].is_cut);
    free(plan);
    release(reading);
}

static void what_makes_a_connection_is_looked_at_and_no_more(void **state)
{
    (void)state;
    struct reading *reading = read_valid("name: n\n" PROGRAMS "faults: [{partition: [[a], [b]]}]\n");
    struct sf_plan *plan = compile(reading);
    const struct sf_plan_rule *rule = sf_plan_rules(plan);
    assert_int_equal(rule->programs, 1 << A | 1 << B);
    assert_int_equal(sf_rule_families_on(rule, SF_TYPE_STREAM), 1u << SF_FAMILY_CONNECT);
    assert_int_equal(rule->link.directions, SF_LINK_IN | SF_LINK_OUT);
    assert_int_equal(rule->peer_count, 2);
    free(plan);
    release(reading);
}

static void partitions_of_the_same_programs_count_by_themselves(void **state)
{
    (void)state;
    struct reading *reading =
        read_valid("name: n\n" PROGRAMS "faults: [{partition: [[a, b], [c]]}, {partition: [[a], [b, c]]}]\n");
    struct sf_plan *plan = compile(reading);
    assert_int_equal(sf_plan_rules(plan)[1].counts_as, 1);
    assert_false(cuts(plan, 0, A, B));
    assert_true(cuts(plan, 1, A, B));
    free(plan);
    release(reading);
}

static void a_group_that_there_cannot_be_is_refused(void **state)
{
    (void)state;
    struct reading *reading = read_valid("name: n\n" PROGRAMS "faults: [{partition: [[a], [b]]}]\n");
    struct sf_plan *plan = compile(reading);
    ((struct sf_plan_pattern *)sf_plan_patterns(plan))->group = SF_PLAN_PROGRAMS_MAX;
    plan->checksum = sf_plan_checksum(plan);
    assert_non_null(sf_plan_verify(plan, plan->total_bytes));
    free(plan);
    release(reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_cuts_between_groups_alone),
        cmocka_unit_test(what_makes_a_connection_is_looked_at_and_no_more),
        cmocka_unit_test(partitions_of_the_same_programs_count_by_themselves),
        cmocka_unit_test(a_group_that_there_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
