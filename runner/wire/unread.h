/* How much the other end of a connection has not read yet. */
#ifndef SF_WIRE_UNREAD_H
#define SF_WIRE_UNREAD_H

#include <stdint.h>

/* Bytes that have been sent on `fd` and that the process at the other end has not read. Of a TCP
 * peer on another machine, or in another network namespace, those that its kernel has not
 * confirmed: what it does behind that cannot be seen from here.
 *
 * Source: sock_diag(7), idiag_rqueue; unix(7), SIOCOUTQ. */
uint64_t sf_unread_by_peer(int diag, int fd);

#endif
