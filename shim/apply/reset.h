/* A reset, by the kernel itself. */
#ifndef SF_APPLY_RESET_H
#define SF_APPLY_RESET_H

#include "abi/session.h"

#include <stdbool.h>
#include <sys/socket.h>

/* Reset the TCP connection of `fd`: the peer gets a real RST, and here recv, send,
 * poll, epoll and SO_ERROR are those of a connection that was reset (compared with
 * a peer's SO_LINGER 0 on Linux 6.18). Unread bytes are gone. Changes errno.
 * Source: tcp_disconnect(), inet_shutdown(). */
void sf_reset(int fd, struct sf_socket *socket);

/* Has that happened to the socket? What differs then from a real reset: its own
 * address is forgotten, listen and connect would work. */
bool sf_is_reset(struct sf_socket *socket);

/* The address that it had, as getsockname(2) gives it. */
int sf_reset_name(const struct sf_socket *socket, struct sockaddr *address, socklen_t *length);

#endif
