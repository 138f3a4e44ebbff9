/* What a connection had not read when a rule reset it: a real reset leaves that to
 * be read first. Kept in the session, so that every process that holds the socket
 * finds it. */
#ifndef SF_APPLY_KEEP_H
#define SF_APPLY_KEEP_H

#include "abi/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Take all that waits on `fd` into the record; where the session has no room left
 * for it, it is lost and the program's escapes say so. Reads of the socket are ours from now
 * on, by whatever number and in whatever process. One caller at a time. Changes errno. */
void sf_keep_unread(int fd, struct sf_socket *socket);

/* How many of the kept bytes are still to be read; 0: none. */
uint32_t sf_kept_left(struct sf_socket *socket);

/* Hand out kept bytes, at most `limit`, to the first entries of a vector (count 0:
 * throw them away); a look (MSG_PEEK) leaves them. Returns how many; any number of
 * threads may call, each byte goes to one of them. */
size_t sf_kept_read(struct sf_socket *socket, const struct iovec *vector, size_t count, uint64_t limit,
                    bool is_look);

/* The same for splice(2) into `fd`, a pipe: a page at most, what one write moves as a
 * whole. `may_wait` is for SPLICE_F_NONBLOCK to say. -1 with errno when the pipe has no
 * room or no reader; nothing is lost then. */
ssize_t sf_kept_splice(struct sf_socket *socket, int fd, uint64_t limit, bool may_wait);

#endif
