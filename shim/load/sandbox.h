/* What the program has forbidden itself by seccomp(2), and so us.
 *
 * Its filters may kill for a system call that they do not know. They are asked, by running
 * them when they are installed, over each of our own with the arguments that we give it: what
 * they forbid is not made, and where a rule needed it the program's escapes say so. Not asked
 * for: what looks into a library that comes later (sites/). */
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

/* In place of arguments that filters cannot judge: some descriptor, some address. */
#define SF_FD 3
#define SF_AT 0

/* X(name, number, its first four arguments) */
#define SF_OWN_CALLS(X)                                                                 \
    X(COOKIE, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_COOKIE, SF_AT)                      \
    X(DOMAIN, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_DOMAIN, SF_AT)                      \
    X(TYPE, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_TYPE, SF_AT)                          \
    X(PROTOCOL, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_PROTOCOL, SF_AT)                  \
    X(ACCEPTCONN, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_ACCEPTCONN, SF_AT)              \
    X(PEERCRED, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_PEERCRED, SF_AT)                  \
    X(ERROR, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_ERROR, SF_AT)                        \
    X(ZEROCOPY, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_ZEROCOPY, SF_AT)                  \
    X(RCVTIMEO, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_RCVTIMEO, SF_AT)                  \
    X(SNDTIMEO, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_SNDTIMEO, SF_AT)                  \
    X(TCP_INFO, SYS_getsockopt, SF_FD, IPPROTO_TCP, TCP_INFO, SF_AT)                    \
    X(V6ONLY, SYS_getsockopt, SF_FD, IPPROTO_IPV6, IPV6_V6ONLY, SF_AT)                  \
    X(USER_TIMEOUT, SYS_getsockopt, SF_FD, IPPROTO_TCP, TCP_USER_TIMEOUT, SF_AT)        \
    X(RCVLOWAT, SYS_getsockopt, SF_FD, SOL_SOCKET, SO_RCVLOWAT, SF_AT)                  \
    X(NOTSENT_LOWAT, SYS_getsockopt, SF_FD, IPPROTO_TCP, TCP_NOTSENT_LOWAT, SF_AT)      \
    X(SET_USER_TIMEOUT, SYS_setsockopt, SF_FD, IPPROTO_TCP, TCP_USER_TIMEOUT, SF_AT)    \
    X(SET_RCVLOWAT, SYS_setsockopt, SF_FD, SOL_SOCKET, SO_RCVLOWAT, SF_AT)              \
    X(SET_NOTSENT_LOWAT, SYS_setsockopt, SF_FD, IPPROTO_TCP, TCP_NOTSENT_LOWAT, SF_AT)  \
    X(GETSOCKNAME, SYS_getsockname, SF_FD, SF_AT, SF_AT, 0)                             \
    X(GETPEERNAME, SYS_getpeername, SF_FD, SF_AT, SF_AT, 0)                             \
    X(GETFD, SYS_fcntl, SF_FD, F_GETFD, 0, 0)                                           \
    X(GETFL, SYS_fcntl, SF_FD, F_GETFL, 0, 0)                                           \
    X(SETFL, SYS_fcntl, SF_FD, F_SETFL, O_RDWR, 0)                                      \
    X(UNREAD, SYS_ioctl, SF_FD, FIONREAD, SF_AT, 0)                                     \
    X(TAKE, SYS_recvfrom, SF_FD, SF_AT, 512, MSG_DONTWAIT)                              \
    X(LOOK, SYS_recvfrom, SF_FD, SF_AT, 0, MSG_PEEK)                                    \
    X(SENDMSG, SYS_sendmsg, SF_FD, SF_AT, 0, 0)                                         \
    X(WRITE, SYS_write, SF_FD, SF_AT, 1, 0)                                             \
    X(CONNECT, SYS_connect, SF_FD, SF_AT, sizeof(struct sockaddr), 0)                   \
    X(SHUT_READS, SYS_shutdown, SF_FD, SHUT_RD, 0, 0)                                   \
    X(SHUT_ALL, SYS_shutdown, SF_FD, SHUT_RDWR, 0, 0)                                   \
    X(SIGACTION, SYS_rt_sigaction, SIGHUP, SF_AT, SF_AT, 8)                             \
    X(SIGPROCMASK, SYS_rt_sigprocmask, SIG_BLOCK, SF_AT, SF_AT, 8)                      \
    X(KILL, SYS_kill, (uint32_t)sf_shim.pid, SIGTERM, 0, 0)                             \
    X(GETPID, SYS_getpid, 0, 0, 0, 0)                                                   \
    X(GETTID, SYS_gettid, 0, 0, 0, 0)                                                   \
    X(POLL, SF_SYS_POLL, SF_AT, 1, 0, 0)                                                \
    X(PPOLL, SYS_ppoll, SF_AT, 1, SF_AT, SF_AT)                                         \
    X(PSELECT, SYS_pselect6, SF_FD, SF_AT, SF_AT, SF_AT)                                \
    X(EPOLL_WAIT, SF_SYS_EPOLL_WAIT, SF_FD, SF_AT, 1, 0)                                \
    X(EPOLL_PWAIT, SYS_epoll_pwait, SF_FD, SF_AT, 1, 0)                                 \
    X(EPOLL_MOD, SYS_epoll_ctl, SF_FD, EPOLL_CTL_MOD, SF_FD, SF_AT)                     \
    X(FUTEX, SYS_futex, SF_AT, FUTEX_WAIT_PRIVATE, 0, SF_AT)                            \
    X(FUTEX_SLEEP, SYS_futex, SF_AT, FUTEX_WAIT_BITSET, 0, SF_AT)                       \
    X(FUTEX_WAKE, SYS_futex, SF_AT, FUTEX_WAKE, INT_MAX, 0)                             \
    X(FUTEX_WAITV, SYS_futex_waitv, SF_AT, 1, 0, SF_AT)                                 \
    X(SCHED_YIELD, SYS_sched_yield, 0, 0, 0, 0)                                         \
    X(ACCESS, SYS_faccessat, (uint32_t)AT_FDCWD, SF_AT, F_OK, 0)                        \
    X(STAT, SYS_newfstatat, (uint32_t)AT_FDCWD, SF_AT, SF_AT, 0)                        \
    X(FSTAT, SYS_fstat, SF_FD, SF_AT, 0, 0)                                             \
    X(FSTATAT, SYS_newfstatat, SF_FD, SF_AT, SF_AT, AT_EMPTY_PATH)                      \
    X(OPEN, SYS_openat, (uint32_t)AT_FDCWD, SF_AT, O_RDONLY | O_CLOEXEC, 0)             \
    X(READ, SYS_read, SF_FD, SF_AT, 512, 0)                                             \
    X(CLOSE, SYS_close, SF_FD, 0, 0, 0)                                                 \
    X(MMAP, SYS_mmap, SF_AT, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS) \
    X(SESSION, SYS_openat, (uint32_t)AT_FDCWD, SF_AT, O_RDWR | O_CLOEXEC, 0)            \
    X(SUPERVISOR, SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0)                \
    X(MUNMAP, SYS_munmap, SF_AT, 4096, 0, 0)

enum sf_own_call {
#define SF_X(name, number, ...) SF_OWN_##name,
    SF_OWN_CALLS(SF_X)
#undef SF_X
    SF_OWN_WIRE /* all that it takes to give the wire a connection */
};

extern _Atomic uint64_t sf_sandbox_forbidden; /* bits of enum sf_own_call */

/* Has the program forbidden any of them? */
static inline bool sf_is_sandboxed(void)
{
    return atomic_load_explicit(&sf_sandbox_forbidden, memory_order_relaxed) != 0;
}

/* May we make it? Keeps errno. */
static inline bool sf_sandbox_allows(enum sf_own_call call)
{
    return !(atomic_load_explicit(&sf_sandbox_forbidden, memory_order_relaxed) >> call & 1);
}

/* The same for what a rule cannot do without: false also sets errno to EPERM and marks the escape. */
bool sf_sandbox_permits(enum sf_own_call call);

/* The program has just installed a filter; NULL: the strict mode of seccomp(2), which allows
 * next to nothing. It holds for the thread alone, but is taken to hold for all, unless a vfork child has:
 * that is about to execute a program, on its parent's memory. */
void sf_sandbox_entered(const struct sock_fprog *filter);

#endif
