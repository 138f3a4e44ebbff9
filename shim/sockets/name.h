/* Host names: which addresses this program was told for a name that rules give,
 * in a traced session for any name.
 * Neither function changes errno; both are async-signal-safe. */
#ifndef SF_SOCKETS_NAME_H
#define SF_SOCKETS_NAME_H

#include <sys/socket.h>

/* A look-up of `host`, as the program asked, gave this address. */
void sf_name_told(const char *host, const struct sockaddr *address, socklen_t length);

/* The same of the bytes of an address; family AF_INET or AF_INET6. */
void sf_name_told_bytes(const char *host, int family, const void *bytes);

#endif
