/* Connections: where sockets get a role, a peer, an ordinal, and so the rules
 * that may select them. All functions keep errno. */
#ifndef SF_SOCKETS_CONNECTION_H
#define SF_SOCKETS_CONNECTION_H

#include "load/shim.h"

#include <sys/socket.h>

/* A new socket, as socket(2) or socketpair(2) gave it. */
void sf_socket_opened(int fd, int domain, int type);

/* The program is about to connect `fd` to `peer`; AF_UNSPEC ends an association.
 * From its first connect on the socket counts as a connection, failed or not. */
void sf_socket_connects(int fd, const struct sockaddr *peer, socklen_t length);

/* A connect failed since the socket was connected already: to whom it was. */
void sf_socket_was_connected(int fd);

/* A call is about to be made on a socket of which `socket` is the record: where its peer was nobody's
 * when it was connected, and is a program's now, it counts as connected to that. */
void sf_socket_meets_peer(int fd, struct sf_socket *socket);

/* accept(2) on `listener` gave `fd`, and its peer in `from`.
 *
 * is_whole  there was room for all of it; false: perhaps not. */
void sf_socket_accepted(int listener, int fd, const struct sockaddr *from, socklen_t length, bool is_whole);

/* bind(2) succeeded, where some rule asks for sockets' own addresses. */
void sf_socket_bound(int fd);

/* listen(2) succeeded. */
void sf_socket_listens(int fd);

/* The number is about to be closed or replaced, or its process to end: the record's place
 * may go to another socket, unless this one is used by another number or process. Returns
 * the record, or NULL. In a vfork child nothing ends: the parent has it still. */
struct sf_socket *sf_socket_ends(int fd);

/* The same of each number in the range that is known. */
void sf_socket_range_ends(unsigned first, unsigned last);

/* The process is about to execute another image, which opened none of its sockets. */
void sf_socket_executes(void);

/* The record of `fd`, where one was made; otherwise NULL, as without a session. */
struct sf_socket *sf_socket_find(int fd);

/* The record of a socket that some rule may select; made when it is the first
 * time that one is wanted. NULL: not a socket (any more), or no place left. */
struct sf_socket *sf_socket_record(int fd);

/* Likewise of any socket, whose number is remembered then (sf_descriptor_number). In a traced
 * process alone. */
struct sf_socket *sf_socket_traced(int fd);

#endif
