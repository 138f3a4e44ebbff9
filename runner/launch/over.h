/* Sockets in TCP_CLOSE that were connections: by a short look at the socket itself. */
#ifndef SF_LAUNCH_OVER_H
#define SF_LAUNCH_OVER_H

#include "launch/tcp.h"

enum sf_over {
    SF_OVER_NOT,     /* not connected yet, or again; its error was not told yet; it is gone */
    SF_OVER_IS,      /* and whoever holds it has been told */
    SF_OVER_UNKNOWN, /* we may not look: errno says why */
};

/* What is with a socket of sf_tcp_mark's `closed`; its own address is filled in, the peer's is no longer
 * known.
 *
 * For as long as the look takes the socket is ours as well: a close of its last descriptor meanwhile comes
 * later by that. It is for what has been in TCP_CLOSE for a while, and so has nothing to send. */
enum sf_over sf_over_look(struct sf_tcp *socket);

#endif
