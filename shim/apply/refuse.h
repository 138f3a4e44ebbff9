/* A refusal, by the kernel itself. */
#ifndef SF_APPLY_REFUSE_H
#define SF_APPLY_REFUSE_H

#include <sys/socket.h>

/* Connect `fd` to an address of its own domain where nobody listens: what
 * follows (errno, readiness, SO_ERROR, the next connect) is then the real thing,
 * and the peer that was asked for hears nothing. Returns as connect(2) does.
 *
 * peer  the one that was asked for; NULL: not known. */
int sf_refuse_connect(int fd, const struct sockaddr *peer);

#endif
