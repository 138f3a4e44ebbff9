/* Socket addresses as the engine compares them. */
#ifndef SF_SOCKETS_ADDRESS_H
#define SF_SOCKETS_ADDRESS_H

#include "abi/session.h"

#include <stddef.h>
#include <sys/socket.h>

/* From the kernel's form. What is too short or of another family gives domain
 * SF_DOMAIN_OTHER; AF_UNSPEC gives 0, as for a socket without a peer. */
void sf_address_from(struct sf_addr *to, const struct sockaddr *from, socklen_t length);

/* The own address of a socket: bound to nothing, that of its family with port 0 or
 * no path; domain 0 when it is none. Keeps errno. */
void sf_address_of_own(struct sf_addr *to, int fd);

/* The same, where some rule asks for it: `to`, otherwise NULL.
 * Keeps errno. */
const struct sf_addr *sf_local_of(struct sf_addr *to, int fd);

/* The peer of a socket; domain 0 when it has none. Keeps errno. */
void sf_address_of_peer(struct sf_addr *to, int fd);

#endif
