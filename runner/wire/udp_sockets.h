/* Which UDP sockets there are. */
#ifndef SF_WIRE_UDP_SOCKETS_H
#define SF_WIRE_UDP_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

/* Call `found` with the cookie of each UDP socket that is bound in this network namespace. False: the
 * kernel does not say. Source: sock_diag(7). */
bool sf_udp_sockets(void (*found)(void *context, uint64_t cookie), void *context);

#endif
