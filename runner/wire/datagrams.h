/* Datagrams that the wire carries, from and to the sockets of programs.
 *
 * A datagram that goes out is sent from the program's own socket, a duplicate of which
 * came along with it; it is held no longer than datagrams wait, since with it the port would be.
 * What comes in is taken at the address of the program's socket, and given to it from another. */
#ifndef SF_WIRE_DATAGRAMS_H
#define SF_WIRE_DATAGRAMS_H

#include "abi/wire.h"
#include "wire/loop.h"

/* The socket that datagrams which go out come to. Returns -1 with errno. */
int sf_datagrams_open(const struct sf_session *session);

/* In the wire. socket: -1: there is none. False: errno says why. */
bool sf_datagrams_begin(struct sf_wire *wire, int socket);

/* SF_WIRE_CARRIED. Descriptors that are taken over are -1 afterwards. False: what comes in is not carried. */
bool sf_datagrams_carry(struct sf_wire *wire, const struct sf_wire_request *request, pid_t pid, int fds[2]);

/* SF_WIRE_SENDS: what becomes of a datagram that a Unix socket sends. Its bytes may be flipped. False: it
 * cannot be known. */
bool sf_datagrams_sends(struct sf_wire *wire, const struct sf_wire_request *request, pid_t pid,
                        const struct sf_wire_unix *where, char *bytes, size_t count,
                        struct sf_wire_answer *answer);

/* SF_WIRE_ENDED: a descriptor of the socket was closed, or it is not to be carried any more, or
 * one that we do not know wants an address that is in use. */
void sf_datagrams_ended(struct sf_wire *wire, const struct sf_wire_request *request);

/* SF_WIRE_JUDGE: look at what programs have sent so far. */
void sf_datagrams_sent(struct sf_wire *wire);

/* Send what is due, and when the next is; SF_NEVER: nothing waits. */
void sf_datagrams_do(struct sf_wire *wire);
uint64_t sf_datagrams_when(const struct sf_wire *wire);

/* Is something on its way out? */
bool sf_datagrams_are_under_way(const struct sf_wire *wire);

#endif
