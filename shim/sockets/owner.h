/* Owners: which program of the scenario an address belongs to.
 *
 * Where rules name programs as peers, every program enters its addresses in the
 * directory: where it listens, where its clients connect from, where its datagram
 * sockets are. All do, named or not, since ports change hands. A program that rules
 * may touch looks its peers up there. Where no rule of the plan names one, these
 * functions are libc's own. All are async-signal-safe and keep errno, but for what
 * the call itself leaves there. */
#ifndef SF_SOCKETS_OWNER_H
#define SF_SOCKETS_OWNER_H

#include "abi/session.h"

#include <stdbool.h>
#include <sys/socket.h>

/* As libc's; the address that the socket then has is entered before they return. */
int sf_owner_bind(int fd, const struct sockaddr *address, socklen_t length);
int sf_owner_listen(int fd, int backlog);
int sf_owner_connect(int fd, const struct sockaddr *address, socklen_t length);

/* The same, but no point where the thread may be cancelled. */
int sf_owner_connect_uncancelled(int fd, const struct sockaddr *address, socklen_t length);

/* A TCP connect that another process makes for the program: before it, and behind it with
 * both addresses; NULL: it failed. */
uint64_t sf_owner_calls(const struct sf_addr *to);
void sf_owner_called(uint64_t arrival, const struct sf_addr *own, const struct sf_addr *peer);

/* Will this send give the socket its address? Then sf_owner_sent must follow it, with
 * what was left in `arrival`. */
bool sf_owner_sends(int fd, uint64_t *arrival);
void sf_owner_sent(int fd, uint64_t arrival);

/* A socket that was not seen to come: enter the address it has. False: a datagram
 * socket that has none yet, and will get one without further notice. */
bool sf_owner_discovered(int fd, uint8_t domain, uint8_t type);

/* Set peer->owner: of the peer that the socket has, will have, or, fd -1, of the
 * other end of a datagram. type, role: SF_TYPE_…, SF_ROLE_… of our socket; role 0:
 * not known. May sleep while an address is on its way, a second at the most. */
void sf_owner_find(struct sf_addr *peer, int fd, uint8_t type, uint8_t role);

#endif
