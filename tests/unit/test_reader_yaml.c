/* From text to nodes: places, aliases, merges, and files that are made to hurt. */
#include "reader.h"

#include <stdio.h>

static void text_stays_as_written(void **state)
{
    (void)state;
    struct reading *reading =
        read_valid("name: 010\ndescription: no\nprograms:\n  a: [10:30, 1.50, \"x\", 'y', 0x1f, yes]\n");
    assert_string_equal(reading->scenario->name, "010");
    assert_string_equal(reading->scenario->description, "no");
    char **argv = reading->scenario->programs[0].argv;
    static const char *const words[] = {"10:30", "1.50", "x", "y", "0x1f", "yes"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_string_equal(argv[i], words[i]);
    assert_null(argv[6]);
    release(reading);
}

static void quotes_change_nothing(void **state)
{
    (void)state;
    struct reading *reading = read_valid("\"name\": n\n\"seed\": \"7\"\n'timeout': '2s'\n");
    assert_int_equal(reading->scenario->seed, 7);
    assert_int_equal(reading->scenario->timeout_ns, 2000000000);
    release(reading);
}

static void quoted_null_is_text(void **state)
{
    (void)state;
    struct reading *reading = read_valid("name: 'null'\ndescription: \"\"\n");
    assert_string_equal(reading->scenario->name, "null");
    assert_string_equal(reading->scenario->description, "");
    release(reading);
}

static void every_spelling_of_null_is_an_error(void **state)
{
    (void)state;
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "name: n\nx-a: %s\n", nulls[i]);
        struct reading *reading = read_text(text);
        assert_null(reading->scenario);
        assert_true(says(reading, "null is not allowed"));
        assert_int_equal(reading->diagnostics.errors, 1);
        release(reading);
    }
}

static void aliases_stand_for_their_anchor(void **state)
{
    (void)state;
    struct reading *reading = read_valid("x-t: &t 3s\nx-run: &run [a, b]\nname: n\ntimeout: *t\n"
                                         "programs: {p: {run: *run}, q: *run}\n");
    assert_int_equal(reading->scenario->timeout_ns, 3000000000);
    assert_string_equal(reading->scenario->programs[0].argv[1], "b");
    assert_string_equal(reading->scenario->programs[1].argv[1], "b");
    release(reading);
}

static void the_last_anchor_of_a_name_counts(void **state)
{
    (void)state;
    struct reading *reading = read_valid("x-a: &t 3s\nx-b: &t 4s\nname: n\ntimeout: *t\n");
    assert_int_equal(reading->scenario->timeout_ns, 4000000000);
    release(reading);
}

static void an_alias_means_the_anchor_around_it_not_one_before(void **state)
{
    (void)state;
    struct reading *reading = read_text("name: n\nx-a: &a b\nx-b: &a [*a]\n");
    assert_null(reading->scenario);
    assert_true(says(reading, "alias '*a' stands inside of what it stands for"));
    release(reading);
}

static void anchors_end_with_their_document(void **state)
{
    (void)state;
    struct reading *reading = read_text("name: &a n\n---\nname: *a\n");
    assert_true(says(reading, "has no anchor '&a'"));
    release(reading);
}

static void own_keys_win_over_merged_ones(void **state)
{
    (void)state;
    struct reading *reading = read_valid(
        "name: n\nx-a: &a {wrap: false, cwd: /a, stop: INT}\nx-b: &b {cwd: /b, stdin: b}\nprograms:\n"
        "  p: {run: 'true', <<: [*a, *b], wrap: true}\n  q: {<<: *b, run: 'true'}\n");
    const struct sf_program *p = &reading->scenario->programs[0], *q = &reading->scenario->programs[1];
    assert_true(p->wrap);
    assert_string_equal(p->cwd, "/a");
    assert_string_equal(p->stdin_text, "b");
    assert_string_equal(q->cwd, "/b");
    release(reading);
}

static void merged_programs_start_where_they_are_merged(void **state)
{
    (void)state;
    struct reading *reading = read_valid(
        "name: n\nx-a: &a {one: 'true', two: 'true'}\nprograms: {zero: 'true', <<: *a, three: 'true'}\n");
    static const char *const names[] = {"zero", "one", "two", "three"};
    assert_int_equal(reading->scenario->program_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(reading->scenario->programs[i].name, names[i]);
    release(reading);
}

static void each_document_is_a_scenario(void **state)
{
    (void)state;
    struct reading *reading = read_text("name: a\n---\nname: b\n...\n---\nname: c\n");
    assert_int_equal(reading->documents, 3);
    assert_int_equal(reading->diagnostics.errors, 0);
    release(reading);
}

static struct sf_place first_place(const struct reading *reading)
{
    assert_true(reading->diagnostics.count > 0);
    return reading->diagnostics.list[0].place;
}

static void places_count_lines_and_bytes_however_lines_end(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line, column;
    } rows[] = {
        {"name: n\nfoo: 1\n", 2, 1},
        {"name: n\r\n\r\nfoo: 1\r\n", 3, 1},
        {"name: n\rfoo: 1\r", 2, 1},
        {"\xef\xbb\xbf"
         "foo: 1\nname: n\n",
         1, 1},
        {"{name: \"é\", foo: 1}\n", 1, 14},
        {"# é\n{name: \"日本\", foo: 1}\n", 2, 18},
        {"name: n\nprograms: {\n", 3, 1},
        {"name: n\nprograms: {", 2, 12},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading *reading = read_text(rows[i].text);
        struct sf_place place = first_place(reading);
        assert_string_equal(place.file, "a.yaml");
        assert_int_equal(place.line, rows[i].line);
        assert_int_equal(place.column, rows[i].column);
        release(reading);
    }
}

static void utf16_is_read(void **state)
{
    (void)state;
    static const char text[] = "\xff\xfe"
                               "n\0a\0m\0e\0:\0 \0n\0\n\0f\0o\0o\0:\0 \0"
                               "1\0";
    struct reading *reading = read_text_bytes(text, sizeof text - 1, NULL);
    assert_true(says(reading, "unknown key 'foo'"));
    assert_int_equal(first_place(reading).line, 2);
    release(reading);
}

/* Texts that multiply, nest or lie: an error or a scenario, soon. */
static void alias_bombs_cost_nothing(void **state)
{
    (void)state;
    char text[8192] = "name: n\nx-0: &x0 [a, a, a, a, a, a, a, a, a, a]\n";
    for (int i = 1; i < 40; i++) {
        size_t end = strlen(text);
        snprintf(text + end, sizeof text - end, "x-%d: &x%d [*x%d, *x%d, *x%d, *x%d]\n", i, i, i - 1, i - 1,
                 i - 1, i - 1);
    }
    release(read_valid(text));
    strcat(text, "programs: {p: *x39}\nfaults: *x39\nexpect: *x39\n");
    struct reading *reading = read_text(text);
    assert_null(reading->scenario);
    assert_true(reading->diagnostics.errors < 20);
    release(reading);
}

static void variables_that_multiply_are_bounded(void **state)
{
    (void)state;
    char text[8192] = "name: n\nvars:\n  v0: aaaaaaaaaaaaaaaa\n";
    for (int i = 1; i < 30; i++) {
        size_t end = strlen(text);
        snprintf(text + end, sizeof text - end, "  v%d: \"${v%d}${v%d}${v%d}\"\n", i, i - 1, i - 1, i - 1);
    }
    struct reading *reading = read_text(text);
    assert_null(reading->scenario);
    assert_true(says(reading, "larger than 64 MiB"));
    release(reading);
}

static void merges_that_multiply_are_bounded(void **state)
{
    (void)state;
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    fprintf(out, "name: n\nx-a: &a {k0: 1");
    for (int i = 1; i < 2000; i++)
        fprintf(out, ", k%d: 1", i);
    fprintf(out, "}\nx-b:\n");
    for (int i = 0; i < 2000; i++)
        fprintf(out, "- {<<: *a}\n");
    fclose(out);
    struct reading *reading = read_text_bytes(text, bytes, NULL);
    assert_null(reading->scenario);
    assert_true(says(reading, "more than 1000000 values"));
    release(reading);
    free(text);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    static char text[1 << 20];
    static const char *const openings[] = {"[", "{a: ", "- ", "? "};
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        size_t bytes = strlen(openings[i]), end = 0;
        while (end + bytes < sizeof text) {
            memcpy(text + end, openings[i], bytes);
            end += bytes;
        }
        struct reading *reading = read_text_bytes(text, end, NULL);
        assert_true(says(reading, "nested more than 64 deep"));
        release(reading);
    }
}

static void every_beginning_of_a_scenario_is_survived(void **state)
{
    (void)state;
    static const char text[] =
        "name: &n \"n\\u00e9\"\nvars: {a: *n}\nprograms:\n  p: {run: [a, \"${a}\"], env: {A: >-\n"
        "   folded\n  }}\nx-m: &m {partial: 1}\nfaults:\n- {call: [recv, send], <<: *m}\n"
        "- call: recv\n  error: !x EAGAIN\n...\n--- # comment\nname: é\n";
    for (size_t bytes = 0; bytes <= sizeof text - 1; bytes++)
        release(read_text_bytes(text, bytes, NULL));
}

static void every_byte_changed_is_survived(void **state)
{
    (void)state;
    static const char text[] =
        "name: n\nx-a: &a {run: [a, '${port.b}'], cwd: /}\nprograms: {p: {<<: *a, ready: {port: 1}}}\n"
        "faults: [{call: recv, peer: '[::1]:80', when: {nth: 2..}, partial: 1..3}]\n"
        "expect: {p: {exit: [1, 2]}, faults: {rule-1: '>2'}}\n";
    static const char bytes[] = "\0\t\n &*!{}[]:-'\"\\#|>%@~\xff\xc3$.9";
    char changed[sizeof text];
    for (size_t at = 0; at < sizeof text - 1; at++) {
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            memcpy(changed, text, sizeof text);
            changed[at] = bytes[i];
            release(read_text_bytes(changed, sizeof text - 1, NULL));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_as_written),
        cmocka_unit_test(quotes_change_nothing),
        cmocka_unit_test(quoted_null_is_text),
        cmocka_unit_test(every_spelling_of_null_is_an_error),
        cmocka_unit_test(aliases_stand_for_their_anchor),
        cmocka_unit_test(the_last_anchor_of_a_name_counts),
        cmocka_unit_test(an_alias_means_the_anchor_around_it_not_one_before),
        cmocka_unit_test(anchors_end_with_their_document),
        cmocka_unit_test(own_keys_win_over_merged_ones),
        cmocka_unit_test(merged_programs_start_where_they_are_merged),
        cmocka_unit_test(each_document_is_a_scenario),
        cmocka_unit_test(places_count_lines_and_bytes_however_lines_end),
        cmocka_unit_test(utf16_is_read),
        cmocka_unit_test(alias_bombs_cost_nothing),
        cmocka_unit_test(variables_that_multiply_are_bounded),
        cmocka_unit_test(merges_that_multiply_are_bounded),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(every_beginning_of_a_scenario_is_survived),
        cmocka_unit_test(every_byte_changed_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
