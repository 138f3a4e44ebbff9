/* Datagrams that the wire carries: what the program has of them.
 *
 * Its socket stays its own. What it sends under a rule goes to the wire, which sends it on from that
 * very socket. What is to reach it comes to a socket of the wire's that has the same address,
 * and from there, when it is due, to the program's; who sent it stands in front of it. So states,
 * errors and readiness are the kernel's. All are async-signal-safe. */
#ifndef SF_APPLY_WIRE_DATAGRAM_H
#define SF_APPLY_WIRE_DATAGRAM_H

#include "abi/session.h"

#include <stdbool.h>
#include <sys/socket.h>

/* Does what reaches the socket come by way of the wire? */
static inline bool sf_datagram_is_carried(struct sf_socket *socket)
{
    return socket && atomic_load_explicit(&socket->carried, memory_order_acquire) != 0;
}

/* It is about to be used: where a rule means what comes in, and it has an address, or `sends` and is
 * given one, it comes by way of the wire from now on. Keeps errno. */
void sf_datagram_settle(int fd, struct sf_socket *socket, bool sends);

/* bind(2) gave it an address, connect(2) another peer, or none. Keeps errno. */
void sf_datagram_named(int fd);

/* sendmsg(2) by way of the wire, and recvmsg(2) of what may have come by it; result and errno are those that
 * they would have without. */
ssize_t sf_datagram_send(int fd, struct sf_socket *socket, const struct msghdr *message, int flags);
ssize_t sf_datagram_receive(int fd, struct sf_socket *socket, struct msghdr *message, int flags);

/* Around the close of a descriptor: what it takes to say that it was closed; 0: nothing. When the last one
 * is, its port is free. Keep errno. */
uint64_t sf_datagram_ends(int fd);
void sf_datagram_ended(uint64_t cookie);

/* A datagram socket met an address that is in use: let the wire look whether it is still in use by others
 * than itself. True: it has. Keeps errno. */
bool sf_datagram_frees(int fd);

/* How long the next datagram is, of which the kernel says `bytes`: FIONREAD. Keeps errno. */
int sf_datagram_unread(int fd, struct sf_socket *socket, int bytes);

#endif
