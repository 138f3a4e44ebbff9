/* What the kernel tells of Unix sockets. */
#ifndef SF_WIRE_UNIX_SOCKETS_H
#define SF_WIRE_UNIX_SOCKETS_H

#include "abi/wire.h"

/* Would the receiver take a datagram, its queue aside? SF_WIRE_PASSES; SF_WIRE_KERNELS: no, and the kernel
 * says how; SF_WIRE_FAILED: it cannot be known.
 *
 * diag: from wire/diag.h. Source: unix_dgram_sendmsg(), unix_may_send(); unix_diag(7) as in
 * linux/unix_diag.h. */
enum sf_wire_state sf_unix_may_send(int diag, const struct sf_wire_unix *where);

#endif
