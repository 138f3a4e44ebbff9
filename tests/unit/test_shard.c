/* Which part of the scenarios is asked for, and which of them it takes in. */
#include "commands/options.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct sf_arena *arena;

static void clear(void)
{
    unsetenv("TEST_SHARD_INDEX");
    unsetenv("TEST_TOTAL_SHARDS");
    unsetenv("TEST_SHARD_STATUS_FILE");
}

static int setup(void **state)
{
    (void)state;
    clear();
    arena = sf_arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    clear();
    sf_arena_free(arena);
    return 0;
}

static const char *parse(enum sf_command command, struct sf_options *options, const char *option)
{
    char *argv[] = {sf_arena_strdup(arena, "test"), sf_arena_strdup(arena, option ? option : "x"), NULL};
    return sf_options_parse(arena, command, 2, argv, options);
}

static void every_scenario_is_in_one_part(void **state)
{
    (void)state;
    for (unsigned count = 1; count < 12; count++) {
        for (size_t position = 0; position < 40; position++) {
            unsigned holders = 0;
            for (unsigned number = 1; number <= count; number++) {
                const struct sf_shard shard = {.number = number, .count = count};
                holders += sf_shard_holds(&shard, position);
            }
            assert_int_equal(holders, 1);
        }
    }
}

static void parts_differ_by_one_scenario_at_most(void **state)
{
    (void)state;
    const struct sf_shard first = {1, 3, NULL}, last = {3, 3, NULL};
    unsigned of_first = 0, of_last = 0;
    for (size_t position = 0; position < 10; position++) {
        of_first += sf_shard_holds(&first, position);
        of_last += sf_shard_holds(&last, position);
    }
    assert_int_equal(of_first, 4);
    assert_int_equal(of_last, 3);
}

static void whole_holds_everything(void **state)
{
    (void)state;
    const struct sf_shard whole = {.count = 0};
    assert_true(sf_shard_holds(&whole, 0));
    assert_true(sf_shard_holds(&whole, 7));
    assert_null(sf_shard_text(arena, &whole));
    assert_null(sf_shard_touch(arena, &whole));
}

static void environment_counts_from_zero(void **state)
{
    (void)state;
    struct sf_options options;
    setenv("TEST_SHARD_INDEX", "1", 1);
    setenv("TEST_TOTAL_SHARDS", "3", 1);
    setenv("TEST_SHARD_STATUS_FILE", "/x", 1);
    assert_null(parse(SF_COMMAND_TEST, &options, NULL));
    assert_string_equal(sf_shard_text(arena, &options.shard), "2/3");
    assert_string_equal(options.shard.status_file, "/x");
}

static void option_wins_over_the_environment(void **state)
{
    (void)state;
    struct sf_options options;
    setenv("TEST_SHARD_INDEX", "nonsense", 1);
    setenv("TEST_TOTAL_SHARDS", "3", 1);
    setenv("TEST_SHARD_STATUS_FILE", "/x", 1);
    assert_null(parse(SF_COMMAND_TEST, &options, "--shard=1/2"));
    assert_string_equal(sf_shard_text(arena, &options.shard), "1/2");
    assert_null(options.shard.status_file); /* what was asked for there is not done */
}

static void environment_is_for_test_alone(void **state)
{
    (void)state;
    struct sf_options options;
    setenv("TEST_SHARD_INDEX", "nonsense", 1);
    setenv("TEST_TOTAL_SHARDS", "3", 1);
    assert_null(parse(SF_COMMAND_RUN, &options, NULL));
    assert_int_equal(options.shard.count, 0);
    assert_null(parse(SF_COMMAND_TEST, &options, "--help"));
}

static void empty_variables_are_none(void **state)
{
    (void)state;
    struct sf_options options;
    setenv("TEST_SHARD_INDEX", "", 1);
    setenv("TEST_TOTAL_SHARDS", "", 1);
    assert_null(parse(SF_COMMAND_TEST, &options, NULL));
    assert_int_equal(options.shard.count, 0);
}

static void bad_environment_is_refused_with_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *index, *total, *problem;
    } cases[] = {
        {"3", "3", "TEST_SHARD_INDEX: '3' is not a number from 0 to 2, below TEST_TOTAL_SHARDS"},
        {"-1", "3", "TEST_SHARD_INDEX: '-1' is not a number from 0 to 2, below TEST_TOTAL_SHARDS"},
        {"one", "1", "TEST_SHARD_INDEX: 'one' is not a number from 0 to 0, below TEST_TOTAL_SHARDS"},
        {"0", "0", "TEST_TOTAL_SHARDS: '0' is not a number from 1 to 100000"},
        {"0", "many", "TEST_TOTAL_SHARDS: 'many' is not a number from 1 to 100000"},
        {"0", "", "TEST_SHARD_INDEX is set, but TEST_TOTAL_SHARDS is not"},
        {"", "2", "TEST_TOTAL_SHARDS is set, but TEST_SHARD_INDEX is not"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sf_options options;
        setenv("TEST_SHARD_INDEX", cases[i].index, 1);
        setenv("TEST_TOTAL_SHARDS", cases[i].total, 1);
        const char *problem = parse(SF_COMMAND_TEST, &options, NULL);
        assert_non_null(problem);
        assert_string_equal(problem, cases[i].problem);
    }
}

static void status_file_is_touched_and_keeps_what_it_holds(void **state)
{
    (void)state;
    char path[] = "/tmp/sockfault-shard-XXXXXX";
    int fd = mkstemp(path);
    const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    struct stat status;
    assert_int_equal(write(fd, "kept", 4), 4);
    assert_int_equal(futimens(fd, old), 0);
    const struct sf_shard shard = {1, 2, path};
    assert_null(sf_shard_touch(arena, &shard));
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_size, 4);
    assert_true(status.st_mtime > 1000);
    unlink(path);
    assert_null(sf_shard_touch(arena, &shard));
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);
    close(fd);
}

static void status_file_that_cannot_be_touched_is_a_failure(void **state)
{
    (void)state;
    const struct sf_shard shard = {1, 2, "/nonexistent/status"};
    assert_string_equal(
        sf_shard_touch(arena, &shard),
        "cannot touch TEST_SHARD_STATUS_FILE, /nonexistent/status: No such file or directory");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_scenario_is_in_one_part),
        T(parts_differ_by_one_scenario_at_most),
        T(whole_holds_everything),
        T(environment_counts_from_zero),
        T(option_wins_over_the_environment),
        T(environment_is_for_test_alone),
        T(empty_variables_are_none),
        T(bad_environment_is_refused_with_what_is_allowed),
        T(status_file_is_touched_and_keeps_what_it_holds),
        T(status_file_that_cannot_be_touched_is_a_failure),
    };
    return cmocka_run_group_tests_name("shard", tests, NULL, NULL);
}
