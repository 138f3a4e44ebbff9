/* Around the one call of a cell that the rule may change: arm it, make it, time it. */
#include "matrix.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
    (void)number;
    handled = handled + 1;
}

void handle_signal(int flags)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

static void on_pipe(int number)
{
    (void)number;
    say("SIGPIPE");
}

void handle_pipe(void)
{
    const struct sigaction action = {.sa_handler = on_pipe, .sa_flags = SA_RESTART};
    sigaction(SIGPIPE, &action, NULL);
}

/* Again and again: the first may come before the call does. */
void signal_soon(void)
{
    const struct itimerval timer = {.it_value = {.tv_usec = 5000}, .it_interval = {.tv_usec = 5000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

int signals_handled(void)
{
    return handled;
}

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The rule of a cell acts while a file of its name exists in the working folder; each
 * cell has a folder of its own. */
static void arm(const struct cell *cell, bool armed)
{
    if (!cell->real && (armed ? mknod(cell->name, S_IFREG | 0600, 0) : unlink(cell->name)) != 0)
        _exit(4);
}

/* The long call is the one that the fault makes long. */
static bool is_long(const struct cell *cell, double took)
{
    if (acts(cell, FAULT_DELAY))
        return took >= (double)cell->fault->number / 1000;
    return acts(cell, FAULT_AGAIN) && cell->mode->bit == TIMEOUT && took >= 0.05;
}

long call_subject(struct cell *cell, void *buffer, size_t bytes)
{
    if (cell->fault->kind == FAULT_INTERRUPT || cell->fault->is_cut)
        handle_signal(cell->fault->flags);
    if (cell->fault->is_cut && !cell->real)
        signal_soon();
    if (cell->fault->kind == FAULT_SIGNAL)
        handle_signal(SA_RESTART);
    cell->is_fired = true;
    if (is_twin(cell, FAULT_SIGNAL))
        raise(SIGUSR1);
    if (is_twin(cell, FAULT_ERROR)) {
        errno = (int)cell->fault->number;
        return -1;
    }
    double start = now();
    if (is_twin(cell, FAULT_DELAY)) {
        struct timespec pause = {.tv_nsec = cell->fault->number * 1000000};
        nanosleep(&pause, NULL);
    }
    arm(cell, true);
    long result = cell->function->run(cell, buffer, bytes);
    int error = errno;
    double took = now() - start;
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    arm(cell, false);
    if (acts(cell, FAULT_DELAY) || acts(cell, FAULT_AGAIN))
        say("took: %s", took > 5 ? "for ever" : is_long(cell, took) ? "long" : "a moment");
    if (cell->fault->kind == FAULT_SIGNAL)
        say("handled: %d", signals_handled());
    errno = error;
    return result;
}
