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
    struct sf_addr local, peer;
    bool held; /* by a process that was marked */
};

struct sf_tcp_list {
    struct sf_tcp *list;
    size_t count, room;
};

/* Add the sockets in `state` (TCP_… of netinet/tcp.h) in the network namespace of a
 * process that some process holds; then each is there once, by inode. local_port 0:
 * of any port. */
void sf_tcp_read(pid_t pid, int state, uint16_t local_port, struct sf_tcp_list *sockets);

/* Mark those that a process holds; false: none. errno is 0, or says why not all of its
 * descriptors could be read. */
bool sf_tcp_mark(pid_t pid, struct sf_tcp_list *sockets);

void sf_tcp_free(struct sf_tcp_list *sockets);

#endif
