/* Connections that the wire carries: what the program has of them.
 *
 * Its socket stays its own. It connects to a port that answers nobody and stands, or fails,
 * when the wire says so; so its states, errors and readiness are the kernel's, and only its
 * names are told from the record. All are async-signal-safe. */
#ifndef SF_APPLY_WIRE_H
#define SF_APPLY_WIRE_H

#include "abi/session.h"

#include <stdbool.h>
#include <sys/socket.h>

/* connect(2) of a TCP socket by way of the wire; result and errno are those that it would have
 * without. A connect that is under way already is the kernel's to answer. */
int sf_wire_connect(int fd, struct sf_socket *socket, const struct sockaddr *address, socklen_t length);

/* accept(2) of `listener` gave `fd`: the wire gets the connection, and the program one end of another
 * under the same number, with the options that the first had. Keeps errno. */
void sf_wire_accept(int listener, int fd, struct sf_socket *socket);

/* Does the wire have it? Then its names are the record's `local` and `peer`. */
bool sf_is_wired(struct sf_socket *socket);

/* The connection is over, or dissolved: the next one may be another's. */
void sf_wire_forget(struct sf_socket *socket);

/* SO_ERROR is about to be asked for. While the wire lets a connect fail, for some microseconds, readiness
 * tells of an error that is not there yet: wait for it. */
void sf_wire_await_error(struct sf_socket *socket);

/* A send or a read that waited, `result` -1, was woken when the wire dissolved the connect that it let fail:
 * what the refusal gives it. May SIGPIPE. */
int64_t sf_wire_woken(int fd, struct sf_socket *socket, bool reads, int flags, int64_t result);

/* What SO_ERROR tells of a connect that the wire let fail. */
int sf_wire_error(struct sf_socket *socket, int error);

#endif
