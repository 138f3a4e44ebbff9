/* System calls by number: libc cancels no thread there. What we open for a call we also close, and what a
 * call has brought the program already is not to be lost. Results and errno are libc's. Async-signal-safe. */
#ifndef SF_LOAD_UNCANCELLED_H
#define SF_LOAD_UNCANCELLED_H

#include "load/real.h"

#include <sys/socket.h>
#include <sys/syscall.h>

static inline int sf_uncancelled_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    return (int)sf_real.syscall(SYS_connect, fd, address, length);
}

static inline int sf_uncancelled_accept(int fd, int flags)
{
    return (int)sf_real.syscall(SYS_accept4, fd, NULL, NULL, flags);
}

static inline ssize_t sf_uncancelled_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return sf_real.syscall(SYS_sendmsg, fd, message, flags);
}

static inline ssize_t sf_uncancelled_recv(int fd, void *bytes, size_t room, int flags)
{
    return sf_real.syscall(SYS_recvfrom, fd, bytes, room, flags, NULL, NULL);
}

static inline int sf_uncancelled_close(int fd)
{
    return (int)sf_real.syscall(SYS_close, fd);
}

#endif
