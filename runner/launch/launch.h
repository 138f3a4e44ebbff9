/* Start, watch, bound and end the programs of one scenario.
 *
 * A supervisor process is forked for each scenario. It is a subreaper: every
 * process that a program leaves behind, however it was started, becomes its
 * child, and none of them outlives it. It watches the runner and ends
 * everything when the runner dies; the runner is a subreaper too and does the
 * same should the supervisor die. One supervisor serves `run`, `test` and
 * whatever else starts programs. */
#ifndef SF_LAUNCH_LAUNCH_H
#define SF_LAUNCH_LAUNCH_H

#include "hygiene/warning.h"
#include "plan/session.h"
#include "scenario/scenario.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SF_OUTPUT_TAIL_BYTES (64 * 1024)          /* kept for reports */
#define SF_OUTPUT_LIMIT_BYTES (64 * 1024 * 1024)  /* kept for expectations; more is counted only */

/* Where a captured stream ended up: readable memory of the runner. */
struct sf_output {
    const char *data; /* the first `bytes` bytes of the stream; not NUL-terminated */
    uint64_t bytes;   /* at most SF_OUTPUT_LIMIT_BYTES */
    uint64_t total_bytes; /* what the program wrote */
    const char *tail; /* the last tail_bytes of the stream */
    uint64_t tail_bytes;
};

enum sf_end {
    SF_END_NOT_STARTED, /* the scenario ended before its turn */
    SF_END_EXITED,
    SF_END_SIGNALED,
    SF_END_TIMEOUT, /* ended by a time-out: the scenario's, or `ready` */
    SF_END_STOPPED, /* a service that was asked to stop, and did; or cancelled, see there */
    SF_END_FAILED   /* could not be executed: exec_errno */
};

#define SF_EXIT_PORTS_MAX 8u
#define SF_ABOUT_BYTES 256u

struct sf_exit {
    enum sf_end end;
    int code;   /* exit status, when the process exited (STOPPED too); otherwise -1 */
    int signal; /* the signal that killed it (STOPPED too); otherwise 0 */
    int exec_errno;
    bool cwd_failed;   /* exec_errno is about the program's cwd, not about its executable */
    bool stdin_failed; /* … about its stdin_file */
    bool cancelled;  /* STOPPED because the scenario could not go on: another program
                      * was not executed or not ready. Says nothing about this one. */
    bool ready;       /* a service: it was seen ready */
    bool search_given_up; /* a service: ready.output backtracked too much to be searched for */
    bool early;       /* a service: it ended before it was stopped */
    bool stop_killed; /* a service: it had to be killed, its stop_within was over */
    uint16_t ports[SF_EXIT_PORTS_MAX]; /* a service that was not ready in time: it listened on these */
    unsigned port_count;
    char about[SF_ABOUT_BYTES]; /* TIMEOUT: "waits in recvfrom(3), in greet (greet.c:27)"; "": nothing is known */
    uint64_t duration_ns, cpu_ns;
    struct sf_output out, err;

    /* A service: the connections whose peer had closed, or that were over, and that it
     * held on to before it was stopped. */
    bool held_counted; /* false: it ended before that, or it has no shim */
    pid_t held_hidden; /* a process of it that cannot be looked at: `held` is not all; 0: none */
    int held_error;    /* why it gives nobody a closed socket to look at; 0: its descriptors may not be read */
    struct sf_leaks held;
};

struct sf_timeline;

struct sf_outcome {
    struct sf_exit *programs; /* one for each of the scenario's */
    bool timed_out;           /* the scenario's time-out struck */
    unsigned left_behind;     /* processes that were still alive and were ended */
    bool interrupted;         /* sf_launch_interrupt ended it (CAPTURE) */
    int interrupt_signal;
    const char *failure;      /* sockfault itself failed: why (125); NULL: it did not */
    const struct sf_warnings *warnings; /* of broken habits; NULL: nobody looked for them */
    uint64_t untraced;                  /* calls that the trace lacks */
    const struct sf_timeline *timeline; /* lives of connections; NULL: nobody asked for them */
    uint64_t duration_ns;
};

enum sf_stdio {
    SF_STDIO_CAPTURE, /* test: stdin from text or /dev/null, output into memory */
    SF_STDIO_PASS     /* run: the runner's own, terminal and all */
};

struct sf_launch_options {
    enum sf_stdio stdio;
    const char *shim_path; /* libsockfault.so, absolute */
    bool no_timeout;       /* run without --timeout */
    bool asks_what_waits;  /* at a time-out: sf_exit.about */
};

/* A scenario that is under way. */
struct sf_launch;

/* Start it. Returns at once; scenario, session and options->shim_path must
 * outlive the launch and must not point into main's argv, which the supervisor
 * overwrites with its own name. The scenario must hold one program when stdio
 * is PASS. Never NULL: what goes wrong is the outcome's `failure`.
 *
 * Programs get the signal mask and the ignored signals that the caller has now,
 * so the runner itself ignores none. PASS blocks the caller's signals until
 * sf_launch_wait returns: they reach the program instead, as if its caller had
 * started it without us. */
struct sf_launch *sf_launch_start(const struct sf_scenario *scenario, struct sf_session_memory *session,
                                  const struct sf_launch_options *options);

/* A pollable descriptor: readable once the scenario is over. -1: it is over
 * already, do not poll but collect. */
int sf_launch_fd(const struct sf_launch *launch);

/* Wait until it is over (a caller that polled will not block) and collect. The
 * outcome's memory belongs to the launch. May be called again.
 *
 * PASS: passes signals on and stops together with the program, so it must be
 * called at once, without polling before. */
const struct sf_outcome *sf_launch_wait(struct sf_launch *launch);

/* End it early: `signal` goes to the programs (run) or everything is killed (test). */
void sf_launch_interrupt(struct sf_launch *launch, int signal);

/* Ends the scenario first when it is still under way. NULL is fine. */
void sf_launch_free(struct sf_launch *launch);

/* A child of the runner's own: it is none of the processes that a supervisor which was killed
 * leaves behind. Until it has been waited for. */
void sf_launch_spare(pid_t pid);
void sf_launch_spare_no_more(pid_t pid);

/* Why the shim cannot be loaded into what `argv[0]` names (static, setuid,
 * another architecture, musl, Go), as a sentence in `why`; false: it can.
 * Not finding the file is not an answer: false, exec will say. `path` is the
 * PATH that the program will see; scripts are followed to their interpreter. */
bool sf_unreachable(const char *file, const char *path, const char *cwd, char *why, size_t why_bytes);

#endif
