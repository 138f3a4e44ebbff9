/* Readiness after a call fault: what the kernel would say, had the bytes that
 * were held back arrived just now. */
#ifndef SF_APPLY_READINESS_H
#define SF_APPLY_READINESS_H

#include "abi/session.h"

/* A read or send on `fd` was cut short although more could have been moved.
 * epoll(7) lets an edge-triggered program take that as "drained" or "full", so
 * its watchers are woken again. `family` is that of the
 * call. Changes errno. */
void sf_readiness_renew(int fd, enum sf_family family, struct sf_socket *socket);

#endif
