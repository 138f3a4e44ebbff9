/* How programs end, and what the outcome says about it. */
#include "launching.h"

#include <sys/stat.h>

static void exit_status_is_reported(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "a", "exit 0");
    launching_shell(&self, "b", "exit 7");
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].end, SF_END_EXITED);
    assert_int_equal(exits[0].code, 0);
    assert_int_equal(exits[1].end, SF_END_EXITED);
    assert_int_equal(exits[1].code, 7);
    assert_int_equal(exits[1].signal, 0);
    assert_false(self.outcome->timed_out);
    assert_int_equal(self.outcome->left_behind, 0);
    launching_end(&self);
}

static void killing_signal_is_reported(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "a", "kill -USR1 $$");
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].end, SF_END_SIGNALED);
    assert_int_equal(exits[0].signal, SIGUSR1);
    assert_int_equal(exits[0].code, -1);
    launching_end(&self);
}

static void times_are_measured(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "sleeper", "sleep 0.3");
    launching_shell(&self, "burner", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done");
    const struct sf_exit *exits = launching_run(&self);
    assert_in_range(exits[0].duration_ns, 3 * S / 10, 10 * S);
    assert_in_range(exits[0].cpu_ns, 0, 2 * S / 10);
    assert_in_range(exits[1].cpu_ns, S / 100, 10 * S);
    assert_in_range(self.outcome->duration_ns, 3 * S / 10, 10 * S);
    launching_end(&self);
}

static void missing_executable_says_ENOENT_and_cancels_the_rest(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "other", "sleep 100");
    launching_add(&self, "missing", (const char *const[]){"no-such-program-at-all", NULL});
    uint64_t before_ns = launching_now_ns();
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[1].end, SF_END_FAILED);
    assert_int_equal(exits[1].exec_errno, ENOENT);
    assert_false(exits[1].cwd_failed);
    assert_int_equal(exits[1].code, -1);
    assert_int_equal(exits[0].end, SF_END_STOPPED);
    assert_true(exits[0].cancelled);
    assert_in_range(launching_now_ns() - before_ns, 0, 50 * S);
    launching_end(&self);
}

static void what_may_not_be_executed_says_EACCES(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_add(&self, "folder", (const char *const[]){"/usr", NULL});
    assert_int_equal(launching_run(&self)[0].exec_errno, EACCES);
    launching_end(&self);
    launching_init(&self);
    launching_add(&self, "data", (const char *const[]){"/etc/passwd", NULL});
    assert_int_equal(launching_run(&self)[0].exec_errno, EACCES);
    launching_end(&self);
}

static void script_without_interpreter_line_is_run_by_the_shell(void **state)
{
    (void)state;
    char path[] = "/tmp/sf-script-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(dprintf(fd, "echo \"$1\"\nexit 3\n"), 17);
    fchmod(fd, 0755);
    close(fd);
    struct launching self;
    launching_init(&self);
    launching_add(&self, "script", (const char *const[]){path, "argument", NULL});
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].code, 3);
    assert_output(&exits[0].out, "argument\n");
    launching_end(&self);
    unlink(path);
}

static void cwd_is_taken_and_a_missing_one_is_told_apart(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "a", "pwd")->cwd = "/usr";
    assert_output(&launching_run(&self)[0].out, "/usr\n");
    launching_end(&self);
    launching_init(&self);
    launching_shell(&self, "a", "pwd")->cwd = "/no/such/folder";
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].end, SF_END_FAILED);
    assert_int_equal(exits[0].exec_errno, ENOENT);
    assert_true(exits[0].cwd_failed);
    launching_end(&self);
}

static void time_out_ends_all_that_run(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "quick", "exit 0");
    launching_shell(&self, "deaf", "trap '' TERM; sleep 100; sleep 100");
    self.scenario.timeout_ns = S / 2;
    uint64_t before_ns = launching_now_ns();
    const struct sf_exit *exits = launching_run(&self);
    assert_in_range(launching_now_ns() - before_ns, S / 2, 20 * S);
    assert_true(self.outcome->timed_out);
    assert_int_equal(exits[0].end, SF_END_EXITED);
    assert_int_equal(exits[1].end, SF_END_TIMEOUT);
    assert_int_equal(self.outcome->left_behind, 0);
    launching_end(&self);
}

static void interrupt_ends_everything_at_once(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "a", "trap '' INT TERM; sleep 100; sleep 100");
    launching_start(&self);
    launching_sleep_ms(100);
    sf_launch_interrupt(self.launch, SIGINT);
    struct pollfd over = {.fd = sf_launch_fd(self.launch), .events = POLLIN};
    assert_int_equal(poll(&over, 1, 20000), 1);
    const struct sf_exit *exits = launching_finish(&self);
    assert_true(self.outcome->interrupted);
    assert_int_equal(self.outcome->interrupt_signal, SIGINT);
    assert_true(exits[0].cancelled);
    launching_end(&self);
}

static void freed_launch_that_runs_is_ended(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "a", "sleep 100");
    launching_start(&self);
    uint64_t before_ns = launching_now_ns();
    launching_end(&self);
    assert_in_range(launching_now_ns() - before_ns, 0, 50 * S);
}

static void no_program_at_all_is_over_at_once(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_run(&self);
    assert_false(self.outcome->timed_out);
    launching_end(&self);
}

static void environment_is_added_and_ours_is_kept_out(void **state)
{
    (void)state;
    static struct sf_env env[] = {{"SF_ADDED", "added"}, {"SF_BOTH", "scenario"}};
    setenv("SF_BOTH", "runner", 1);
    setenv("SF_OURS", "runner", 1);
    setenv("SOCKFAULT_SESSION", "outer", 1);
    setenv("SOCKFAULT_PLAN", "outer", 1);
    setenv("LD_PRELOAD", "/outer/libsockfault.so", 1);
    struct launching self;
    launching_init(&self);
    static const char show[] = "echo $SF_ADDED $SF_BOTH $SF_OURS "
                               "${SOCKFAULT_SESSION-no} ${SOCKFAULT_PLAN-no} ${LD_PRELOAD-no}";
    struct sf_program *program = launching_shell(&self, "a", show);
    program->env = env;
    program->env_count = 2;
    launching_start(&self);
    unsetenv("SF_BOTH");
    unsetenv("SF_OURS");
    unsetenv("SOCKFAULT_SESSION");
    unsetenv("SOCKFAULT_PLAN");
    unsetenv("LD_PRELOAD");
    assert_output(&launching_finish(&self)[0].out, "added scenario runner no no no\n");
    launching_end(&self);
}

static void program_inherits_no_descriptor(void **state)
{
    (void)state;
    struct launching self;
    int held = dup(1); /* a descriptor without close-on-exec */
    launching_init(&self);
    launching_shell(&self, "a", "echo /proc/self/fd/* | tr ' ' '\\n' | grep -c .");
    /* 0, 1, 2; the shell opens the folder while it reads it. */
    assert_output(&launching_run(&self)[0].out, "4\n");
    launching_end(&self);
    close(held);
}

static void program_has_the_runners_signal_mask(void **state)
{
    (void)state;
    sigset_t mask, before;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, &before);
    struct launching self;
    launching_init(&self);
    launching_add(&self, "a",
                  (const char *const[]){"sed", "-n", "s/^SigBlk:\t//p", "/proc/self/status", NULL});
    launching_start(&self);
    sigprocmask(SIG_SETMASK, &before, NULL);
    assert_output(&launching_finish(&self)[0].out, "0000000000000800\n");
    launching_end(&self);
}

static void ignored_signals_stay_ignored(void **state)
{
    (void)state;
    signal(SIGHUP, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    struct launching self;
    launching_init(&self);
    launching_add(&self, "a", (const char *const[]){"sed", "-n", "s/^SigIgn:.*\\(.....\\)$/\\1/p",
                                                    "/proc/self/status", NULL});
    launching_start(&self);
    const struct sf_exit *exits = launching_finish(&self);
    signal(SIGHUP, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    /* The signals up to 20: make ignores those above 31 that belong to libc. */
    assert_output(&exits[0].out, "10001\n");
    launching_end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_status_is_reported),
        cmocka_unit_test(killing_signal_is_reported),
        cmocka_unit_test(times_are_measured),
        cmocka_unit_test(missing_executable_says_ENOENT_and_cancels_the_rest),
        cmocka_unit_test(what_may_not_be_executed_says_EACCES),
        cmocka_unit_test(script_without_interpreter_line_is_run_by_the_shell),
        cmocka_unit_test(cwd_is_taken_and_a_missing_one_is_told_apart),
        cmocka_unit_test(time_out_ends_all_that_run),
        cmocka_unit_test(interrupt_ends_everything_at_once),
        cmocka_unit_test(freed_launch_that_runs_is_ended),
        cmocka_unit_test(no_program_at_all_is_over_at_once),
        cmocka_unit_test(environment_is_added_and_ours_is_kept_out),
        cmocka_unit_test(program_inherits_no_descriptor),
        cmocka_unit_test(program_has_the_runners_signal_mask),
        cmocka_unit_test(ignored_signals_stay_ignored),
    };
    return cmocka_run_group_tests_name("ends of programs", tests, NULL, NULL);
}
