/* Ports of our own, which stand for the network: one refuses, one says nothing. */
#ifndef SF_APPLY_OWN_PORT_H
#define SF_APPLY_OWN_PORT_H

#include <stdbool.h>
#include <stdint.h>

/* Connect `fd`, of AF_INET or AF_INET6, to a port of this machine, on an address
 * that the socket can reach. Returns as connect(2) does; -1 with EAFNOSUPPORT for
 * other sockets.
 *
 * is_mapped  the program asked for an IPv4 address in the clothes of IPv6: so is ours. Linux sends no
 *            IPv6 from a socket that has sent such before: tcp_v6_connect(), icsk_af_ops. */
int sf_own_port_connect(int fd, uint32_t port, bool is_mapped);

#endif
