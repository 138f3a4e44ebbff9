/* Edge-triggered registrations: which epoll sets wait for a socket, and how.
 *
 * After a fault that leaves something to read or room to write, an edge is owed
 * to them. TCP gives one by itself (apply/readiness.c); for all else the
 * registration is made again, and for that it must be known.
 *
 * The table is the process's own and is keyed by cookie. No locks: each entry has
 * a sequence number that is odd while one thread changes it. */
#ifndef SF_SOCKETS_WATCH_H
#define SF_SOCKETS_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* At load: reserve the table. False: no memory. */
bool sf_watch_reserve(void);

/* Around the program's epoll_ctl on a socket that rules may select. `begin`
 * returns what `end` wants; NULL: the table is full of registrations of open sockets,
 * and the program's escapes say so where this one is owed edges. */
struct sf_watch *sf_watch_begin(uint64_t cookie, int set, int fd);
void sf_watch_end(struct sf_watch *watch, bool succeeded, int operation, const struct epoll_event *event);

/* Make every registration of the socket anew, so that it is told what is ready.
 * Changes errno. */
void sf_watch_renew(uint64_t cookie);

#endif
