/* Waiting for readiness. These calls belong to the program, not to a socket. */
#include "calls/call.h"
#include "load/memory.h"
#include "sockets/record.h"
#include "sockets/watch.h"

#include <errno.h>
#include <string.h>

/* What a call waits for, to ask whether it would wait at all. */
struct wait {
    struct pollfd *fds;
    nfds_t count;
    int set;
    bool is_look;                    /* epoll with a time-out of 0 looks and never waits */
    const fd_set *in, *out, *except; /* of select */
};

/* The program's own array will do: the kernel writes it after EINTR as well. */
static bool is_poll_ready(const void *context)
{
    const struct wait *wait = context;
    return sf_real.poll(wait->fds, wait->count, 0) != 0;
}

/* A set can be polled itself, which takes no event out of it. Unlike poll and
 * select a mere look answers 0 before it minds signals: ep_poll(). */
static bool is_epoll_ready(const void *context)
{
    const struct wait *wait = context;
    struct pollfd set = {.fd = wait->set, .events = POLLIN};
    return wait->is_look || sf_real.poll(&set, 1, 0) != 0;
}

/* The kernel reads whole words of a set; what lies behind them may not be there. */
static bool copy_set(fd_set *to, const fd_set *from, nfds_t count)
{
    size_t bytes = (count + 63) / 64 * 8;
    FD_ZERO(to);
    if (!from)
        return true;
    if (!sf_memory_is_readable(from, bytes))
        return false;
    memcpy(to, from, bytes);
    return true;
}

/* After EINTR the sets are as they were: ask with copies. Larger ones than
 * FD_SETSIZE are legal in Linux; those are taken for ready, and so left alone. */
static bool is_select_ready(const void *context)
{
    const struct wait *wait = context;
    fd_set in, out, except;
    struct timeval no_time = {0};

    if (wait->count > FD_SETSIZE || !copy_set(&in, wait->in, wait->count) ||
        !copy_set(&out, wait->out, wait->count) || !copy_set(&except, wait->except, wait->count))
        return true;
    return sf_real.select((int)wait->count, &in, &out, &except, &no_time) != 0;
}

static bool is_zero(const struct timespec *timeout)
{
    return timeout && sf_memory_is_readable(timeout, sizeof *timeout) && timeout->tv_sec == 0 &&
           timeout->tv_nsec == 0;
}

#define INTERPOSE(name, params, arguments, kind, ...)             \
    SF_SELECTED int selected_##name params                        \
    {                                                             \
        struct sf_call call = SF_CALL(name, -1, 0, 0);            \
        const struct wait wait = {__VA_ARGS__};                   \
        call.is_ready = is_##kind##_ready;                        \
        call.wait = &wait;                                        \
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

INTERPOSE(poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout), poll, .fds = fds,
          .count = count)
INTERPOSE(ppoll, (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask),
          (fds, count, timeout, mask), poll, .fds = fds, .count = count)
INTERPOSE(__poll_chk, (struct pollfd * fds, nfds_t count, int timeout, size_t bytes),
          (fds, count, timeout, bytes), poll, .fds = fds, .count = count)
INTERPOSE(__ppoll_chk,
          (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
           size_t bytes),
          (fds, count, timeout, mask, bytes), poll, .fds = fds, .count = count)
INTERPOSE(select, (int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout),
          (count, in, out, except, timeout), select, .count = (nfds_t)count, .in = in, .out = out,
          .except = except)
INTERPOSE(pselect,
          (int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
           const sigset_t *mask),
          (count, in, out, except, timeout, mask), select, .count = (nfds_t)count, .in = in, .out = out,
          .except = except)
INTERPOSE(epoll_wait, (int set, struct epoll_event *events, int count, int timeout),
          (set, events, count, timeout), epoll, .set = set, .is_look = timeout == 0)
INTERPOSE(epoll_pwait, (int set, struct epoll_event *events, int count, int timeout, const sigset_t *mask),
          (set, events, count, timeout, mask), epoll, .set = set, .is_look = timeout == 0)
INTERPOSE(epoll_pwait2,
          (int set, struct epoll_event *events, int count, const struct timespec *timeout,
           const sigset_t *mask),
          (set, events, count, timeout, mask), epoll, .set = set, .is_look = is_zero(timeout))

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

/* Edges that a fault owes later go to who registers here. */
SF_EXPORT int epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
    sf_ensure_loaded();
    uint64_t word = sf_shim.families ? sf_descriptor_discover(fd) : 0;
    /* A Unix socket may be registered before it is connected, and selected only then. */
    uint64_t may_be_owed = SF_WORD_FAMILIES | (uint64_t)SF_DOMAIN_UNIX << SF_WORD_DOMAIN_SHIFT;
    if (!(word & SF_WORD_SOCKET) || !(word & may_be_owed))
        return sf_real.epoll_ctl(set, operation, fd, event);
    struct sf_watch *watch = sf_watch_begin(sf_cookie(fd), set, fd);
    int result = sf_real.epoll_ctl(set, operation, fd, event);
    int saved_errno = errno;
    sf_watch_end(watch, result == 0, operation, event);
    errno = saved_errno;
    return result;
}
