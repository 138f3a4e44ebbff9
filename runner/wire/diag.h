/* What the kernel tells of a TCP socket of this network that we have no descriptor of. */
#ifndef SF_WIRE_DIAG_H
#define SF_WIRE_DIAG_H

#include <linux/inet_diag.h>
#include <stdbool.h>
#include <sys/socket.h>

/* What to ask by; the caller closes it. -1 with errno. */
int sf_diag_open(void);

/* The socket with these addresses. False: there is none, or the kernel does not tell. Needs no
 * privilege. Source: sock_diag(7). */
bool sf_diag_ask(int diag, const struct sockaddr *own, const struct sockaddr *peer,
                 struct inet_diag_msg *answer);

#endif
