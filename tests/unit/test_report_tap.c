/* TAP 14 from a hand-made run. That harnesses read it, tests/e2e/reports.sh checks. */
#include "reported.h"

#include <yaml.h>

static const char *tap(struct world *world, int verbosity)
{
    return write_report(world, SF_REPORT_TAP, verbosity);
}

static void scenario_is_a_line_and_a_failure_a_block(void **state)
{
    assert_string_equal(tap(*state, 0), "TAP version 14\n"
                                        "1..2\n"
                                        "ok 1 - fine\n"
                                        "not ok 2 - broken\n"
                                        "  ---\n"
                                        "  message: \"client exited with 56, expected 0\"\n"
                                        "  severity: fail\n"
                                        "  file: \"b.yaml\"\n"
                                        "  line: 20\n"
                                        "  seed: 7\n"
                                        "  duration_ms: 400.000\n"
                                        "  failures:\n"
                                        "    - message: \"client exited with 56, expected 0\"\n"
                                        "      file: \"b.yaml\"\n"
                                        "      line: 20\n"
                                        "      what: \"client.exit\"\n"
                                        "      want: \"0\"\n"
                                        "      got: \"56\"\n"
                                        "  stderr:\n"
                                        "    \"client\":\n"
                                        "      - \"one\"\n"
                                        "      - \"two\"\n"
                                        "  ...\n");
}

/* perl's reader takes a word, a colon and a space behind a `- ` for a mapping, quoted or not. */
static void last_words_cannot_be_taken_for_a_mapping(void **state)
{
    struct world *world = *state;
    world->program.exit.err = output("a: b\n: c: d\ne:f\n", 16);
    assert_non_null(strstr(tap(world, 0), "      - \"a:\\x20b\"\n"
                                          "      - \":\\x20c:\\x20d\"\n"
                                          "      - \"e:f\"\n"));
}

static void verbose_report_has_a_block_for_what_passed(void **state)
{
    assert_non_null(strstr(tap(*state, 1), "ok 1 - fine\n"
                                           "  ---\n"
                                           "  file: \"a.yaml\"\n"
                                           "  line: 1\n"
                                           "  seed: 0\n"
                                           "  duration_ms: 100.000\n"
                                           "  ...\n"
                                           "not ok 2"));
}

static void description_cannot_be_taken_for_a_directive(void **state)
{
    struct world *world = *state;
    world->scenarios[0]->name = "a # TODO b\\c\nnot ok 3 - \xff\x1b[31m";
    assert_non_null(
        strstr(tap(world, 0), "\nok 1 - a \\# TODO b\\\\c\\\\x0anot ok 3 - \\\\xff\\\\x1b[31m\n"));
}

static void skipped_scenario_is_ok_with_its_reason(void **state)
{
    struct world *world = *state;
    world->scenarios[0]->result = SF_SKIPPED;
    world->scenarios[0]->reason = "needs redis\ncli";
    assert_non_null(strstr(tap(world, 0), "\nok 1 - fine # SKIP needs redis\\x0acli\n"));
}

static void invalid_scenario_is_an_error_without_a_seed(void **state)
{
    struct world *world = *state;
    world->scenarios[1]->result = SF_INVALID;
    const char *text = tap(world, 0);
    assert_non_null(strstr(text, "\nnot ok 2 - broken\n"));
    assert_non_null(strstr(text, "\n  severity: error\n"));
    assert_null(strstr(text, "seed"));
}

static void place_without_a_line_has_none(void **state)
{
    struct world *world = *state;
    world->finding.place.line = 0;
    assert_null(strstr(tap(world, 0), "line:"));
}

static void failure_of_our_own_bails_out(void **state)
{
    struct world *world = *state;
    world->run.failure = "cannot read\nit";
    const char *text = tap(world, 0);
    assert_non_null(strstr(text, "1..2\n"));
    assert_string_equal(strstr(text, "  ...\n"), "  ...\nBail out! cannot read\\x0ait\n");
    world->run.count = 0;
    assert_string_equal(tap(world, 0), "TAP version 14\nBail out! cannot read\\x0ait\n");
}

static void empty_part_is_skipped(void **state)
{
    struct world *world = *state;
    world->run.count = 0;
    world->run.idle = "shard 3/3 holds none of the 2 scenarios";
    assert_string_equal(tap(world, 0),
                        "TAP version 14\n1..0 # SKIP shard 3/3 holds none of the 2 scenarios\n");
}

static void harness_that_reads_13_at_most_gets_13(void **state)
{
    static const char old[] = "TAP version 13\n1..2\n", new[] = "TAP version 14\n1..2\n";
    setenv("TAP_VERSION", "13", 1);
    assert_memory_equal(tap(*state, 0), old, strlen(old));
    setenv("TAP_VERSION", "14", 1);
    assert_memory_equal(tap(*state, 0), new, strlen(new));
    unsetenv("TAP_VERSION");
}

/* The scalar that follows this key, as libyaml reads it. */
static char *value_of(const char *text, const char *key)
{
    yaml_parser_t parser;
    yaml_event_t event;
    char *value = NULL;
    bool is_next = false, is_end = false;
    const char *block = strstr(text, "  ---\n"), *end = strstr(text, "  ...\n");
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)block + 6, (size_t)(end - block) - 6);
    while (!is_end) {
        if (!yaml_parser_parse(&parser, &event))
            fail_msg("%s in line %zu", parser.problem, parser.problem_mark.line);
        is_end = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_SCALAR_EVENT) {
            const char *scalar = (const char *)event.data.scalar.value;
            if (is_next && !value)
                value = strdup(scalar);
            is_next = strcmp(scalar, key) == 0;
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return value;
}

static void any_text_comes_back_from_yaml(void **state)
{
    struct world *world = *state;
    static const char *const texts[] = {
        "a: b # c",
        "- x",
        "'\"\\",
        "\x01\x1b[31m\x7f",
        "a\n  ...\n\n---\n\tb\r\n",
        "\xc2\x85nel",
        "a \xe2\x80\xa8 b",
        "a \xe2\x80\xa9 b",
        "\xef\xbb\xbf"
        "bom",
        "\xef\xbf\xbe\xef\xbf\xbf",
        "ä€\xf0\x9f\x98\x80",
        "",
        "null",
        "%{}[]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        world->finding.got = texts[i];
        char *value = value_of(tap(world, 0), "got");
        assert_non_null(value);
        assert_string_equal(value, texts[i]);
        free(value);
    }
    world->finding.got = "a\xff\xc3";
    char *value = value_of(tap(world, 0), "got");
    assert_string_equal(value, "a\xef\xbf\xbd\xef\xbf\xbd");
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(scenario_is_a_line_and_a_failure_a_block),
        T(last_words_cannot_be_taken_for_a_mapping),
        T(verbose_report_has_a_block_for_what_passed),
        T(description_cannot_be_taken_for_a_directive),
        T(skipped_scenario_is_ok_with_its_reason),
        T(invalid_scenario_is_an_error_without_a_seed),
        T(place_without_a_line_has_none),
        T(failure_of_our_own_bails_out),
        T(empty_part_is_skipped),
        T(harness_that_reads_13_at_most_gets_13),
        T(any_text_comes_back_from_yaml),
    };
    return cmocka_run_group_tests_name("report as TAP", tests, NULL, NULL);
}
