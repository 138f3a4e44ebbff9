/* Workflow commands from a hand-made run. */
#include "reported.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *github(struct world *world, int verbosity)
{
    return write_report(world, SF_REPORT_GITHUB, verbosity);
}

static void failure_is_an_annotation_below_its_details(void **state)
{
    assert_string_equal(github(*state, 0),
                        "PASS fine (100ms)\n"
                        "::group::FAIL broken (400ms)\n"
                        "b.yaml:20: client exited with 56, expected 0\n"
                        "    client's standard error:\n"
                        "    | one\n"
                        "    | two\n"
                        "    seed 7\n"
                        "    program client: exited with 56 after 110ms; calls: connect 1, recv 12\n"
                        "    rule one-byte (partial: 1): fired 12 times\n"
                        "::endgroup::\n"
                        "::error file=b.yaml,line=20,title=broken::client exited with 56, expected 0\n"
                        "1 passed, 1 failed in 1.2s\n");
}

static void verbosity_is_of_what_passed(void **state)
{
    assert_null(strstr(github(*state, -1), "fine"));
    assert_non_null(strstr(github(*state, -1), "::error file=b.yaml"));
    assert_non_null(strstr(github(*state, 1), "::group::PASS fine (100ms)\n    seed 0\n::endgroup::\n"));
}

static void values_are_escaped_as_the_runner_reads_them(void **state)
{
    struct world *world = *state;
    world->scenarios[1]->name = "a: 1, b 50%\r\n";
    world->finding.message = "want: 1, got 50%\r\n::error::no";
    world->finding.place.file = "x:y,z%.yaml";
    assert_non_null(strstr(github(world, 0),
                           "::error file=x%3Ay%2Cz%25.yaml,line=20,title=a%3A 1%2C b 50%25%0D%0A"
                           "::want: 1, got 50%25%0D%0A::error::no\n"));
}

static void every_failure_has_its_annotation(void **state)
{
    struct world *world = *state;
    struct sf_finding list[2] = {world->finding, world->finding};
    list[1].place.line = 0;
    list[1].message = "other";
    world->scenarios[1]->findings = (struct sf_findings){list, 2};
    assert_non_null(
        strstr(github(world, 0), "expected 0\n::error file=b.yaml,title=broken::other\n1 passed"));
}

static void skipped_scenario_is_a_notice(void **state)
{
    struct world *world = *state;
    world->scenarios[0]->result = SF_SKIPPED;
    world->scenarios[0]->reason = "needs redis-cli";
    assert_non_null(strstr(github(world, 0),
                           "SKIP fine: needs redis-cli\n"
                           "::notice file=a.yaml,line=1,title=fine::skipped: needs redis-cli\n"));
}

static void what_has_no_file_names_none(void **state)
{
    struct world *world = *state;
    world->run = (struct sf_report_run){.scenarios = &world->scenarios[1], .count = 1};
    world->scenarios[1]->is_run = true;
    world->finding.place.file = "--fault #2";
    const char *text = github(world, -1);
    assert_non_null(strstr(text, "\n::error title=broken::client exited"));
    assert_null(strstr(text, "passed"));
    world->finding.place.file = "<stdin>";
    assert_non_null(strstr(github(world, 0), "\n::error title=broken::client exited"));
}

static void output_of_programs_holds_no_command(void **state)
{
    struct world *world = *state;
    static const char written[] = "::error::a\n##[error]b ##[group]c\nd\n";
    world->program.exit.err = output(written, sizeof written - 1);
    const char *text = github(world, 0);
    assert_non_null(strstr(text, "    | ::error::a\n    | ##\\[error]b ##\\[group]c\n    | d\n"));
    assert_null(strstr(text, "##["));
}

static void file_is_named_from_the_root_of_the_workspace(void **state)
{
    struct world *world = *state;
    char root[] = "/tmp/sockfault-workspace-XXXXXX", before[PATH_MAX];
    assert_non_null(mkdtemp(root));
    assert_non_null(getcwd(before, sizeof before));
    setenv("GITHUB_WORKSPACE", root, 1);
    assert_int_equal(chdir(root) | mkdir("sub", 0700) | chdir("sub"), 0);
    fclose(fopen("b.yaml", "w"));
    assert_non_null(strstr(github(world, 0), "::error file=sub/b.yaml,line=20,"));
    setenv("GITHUB_WORKSPACE", "/usr", 1);
    assert_non_null(strstr(github(world, 0), "::error file=b.yaml,line=20,"));
    unsetenv("GITHUB_WORKSPACE");
    assert_int_equal(
        unlink("b.yaml") | chdir(before) | chdir(root) | rmdir("sub") | chdir(before) | rmdir(root), 0);
}

static void failure_of_our_own_is_an_error(void **state)
{
    struct world *world = *state;
    world->run.failure = "50%\nof it";
    assert_non_null(
        strstr(github(world, 0), "\n::error title=sockfault::50%25%0Aof it\n1 passed, 1 failed in"));
    world->run.count = 0;
    assert_string_equal(github(world, 0), "::error title=sockfault::50%25%0Aof it\n");
}

static void empty_part_is_a_notice(void **state)
{
    struct world *world = *state;
    world->run.count = 0;
    world->run.idle = "shard 3/3 holds none of the 2 scenarios";
    assert_string_equal(github(world, 0),
                        "::notice title=sockfault::shard 3/3 holds none of the 2 scenarios\n"
                        "0 passed, 0 failed in 1.2s\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(failure_is_an_annotation_below_its_details),
        T(verbosity_is_of_what_passed),
        T(values_are_escaped_as_the_runner_reads_them),
        T(every_failure_has_its_annotation),
        T(skipped_scenario_is_a_notice),
        T(what_has_no_file_names_none),
        T(output_of_programs_holds_no_command),
        T(file_is_named_from_the_root_of_the_workspace),
        T(failure_of_our_own_is_an_error),
        T(empty_part_is_a_notice),
    };
    return cmocka_run_group_tests_name("report for GitHub", tests, NULL, NULL);
}
