/* Waiting for readiness. These calls belong to the program, not to a socket. */
#include "calls/call.h"

#define INTERPOSE(name, params, arguments)                        \
    SF_SELECTED int selected_##name params                        \
    {                                                             \
        struct sf_call call = SF_CALL(name, -1, 0, 0);            \
        if (!sf_call_enter(&call))                                \
            return -1;                                            \
        return (int)sf_call_leave(&call, sf_real.name arguments); \
    }                                                             \
    SF_EXPORT int name params                                     \
    {                                                             \
        if (sf_is_idle_program(SF_FAMILY_POLL))                   \
            return sf_real.name arguments;                        \
        return selected_##name arguments;                         \
    }

INTERPOSE(poll, (struct pollfd *fds, nfds_t count, int timeout), (fds, count, timeout))
INTERPOSE(ppoll, (struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask),
          (fds, count, timeout, mask))
INTERPOSE(__poll_chk, (struct pollfd *fds, nfds_t count, int timeout, size_t bytes), (fds, count, timeout, bytes))
INTERPOSE(__ppoll_chk,
          (struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t bytes),
          (fds, count, timeout, mask, bytes))
INTERPOSE(select, (int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout),
          (count, in, out, except, timeout))
INTERPOSE(pselect,
          (int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout, const sigset_t *mask),
          (count, in, out, except, timeout, mask))
INTERPOSE(epoll_wait, (int set, struct epoll_event *events, int count, int timeout), (set, events, count, timeout))
INTERPOSE(epoll_pwait, (int set, struct epoll_event *events, int count, int timeout, const sigset_t *mask),
          (set, events, count, timeout, mask))
INTERPOSE(epoll_pwait2,
          (int set, struct epoll_event *events, int count, const struct timespec *timeout, const sigset_t *mask),
          (set, events, count, timeout, mask))

/* Sets are no sockets: their numbers need no asking. */
static int set_made(int fd)
{
    if (fd >= 0)
        sf_descriptor_set(fd, SF_WORD_NOT_SOCKET);
    return fd;
}

SF_EXPORT int epoll_create(int size)
{
    sf_ensure_loaded();
    return sf_shim.session ? set_made(sf_real.epoll_create(size)) : sf_real.epoll_create(size);
}

SF_EXPORT int epoll_create1(int flags)
{
    sf_ensure_loaded();
    return sf_shim.session ? set_made(sf_real.epoll_create1(flags)) : sf_real.epoll_create1(flags);
}

SF_EXPORT int epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
    sf_ensure_loaded();
    return sf_real.epoll_ctl(set, operation, fd, event);
}
