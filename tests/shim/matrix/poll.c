/* Calls that wait for readiness: something is ready (`ready`), nothing comes within a
 * time (`idle`), or the call looks and does not wait (`look`). */
#include "matrix.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
extern int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                       size_t room);

static int (*volatile plain_poll)(struct pollfd *, nfds_t, int) = poll;
static int (*volatile plain_ppoll)(struct pollfd *, nfds_t, const struct timespec *,
                                   const sigset_t *) = ppoll;

static int set; /* of the functions that wait for one */

static int timeout_ms(const struct cell *cell)
{
    return cell->mode->bit == LOOK ? 0 : cell->mode->bit == IDLE ? 60 : -1;
}

/* NULL: for ever. */
static struct timespec *timeout_of(const struct cell *cell, struct timespec *timeout)
{
    int ms = timeout_ms(cell);
    *timeout = (struct timespec){.tv_nsec = ms * 1000000L};
    return ms < 0 ? NULL : timeout;
}

static long with_events(long result, const struct pollfd *wait)
{
    if (result > 0)
        say("events: %#x", (unsigned)wait->revents);
    return result;
}

#define POLLED(name, ...)                                          \
    CALL(by_##name)                                                \
    {                                                              \
        struct pollfd wait = {.fd = cell->near, .events = POLLIN}; \
        struct timespec time, *timeout = timeout_of(cell, &time);  \
        (void)timeout;                                             \
        return with_events(__VA_ARGS__, &wait);                    \
    }

POLLED(poll, plain_poll(&wait, 1, timeout_ms(cell)))
POLLED(ppoll, plain_ppoll(&wait, 1, timeout, NULL))
POLLED(poll_chk, __poll_chk(&wait, 1, timeout_ms(cell), sizeof wait))
POLLED(ppoll_chk, __ppoll_chk(&wait, 1, timeout, NULL, sizeof wait))
POLLED(sys_ppoll, syscall(SYS_ppoll, &wait, 1, timeout, NULL, 8))

#define SELECTED(name, call)                                      \
    CALL(by_##name)                                               \
    {                                                             \
        fd_set in;                                                \
        struct timespec time, *timeout = timeout_of(cell, &time); \
        struct timeval small = {.tv_usec = time.tv_nsec / 1000};  \
        FD_ZERO(&in);                                             \
        FD_SET(cell->near, &in);                                  \
        struct timeval *small_timeout = timeout ? &small : NULL;  \
        (void)small_timeout;                                      \
        long result = call;                                       \
        if (result > 0)                                           \
            say("set: %d", FD_ISSET(cell->near, &in) != 0);       \
        return result;                                            \
    }

SELECTED(select, select(cell->near + 1, &in, NULL, NULL, small_timeout))
SELECTED(pselect, pselect(cell->near + 1, &in, NULL, NULL, timeout, NULL))
SELECTED(sys_pselect, syscall(SYS_pselect6, cell->near + 1, &in, NULL, NULL, timeout, NULL))

#define EPOLLED(name, call)                                       \
    CALL(by_##name)                                               \
    {                                                             \
        struct epoll_event event;                                 \
        struct timespec time, *timeout = timeout_of(cell, &time); \
        (void)timeout;                                            \
        long result = call;                                       \
        if (result > 0)                                           \
            say("events: %#x", event.events);                     \
        return result;                                            \
    }

EPOLLED(epoll_wait, epoll_wait(set, &event, 1, timeout_ms(cell)))
EPOLLED(epoll_pwait, epoll_pwait(set, &event, 1, timeout_ms(cell), NULL))
EPOLLED(epoll_pwait2, epoll_pwait2(set, &event, 1, timeout, NULL))
EPOLLED(sys_epoll_pwait, syscall(SYS_epoll_pwait, set, &event, 1, timeout_ms(cell), NULL, 8))
EPOLLED(sys_epoll_pwait2, syscall(SYS_epoll_pwait2, set, &event, 1, timeout, NULL, 8))

#ifdef SYS_poll
POLLED(sys_poll, syscall(SYS_poll, &wait, 1, timeout_ms(cell)))
SELECTED(sys_select, syscall(SYS_select, cell->near + 1, &in, NULL, NULL, small_timeout))
EPOLLED(sys_epoll_wait, syscall(SYS_epoll_wait, set, &event, 1, timeout_ms(cell)))
#endif

#define WAITS (READY | IDLE | LOOK)
#define KINDS (TCP | UNIX_STREAM | UDP)
#define ROW(name, call)                                       \
    {                                                         \
#name, #call, POLL, by_##name, KINDS, WAITS, 0, false \
    }

const struct function poll_functions[] = {
    ROW(poll, poll),
    ROW(ppoll, ppoll),
    {"__poll_chk", "poll", POLL, by_poll_chk, KINDS, WAITS, 0, false},
    {"__ppoll_chk", "ppoll", POLL, by_ppoll_chk, KINDS, WAITS, 0, false},
    ROW(select, select),
    ROW(pselect, pselect),
    ROW(epoll_wait, epoll_wait),
    ROW(epoll_pwait, epoll_pwait),
    ROW(epoll_pwait2, epoll_pwait2),
    ROW(sys_ppoll, ppoll),
    ROW(sys_pselect, pselect),
    ROW(sys_epoll_pwait, epoll_pwait),
    ROW(sys_epoll_pwait2, epoll_pwait2),
#ifdef SYS_poll
    ROW(sys_poll, poll),
    ROW(sys_select, select),
    ROW(sys_epoll_wait, epoll_wait),
#endif
    {.name = NULL},
};

/* A look is interrupted by a signal that is there already; none can be had but by a
 * mask that lets it through, so for looks the outcome is stated. */
static bool is_stated(const struct cell *cell)
{
    return is_twin(cell, FAULT_INTERRUPT) && cell->mode->bit == LOOK;
}

void run_poll(struct cell *cell)
{
    struct epoll_event event = {.events = EPOLLIN};
    char data[16];

    open_pair(cell);
    set = epoll_create1(0);
    epoll_ctl(set, EPOLL_CTL_ADD, cell->near, &event);
    if (cell->mode->bit == READY)
        give(cell, "hello", 5);
    if (is_twin(cell, FAULT_INTERRUPT)) {
        handle_signal(cell->fault->flags);
        signal_soon();
    }
    errno = EINTR;
    cell->is_fired = true;
    say_result("result", is_stated(cell) ? -1 : call_subject(cell, NULL, 0));
    if (cell->mode->bit != READY)
        give(cell, "hello", 5);
    say_result("then", cell->function->run(cell, NULL, 0));
    say_result("recv", recv(cell->near, data, sizeof data, 0));
}
