/* A hand-made run to report: what the tests of all formats start from. */
#ifndef TESTS_UNIT_REPORTED_H
#define TESTS_UNIT_REPORTED_H

#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One scenario that passed and one that failed. */
struct world {
    struct sf_report_scenario *scenarios[2];
    struct sf_report_run run;
    struct sf_finding finding;
    struct sf_report_program program;
    struct sf_report_rule rule;
    char *text;
};

static inline struct sf_output output(const char *text, size_t bytes)
{
    return (struct sf_output){.tail = text, .tail_bytes = bytes, .total_bytes = bytes};
}

static inline int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->scenarios[0] = sf_report_new("fine", "a.yaml", 1);
    world->scenarios[0]->duration_ns = 100000000;
    struct sf_report_scenario *failed = world->scenarios[1] = sf_report_new("broken", "b.yaml", 1);
    world->finding = (struct sf_finding){.what = "client.exit",
                                         .want = "0",
                                         .got = "56",
                                         .message = "client exited with 56, expected 0",
                                         .place = {"b.yaml", 20, 3}};
    world->program = (struct sf_report_program){.name = "client",
                                                .calls = {[SF_FAMILY_CONNECT] = 1, [SF_FAMILY_RECV] = 12}};
    world->program.exit = (struct sf_exit){.end = SF_END_EXITED,
                                           .code = 56,
                                           .duration_ns = 110400000,
                                           .out = output("hi\n", 3),
                                           .err = output("one\ntwo\n", 8)};
    world->rule = (struct sf_report_rule){.id = "one-byte", .text = "partial: 1", .line = 14, .fired = 12};
    failed->result = SF_FAILED;
    failed->seed = 7;
    failed->duration_ns = 400000000;
    failed->findings = (struct sf_findings){&world->finding, 1};
    failed->programs = &world->program;
    failed->program_count = 1;
    failed->rules = &world->rule;
    failed->rule_count = 1;
    world->run = (struct sf_report_run){.scenarios = world->scenarios, .count = 2, .duration_ns = 1200000000};
    *state = world;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *world = *state;
    sf_report_free(world->scenarios[0]);
    sf_report_free(world->scenarios[1]);
    free(world->text);
    free(world);
    return 0;
}

static inline const char *write_report(struct world *world, enum sf_report_format format, int verbosity)
{
    size_t bytes;
    free(world->text);
    FILE *out = open_memstream(&world->text, &bytes);
    struct sf_report_request request = {.format = format};
    assert_int_equal(sf_report_write(&request, &world->run, out, verbosity), 0);
    fclose(out);
    return world->text;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
