/* What a program that does not end is about. */
#ifndef SF_LAUNCH_WAITING_H
#define SF_LAUNCH_WAITING_H

#include <sys/types.h>

/* What the program whose first process is `pid` is about: "waits in recvfrom(3), in greet (greet.c:27)",
 * "is busy in work (work.c:3)". Of all threads the one that waits for a socket is told of, else one
 * that waits for readiness, else the first. "": nothing is known. Threads are stopped for a moment where
 * ptrace(2) is allowed; else the place is missing. `text` has room for SF_ABOUT_BYTES. */
void sf_waiting_tell(pid_t pid, char *text);

#endif
