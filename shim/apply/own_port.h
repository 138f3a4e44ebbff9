/* Ports of our own, which stand for the network: one refuses, one says nothing. */
#ifndef SF_APPLY_OWN_PORT_H
#define SF_APPLY_OWN_PORT_H

#include <stdint.h>

/* Connect `fd`, of AF_INET or AF_INET6, to a port of this machine, on an address
 * that the socket can reach. Returns as connect(2) does; -1 with EAFNOSUPPORT for
 * other sockets. */
int sf_own_port_connect(int fd, uint32_t port);

#endif
