/* The peer has half-closed, as a rule says. */
#ifndef SF_APPLY_HALF_CLOSE_H
#define SF_APPLY_HALF_CLOSE_H

#include "abi/session.h"

#include <stdbool.h>

/* From now on reads on the socket give 0; sends go on. The kernel is told as well:
 * poll says IN and RDHUP, edges are given, blocked readers return. What had
 * arrived, or still comes since the peer knows of nothing, counts as never
 * arrived; what has come since the first time goes with the second. Changes errno.
 * Source: tcp(7), shutdown(2) with SHUT_RD. */
void sf_half_close(int fd, struct sf_socket *socket);

/* Has that happened to it? */
bool sf_is_half_closed(struct sf_socket *socket);

/* Its connection has been dissolved: the next one begins anew. */
void sf_half_close_forget(struct sf_socket *socket);

#endif
