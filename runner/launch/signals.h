/* The runner's signals while a program of `run` has its terminal. */
#ifndef SF_LAUNCH_SIGNALS_H
#define SF_LAUNCH_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct sf_signals {
    int fd; /* readable when a signal came; -1: not taken */
    sigset_t before;
    bool apart; /* we are not in the program's process group */
};

/* From here on signals do not end the runner but wait on signals->fd. */
bool sf_signals_take(struct sf_signals *signals);

/* As before; what came and was not looked at is forgotten. */
void sf_signals_give_back(struct sf_signals *signals);

/* Pass what came on to the program, by messages on `control`. Returns whether
 * SIGCONT was among it, which is not passed on: the program may have got its own. */
bool sf_signals_forward(const struct sf_signals *signals, int control);

/* Stop by `signal`, by its default effect. Returns when we were continued. */
void sf_signals_stop(int signal);

#endif
