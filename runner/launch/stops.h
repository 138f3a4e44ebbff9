/* PASS: when the program is stopped, the runner stops likewise, so that the
 * shell which waits for it sees a stopped job; when one goes on, so does the other.
 *
 * The shell's job is the program: the runner has left the process group that the
 * terminal stops and `fg` continues, and so stops and goes on for the supervisor
 * alone, one step after the other. A message may be late all the same, so the
 * runner goes by none but asks, when it is told that there is news and each time
 * that it was continued, and stops only if the answer says so. The supervisor
 * takes the program's state from the kernel before it answers. */
#ifndef SF_LAUNCH_STOPS_H
#define SF_LAUNCH_STOPS_H

#include <stdbool.h>
#include <sys/types.h>

/* The supervisor's side. */
struct sf_stops {
    int control; /* to the runner */
    pid_t runner;
    int signal;  /* what stopped the program; 0: it runs, or has ended */
    bool owed;   /* the runner was told of a stop, so it is going to ask how things stand */
    bool shown;  /* it was answered since the last change */
};

void sf_stops_stopped(struct sf_stops *stops, int signal);
void sf_stops_continued(struct sf_stops *stops); /* or ended */

/* The runner asked. If it had been told to stop because of this very stop, somebody
 * continued it by its pid, and the program (0: it has ended) is continued too. */
void sf_stops_answer(struct sf_stops *stops, pid_t program);

/* Is the runner stopped, or about to, because of what is over? */
bool sf_stops_overdue(const struct sf_stops *stops);

/* Continue it if so; to be repeated until it asks. */
void sf_stops_wake(const struct sf_stops *stops);

/* The runner's side: ask, and stop for as long as the answer says so. */
void sf_stops_follow(int control);

#endif
