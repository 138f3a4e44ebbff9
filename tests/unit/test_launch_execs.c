/* Announced execs that never loaded the shim: which of them ran without it? */
#include "launching.h"

#include "abi/handshake.h"
#include "launch/execs.h"
#include "launch/process.h"

#include <limits.h>
#include <sys/wait.h>

static pid_t dead_pid(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    return pid;
}

/* What is left of one announcement once all is settled. */
static unsigned left_of(const char *path, pid_t pid, struct sf_pids *proved)
{
    struct launching self;
    launching_init(&self);
    launching_add(&self, "program", (const char *const[]){"/bin/sh", NULL})->cwd = "/bin";
    self.plan = sf_plan_compile(&self.scenario);
    self.session = sf_session_create(self.plan, NULL);
    assert_non_null(self.session);
    sf_exec_announce(self.session->execs, self.session->session->exec_count, (uint32_t)pid, 0, path);
    struct sf_pids found = {0};
    sf_execs_prove(self.session, &found);
    sf_execs_settle(self.session, &self.scenario, proved ? proved : &found);
    unsigned left = sf_session_escaped(self.session, UINT32_MAX, NULL) != NULL;
    sf_pids_free(&found);
    launching_end(&self);
    return left;
}

static void killed_on_the_way_is_no_escape(void **state)
{
    (void)state;
    assert_int_equal(left_of("/bin/sh", dead_pid(), NULL), 0);
    assert_int_equal(left_of("sh", dead_pid(), NULL), 0);
    assert_int_equal(left_of("./sh", dead_pid(), NULL), 0);
}

static void file_that_is_gone_is_an_escape(void **state)
{
    (void)state;
    assert_int_equal(left_of("/nonexistent/tool", dead_pid(), NULL), 1);
    assert_int_equal(left_of("no-such-tool", dead_pid(), NULL), 1);
    assert_int_equal(left_of("", dead_pid(), NULL), 1);
}

static void what_was_seen_to_run_without_the_shim_is_an_escape(void **state)
{
    (void)state;
    pid_t pid = dead_pid();
    struct sf_pids proved = {0};
    sf_pids_add(&proved, pid);
    assert_int_equal(left_of("/bin/sh", pid, &proved), 1);
    sf_pids_free(&proved);
}

static void live_process_without_the_shim_is_an_escape(void **state)
{
    (void)state;
    pid_t pid = fork();
    while (pid == 0)
        pause();
    assert_int_equal(left_of("/bin/sh", pid, NULL), 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void path_without_its_end_is_read_within_bounds(void **state)
{
    (void)state;
    char path[PATH_MAX];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(left_of(path, dead_pid(), NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_on_the_way_is_no_escape),
        cmocka_unit_test(file_that_is_gone_is_an_escape),
        cmocka_unit_test(what_was_seen_to_run_without_the_shim_is_an_escape),
        cmocka_unit_test(live_process_without_the_shim_is_an_escape),
        cmocka_unit_test(path_without_its_end_is_read_within_bounds),
    };
    return cmocka_run_group_tests_name("escapes", tests, NULL, NULL);
}
