/* Has a socket of TCP had a connection, or tried to? */
#ifndef SF_SOCKETS_CALLED_H
#define SF_SOCKETS_CALLED_H

#include <stdbool.h>

/* Since it was made, or was last disconnected: it has sent or got something. True where we may not ask.
 * Changes errno. Source: tcp(7), TCP_INFO; Linux 4.2. */
bool sf_tcp_has_called(int fd);

#endif
