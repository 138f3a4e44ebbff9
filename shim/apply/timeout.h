/* The other end has fallen silent, as when a cable is pulled: TCP gives up after a
 * while, ETIMEDOUT. The kernel itself says so, on a connect that nobody answers.
 *
 * Source: tcp(7), TCP_USER_TIMEOUT; tcp_write_timeout(). Its first timer in
 * SYN_SENT runs for a second, so nothing that does not wait fails before that. */
#ifndef SF_APPLY_TIMEOUT_H
#define SF_APPLY_TIMEOUT_H

#include "apply/reset.h"

#include <stdbool.h>

/* Connect `fd` to the silent port. A socket that waits does so for `ns`, or for
 * its own time-out `own_ns` (0: none) where that is shorter. Returns -1 with the
 * errno of connect(2): ETIMEDOUT, EINPROGRESS, EINTR. */
int sf_timeout_connect(int fd, struct sf_socket *socket, uint64_t ns, uint64_t own_ns, bool is_nonblocking);

/* `fd` is about to be connected anew: if a time-out has struck it, that is over now and its
 * TCP_USER_TIMEOUT its own again. Changes errno. */
void sf_timeout_forget(int fd, struct sf_socket *socket);

/* The established connection of `fd` times out in `ns`: until then its calls find
 * nothing to read and no room to send, afterwards the kernel's ETIMEDOUT. The peer
 * hears a RST, at once. */
void sf_timeout_begin(int fd, struct sf_socket *socket, uint64_t ns, enum sf_unread unread);

/* It has timed out now, and the caller tells the program: what comes after is what
 * comes after ETIMEDOUT. The peer hears a RST. */
void sf_timeout_strike(int fd, struct sf_socket *socket, enum sf_unread unread);

/* Did one of these happen to it, sf_timeout_strike and a connect that has failed
 * aside? Its TCP_USER_TIMEOUT is then ours. */
bool sf_is_silent(struct sf_socket *socket);

/* Is an established connection's time-out still running? To the kernel it is in
 * SYN_SENT then. Changes errno. */
bool sf_is_timing_out(int fd, struct sf_socket *socket);

/* shutdown(2) of such a connection; `how` as there. The time-out goes on, but where both
 * directions are shut: nothing is waited for then. */
int sf_timeout_shutdown(int fd, int how);

#endif
