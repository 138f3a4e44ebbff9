/* Nothing outlives a scenario: not its end, nor the runner's, nor the supervisor's. */
#include "marked.h"

#include "launch/process.h"
#include "launch/tree.h"

#include <libgen.h>
#include <limits.h>
#include <sys/wait.h>

/* A child in its own session, a double fork, a deaf one and a plain one. */
#define FAMILY \
    "setsid sh -c 'sleep 1000' & (setsid sh -c '(sleep 1000 &) ; sleep 1000' &) ; " \
    "sh -c 'trap \"\" TERM HUP INT; sleep 1000; sleep 1000' & "

static const char *test_program(const char *name)
{
    static char path[PATH_MAX + 64];
    char self[PATH_MAX] = "";
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    snprintf(path, sizeof path, "%s/../programs/%s", dirname(self), name);
    return path;
}

/* The supervisor among our children. */
static pid_t find_supervisor(void)
{
    struct sf_pids children = {0};
    pid_t found = 0;
    for (unsigned i = 0; i < 2000 && !found; i++) {
        children.count = 0;
        sf_tree_children(getpid(), &children);
        for (size_t c = 0; c < children.count; c++) {
            char path[64], name[32] = "";
            snprintf(path, sizeof path, "/proc/%d/comm", (int)children.list[c]);
            FILE *file = fopen(path, "re");
            if (file && fgets(name, sizeof name, file) && strcmp(name, "sf-supervisor\n") == 0)
                found = children.list[c];
            if (file)
                fclose(file);
        }
        launching_sleep_ms(1);
    }
    sf_pids_free(&children);
    assert_true(found > 0);
    return found;
}

static void what_a_program_leaves_behind_is_ended_and_counted(void **state)
{
    (void)state;
    const char *mark = marked_set();
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", FAMILY "sleep 0.3");
    const struct sf_exit *exits = launching_run(&self);
    assert_none_marked(mark, 0, 0);
    assert_int_equal(exits[0].code, 0);
    assert_in_range(self.outcome->left_behind, 5, 8);
    launching_end(&self);
}

static void helpers_that_end_by_themselves_are_not_left_behind(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", "sleep 0.02 & exit 0");
    launching_run(&self);
    assert_int_equal(self.outcome->left_behind, 0);
    launching_end(&self);
}

static void process_that_changes_its_pid_all_the_time_is_ended(void **state)
{
    (void)state;
    const char *mark = marked_set();
    struct launching self;
    launching_init(&self);
    launching_add(&self, "hopper", (const char *const[]){test_program("hopper"), "3", NULL});
    launching_run(&self);
    assert_none_marked(mark, 0, 0);
    assert_in_range(self.outcome->left_behind, 3, 100);
    launching_end(&self);
}

static void time_out_leaves_nothing(void **state)
{
    (void)state;
    const char *mark = marked_set();
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", FAMILY "sleep 1000");
    self.scenario.timeout_ns = S / 2;
    launching_run(&self);
    assert_none_marked(mark, 0, 0);
    launching_end(&self);
}

static void killed_supervisor_is_a_failure_and_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned ms = 0; ms < 60; ms += 6) {
        const char *mark = marked_set();
        struct launching self;
        launching_init(&self);
        launching_shell(&self, "program", FAMILY "sleep 1000");
        launching_start(&self);
        pid_t supervisor = find_supervisor();
        launching_sleep_ms(ms);
        kill(supervisor, SIGKILL);
        launching_finish(&self);
        assert_non_null(self.outcome->failure);
        assert_non_null(strstr(self.outcome->failure, "killed by signal 9"));
        assert_none_marked(mark, 0, 0);
        launching_end(&self);
    }
}

static void killed_supervisor_does_not_touch_other_scenarios_nor_strangers(void **state)
{
    (void)state;
    struct launching victim, other;
    launching_init(&victim);
    launching_shell(&victim, "program", "sleep 1000");
    launching_start(&victim);
    pid_t supervisor = find_supervisor();
    launching_init(&other);
    launching_shell(&other, "program", "sleep 1; exit 5");
    launching_start(&other);
    kill(supervisor, SIGKILL);
    launching_finish(&victim);
    assert_non_null(victim.outcome->failure);
    const struct sf_exit *exits = launching_finish(&other);
    assert_null(other.outcome->failure);
    assert_int_equal(exits[0].code, 5);
    launching_end(&victim);
    launching_end(&other);
}

static void asked_to_end_the_supervisor_ends_all(void **state)
{
    (void)state;
    const char *mark = marked_set();
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", FAMILY "sleep 1000");
    launching_start(&self);
    kill(find_supervisor(), SIGTERM);
    launching_finish(&self);
    assert_true(self.outcome->interrupted);
    assert_int_equal(self.outcome->interrupt_signal, SIGTERM);
    assert_none_marked(mark, 0, 0);
    launching_end(&self);
}

static void supervisor_does_not_answer_to_the_runners_name_or_group(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", "sleep 0.5");
    launching_start(&self);
    pid_t supervisor = find_supervisor();
    assert_int_equal(sf_process_look(supervisor).group, supervisor);
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)supervisor);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_true(fread(line, 1, sizeof line - 1, file) > 0);
    fclose(file);
    assert_string_equal(line, "sf-supervisor");
    launching_finish(&self);
    launching_end(&self);
}

/* Be a runner until killed. */
static void be_runner(enum sf_stdio stdio)
{
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", FAMILY "sleep 1000");
    if (stdio == SF_STDIO_CAPTURE)
        launching_shell(&self, "other", "yes | cat > /dev/null");
    struct sf_launch_options options = {.stdio = stdio, .shim_path = "/no/libsockfault.so"};
    self.plan = sf_plan_compile(&self.scenario);
    self.session = sf_session_create(self.plan, NULL);
    sf_launch_wait(sf_launch_start(&self.scenario, self.session, &options));
    _exit(1);
}

static void kill_runners(enum sf_stdio stdio)
{
    const char *wanted = getenv("SF_TEST_MOMENTS");
    int moments = wanted ? atoi(wanted) : 20;
    unsigned seed = 1;
    for (int i = 0; i < moments; i++) {
        const char *mark = marked_set();
        pid_t runner = fork();
        if (runner == 0) {
            /* The mark must be in the environment that the kernel shows. */
            execl("/proc/self/exe", "runner", "--runner", stdio == SF_STDIO_PASS ? "pass" : "capture",
                  (char *)NULL);
            _exit(1);
        }
        /* Set-up and first programs: the first milliseconds; then later ones. */
        struct timespec moment = {0, (long)(rand_r(&seed) % (i % 2 ? 10000000 : 120000000))};
        nanosleep(&moment, NULL);
        kill(runner, SIGKILL);
        waitpid(runner, NULL, 0);
        assert_none_marked(mark, 0, 30);
    }
}

static void killed_runner_leaves_nothing_at_any_moment_of_test(void **state)
{
    (void)state;
    kill_runners(SF_STDIO_CAPTURE);
}

static void killed_runner_leaves_nothing_at_any_moment_of_run(void **state)
{
    (void)state;
    kill_runners(SF_STDIO_PASS);
}

static void launches_run_side_by_side(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    static struct launching all[COUNT];
    static char commands[COUNT][80];
    uint64_t before_ns = launching_now_ns();
    for (int i = 0; i < COUNT; i++) {
        launching_init(&all[i]);
        snprintf(commands[i], sizeof commands[i], "cat; seq 1 20000 | tail -n 1; sleep 1; exit %d", i);
        launching_shell(&all[i], "program", commands[i])->stdin_text = "input ";
        launching_start(&all[i]);
    }
    for (int i = COUNT; i-- > 0;) {
        const struct sf_exit *exits = launching_finish(&all[i]);
        assert_null(all[i].outcome->failure);
        assert_int_equal(exits[0].code, i);
        assert_output(&exits[0].out, "input 20000\n");
    }
    assert_in_range(launching_now_ns() - before_ns, S, COUNT * S / 2);
    for (int i = 0; i < COUNT; i++)
        launching_end(&all[i]);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--runner") == 0)
        be_runner(strcmp(argv[2], "pass") == 0 ? SF_STDIO_PASS : SF_STDIO_CAPTURE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_program_leaves_behind_is_ended_and_counted),
        cmocka_unit_test(helpers_that_end_by_themselves_are_not_left_behind),
        cmocka_unit_test(process_that_changes_its_pid_all_the_time_is_ended),
        cmocka_unit_test(time_out_leaves_nothing),
        cmocka_unit_test(killed_supervisor_is_a_failure_and_leaves_nothing),
        cmocka_unit_test(killed_supervisor_does_not_touch_other_scenarios_nor_strangers),
        cmocka_unit_test(asked_to_end_the_supervisor_ends_all),
        cmocka_unit_test(supervisor_does_not_answer_to_the_runners_name_or_group),
        cmocka_unit_test(killed_runner_leaves_nothing_at_any_moment_of_test),
        cmocka_unit_test(killed_runner_leaves_nothing_at_any_moment_of_run),
        cmocka_unit_test(launches_run_side_by_side),
    };
    return cmocka_run_group_tests_name("supervision", tests, NULL, NULL);
}
