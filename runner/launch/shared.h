/* What a launch in the runner and its supervisor say to each other.
 *
 * Results go through memory that both map, at the same address since it was
 * mapped before the fork: pointers into it hold on both sides. Requests go
 * through a SOCK_SEQPACKET pair, one struct sf_request each. */
#ifndef SF_LAUNCH_SHARED_H
#define SF_LAUNCH_SHARED_H

#include "launch/launch.h"

#include <signal.h>

struct sf_launch_shared {
    struct sf_outcome outcome; /* its pointers point into this memory */
    bool over;                 /* the supervisor came to its end; false: it died on the way */
    char failure[512];
    struct sf_exit exits[];
};

enum sf_request_kind {
    SF_REQUEST_SIGNAL,  /* to the supervisor: the program gets `signal` */
    SF_REQUEST_END,     /* to the supervisor: end everything, interrupted by `signal` */
    SF_REQUEST_ASK,     /* to the supervisor: is the program stopped? One ANSWER comes */
    SF_REQUEST_STARTED, /* to the runner: the program is in the runner's process group */
    SF_REQUEST_STOPPED, /* to the runner: the program was stopped, ask */
    SF_REQUEST_ANSWER   /* to the runner: stop by `signal`; 0: go on */
};

struct sf_request {
    enum sf_request_kind kind;
    int signal;
    bool queued;   /* came with `value`, from sigqueue */
    union sigval value;
};

/* Everything that a supervisor needs to know. Descriptors are its own to close. */
struct sf_supervision {
    const struct sf_scenario *scenario;
    const struct sf_session_memory *session;
    const struct sf_launch_options *options;
    struct sf_launch_shared *shared;
    char *rooms;         /* CAPTURE: SF_CAPTURE_ROOM_BYTES for each program's out, err */
    int runner, control; /* readable once the runner has ended; our end of the pair */
    pid_t runner_pid, runner_group;
    sigset_t mask;       /* of the programs */
    bool child_ignored;  /* they start with SIGCHLD ignored, as we did */
};

/* Be the supervisor: called in the forked child, never returns. */
void sf_supervisor_run(const struct sf_supervision *supervision) __attribute__((noreturn));

#endif
