/* Options of run and test: what is taken, what is refused and with which words. */
#include "commands/options.h"

#include "base/arena.h"
#include "base/ports.h"
#include "commands/help.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct sf_arena *arena;
    struct sf_options options;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->arena = sf_arena_new();
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    sf_arena_free(world->arena);
    free(world);
    return 0;
}

/* Split a command line at its spaces; '_' stands for a space within a word. */
static const char *parse(struct world *world, enum sf_command command, const char *line)
{
    char *text = sf_arena_strdup(world->arena, line), *state = NULL;
    char **argv = NULL;
    size_t argc = 0, count = 0;
    for (char *word = strtok_r(text, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
        for (char *at = word; *at; at++)
            *at = *at == '_' ? ' ' : *at;
        char **slot = sf_arena_push(world->arena, &argv, &argc, sizeof *argv);
        *slot = word;
    }
    count = argc;
    char **end = sf_arena_push(world->arena, &argv, &argc, sizeof *argv);
    *end = NULL;
    return sf_options_parse(world->arena, command, (int)count, argv, &world->options);
}

static void refuses(struct world *world, enum sf_command command, const char *line, const char *sentence)
{
    const char *problem = parse(world, command, line);
    if (!problem)
        fail_msg("taken: %s", line);
    assert_string_equal(problem, sentence);
}

static void nothing_given_leaves_the_defaults(void **state)
{
    struct world *world = *state;
    assert_null(parse(world, SF_COMMAND_RUN, "run"));
    const struct sf_options *options = &world->options;
    assert_null(options->scenario);
    assert_null(options->as);
    assert_int_equal(options->fault_count, 0);
    assert_int_equal(options->report_count, 0);
    assert_int_equal(options->timeout_ns, 0);
    assert_int_equal(options->verbosity, 0);
    assert_false(options->has_seed);
    assert_false(options->help);
    assert_true(options->jobs >= 1);
    assert_int_equal(options->rest_count, 0);
    assert_null(options->rest[0]);
}

static void every_option_of_run_is_taken(void **state)
{
    struct world *world = *state;
    assert_null(parse(world, SF_COMMAND_RUN,
                      "run -s a.yaml -f call:_recv --fault=partial:_1 --as web --seed 9 --timeout=1.5s "
                      "--report json=r.json --report pretty -v curl"));
    const struct sf_options *options = &world->options;
    assert_string_equal(options->scenario, "a.yaml");
    assert_int_equal(options->fault_count, 2);
    assert_string_equal(options->faults[0], "call: recv");
    assert_string_equal(options->faults[1], "partial: 1");
    assert_string_equal(options->as, "web");
    assert_true(options->has_seed);
    assert_int_equal(options->seed, 9);
    assert_int_equal(options->timeout_ns, 1500000000);
    assert_int_equal(options->report_count, 2);
    assert_int_equal(options->reports[0].format, SF_REPORT_JSON);
    assert_string_equal(options->reports[0].path, "r.json");
    assert_int_equal(options->reports[1].format, SF_REPORT_PRETTY);
    assert_int_equal(options->verbosity, 1);
    assert_int_equal(options->rest_count, 1);
}

static void options_behind_the_program_are_its_own(void **state)
{
    struct world *world = *state;
    assert_null(parse(world, SF_COMMAND_RUN, "run -v curl -s -f x --seed nonsense"));
    assert_int_equal(world->options.rest_count, 6);
    assert_string_equal(world->options.rest[0], "curl");
    assert_string_equal(world->options.rest[1], "-s");
    assert_null(world->options.scenario);
    assert_null(world->options.rest[6]);
}

static void two_dashes_end_the_options(void **state)
{
    struct world *world = *state;
    assert_null(parse(world, SF_COMMAND_RUN, "run -q -- -v -- x"));
    assert_int_equal(world->options.verbosity, -1);
    assert_int_equal(world->options.rest_count, 3);
    assert_string_equal(world->options.rest[0], "-v");
    assert_string_equal(world->options.rest[1], "--");
}

static void paths_of_test_may_stand_among_options(void **state)
{
    struct world *world = *state;
    assert_null(parse(world, SF_COMMAND_TEST, "test a.yaml -j3 b.yaml --quiet"));
    assert_int_equal(world->options.jobs, 3);
    assert_int_equal(world->options.verbosity, -1);
    assert_int_equal(world->options.rest_count, 2);
    assert_string_equal(world->options.rest[1], "b.yaml");
}

static void every_option_of_test_is_taken(void **state)
{
    struct world *world = *state;
    assert_null(parse(world, SF_COMMAND_TEST, "test a.yaml"));
    assert_null(world->options.filter);
    assert_int_equal(world->options.repeat, 1);
    assert_int_equal(world->options.override_count, 0);
    assert_false(world->options.fail_fast || world->options.no_skip);
    assert_null(parse(world, SF_COMMAND_TEST,
                      "test --filter ^a --repeat=3 --set a=1 --set b=x=_ --set c= --fail-fast --no-skip a.yaml"));
    const struct sf_options *options = &world->options;
    assert_string_equal(options->filter, "^a");
    assert_int_equal(options->repeat, 3);
    assert_int_equal(options->override_count, 3);
    assert_string_equal(options->overrides[0].name, "a");
    assert_string_equal(options->overrides[0].value, "1");
    assert_string_equal(options->overrides[1].name, "b");
    assert_string_equal(options->overrides[1].value, "x= ");
    assert_string_equal(options->overrides[2].value, "");
    assert_true(options->fail_fast && options->no_skip);
    assert_int_equal(options->rest_count, 1);
}

static void parsing_twice_starts_anew(void **state)
{
    struct world *world = *state;
    assert_null(parse(world, SF_COMMAND_RUN, "run -v a b c"));
    assert_null(parse(world, SF_COMMAND_RUN, "run -q d"));
    assert_string_equal(world->options.rest[0], "d");
    assert_int_equal(world->options.verbosity, -1);
}

static void help_is_an_option_of_both(void **state)
{
    struct world *world = *state;
    assert_null(parse(world, SF_COMMAND_RUN, "run --help"));
    assert_true(world->options.help);
    assert_null(parse(world, SF_COMMAND_TEST, "test -h"));
    assert_true(world->options.help);
}

static void unknown_option_is_named_with_the_nearest(void **state)
{
    struct world *world = *state;
    refuses(world, SF_COMMAND_RUN, "run --foo x", "unknown option '--foo'");
    refuses(world, SF_COMMAND_RUN, "run --fualt=call:_recv x",
            "unknown option '--fualt' (did you mean --fault?)");
    refuses(world, SF_COMMAND_RUN, "run -vZ x", "unknown option '-Z'");
    refuses(world, SF_COMMAND_TEST, "test a.yaml --sed 1", "unknown option '--sed' (did you mean --seed?)");
}

static void option_of_another_command_is_unknown(void **state)
{
    struct world *world = *state;
    refuses(world, SF_COMMAND_RUN, "run -j 3 x", "unknown option '-j'");
    refuses(world, SF_COMMAND_TEST, "test --fault x a.yaml", "unknown option '--fault'");
}

static void missing_value_says_what_is_wanted(void **state)
{
    struct world *world = *state;
    refuses(world, SF_COMMAND_RUN, "run -f", "option '--fault' needs a value: RULE");
    refuses(world, SF_COMMAND_RUN, "run --timeout", "option '--timeout' needs a value: DURATION");
}

static void value_of_a_switch_is_refused(void **state)
{
    refuses(*state, SF_COMMAND_RUN, "run --verbose=2 x", "option '--verbose' takes no value");
}

static void bad_values_are_refused_with_what_is_allowed(void **state)
{
    struct world *world = *state;
    refuses(world, SF_COMMAND_RUN, "run --seed -1 x",
            "--seed: '-1' is not a number from 0 to 9223372036854775807");
    refuses(world, SF_COMMAND_RUN, "run --seed 9223372036854775808 x",
            "--seed: '9223372036854775808' is not a number from 0 to 9223372036854775807");
    refuses(world, SF_COMMAND_RUN, "run --timeout 3 x",
            "--timeout: '3' is not a duration such as 250us, 10ms, 1.5s or 2m");
    refuses(world, SF_COMMAND_RUN, "run --timeout 0s x",
            "--timeout: '0s' is not a duration such as 250us, 10ms, 1.5s or 2m");
    refuses(world, SF_COMMAND_TEST, "test -j 0 x", "--jobs: '0' is not a number from 1 to 1024");
    refuses(world, SF_COMMAND_TEST, "test -j many x", "--jobs: 'many' is not a number from 1 to 1024");
    refuses(world, SF_COMMAND_RUN, "run --report xml x",
            "--report: unknown report format 'xml': allowed are pretty, tap, junit, json, github, html");
    refuses(world, SF_COMMAND_TEST, "test --filter a( x",
            "--filter: 'a(' is no regular expression: missing closing parenthesis (at offset 2)");
    refuses(world, SF_COMMAND_TEST, "test --shard 0/3 x",
            "--shard: '0/3' is not K/N with K from 1 to N, here 3");
    refuses(world, SF_COMMAND_TEST, "test --shard 4/3 x",
            "--shard: '4/3' is not K/N with K from 1 to N, here 3");
    refuses(world, SF_COMMAND_TEST, "test --shard 1/0 x",
            "--shard: '1/0' is not K/N with N from 1 to 100000");
    refuses(world, SF_COMMAND_TEST, "test --shard 3 x", "--shard: '3' is not K/N, part K of N, such as 1/4");
    refuses(world, SF_COMMAND_TEST, "test --shard 1/2/3 x",
            "--shard: '1/2/3' is not K/N, part K of N, such as 1/4");
    refuses(world, SF_COMMAND_TEST, "test --shard= x", "--shard: '' is not K/N, part K of N, such as 1/4");
    refuses(world, SF_COMMAND_TEST, "test --repeat 0 x", "--repeat: '0' is not a number from 1 to 100000");
    refuses(world, SF_COMMAND_TEST, "test --repeat 100001 x",
            "--repeat: '100001' is not a number from 1 to 100000");
    refuses(world, SF_COMMAND_TEST, "test --set a x", "--set: 'a' is not KEY=VALUE");
    refuses(world, SF_COMMAND_TEST, "test --set =a x", "--set: '=a' is not KEY=VALUE");
    refuses(world, SF_COMMAND_RUN, "run -s a -s b x", "--scenario is given twice; one file is allowed");
    refuses(world, SF_COMMAND_RUN, "run --as= x", "--as: a name is needed");
    refuses(world, SF_COMMAND_RUN, "run --save= x", "--save: a file is needed");
    refuses(world, SF_COMMAND_TEST, "test --save a --save b x", "--save is given twice; one file is allowed");
}

static void help_lists_the_options_of_its_command_alone(void **state)
{
    (void)state;
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(sf_help_print("test", out), 0);
    fclose(out);
    assert_non_null(strstr(text, "Usage: sockfault test "));
    assert_non_null(strstr(text, "-j, --jobs N"));
    assert_null(strstr(text, "--fault"));
    free(text);
}

static void commands_are_found_by_their_names(void **state)
{
    (void)state;
    assert_non_null(sf_command_find("run"));
    assert_string_equal(sf_command_find("check")->name, "check");
    assert_null(sf_command_find("ru"));
    assert_null(sf_command_find(""));
}

/* ---- ports: what `${port.NAME}` of a scenario becomes ---- */

static void equal_names_have_one_port_and_others_another(void **state)
{
    struct world *world = *state;
    struct sf_port_set one = {.arena = world->arena}, two = {.arena = world->arena};
    uint16_t web = sf_port_find(&one, "web");
    assert_true(web >= 1024);
    assert_int_equal(sf_port_find(&one, "web"), web);
    assert_int_not_equal(sf_port_find(&one, "db"), web);
    assert_int_not_equal(sf_port_find(&two, "web"), web);
    sf_port_set_release(&one);
    sf_port_set_release(&two);
}

static void many_sets_share_no_port(void **state)
{
    struct world *world = *state;
    struct sf_port_set sets[100] = {0};
    static unsigned char seen[65536];
    for (int i = 0; i < 100; i++) {
        sets[i].arena = world->arena;
        for (const char *name = "abcd"; *name; name++)
            assert_int_equal(seen[sf_port_find(&sets[i], name)]++, 0);
    }
    for (int i = 0; i < 100; i++)
        sf_port_set_release(&sets[i]);
}

/* Another runner goes by the name; it is free again with the set. */
static void port_is_reserved_by_name_until_its_set_goes(void **state)
{
    struct world *world = *state;
    struct sf_port_set set = {.arena = world->arena};
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = sprintf(name.sun_path + 1, "sockfault-port-%u", sf_port_find(&set, "web"));
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, bytes), -1);
    sf_port_set_release(&set);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, bytes), 0);
    close(fd);
}

static void port_of_a_set_can_be_listened_on(void **state)
{
    struct world *world = *state;
    struct sf_port_set set = {.arena = world->arena};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(sf_port_find(&set, "web"))};
    int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(tcp, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(bind(udp, (struct sockaddr *)&address, sizeof address), 0);
    close(tcp);
    close(udp);
    sf_port_set_release(&set);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_given_leaves_the_defaults),
        T(every_option_of_run_is_taken),
        T(options_behind_the_program_are_its_own),
        T(two_dashes_end_the_options),
        T(paths_of_test_may_stand_among_options),
        T(every_option_of_test_is_taken),
        T(parsing_twice_starts_anew),
        T(help_is_an_option_of_both),
        T(unknown_option_is_named_with_the_nearest),
        T(option_of_another_command_is_unknown),
        T(missing_value_says_what_is_wanted),
        T(value_of_a_switch_is_refused),
        T(bad_values_are_refused_with_what_is_allowed),
        T(help_lists_the_options_of_its_command_alone),
        T(commands_are_found_by_their_names),
        T(equal_names_have_one_port_and_others_another),
        T(many_sets_share_no_port),
        T(port_is_reserved_by_name_until_its_set_goes),
        T(port_of_a_set_can_be_listened_on),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
