#include "commands/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
enum { CAUGHT = sizeof caught / sizeof *caught };

static struct sigaction before[CAUGHT];
static int ends[2];
static volatile sig_atomic_t first;

static void note(int number)
{
    int error = errno;
    if (!first)
        first = number;
    ssize_t written = write(ends[1], "", 1);
    (void)written; /* a full pipe has told enough */
    errno = error;
}

int sf_interrupt_catch(void)
{
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    first = 0;
    const struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    for (int i = 0; i < CAUGHT; i++) {
        sigaction(caught[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(caught[i], &action, NULL);
    }
    return ends[0];
}

int sf_interrupt_signal(void)
{
    return first;
}

void sf_interrupt_release(void)
{
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &before[i], NULL);
    close(ends[0]);
    close(ends[1]);
}
