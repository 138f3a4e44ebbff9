/* Waiting for readiness. These calls belong to the program, not to a socket. */
#include "calls/poll.h"

#include "calls/call.h"
#include "calls/waited.h"
#include "load/memory.h"
#include "sockets/address.h"
#include "sockets/record.h"
#include "sockets/watch.h"

#include <errno.h>
#include <sys/syscall.h>

/* What comes before the call; 1: make it, otherwise what it returns. */
static int enter(struct sf_call *call)
{
    if (!sf_call_enter(call))
        return -1;
    int saved_errno = errno;
    if (call->verdict.reset)
        call->verdict.reset = sf_waited_reset(call);
    errno = saved_errno;
    if (!call->verdict.timeout_ns)
        return 1;
    int result = sf_waited_nothing(call->waited_for, call->verdict.timeout_ns);
    return result > 0 ? result : (int)sf_call_leave(call, result);
}

#define INTERPOSE(name, params, arguments, ...)                   \
    SF_SELECTED int selected_##name params                        \
    {                                                             \
        SF_CALL(call, name, -1, 0, 0);            \
        const struct sf_waited waited = {__VA_ARGS__};            \
        call.waited_for = &waited;                                \
        int result = enter(&call);                                \
        if (result <= 0)                                          \
            return result;                                        \
        return (int)sf_call_leave(&call, sf_real.name arguments); \
    }                                                             \
    SF_EXPORT int name params                                     \
    {                                                             \
        if (sf_is_idle_program(SF_FAMILY_POLL))                   \
            return sf_real.name arguments;                        \
        return selected_##name arguments;                         \
    }

INTERPOSE(poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout), .kind = SF_WAIT_POLL,
          .fds = fds, .count = count, .own_ns = sf_waited_ms(timeout))
INTERPOSE(ppoll, (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask),
          (fds, count, timeout, mask), .kind = SF_WAIT_POLL, .fds = fds, .count = count,
          .own_ns = sf_waited_timespec(timeout), .mask = mask)
INTERPOSE(__poll_chk, (struct pollfd * fds, nfds_t count, int timeout, size_t bytes),
          (fds, count, timeout, bytes), .kind = SF_WAIT_POLL, .fds = fds, .count = count,
          .own_ns = sf_waited_ms(timeout))
INTERPOSE(__ppoll_chk,
          (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
           size_t bytes),
          (fds, count, timeout, mask, bytes), .kind = SF_WAIT_POLL, .fds = fds, .count = count,
          .own_ns = sf_waited_timespec(timeout), .mask = mask)
INTERPOSE(select, (int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout),
          (count, in, out, except, timeout), .kind = SF_WAIT_SELECT, .count = (nfds_t)count, .in = in,
          .out = out, .except = except, .own_ns = sf_waited_timeval(timeout), .left = timeout,
          .left_bytes = sizeof *timeout)
INTERPOSE(pselect,
          (int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
           const sigset_t *mask),
          (count, in, out, except, timeout, mask), .kind = SF_WAIT_SELECT, .count = (nfds_t)count, .in = in,
          .out = out, .except = except, .own_ns = sf_waited_timespec(timeout), .mask = mask)
INTERPOSE(epoll_wait, (int set, struct epoll_event *events, int count, int timeout),
          (set, events, count, timeout), .kind = SF_WAIT_EPOLL, .set = set, .count = (unsigned)count,
          .own_ns = sf_waited_ms(timeout))
INTERPOSE(epoll_pwait, (int set, struct epoll_event *events, int count, int timeout, const sigset_t *mask),
          (set, events, count, timeout, mask), .kind = SF_WAIT_EPOLL, .set = set, .count = (unsigned)count,
          .own_ns = sf_waited_ms(timeout), .mask = mask)
INTERPOSE(epoll_pwait2,
          (int set, struct epoll_event *events, int count, const struct timespec *timeout,
           const sigset_t *mask),
          (set, events, count, timeout, mask), .kind = SF_WAIT_EPOLL, .set = set, .count = (unsigned)count,
          .own_ns = sf_waited_timespec(timeout), .mask = mask)

#define INTERPOSE_RAW(export, params, name, arguments, ...)               \
    int export params                                                     \
    {                                                                     \
        SF_CALL(call, name, -1, 0, 0);                    \
        const struct sf_waited waited = {__VA_ARGS__};                    \
        call.waited_for = &waited;                                        \
        if (sf_is_idle_program(SF_FAMILY_POLL))                           \
            return (int)sf_real.syscall arguments;                        \
        int result = enter(&call);                                        \
        if (result <= 0)                                                  \
            return result;                                                \
        return (int)sf_call_leave(&call, (int)sf_real.syscall arguments); \
    }

/* pselect6 takes the mask by way of a pair: pselect(2), "C library/kernel differences". */
static const sigset_t *mask_in(const void *pair)
{
    return pair && sf_memory_is_readable(pair, sizeof(void *)) ? *(const sigset_t *const *)pair : NULL;
}

INTERPOSE_RAW(sf_raw_ppoll,
              (struct pollfd * fds, nfds_t count, struct timespec *timeout, const sigset_t *mask,
               size_t mask_bytes),
              ppoll, (SYS_ppoll, fds, count, timeout, mask, mask_bytes), .kind = SF_WAIT_POLL, .fds = fds,
              .count = count, .own_ns = sf_waited_timespec(timeout), .left = timeout,
              .left_bytes = sizeof *timeout, .mask = mask)
INTERPOSE_RAW(sf_raw_pselect,
              (int count, fd_set *in, fd_set *out, fd_set *except, struct timespec *timeout,
               const void *mask),
              pselect, (SYS_pselect6, count, in, out, except, timeout, mask), .kind = SF_WAIT_SELECT,
              .count = (nfds_t)count, .in = in, .out = out, .except = except,
              .own_ns = sf_waited_timespec(timeout), .left = timeout, .left_bytes = sizeof *timeout,
              .mask = mask_in(mask))

#ifdef SYS_select /* the older call, which newer architectures do without */
INTERPOSE_RAW(sf_raw_select, (int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout),
              select, (SYS_select, count, in, out, except, timeout), .kind = SF_WAIT_SELECT,
              .count = (nfds_t)count, .in = in, .out = out, .except = except,
              .own_ns = sf_waited_timeval(timeout), .left = timeout, .left_bytes = sizeof *timeout)
#endif

/* Sets are no sockets: their numbers need no asking. */
static int set_made(int fd)
{
    if (fd >= 0)
        sf_descriptor_new(fd, SF_WORD_NOT_SOCKET);
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

/* May a fault ever owe an edge to who registers this socket? What has no connection
 * yet may be selected by rules once it is connected, or listens. */
static bool may_be_owed(int fd, uint64_t word)
{
    struct sf_addr peer;

    if (!(word & SF_WORD_SOCKET))
        return false;
    if (word & SF_WORD_FAMILIES || sf_word_domain(word) == SF_DOMAIN_UNIX ||
        sf_word_type(word) != SF_TYPE_STREAM)
        return true;
    if (!(sf_shim.families >> SF_FAMILY_ACCEPT & 1))
        return false; /* the kernel renews the edges of TCP connections */
    sf_address_of_peer(&peer, fd);
    return peer.domain == 0;
}

/* Edges that a fault owes later go to who registers here. */
SF_EXPORT int epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
    sf_ensure_loaded();
    if (!may_be_owed(fd, sf_shim.families ? sf_descriptor_discover(fd) : 0))
        return sf_real.epoll_ctl(set, operation, fd, event);
    struct sf_watch *watch = sf_watch_begin(sf_cookie(fd), set, fd);
    int result = sf_real.epoll_ctl(set, operation, fd, event);
    int saved_errno = errno;
    sf_watch_end(watch, result == 0, operation, event);
    errno = saved_errno;
    return result;
}
