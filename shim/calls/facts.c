#include "calls/facts.h"

#include "calls/call.h"

#include <signal.h>

static bool is_nonblocking(const struct sf_call *call)
{
    enum sf_family family = sf_call_families[call->info.call];
    if ((family == SF_FAMILY_RECV || family == SF_FAMILY_SEND) && call->flags & MSG_DONTWAIT)
        return true;
    int flags = sf_real.fcntl(call->fd, F_GETFL);
    return flags >= 0 && flags & O_NONBLOCK;
}

/* socket(7): SO_RCVTIMEO bounds recv and accept, SO_SNDTIMEO send and connect. */
static bool has_timeout(const struct sf_call *call)
{
    enum sf_family family = sf_call_families[call->info.call];
    int option = family == SF_FAMILY_SEND || family == SF_FAMILY_CONNECT ? SO_SNDTIMEO : SO_RCVTIMEO;
    struct timeval timeout = {0};
    socklen_t length = sizeof timeout;
    return sf_real.getsockopt(call->fd, SOL_SOCKET, option, &timeout, &length) == 0 &&
           (timeout.tv_sec != 0 || timeout.tv_usec != 0);
}

/* A handler that would end a blocking call of this thread with EINTR. */
static bool has_interrupting_handler(void)
{
    sigset_t blocked;
    struct sigaction action;

    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0)
        return false;
    for (int number = 1; number <= SIGRTMAX; number++) {
        if (number > SIGSYS && number < SIGRTMIN)
            continue; /* libc's own: cancellation and setuid */
        if (sigismember(&blocked, number) == 1 || sigaction(number, NULL, &action) != 0)
            continue;
        if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN && !(action.sa_flags & SA_RESTART))
            return true;
    }
    return false;
}

bool sf_call_fact(void *context, enum sf_fact fact)
{
    const struct sf_call *call = context;

    if (fact == SF_FACT_HANDLER)
        return has_interrupting_handler();
    if (fact == SF_FACT_READY)
        return call->is_ready && call->is_ready(call->wait);
    if (call->fd < 0)
        return false;
    return fact == SF_FACT_NONBLOCKING ? is_nonblocking(call) : has_timeout(call);
}
