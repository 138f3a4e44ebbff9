/* The wire: the process that carries the connections which link rules select.
 *
 * It stands between a program and its peer with a socket to each, and moves what comes
 * from one to the other as late, as slowly and as long as the rules say. There is one for
 * a scenario with link rules, a child of its supervisor. */
#ifndef SF_WIRE_WIRE_H
#define SF_WIRE_WIRE_H

#include "plan/session.h"

#include <sys/types.h>

/* Start it: whoever connects to its socket afterwards is heard. Returns its pid, or -1
 * with errno. The caller watches over it: connections do not outlive it. On SIGTERM it lets
 * what is under way arrive, for a while, and ends. */
pid_t sf_wire_start(const struct sf_session_memory *session);

#endif
