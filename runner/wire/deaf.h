/* Sockets that hear nothing. */
#ifndef SF_WIRE_DEAF_H
#define SF_WIRE_DEAF_H

#include <stdbool.h>

/* Let nothing that comes to a TCP socket reach it: no byte is confirmed and no FIN or RST heard, so the other
 * end's TCP sends again and runs out of patience as in an outage. False: the kernel allows no way of it.
 *
 * Source: socket(7), SO_ATTACH_FILTER, for which some kernels want CAP_NET_ADMIN; ip(7), IP_MINTTL, and
 * IPV6_MINHOPCOUNT, for which none does: what was not sent with a TTL of 255 is dropped before TCP sees it.
 */
bool sf_deaf_begin(int fd);

void sf_deaf_end(int fd);

#endif
