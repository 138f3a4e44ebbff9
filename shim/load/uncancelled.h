/* Calls of libc at which it cancels no thread. What we open for a call we also close, and what a call has
 * brought the program already is not to be lost. By libc, since a run-time of ThreadSanitizer that does not
 * see a close takes the next socket of that number for a race, and knows by sends and reads what comes in
 * order. Results and errno are libc's. Async-signal-safe. */
#ifndef SF_LOAD_UNCANCELLED_H
#define SF_LOAD_UNCANCELLED_H

#include "load/real.h"

#include <pthread.h>
#include <sys/socket.h>

/* Returns what is to be restored. Both keep errno. */
static inline int sf_cancel_later(void)
{
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static inline void sf_cancel_as(int before)
{
    int ours;
    pthread_setcancelstate(before, &ours);
}

static inline int sf_uncancelled_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int before = sf_cancel_later(), result = sf_real.connect(fd, address, length);
    sf_cancel_as(before);
    return result;
}

static inline int sf_uncancelled_accept(int fd, int flags)
{
    int before = sf_cancel_later(), result = sf_real.accept4(fd, NULL, NULL, flags);
    sf_cancel_as(before);
    return result;
}

static inline ssize_t sf_uncancelled_sendmsg(int fd, const struct msghdr *message, int flags)
{
    int before = sf_cancel_later();
    ssize_t result = sf_real.sendmsg(fd, message, flags);
    sf_cancel_as(before);
    return result;
}

static inline ssize_t sf_uncancelled_recv(int fd, void *bytes, size_t room, int flags)
{
    int before = sf_cancel_later();
    ssize_t result = sf_real.recv(fd, bytes, room, flags);
    sf_cancel_as(before);
    return result;
}

static inline int sf_uncancelled_close(int fd)
{
    int before = sf_cancel_later(), result = sf_real.close(fd);
    sf_cancel_as(before);
    return result;
}

#endif
