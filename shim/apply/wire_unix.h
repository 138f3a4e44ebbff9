/* Unix streams that the wire carries. The peer is told who connects to it by the kernel, so the
 * process itself makes the connection; its own end is joined to the wire by another one. */
#ifndef SF_APPLY_WIRE_UNIX_H
#define SF_APPLY_WIRE_UNIX_H

#include "abi/session.h"

#include <sys/socket.h>

/* As sf_wire_connect and sf_wire_accept. */
int sf_wire_connect_unix(int fd, struct sf_socket *socket, const struct sockaddr *address, socklen_t length);
void sf_wire_accept_unix(int fd, struct sf_socket *socket);

#endif
