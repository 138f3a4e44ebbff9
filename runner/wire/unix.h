/* Reading from a Unix socket so that its other end learns what happened to what it sent.
 *
 * Whoever closes a Unix socket with bytes unread leaves ECONNRESET at the other end; a relay that has
 * read them could not. So the last byte that was passed on stays where it is until the reader that it
 * is for has read all: closed with it, our socket tells what the reader's would have. It takes up room
 * in the sender's buffer for as long as the reader's would. Source: unix_release_sock(). */
#ifndef SF_WIRE_UNIX_H
#define SF_WIRE_UNIX_H

#include "wire/way.h"

/* As recvmsg without waiting, with the descriptors that come along, and leaving the last byte there. */
ssize_t sf_unix_receive(struct sf_leg *leg, char *to, size_t room, struct sf_passed *passed);

/* It tells a close from a half-close at once. */
bool sf_unix_has_closed(const struct sf_leg *leg);

/* The other end reads no more, and is there still: shutdown(2), SHUT_RD. */
bool sf_unix_is_shut(const struct sf_leg *leg);

/* Has the other end of `to` read all? Then let go of the byte that `from` keeps. */
void sf_unix_let_go(struct sf_leg *from, const struct sf_leg *to);

/* Let go of it, whoever has read what: a close is to look like one. */
void sf_unix_forget(struct sf_leg *leg);

#endif
