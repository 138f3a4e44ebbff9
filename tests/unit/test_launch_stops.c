/* The program's stops: the runner stops for those that last, and wakes from those that are over. */
#include "launch/stops.h"

#include "launch/process.h"
#include "launch/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* The ends of the pair, and two processes that do nothing. */
static int ours, theirs;
static pid_t program;
static struct sf_stops stops;

static void await_state(pid_t pid, char wanted)
{
    static const struct timespec pause_time = {.tv_nsec = 1000000};
    for (unsigned i = 0; i < 30000 && sf_process_look(pid).state != wanted; i++)
        nanosleep(&pause_time, NULL);
    assert_int_equal(sf_process_look(pid).state, wanted);
}

static pid_t fork_idle(void)
{
    pid_t pid = fork();
    while (pid == 0)
        pause();
    assert_true(pid > 0);
    await_state(pid, 'S');
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static int set_up(void **state)
{
    (void)state;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    ours = ends[0];
    theirs = ends[1];
    program = fork_idle();
    stops = (struct sf_stops){.control = ours, .runner = fork_idle()};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    end(program);
    end(stops.runner);
    close(ours);
    close(theirs);
    return 0;
}

static void stop(pid_t pid)
{
    kill(pid, SIGSTOP);
    await_state(pid, 'T');
}

static void expect_message(enum sf_request_kind kind, int signal)
{
    struct sf_request message;
    assert_int_equal(recv(theirs, &message, sizeof message, MSG_DONTWAIT), sizeof message);
    assert_int_equal(message.kind, kind);
    assert_int_equal(message.signal, signal);
}

static void expect_silence(void)
{
    struct sf_request message;
    assert_int_equal(recv(theirs, &message, sizeof message, MSG_DONTWAIT), -1);
}

static void stop_is_told_once_until_it_is_asked_about(void **state)
{
    (void)state;
    sf_stops_stopped(&stops, SIGTSTP);
    expect_message(SF_REQUEST_STOPPED, SIGTSTP);
    sf_stops_continued(&stops);
    sf_stops_stopped(&stops, SIGTTIN);
    expect_silence();
    sf_stops_answer(&stops, program);
    expect_message(SF_REQUEST_ANSWER, SIGTTIN);
}

static void stop_that_is_over_is_answered_with_going_on(void **state)
{
    (void)state;
    sf_stops_stopped(&stops, SIGTSTP);
    expect_message(SF_REQUEST_STOPPED, SIGTSTP);
    sf_stops_continued(&stops);
    sf_stops_answer(&stops, program);
    expect_message(SF_REQUEST_ANSWER, 0);
    assert_false(sf_stops_overdue(&stops));
}

static void runner_continued_alone_continues_its_program(void **state)
{
    (void)state;
    stop(program);
    sf_stops_stopped(&stops, SIGSTOP);
    expect_message(SF_REQUEST_STOPPED, SIGSTOP);
    sf_stops_answer(&stops, program);
    expect_message(SF_REQUEST_ANSWER, SIGSTOP);
    assert_int_equal(sf_process_look(program).state, 'T');
    sf_stops_answer(&stops, program);
    expect_message(SF_REQUEST_ANSWER, 0);
    await_state(program, 'S');
}

static void program_stopped_anew_stays_so_when_the_runner_asks(void **state)
{
    (void)state;
    stop(program);
    sf_stops_stopped(&stops, SIGTSTP);
    expect_message(SF_REQUEST_STOPPED, SIGTSTP);
    sf_stops_answer(&stops, program);
    expect_message(SF_REQUEST_ANSWER, SIGTSTP);
    sf_stops_continued(&stops);
    sf_stops_stopped(&stops, SIGTTOU);
    sf_stops_answer(&stops, program);
    expect_message(SF_REQUEST_ANSWER, SIGTTOU);
    assert_int_equal(sf_process_look(program).state, 'T');
}

static void stopped_runner_is_woken_once_the_stop_is_over(void **state)
{
    (void)state;
    sf_stops_stopped(&stops, SIGTSTP);
    sf_stops_answer(&stops, program);
    stop(stops.runner);
    sf_stops_wake(&stops);
    assert_false(sf_stops_overdue(&stops));
    assert_int_equal(sf_process_look(stops.runner).state, 'T');
    sf_stops_continued(&stops);
    assert_true(sf_stops_overdue(&stops));
    sf_stops_wake(&stops);
    await_state(stops.runner, 'S');
}

static void stopped_runner_is_woken_to_be_stopped_anew(void **state)
{
    (void)state;
    sf_stops_stopped(&stops, SIGTSTP);
    sf_stops_answer(&stops, program);
    stop(stops.runner);
    sf_stops_stopped(&stops, SIGTSTP); /* the shell, which continued the job, waits for news of it */
    assert_true(sf_stops_overdue(&stops));
    sf_stops_wake(&stops);
    await_state(stops.runner, 'S');
}

static void runner_stopped_by_somebody_else_is_left_alone(void **state)
{
    (void)state;
    stop(stops.runner);
    sf_stops_wake(&stops);
    assert_int_equal(sf_process_look(stops.runner).state, 'T');
}

static void answer(enum sf_request_kind kind, int signal)
{
    struct sf_request message = {.kind = kind, .signal = signal};
    assert_int_equal(send(theirs, &message, sizeof message, 0), sizeof message);
}

static void await_question(void)
{
    struct sf_request message;
    assert_int_equal(recv(theirs, &message, sizeof message, 0), sizeof message);
    assert_int_equal(message.kind, SF_REQUEST_ASK);
}

static void runner_stops_by_answers_alone(void **state)
{
    (void)state;
    pid_t runner = fork();
    if (runner == 0) {
        sf_stops_follow(ours);
        _exit(7);
    }
    int status;
    await_question();
    answer(SF_REQUEST_STOPPED, SIGTSTP);
    answer(SF_REQUEST_ANSWER, SIGSTOP);
    assert_int_equal(waitpid(runner, &status, WUNTRACED), runner);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(WSTOPSIG(status), SIGSTOP);
    kill(runner, SIGCONT);
    await_question();
    answer(SF_REQUEST_STOPPED, SIGTSTP);
    answer(SF_REQUEST_ANSWER, 0);
    assert_int_equal(waitpid(runner, &status, WUNTRACED), runner);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void runner_goes_on_when_nobody_can_answer(void **state)
{
    (void)state;
    shutdown(theirs, SHUT_RDWR);
    sf_stops_follow(ours);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(stop_is_told_once_until_it_is_asked_about),
        T(stop_that_is_over_is_answered_with_going_on),
        T(runner_continued_alone_continues_its_program),
        T(program_stopped_anew_stays_so_when_the_runner_asks),
        T(stopped_runner_is_woken_once_the_stop_is_over),
        T(stopped_runner_is_woken_to_be_stopped_anew),
        T(runner_stopped_by_somebody_else_is_left_alone),
        T(runner_stops_by_answers_alone),
        T(runner_goes_on_when_nobody_can_answer),
    };
    return cmocka_run_group_tests_name("stops", tests, NULL, NULL);
}
