/* The course of one scenario, in its supervisor: which program starts, is
 * waited for, is stopped, when.
 *
 *   RUN     programs start in order, each when the service before it is ready,
 *           until all that are no services have ended
 *   LOOK    while all services still run: which connections do they hold on to?
 *   STOP    services are stopped, the last first
 *   LINGER  what the programs left behind may end by itself, for a moment
 *   OVER    the supervisor kills the rest
 *
 * Nothing here blocks; the supervisor's loop calls in with what happened. */
#ifndef SF_LAUNCH_COURSE_H
#define SF_LAUNCH_COURSE_H

#include "launch/capture.h"
#include "launch/held.h"
#include "launch/shared.h"

#include <sys/resource.h>

enum sf_phase { SF_PHASE_RUN, SF_PHASE_LOOK, SF_PHASE_STOP, SF_PHASE_LINGER, SF_PHASE_OVER };

/* A program under way. */
struct sf_member {
    const struct sf_program *program;
    struct sf_exit *exit;
    enum { SF_MEMBER_WAITING, SF_MEMBER_RUNNING, SF_MEMBER_ENDED } state;
    pid_t pid;
    uint64_t start_ns;
    uint64_t ready_by_ns, probe_ns, probe_step_ns; /* a service that is not ready yet */
    bool stopping;       /* was asked to end, or killed, by us */
    bool timed_out;      /* … because its time was over */
    uint64_t kill_ns;    /* stopping: when to use SIGKILL; UINT64_MAX: it was used */
    struct sf_capture out, err;
    struct sf_feed in;
    struct sf_held held;
    struct sf_regex *ready_output; /* a service that says when it is ready; NULL: ready by something else */
    uint64_t searched_bytes;       /* of both its outputs, when last searched for that */
};

struct sf_course {
    const struct sf_supervision *supervision;
    enum sf_phase phase;
    struct sf_member *members;
    unsigned count, started;
    uint64_t start_ns, deadline_ns, linger_until_ns;
    uint64_t settled_ns;  /* the last one was started, a service: ready; before the first: the start */
    uint64_t look_since_ns, look_ns; /* LOOK: since when, and when again */
    uint64_t stopped_ns;  /* PASS: the program has been stopped since; 0: it runs */
    bool lingered;        /* over in the ordinary way: whatever still lives was left behind */
    bool childless;       /* no child is left, not even a stranger's orphan */
    void (*started_one)(void *context, unsigned index); /* its stdio wants to be watched */
    void *context;
    int session_fd;
};

void sf_course_begin(struct sf_course *course, uint64_t now_ns);

/* Do what is due. Returns when to call again at the latest (UINT64_MAX: only
 * after something happened). */
uint64_t sf_course_step(struct sf_course *course, uint64_t now_ns);

/* A child was reaped: one of the programs, or an orphan of theirs. */
void sf_course_reaped(struct sf_course *course, pid_t pid, int status, const struct rusage *usage,
                      uint64_t now_ns);

/* PASS: the program was stopped or continued. Its time-outs stand still meanwhile. */
void sf_course_stopped(struct sf_course *course, bool stopped, uint64_t now_ns);

/* It goes no further: everything that runs counts as cancelled. */
void sf_course_abort(struct sf_course *course);

struct sf_member *sf_course_member(struct sf_course *course, pid_t pid); /* running; NULL: an orphan */

#endif
