/* What the program has forbidden itself by seccomp(2), and so us.
 *
 * Its filters may kill for a system call that they do not know. They are asked here, by
 * running them, before we make one of our own: what they forbid is not made, and where a
 * rule needed it the program's escapes say so. */
#ifndef SF_LOAD_SANDBOX_H
#define SF_LOAD_SANDBOX_H

#include <linux/filter.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifdef SYS_poll
#define SF_SYS_POLL SYS_poll
#else
#define SF_SYS_POLL SYS_ppoll
#endif
#ifdef SYS_epoll_wait
#define SF_SYS_EPOLL_WAIT SYS_epoll_wait
#else
#define SF_SYS_EPOLL_WAIT SYS_epoll_pwait
#endif

/* X(name, number, its second argument, its third) */
#define SF_OWN_CALLS(X)                                              \
    X(GETSOCKOPT, SYS_getsockopt, SOL_SOCKET, SO_COOKIE)             \
    X(GETSOCKNAME, SYS_getsockname, 0, 0)                            \
    X(GETPEERNAME, SYS_getpeername, 0, 0)                            \
    X(RCVLOWAT, SYS_setsockopt, SOL_SOCKET, SO_RCVLOWAT)             \
    X(NOTSENT_LOWAT, SYS_setsockopt, IPPROTO_TCP, TCP_NOTSENT_LOWAT) \
    X(GETFL, SYS_fcntl, F_GETFL, 0)                                  \
    X(CONNECT, SYS_connect, 0, 0)                                    \
    X(SIGACTION, SYS_rt_sigaction, 0, 0)                             \
    X(SIGPROCMASK, SYS_rt_sigprocmask, 0, 0)                         \
    X(KILL, SYS_kill, 0, 0)                                          \
    X(GETPID, SYS_getpid, 0, 0)                                      \
    X(POLL, SF_SYS_POLL, 0, 0)                                       \
    X(FUTEX, SYS_futex, FUTEX_WAIT_PRIVATE, 0)                       \
    X(FUTEX_WAITV, SYS_futex_waitv, 0, 0)                            \
    X(SCHED_YIELD, SYS_sched_yield, 0, 0)                            \
    X(EPOLL_WAIT, SF_SYS_EPOLL_WAIT, 0, 0)                           \
    X(EPOLL_PWAIT, SYS_epoll_pwait, 0, 0)

enum sf_own_call {
#define SF_X(name, number, second, third) SF_OWN_##name,
    SF_OWN_CALLS(SF_X)
#undef SF_X
};

extern _Atomic uint32_t sf_sandbox_forbidden; /* bits of enum sf_own_call */

/* May we make it? Keeps errno. */
static inline bool sf_sandbox_allows(enum sf_own_call call)
{
    return !(atomic_load_explicit(&sf_sandbox_forbidden, memory_order_relaxed) >> call & 1);
}

/* The same for what a rule cannot do without: false also sets errno to EPERM and marks the escape. */
bool sf_sandbox_permits(enum sf_own_call call);

/* The program has just installed a filter; NULL: the strict mode of seccomp(2), which allows
 * next to nothing. It holds for the thread alone, but is taken to hold for all. Makes no system call. */
void sf_sandbox_entered(const struct sock_fprog *filter);

#endif
