/* TCP sockets and who holds them, by /proc: nobody is asked, so nobody notices. */
#ifndef SF_LAUNCH_TCP_H
#define SF_LAUNCH_TCP_H

#include "abi/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sf_tcp {
    uint64_t inode;
    int state; /* TCP_… of netinet/tcp.h */
    struct sf_addr local, peer;
    bool held; /* by a process that was marked */
    pid_t pid; /* in TCP_CLOSE alone: one that holds it, … */
    int fd;    /* … and where */
};

struct sf_tcp_list {
    struct sf_tcp *list;
    size_t count, room;
};

/* Add the sockets in `state` (0: in any but TCP_CLOSE, in which the kernel lists none) in
 * the network namespace of a process that some process holds; then each is there once, by
 * inode. local_port 0: of any port. */
void sf_tcp_read(pid_t pid, int state, uint16_t local_port, struct sf_tcp_list *sockets);

/* Mark those that a process holds; false: none. errno is 0, or says why not all of its
 * descriptors could be read.
 *
 * closed  gets the TCP sockets that it holds and that are not among `sockets`: where those
 *         are all of its namespace, what is in TCP_CLOSE. Some may come up more than once.
 *         NULL: nobody asks. */
bool sf_tcp_mark(pid_t pid, struct sf_tcp_list *sockets, struct sf_tcp_list *closed);

/* Add those of another list; then each is there once, by inode. */
void sf_tcp_add(struct sf_tcp_list *sockets, const struct sf_tcp_list *more);

void sf_tcp_free(struct sf_tcp_list *sockets);

#endif
