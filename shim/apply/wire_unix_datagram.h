/* Datagrams that go out from a Unix socket under link rules.
 *
 * The wire says what is to become of each, and the program's own call then sends it, twice or not
 * at all: so whom it comes from, by name and by credentials, what comes along with it, how long the call
 * waits for room and what it fails with are the kernel's. Whether the kernel would take one that is to be
 * lost is asked of the kernel before. */
#ifndef SF_APPLY_WIRE_UNIX_DATAGRAM_H
#define SF_APPLY_WIRE_UNIX_DATAGRAM_H

#include "abi/session.h"

#include <sys/socket.h>

/* sendmsg(2). Async-signal-safe. The message can be read; the bytes need not be there. */
ssize_t sf_unix_datagram_send(int fd, struct sf_socket *socket, const struct msghdr *message, int flags);

#endif
