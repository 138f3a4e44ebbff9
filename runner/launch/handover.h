/* The session's descriptor for wrapped processes that cannot open
 * /proc/SUPERVISOR/fd/N: another uid, a chroot without /proc. */
#ifndef SF_LAUNCH_HANDOVER_H
#define SF_LAUNCH_HANDOVER_H

#include "plan/session.h"

/* Listen on the session's abstract socket; non-blocking. -1 with errno. */
int sf_handover_listen(const char *session_id);

/* Serve who waits on the listener, without blocking. The session can be
 * written, so it is given to our descendants only: any user of the machine can
 * see the socket's name and connect. */
void sf_handover_serve(int listener, int session_fd);

#endif
