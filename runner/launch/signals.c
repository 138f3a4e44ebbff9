#include "launch/signals.h"

#include "launch/descriptors.h"
#include "launch/shared.h"

#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Left alone: what tells of our own faults, and of our own children and pipes. */
static const int untouched[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGPIPE, SIGCHLD};

bool sf_signals_take(struct sf_signals *signals)
{
    sigset_t mask;
    sigfillset(&mask);
    for (size_t i = 0; i < sizeof untouched / sizeof *untouched; i++)
        sigdelset(&mask, untouched[i]);
    signals->fd = sf_descriptor_above_stdio(signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
    if (signals->fd < 0)
        return false;
    /* Signals that the caller had blocked stay so and reach the program only when
     * it is signalled itself; all others wait for us. */
    return sigprocmask(SIG_BLOCK, &mask, &signals->before) == 0;
}

void sf_signals_give_back(struct sf_signals *signals)
{
    if (signals->fd < 0)
        return;
    struct signalfd_siginfo info;
    while (read(signals->fd, &info, sizeof info) > 0)
        ;
    close(signals->fd);
    signals->fd = -1;
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

/* The terminal signals its whole foreground group, the program included. Only a
 * hang-up goes to the leader of the session alone. */
static bool reached_the_program(const struct sf_signals *signals, const struct signalfd_siginfo *info)
{
    if (signals->apart || info->ssi_code != SI_KERNEL)
        return false;
    switch (info->ssi_signo) {
    case SIGINT:
    case SIGQUIT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGWINCH:
        return true;
    case SIGHUP:
        return getsid(0) != getpid();
    default:
        return false;
    }
}

bool sf_signals_forward(const struct sf_signals *signals, int control)
{
    bool continued = false;
    struct signalfd_siginfo info;
    while (read(signals->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        struct sf_request message = {.kind = SF_REQUEST_SIGNAL, .signal = (int)info.ssi_signo};
        continued |= info.ssi_signo == SIGCONT;
        if (info.ssi_signo == SIGCONT || reached_the_program(signals, &info))
            continue;
        if (info.ssi_code == SI_QUEUE) {
            message.queued = true;
            message.value.sival_ptr = (void *)info.ssi_ptr; /* NOLINT(performance-no-int-to-ptr) */
        }
        send(control, &message, sizeof message, MSG_NOSIGNAL);
    }
    return continued;
}

void sf_signals_stop(int signal)
{
    struct sigaction standard = {.sa_handler = SIG_DFL}, before;
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    bool changed = signal != SIGSTOP && sigaction(signal, &standard, &before) == 0;
    /* Raised while blocked: one from the terminal that still waits becomes one with it. */
    kill(getpid(), signal);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    sigprocmask(SIG_BLOCK, &only, NULL);
    if (changed)
        sigaction(signal, &before, NULL);
}
