/* A reset, by the kernel itself. */
#ifndef SF_APPLY_RESET_H
#define SF_APPLY_RESET_H

#include "abi/session.h"

#include <stdbool.h>
#include <sys/socket.h>

/* What a connection has not read when a fault strikes it: lost, or kept to be read
 * first (apply/keep.h). */
enum sf_unread { SF_UNREAD_GONE, SF_UNREAD_KEPT };

/* Reset the TCP connection of `fd`: the peer gets a real RST, and here recv, send,
 * poll, epoll and SO_ERROR are those of a connection that was reset (compared with
 * a peer's SO_LINGER 0 on Linux 6.18). Of several callers one does it and the others
 * wait until it is done. Changes errno. Source: tcp_disconnect(), inet_shutdown(). */
void sf_reset(int fd, struct sf_socket *socket, enum sf_unread unread);

/* After it, at a call that is not a read: who waits in one takes the error first, as it
 * does when a RST arrives. Waits for them, some 40 ms at most. */
void sf_reset_let_readers_know(struct sf_socket *socket);

/* Such a read has ended with EPIPE, as the kernel ends it where a connection is taken
 * away: the error that it gives in place of that; 0: another call took it, and the read finds
 * the end. Changes errno. Source: tcp_disconnect(), sk_wait_event(). */
int sf_reset_woken(int fd, struct sf_socket *socket);

/* Take the connection of `fd` away: connect(2) to AF_UNSPEC. Linux 6.1 to 6.5 refuse that (EBUSY)
 * while a thread waits in a read: that one is woken first, and the run fails, since the peer
 * sees a FIN ahead of the RST. Changes errno. Source: tcp_disconnect(), sk_wait_pending. */
void sf_disconnect(int fd);

/* Note in the record what the kernel is about to forget: the address of `fd`, and
 * that it was connected. For those who disconnect it themselves. */
void sf_reset_remember(int fd, struct sf_socket *socket);

/* Has that happened to the socket? What differs then from a real reset: its own
 * address is forgotten, listen and connect would work. */
bool sf_is_reset(struct sf_socket *socket);

/* The program made this connection without waiting, and has not yet asked how it
 * went: its next connect takes the error, after which the socket is as new. */
void sf_reset_unheard(struct sf_socket *socket);
bool sf_is_reset_unheard(struct sf_socket *socket);

/* Behind the end of the peer's direction what waits is EPIPE, told by SO_ERROR, a send and
 * recvmmsg alone; reads give the end. The kernel has ECONNRESET there. Source: tcp_reset(),
 * CLOSE_WAIT; tcp_recvmsg_locked(), SOCK_DONE. */
bool sf_is_reset_behind_end(struct sf_socket *socket);

/* sf_take_error of a socket that was reset. */
int sf_reset_take_error(int fd, struct sf_socket *socket);

/* That next connect: returns the error that it fails with. */
int sf_reset_heard(int fd, struct sf_socket *socket);

/* The program dissolves the connection itself: what is unread goes with it, and the
 * socket is as new. */
void sf_reset_forget(struct sf_socket *socket);

/* The error that waits on a socket, as SO_ERROR tells and takes it; 0: none. Changes errno. */
int sf_take_error(int fd);

/* An address that it had, as getsockname(2) and getpeername(2) give it. */
int sf_reset_name(const struct sf_addr *name, struct sockaddr *address, socklen_t *length);

#endif
