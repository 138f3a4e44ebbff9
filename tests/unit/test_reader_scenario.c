/* All of a scenario but its rules: programs, variables, expectations. */
#include "hygiene/warning.h"
#include "reader.h"

#include "scenario/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SECOND       UINT64_C(1000000000)

static void a_name_is_enough(void **state)
{
    (void)state;
    struct reading *reading = read_valid("name: n\n");
    assert_int_equal(reading->scenario->timeout_ns, 60 * SECOND);
    assert_int_equal(reading->scenario->program_count, 0);
    assert_int_equal(reading->scenario->rule_count, 0);
    assert_null(reading->scenario->description);
    assert_int_equal(reading->scenario->place.line, 1);
    release(reading);
}

static void the_seed_follows_from_the_name(void **state)
{
    (void)state;
    struct reading *one = read_valid("name: one\n"), *two = read_valid("name: two\n");
    assert_int_equal(one->scenario->seed, 3123124719u); /* the same in every version */
    assert_int_not_equal(one->scenario->seed, two->scenario->seed);
    release(one);
    release(two);
}

static void a_bound_seed_wins(void **state)
{
    (void)state;
    uint64_t seed = 99;
    struct sf_bindings bindings = {.seed = &seed};
    static const char text[] = "name: n\nseed: 7\n";
    struct reading *reading = read_text_bytes(text, sizeof text - 1, &bindings);
    assert_int_equal(reading->scenario->seed, 99);
    release(reading);
}

static void program_keys_are_read(void **state)
{
    (void)state;
    struct reading *reading =
        read_valid("name: n\nprograms:\n  a:\n    run: echo $HOME $${HOME}\n    env: {A: 1, B: ''}\n"
                   "    cwd: /tmp\n    stdin: |\n      x\n    wrap: false\n    stop: SIGINT\n"
                   "    stop_within: 250ms\n    ready: {port: 80, within: 2s}\n  b: [x]\n  c: y\n");
    const struct sf_program *a = &reading->scenario->programs[0];
    assert_string_equal(a->name, "a");
    assert_int_equal(a->place.line, 3);
    assert_int_equal(a->place.column, 3);
    assert_string_equal(a->argv[0], "/bin/sh");
    assert_string_equal(a->argv[1], "-c");
    assert_string_equal(a->argv[2], "echo $HOME ${HOME}");
    assert_null(a->argv[3]);
    assert_int_equal(a->env_count, 2);
    assert_string_equal(a->env[1].name, "B");
    assert_string_equal(a->env[1].value, "");
    assert_string_equal(a->cwd, "/tmp");
    assert_string_equal(a->stdin_text, "x\n");
    assert_false(a->wrap);
    assert_int_equal(a->stop_signal, SIGINT);
    assert_int_equal(a->stop_within_ns, SECOND / 4);
    assert_int_equal(a->ready.kind, SF_READY_PORT);
    assert_int_equal(a->ready.port, 80);
    assert_int_equal(a->ready.within_ns, 2 * SECOND);
    const struct sf_program *b = &reading->scenario->programs[1];
    assert_string_equal(b->argv[0], "x");
    assert_null(b->argv[1]);
    assert_true(b->wrap);
    assert_int_equal(b->stop_signal, SIGTERM);
    assert_int_equal(b->stop_within_ns, 5 * SECOND);
    assert_int_equal(b->ready.kind, SF_READY_NONE);
    assert_int_equal(b->ready.within_ns, 10 * SECOND);
    assert_null(b->stdin_text);
    assert_string_equal(reading->scenario->programs[2].argv[2], "y");
    release(reading);
}

static uint16_t port_of_name(void *context, const char *name)
{
    (*(unsigned *)context)++;
    return (uint16_t)(1000 + strlen(name));
}

static void variables_are_replaced(void **state)
{
    (void)state;
    unsigned asked = 0;
    struct sf_bindings bindings = {.port = port_of_name, .context = &asked};
    setenv("SOCKFAULT_TEST_VARIABLE", "from ${x} outside", 1);
    static const char text[] =
        "vars: {a: x, b: \"${a}y\", c-1: 3s}\nname: \"<${b}>\"\ntimeout: ${c-1}\n"
        "description: $ $$ $a ${env.SOCKFAULT_TEST_VARIABLE} $${a} $$${a}${port.web}${a}\n";
    struct reading *reading = read_text_bytes(text, sizeof text - 1, &bindings);
    assert_non_null(reading->scenario);
    assert_string_equal(reading->scenario->name, "<xy>");
    assert_int_equal(reading->scenario->timeout_ns, 3 * SECOND);
    /* "$${" is taken first, from the left: "$$${a}" is "$" and a literal "${a}". */
    assert_string_equal(reading->scenario->description, "$ $$ $a from ${x} outside ${a} $${a}1003x");
    assert_int_equal(asked, 1);
    release(reading);
}

static const char *one_folder(void *context)
{
    ++*(unsigned *)context;
    return "/fresh";
}

static void the_fresh_folder_is_bound(void **state)
{
    (void)state;
    unsigned asked = 0;
    struct sf_bindings bindings = {.dir = one_folder, .dir_context = &asked};
    static const char text[] = "name: n\nvars: {a: '${dir}/a'}\ndescription: ${a} ${dir}\n";
    struct reading *reading = read_text_bytes(text, sizeof text - 1, &bindings);
    assert_non_null(reading->scenario);
    assert_string_equal(reading->scenario->description, "/fresh/a /fresh");
    assert_int_equal(asked, 2);
    release(reading);
    reading = read_valid(text); /* any path will do */
    assert_int_equal(reading->scenario->description[0], '/');
    release(reading);
}

static void the_folder_of_the_file_is_absolute(void **state)
{
    (void)state;
    struct reading *reading = read_valid("name: n\ndescription: ${scenario_dir}\n");
    char *here = getcwd(NULL, 0);
    assert_string_equal(reading->scenario->description, here);
    free(here);
    release(reading);
}

static void bad_variables_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"${nmae}", "did you mean name?"},
        {"${}", "unknown variable ''"},
        {"${name", "without '}'"},
        {"${port.}", "no name for a port"},
        {"${port.a b}", "no name for a port"},
        {"${env.}", "the environment has no variable"},
        {"${dri}", "port.NAME, env.NAME, scenario_dir, dir;"},
        {"${name:-x}", "unknown variable 'name:-x'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "name: n\nvars: {name: x}\ndescription: '%s'\n", rows[i].text);
        struct reading *reading = read_text(text);
        assert_null(reading->scenario);
        assert_true(says(reading, rows[i].words));
        release(reading);
    }
}

static void keys_are_not_replaced(void **state)
{
    (void)state;
    struct reading *reading = read_valid("name: n\nvars: {a: x}\nprograms: {\"${a}\": 'true'}\n");
    assert_string_equal(reading->scenario->programs[0].name, "${a}");
    release(reading);
}

static void services_alone_say_how_long_they_run(void **state)
{
    (void)state;
    static const char services[] =
        "programs: {a: {run: x, ready: {file: f}}, b: {run: x, ready: {port: 1}}}\n";
    char text[256];
    snprintf(text, sizeof text, "name: n\nrun_for: 2s\n%s", services);
    struct reading *reading = read_valid(text);
    assert_int_equal(reading->scenario->run_for_ns, 2 * SECOND);
    release(reading);
    snprintf(text, sizeof text, "name: n\n%s", services);
    reading = read_text(text);
    assert_null(reading->scenario);
    assert_true(says(reading, "run_for must say how long"));
    release(reading);
    /* Of `run` the programs do not matter. */
    struct sf_bindings bindings = {.program_name = "p"};
    reading = read_text_bytes(text, strlen(text), &bindings);
    assert_non_null(reading->scenario);
    release(reading);
    release(read_valid("name: n\nrun_for: 2s\n"));
}

static void readiness_and_input_have_several_forms(void **state)
{
    (void)state;
    struct reading *reading =
        read_valid("name: n\nprograms:\n"
                   "  a: {run: x, ready: {output: 'a|b', within: 1s}, start_after: 1.5s}\n"
                   "  b: {run: x, ready: {file: f}, stdin_file: /dev/zero}\n  c: x\n");
    const struct sf_program *a = &reading->scenario->programs[0], *b = &reading->scenario->programs[1];
    assert_int_equal(a->ready.kind, SF_READY_OUTPUT);
    assert_string_equal(a->ready.output.text, "a|b");
    assert_int_equal(a->ready.within_ns, SECOND);
    assert_int_equal(a->start_after_ns, SECOND * 3 / 2);
    assert_null(a->stdin_file);
    assert_int_equal(b->ready.kind, SF_READY_FILE);
    assert_string_equal(b->ready.file, "f");
    assert_string_equal(b->stdin_file, "/dev/zero");
    assert_int_equal(b->start_after_ns, 0);
    release(reading);
}

static struct reading *read_expect(const char *inside)
{
    char text[1024];
    snprintf(text, sizeof text,
             "name: n\nprograms: {server: 'true', client: 'true'}\n"
             "faults: [{id: one, call: recv, partial: 1}, {call: send, partial: 1}]\nexpect: {%s}\n",
             inside);
    return read_text(text);
}

static void nothing_is_expected_where_nothing_is_said(void **state)
{
    (void)state;
    struct reading *reading = read_expect("client: {}");
    const struct sf_scenario *scenario = reading->scenario;
    assert_null(scenario->expect[0].place.file);
    assert_non_null(scenario->expect[1].place.file);
    assert_false(scenario->expect[1].exit.given || scenario->expect[1].signal.given);
    assert_null(scenario->expect[1].out.place.file);
    assert_null(scenario->expect[1].duration.place.file);
    assert_null(scenario->rule_expect[0].place.file);
    release(reading);
}

static void expectations_are_read(void **state)
{
    (void)state;
    struct reading *reading = read_expect(
        "client: {exit: [1, 255], signal: none, duration: '<5s', stdout: {equals: \"a\\n\", contains: x, "
        "not_contains: [y, z], empty: false}, stderr: {empty: true}}, server: {exit: nonzero}, "
        "faults: {one: '>=10', rule-2: 3}");
    assert_non_null(reading->scenario);
    const struct sf_program_expectation *client = &reading->scenario->expect[1];
    assert_true(client->exit.given && !client->exit.nonzero);
    assert_int_equal(client->exit.count, 2);
    assert_int_equal(client->exit.codes[1], 255);
    assert_string_equal(client->exit.text, "[1, 255]");
    assert_true(client->signal.given);
    assert_int_equal(client->signal.number, 0);
    assert_int_equal(client->duration.max, 5 * SECOND - 1);
    assert_string_equal(client->duration.text, "<5s");
    assert_string_equal(client->out.equals.text, "a\n");
    assert_int_equal(client->out.contains_count, 1);
    assert_int_equal(client->out.not_contains_count, 2);
    assert_string_equal(client->out.not_contains[1].text, "z");
    assert_true(client->out.empty.given && !client->out.empty.value);
    assert_true(client->err.empty.given && client->err.empty.value);
    assert_true(reading->scenario->expect[0].exit.nonzero);
    assert_string_equal(reading->scenario->expect[0].exit.text, "nonzero");
    assert_int_equal(reading->scenario->rule_expect[0].min, 10);
    assert_int_equal(reading->scenario->rule_expect[0].max, UINT64_MAX);
    assert_int_equal(reading->scenario->rule_expect[1].min, 3);
    assert_non_null(reading->scenario->rule_expect[1].place.file);
    release(reading);
}

static void hygiene_is_clean_or_names_what_it_may_have(void **state)
{
    (void)state;
    struct reading *reading = read_expect("client: {hygiene: clean}");
    assert_non_null(reading->scenario);
    assert_true(reading->scenario->expect[1].hygiene.given);
    assert_int_equal(reading->scenario->expect[1].hygiene.allowed, 0);
    assert_string_equal(reading->scenario->expect[1].hygiene.text, "clean");
    assert_false(reading->scenario->expect[0].hygiene.given);
    release(reading);
    reading = read_expect("client: {hygiene: [tiny-reads, unclosed]}");
    assert_non_null(reading->scenario);
    assert_int_equal(reading->scenario->expect[1].hygiene.allowed,
                     1u << SF_HABIT_TINY_READS | 1u << SF_HABIT_UNCLOSED);
    assert_string_equal(reading->scenario->expect[1].hygiene.text, "nothing but tiny-reads, unclosed");
    release(reading);
}

static void measures_and_patterns_are_read(void **state)
{
    (void)state;
    struct reading *reading =
        read_expect("client: {cpu: '<=2s', leaked_sockets: '<3', calls: {connect: '>=2', option: 0}, "
                    "stdout: {matches: 'a|b', equals_file: x/y}, "
                    "stderr: {equals_file: /etc/z}}");
    assert_non_null(reading->scenario);
    const struct sf_program_expectation *client = &reading->scenario->expect[1];
    assert_int_equal(client->cpu.max, 2 * SECOND);
    assert_int_equal(client->calls[SF_FAMILY_CONNECT].min, 2);
    assert_non_null(client->calls[SF_FAMILY_OPTION].place.file);
    assert_int_equal(client->calls[SF_FAMILY_OPTION].max, 0);
    assert_null(client->calls[SF_FAMILY_SEND].place.file);
    assert_non_null(client->leaked_sockets.place.file);
    assert_int_equal(client->leaked_sockets.max, 2);
    assert_string_equal(client->out.matches.text, "a|b");
    assert_int_equal(client->out.matches.place.line, 4);
    assert_string_equal(client->err.equals_file.text, "/etc/z");
    char *here = getcwd(NULL, 0), path[4200];
    snprintf(path, sizeof path, "%s/x/y", here);
    assert_string_equal(client->out.equals_file.text, path);
    free(here);
    release(reading);
}

static void signals_have_two_spellings(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int number;
    } rows[] = {{"SEGV", SIGSEGV},         {"SIGSEGV", SIGSEGV}, {"SIGKILL", SIGKILL},
                {"IOT", SIGABRT},          {"SIGCLD", SIGCHLD},  {"SIGRTMIN+3", SIGRTMIN + 3},
                {"RTMAX-2", SIGRTMAX - 2}, {"RTMIN", SIGRTMIN}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[64];
        snprintf(text, sizeof text, "client: {signal: %s}", rows[i].name);
        struct reading *reading = read_expect(text);
        assert_int_equal(reading->scenario->expect[1].signal.number, rows[i].number);
        release(reading);
    }
}

static void bad_expectations_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *expect, *words;
    } rows[] = {
        {"clinet: {exit: 0}", "did you mean client?"},
        {"faults: {two: 1}", "no rule 'two', known are one, rule-2"},
        {"faults: [one]", "expect.faults must be a mapping"},
        {"faults: {one: lots}", "how often a rule fired must be"},
        {"client: {exit: -1}", "exit must be"},
        {"client: {exit: 256}", "exit must be"},
        {"client: {exit: []}", "exit must be"},
        {"client: {exit: {}}", "exit must be"},
        {"client: {signal: 9}", "signal must be"},
        {"client: {signal: RTMIN+31}", "signal must be"},
        {"client: {signal: RTMIN-1}", "signal must be"},
        {"client: {signal: segv}", "did you mean SEGV?"},
        {"client: {signal: TERM, exit: 0}", "contradict"},
        {"client: {stdout: text}", "stdout must be a mapping"},
        {"client: {stdout: {contains: {}}}", "contains must be"},
        {"client: {stdout: {contains: [[a]]}}", "contains must be"},
        {"client: {stdout: {empty: 0}}", "empty must be true or false"},
        {"client: {duration: 5s}", "nothing takes exactly so long"},
        {"client: {duration: '<5'}", "duration must be"},
        {"client: {cpu: 1s}", "nothing takes exactly so long"},
        {"client: {calls: [connect]}", "calls must be a mapping"},
        {"client: {calls: {conect: 1}}", "did you mean connect?"},
        {"client: {calls: {connect: '>'}}", "connect must be"},
        {"client: {stdout: {matches: '('}}", "missing closing parenthesis (at offset 1)"},
        {"client: {stdout: {equals_file: ''}}", "equals_file must be"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_expect(rows[i].expect);
        assert_null(reading->scenario);
        assert_true(says(reading, rows[i].words));
        release(reading);
    }
}

static void a_scenario_outlives_its_document(void **state)
{
    (void)state;
    static const char text[] =
        "name: n\nprograms: {p: [a, b]}\nfaults: [{id: i, call: recv, partial: 1, peer: 'unix:/x'}]\n"
        "expect: {p: {stdout: {contains: c}}, faults: {i: 3}}\n";
    struct sf_arena *arena = sf_arena_new(), *documents_arena = sf_arena_new();
    struct sf_diagnostics diagnostics = {.arena = documents_arena};
    char *copy = strdup(text), *file = strdup("f.yaml");
    const struct sf_source source = {.file = file, .text = copy, .bytes = sizeof text - 1};
    size_t count;
    struct sf_document **documents = sf_documents_parse(documents_arena, &source, &count, &diagnostics);
    struct sf_scenario *scenario = sf_scenario_decode(arena, documents[0], NULL, &diagnostics);
    assert_non_null(scenario);
    sf_arena_free(documents_arena);
    memset(copy, 'x', sizeof text - 1);
    memset(file, 'x', strlen(file));
    free(copy);
    free(file);
    assert_string_equal(scenario->file, "f.yaml");
    assert_string_equal(scenario->place.file, "f.yaml");
    assert_string_equal(scenario->programs[0].argv[1], "b");
    assert_string_equal(scenario->programs[0].name, "p");
    assert_string_equal(scenario->rules[0].id, "i");
    assert_string_equal(scenario->rules[0].fault_text, "partial: 1");
    assert_string_equal(scenario->rules[0].peers[0].glob, "/x");
    assert_string_equal(scenario->rules[0].peers[0].place.file, "f.yaml");
    assert_string_equal(scenario->expect[0].out.contains[0].text, "c");
    assert_string_equal(scenario->rule_expect[0].text, "3");
    sf_arena_free(arena);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void folders_are_walked_in_order(void **state)
{
    (void)state;
    char folder[] = "/tmp/sockfault-files-XXXXXX", path[256], command[300];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/b", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/.hidden", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/b/loop", folder);
    assert_int_equal(symlink("..", path), 0);
    static const char *const names[] = {"z.yaml", "a.yml",          "b/c.yaml", "notes.txt",
                                        ".yaml",  ".hidden/x.yaml", "c.yamlx"};
    for (size_t i = 0; i < COUNT(names); i++)
        write_file(folder, names[i], "");
    struct sf_arena *arena = sf_arena_new();
    struct sf_diagnostics diagnostics = {.arena = arena};
    struct sf_files files = {0};
    sf_files_add(arena, folder, &files, &diagnostics);
    assert_int_equal(diagnostics.errors, 0);
    assert_int_equal(files.count, 3);
    static const char *const wanted[] = {"a.yml", "b/c.yaml", "z.yaml"};
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_string_equal(files.paths[i] + strlen(folder) + 1, wanted[i]);
    snprintf(path, sizeof path, "%s/.hidden/none", folder);
    sf_files_add(arena, path, &files, &diagnostics);
    assert_int_equal(diagnostics.errors, 1);
    sf_arena_free(arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void unreadable_files_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *path, *words;
    } rows[] = {{"/nonexistent/a.yaml", "No such file"},
                {"/", "Is a directory"},
                {"/dev/zero", "larger than 16 MiB"},
                {"/dev/null", "holds no scenario"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sf_arena *arena = sf_arena_new();
        struct sf_diagnostics diagnostics = {.arena = arena};
        size_t count = 42;
        sf_documents_read(arena, rows[i].path, &count, &diagnostics);
        assert_int_equal(count, 0);
        assert_int_equal(diagnostics.errors, 1);
        assert_non_null(strstr(diagnostics.list[0].message, rows[i].words));
        assert_int_equal(diagnostics.list[0].place.line, 0);
        sf_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_enough),
        cmocka_unit_test(the_seed_follows_from_the_name),
        cmocka_unit_test(a_bound_seed_wins),
        cmocka_unit_test(program_keys_are_read),
        cmocka_unit_test(variables_are_replaced),
        cmocka_unit_test(the_fresh_folder_is_bound),
        cmocka_unit_test(the_folder_of_the_file_is_absolute),
        cmocka_unit_test(bad_variables_are_refused),
        cmocka_unit_test(keys_are_not_replaced),
        cmocka_unit_test(nothing_is_expected_where_nothing_is_said),
        cmocka_unit_test(expectations_are_read),
        cmocka_unit_test(services_alone_say_how_long_they_run),
        cmocka_unit_test(readiness_and_input_have_several_forms),
        cmocka_unit_test(hygiene_is_clean_or_names_what_it_may_have),
        cmocka_unit_test(measures_and_patterns_are_read),
        cmocka_unit_test(signals_have_two_spellings),
        cmocka_unit_test(bad_expectations_are_refused),
        cmocka_unit_test(a_scenario_outlives_its_document),
        cmocka_unit_test(folders_are_walked_in_order),
        cmocka_unit_test(unreadable_files_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
