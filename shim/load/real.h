/* libc's own functions, behind our interposers. Filled once at load; nothing
 * looks a symbol up later. A function that this libc lacks is NULL, and so is
 * never called: a program that needs it would not have started. */
#ifndef SF_LOAD_REAL_H
#define SF_LOAD_REAL_H

#include "abi/calls.h"

#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <fcntl.h>
#include <unistd.h>

/* What _FORTIFY_SOURCE calls instead; glibc declares these to itself alone.
 * Source: LSB 5.0, libc interfaces. */
ssize_t __read_chk(int fd, void *buf, size_t len, size_t buf_len);
ssize_t __recv_chk(int fd, void *buf, size_t len, size_t buf_len, int flags);
ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t buf_len, int flags, struct sockaddr *addr,
                       socklen_t *addr_len);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t fds_bytes);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                size_t fds_bytes);
int __dprintf_chk(int fd, int flag, const char *format, ...);
int __vdprintf_chk(int fd, int flag, const char *format, va_list arguments);

/* In <sys/pidfd.h> since glibc 2.36. */
int pidfd_getfd(int process, int fd, unsigned flags) __THROW;

/* Of liburing, which may not be there. Source: liburing.h, 2.0; the last, 2.5. */
struct io_uring;
struct io_uring_params;
int io_uring_setup(unsigned entries, struct io_uring_params *params);
int io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags);
int io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *params);
int io_uring_queue_init_mem(unsigned entries, struct io_uring *ring, struct io_uring_params *params,
                            void *memory, size_t bytes);

struct sf_real {
#define SF_X(name, family) __typeof__(&name) name;
    SF_CALLS(SF_X)
#undef SF_X
};

extern struct sf_real sf_real;

void sf_real_resolve(void);

#endif
