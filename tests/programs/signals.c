/* Count signals: prints "ready", then one line for each signal that came, and
 * ends with 0 at SIGTERM or when its time is over.
 *
 * usage: signals MILLISECONDS */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    static const int counted[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT};
    long ms = argc > 1 ? atol(argv[1]) : 1000;
    sigset_t mask;
    sigemptyset(&mask);
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        sigaddset(&mask, counted[i]);
    sigaddset(&mask, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    puts("ready");
    fflush(stdout);

    struct timespec now, end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += ms % 1000 * 1000000;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        long left = (end.tv_sec - now.tv_sec) * 1000 + (end.tv_nsec - now.tv_nsec) / 1000000;
        if (left <= 0)
            break;
        struct timespec wait = {left / 1000, left % 1000 * 1000000};
        siginfo_t info;
        int got = sigtimedwait(&mask, &info, &wait);
        if (got <= 0)
            continue;
        if (info.si_code == SI_QUEUE)
            printf("signal %d value %d\n", got, info.si_value.sival_int);
        else
            printf("signal %d\n", got);
        fflush(stdout);
        if (got == SIGTERM)
            break;
    }
    return 0;
}
