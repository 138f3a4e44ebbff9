/* What makes several scenarios of one: the matrix; what overrides vars; what a scenario requires. */
#include "reader.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char two_keys[] = "name: n\n"
                               "matrix: {chunk: [1, '07'], host: ['a b', '${chunk}', '']}\n"
                               "vars: {both: '${chunk}-${host}'}\n"
                               "programs: {p: ['${both}']}\n";

static struct reading *read_combination(const char *text, size_t combination)
{
    const struct sf_bindings bindings = {.combination = combination};
    struct reading *reading = read_text_bytes(text, strlen(text), &bindings);
    assert_non_null(reading->scenario);
    return reading;
}

static void the_last_key_changes_fastest(void **state)
{
    (void)state;
    static const struct {
        const char *name, *argument;
    } rows[] = {
        {"n [chunk=1, host=a b]", "1-a b"},   {"n [chunk=1, host=1]", "1-1"},
        {"n [chunk=1, host=]", "1-"},         {"n [chunk=07, host=a b]", "07-a b"},
        {"n [chunk=07, host=07]", "07-07"},   {"n [chunk=07, host=]", "07-"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_combination(two_keys, i);
        assert_string_equal(reading->scenario->name, rows[i].name);
        assert_string_equal(reading->scenario->programs[0].argv[0], rows[i].argument);
        release(reading);
    }
}

static void the_seed_is_as_written_or_of_the_full_name(void **state)
{
    (void)state;
    static const char written[] = "name: n\nseed: 7\nmatrix: {a: [1, 2]}\n";
    struct reading *one = read_combination(two_keys, 0), *two = read_combination(two_keys, 1);
    struct reading *named = read_valid("name: 'n [chunk=1, host=a b]'\n");
    assert_int_equal(one->scenario->seed, named->scenario->seed);
    assert_int_not_equal(one->scenario->seed, two->scenario->seed);
    release(one);
    release(two);
    release(named);
    one = read_combination(written, 1);
    assert_int_equal(one->scenario->seed, 7);
    release(one);
}

static uint16_t bound_port(void *context, const char *name)
{
    (void)name;
    return *(const uint16_t *)context;
}

static const char *bound_folder(void *context)
{
    return *(const uint16_t *)context == 4000 ? "/tmp/a" : "/tmp/b";
}

static struct reading *read_bound(const char *text, size_t combination, uint16_t port)
{
    const struct sf_override override = {"set", "${port.s}"}; /* taken as it stands */
    const struct sf_bindings bindings = {.combination = combination,
                                         .port = bound_port,
                                         .context = &port,
                                         .dir = bound_folder,
                                         .dir_context = &port,
                                         .overrides = &override,
                                         .override_count = 1};
    struct reading *reading = read_text_bytes(text, strlen(text), &bindings);
    assert_non_null(reading->scenario);
    return reading;
}

/* What is another at each run stays a variable in the name. */
static void ports_and_folders_change_neither_name_nor_seed(void **state)
{
    (void)state;
    static const char text[] = "name: n ${v} ${set} ${port.x} $${dir}\n"
                               "matrix: {at: ['${port.y}', '${env.SF_LABEL}${dir}', 7]}\n"
                               "vars: {set: 1, v: '<${at}>'}\n"
                               "programs: {p: ['${v}', '${port.x}', '${set}']}\n";
    static const char *const names[] = {
        "n <${port.y}> ${port.s} ${port.x} ${dir} [at=${port.y}]",
        "n </x${dir}> ${port.s} ${port.x} ${dir} [at=/x${dir}]",
        "n <7> ${port.s} ${port.x} ${dir} [at=7]"};
    setenv("SF_LABEL", "/x", 1);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct reading *one = read_bound(text, i, 4000), *two = read_bound(text, i, 5000);
        assert_string_equal(one->scenario->name, names[i]);
        assert_string_equal(two->scenario->name, names[i]);
        assert_int_equal(one->scenario->seed, two->scenario->seed);
        char **argv = one->scenario->programs[0].argv;
        assert_null(strstr(argv[0], "${"));
        assert_string_equal(argv[1], "4000");
        assert_string_equal(argv[2], "${port.s}");
        release(one);
        release(two);
    }
    struct reading *reading = read_bound(text, 0, 4000), *other = read_bound(text, 2, 4000);
    assert_string_equal(reading->scenario->programs[0].argv[0], "<4000>");
    assert_int_not_equal(reading->scenario->seed, other->scenario->seed);
    release(reading);
    release(other);
}

static void empty_matrix_changes_nothing(void **state)
{
    (void)state;
    struct reading *reading = read_valid("name: n\nmatrix: {}\n");
    assert_string_equal(reading->scenario->name, "n");
    release(reading);
}

struct visit {
    size_t count, combinations[8];
    char names[8][40];
};

static void visit_scenario(void *context, const struct sf_document *document, size_t combination,
                           const struct sf_scenario *scenario)
{
    (void)document;
    struct visit *visit = context;
    visit->combinations[visit->count] = combination;
    snprintf(visit->names[visit->count++], sizeof visit->names[0], "%s", scenario->name);
}

static struct visit visit_all(struct sf_diagnostics *diagnostics, const char *text)
{
    const struct sf_source source = {.file = "a.yaml", .text = text, .bytes = strlen(text)};
    struct visit visit = {0};
    size_t count;
    struct sf_document **documents = sf_documents_parse(diagnostics->arena, &source, &count, diagnostics);
    sf_documents_decode(documents, count, NULL, diagnostics, visit_scenario, &visit);
    return visit;
}

static void all_scenarios_of_a_file_are_visited_in_order(void **state)
{
    (void)state;
    struct sf_diagnostics diagnostics = {.arena = sf_arena_new()};
    struct visit visit =
        visit_all(&diagnostics, "name: a\n---\nname: b\nmatrix: {x: [1, 2], y: [3]}\n---\nname: c\n");
    assert_int_equal(visit.count, 4);
    assert_string_equal(visit.names[0], "a");
    assert_string_equal(visit.names[1], "b [x=1, y=3]");
    assert_string_equal(visit.names[2], "b [x=2, y=3]");
    assert_int_equal(visit.combinations[2], 1);
    assert_string_equal(visit.names[3], "c");
    sf_arena_free(diagnostics.arena);
}

static void error_of_one_value_leaves_the_others(void **state)
{
    (void)state;
    struct sf_diagnostics diagnostics = {.arena = sf_arena_new()};
    struct visit visit = visit_all(
        &diagnostics, "name: a\nmatrix: {x: [1, 0, 0, 2]}\nfaults: [{call: recv, partial: '${x}'}]\n");
    assert_int_equal(visit.count, 2);
    assert_int_equal(diagnostics.errors, 1); /* the same for both */
    assert_string_equal(visit.names[1], "a [x=2]");
    sf_arena_free(diagnostics.arena);
}

static void ten_thousand_combinations_are_allowed(void **state)
{
    (void)state;
    static const char text[] =
        "name: n\nmatrix: {a: &a [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], b: *a, c: *a, d: *a}\n";
    struct reading *reading = read_combination(text, 9999);
    assert_string_equal(reading->scenario->name, "n [a=9, b=9, c=9, d=9]");
    release(reading);
}

static void override_replaces_the_value_of_a_variable(void **state)
{
    (void)state;
    static const char text[] = "name: n\nvars: {a: '${env.SOCKFAULT_NO_SUCH}', b: '<${a}>', c: 3}\n"
                               "programs: {p: ['${a}', '${b}', '${c}']}\n";
    char value[] = "${c}=x"; /* taken as it stands */
    const struct sf_override overrides[] = {{"a", "1"}, {"none", "2"}, {"a", value}};
    const struct sf_bindings bindings = {.overrides = overrides, .override_count = COUNT(overrides)};
    struct reading *reading = read_text_bytes(text, sizeof text - 1, &bindings);
    assert_non_null(reading->scenario);
    memset(value, 'y', sizeof value - 1); /* the scenario keeps none of it */
    char **argv = reading->scenario->programs[0].argv;
    assert_string_equal(argv[0], "${c}=x");
    assert_string_equal(argv[1], "<${c}=x>");
    assert_string_equal(argv[2], "3");
    release(reading);
}

static void names_of_variables_are_known(void **state)
{
    (void)state;
    static const char text[] = "name: n\nvars: {a: 1, <<: {b: 2}}\nmatrix: {c: [3]}\n";
    const struct sf_source source = {.file = "a.yaml", .text = text, .bytes = sizeof text - 1};
    struct sf_diagnostics diagnostics = {.arena = sf_arena_new()};
    size_t documents_count, count = 0;
    const char **names = NULL;
    struct sf_document **documents =
        sf_documents_parse(diagnostics.arena, &source, &documents_count, &diagnostics);
    sf_document_variables(diagnostics.arena, documents[0], &names, &count);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "b");
    sf_arena_free(diagnostics.arena);
}

static void tags_and_requirements_are_lists_or_one(void **state)
{
    (void)state;
    struct reading *reading =
        read_valid("name: n\nvars: {x: y}\ntags: [smoke, '${x}']\nrequires: [sh,\n  no]\n");
    const struct sf_scenario *scenario = reading->scenario;
    assert_int_equal(scenario->tag_count, 2);
    assert_string_equal(scenario->tags[0], "smoke");
    assert_string_equal(scenario->tags[1], "y");
    assert_int_equal(scenario->requires_count, 2);
    assert_string_equal(scenario->requires[1].text, "no");
    assert_int_equal(scenario->requires[1].place.line, 5);
    release(reading);
    reading = read_valid("name: n\ntags: smoke\nrequires: []\n");
    assert_int_equal(reading->scenario->tag_count, 1);
    assert_int_equal(reading->scenario->requires_count, 0);
    release(reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_key_changes_fastest),
        cmocka_unit_test(the_seed_is_as_written_or_of_the_full_name),
        cmocka_unit_test(ports_and_folders_change_neither_name_nor_seed),
        cmocka_unit_test(empty_matrix_changes_nothing),
        cmocka_unit_test(all_scenarios_of_a_file_are_visited_in_order),
        cmocka_unit_test(error_of_one_value_leaves_the_others),
        cmocka_unit_test(ten_thousand_combinations_are_allowed),
        cmocka_unit_test(override_replaces_the_value_of_a_variable),
        cmocka_unit_test(names_of_variables_are_known),
        cmocka_unit_test(tags_and_requirements_are_lists_or_one),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
