/* Connections that a service holds on to although their peer has closed them, or they are over. */
#ifndef SF_LAUNCH_HELD_H
#define SF_LAUNCH_HELD_H

#include "launch/launch.h"
#include "launch/tcp.h"

/* What was seen so far; zero: nothing yet. */
struct sf_held {
    bool looked;
    pid_t hidden;                /* a process whose descriptors may not be read; 0: none */
    struct sf_tcp_list suspects; /* in CLOSE_WAIT or CLOSE at every look so far, and held or perhaps held */
};

/* Look at the processes of the program whose first process is `pid`, each in its own
 * network namespace. False: there is no suspect (any more), so further looks tell
 * nothing. */
bool sf_held_look(struct sf_held *held, pid_t pid);

/* What is suspect still is held: put it into the program's exit, and let go. */
void sf_held_settle(struct sf_held *held, struct sf_exit *exit);

#endif
