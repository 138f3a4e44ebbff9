/* Every function that sockfault knows, one row each.
 *
 * The list yields the enum, the names, the symbol look-up, the spelling in a
 * scenario, `sockfault list calls` and the tables of the documentation: a new
 * call is one row here and one interposer in shim/calls/.
 *
 * Shared by the runner and the shim; no function here does I/O.
 *
 * X(name, family)
 *   name    the libc symbol, as the program calls it.
 *   family  SF_FAMILY_…: what the call does on a socket. SF_FAMILY_NONE marks
 *           functions that a rule cannot name: they are intercepted because
 *           descriptors and programs live and die by them. */
#ifndef SF_ABI_CALLS_H
#define SF_ABI_CALLS_H

#include <stdint.h>

/* X(ENUM, spelling, what it does): the order is the bit order of family masks. */
#define SF_FAMILIES(X)                                                                   \
    X(SOCKET, "socket", "makes a socket: socket, socketpair")                            \
    X(BIND, "bind", "gives a socket its own address")                                    \
    X(LISTEN, "listen", "makes a socket take connections")                               \
    X(ACCEPT, "accept", "takes a connection: accept, accept4")                           \
    X(CONNECT, "connect", "makes a connection, or sets the peer of a datagram socket")   \
    X(SEND, "send", "moves data out: send, sendto, sendmsg, write, writev, sendfile...") \
    X(RECV, "recv", "moves data in: recv, recvfrom, recvmsg, read, readv...")            \
    X(CLOSE, "close", "closes a descriptor of a socket")                                 \
    X(SHUTDOWN, "shutdown", "ends one direction or both")                                \
    X(POLL, "poll", "waits for readiness: poll, ppoll, select, pselect, epoll_wait...")  \
    X(RESOLVE, "resolve", "looks up names: getaddrinfo, gethostbyname...")               \
    X(OPTION, "option", "reads or sets socket options: getsockopt, setsockopt")

enum sf_family {
#define SF_X(id, spelling, about) SF_FAMILY_##id,
    SF_FAMILIES(SF_X)
#undef SF_X
        SF_FAMILY_COUNT,
    SF_FAMILY_NONE = SF_FAMILY_COUNT
};

#define SF_FAMILIES_ALL ((1u << SF_FAMILY_COUNT) - 1) /* a mask of all */

#define SF_CALLS(X)              \
    X(socket, SOCKET)            \
    X(socketpair, SOCKET)        \
    X(bind, BIND)                \
    X(listen, LISTEN)            \
    X(accept, ACCEPT)            \
    X(accept4, ACCEPT)           \
    X(connect, CONNECT)          \
    X(send, SEND)                \
    X(sendto, SEND)              \
    X(sendmsg, SEND)             \
    X(sendmmsg, SEND)            \
    X(write, SEND)               \
    X(writev, SEND)              \
    X(pwritev2, SEND)            \
    X(pwritev64v2, SEND)         \
    X(sendfile, SEND)            \
    X(sendfile64, SEND)          \
    X(splice, SEND)              \
    X(recv, RECV)                \
    X(recvfrom, RECV)            \
    X(recvmsg, RECV)             \
    X(recvmmsg, RECV)            \
    X(read, RECV)                \
    X(readv, RECV)               \
    X(preadv2, RECV)             \
    X(preadv64v2, RECV)          \
    X(__read_chk, RECV)          \
    X(__recv_chk, RECV)          \
    X(__recvfrom_chk, RECV)      \
    X(close, CLOSE)              \
    X(close_range, NONE)         \
    X(closefrom, NONE)           \
    X(fclose, NONE)              \
    X(freopen, NONE)             \
    X(freopen64, NONE)           \
    X(fdopen, NONE)              \
    X(dprintf, NONE)             \
    X(vdprintf, NONE)            \
    X(__dprintf_chk, NONE)       \
    X(__vdprintf_chk, NONE)      \
    X(shutdown, SHUTDOWN)        \
    X(poll, POLL)                \
    X(ppoll, POLL)               \
    X(__poll_chk, POLL)          \
    X(__ppoll_chk, POLL)         \
    X(select, POLL)              \
    X(pselect, POLL)             \
    X(epoll_wait, POLL)          \
    X(epoll_pwait, POLL)         \
    X(epoll_pwait2, POLL)        \
    X(getaddrinfo, RESOLVE)      \
    X(getnameinfo, RESOLVE)      \
    X(gethostbyname, RESOLVE)    \
    X(gethostbyname2, RESOLVE)   \
    X(gethostbyname_r, RESOLVE)  \
    X(gethostbyname2_r, RESOLVE) \
    X(gethostbyaddr, RESOLVE)    \
    X(gethostbyaddr_r, RESOLVE)  \
    X(getsockopt, OPTION)        \
    X(setsockopt, OPTION)        \
    X(getsockname, NONE)         \
    X(getpeername, NONE)         \
    X(dup, NONE)                 \
    X(dup2, NONE)                \
    X(dup3, NONE)                \
    X(pidfd_getfd, NONE)         \
    X(fcntl, NONE)               \
    X(fcntl64, NONE)             \
    X(ioctl, NONE)               \
    X(epoll_create, NONE)        \
    X(epoll_create1, NONE)       \
    X(epoll_ctl, NONE)           \
    X(execve, NONE)              \
    X(execv, NONE)               \
    X(execvp, NONE)              \
    X(execvpe, NONE)             \
    X(execl, NONE)               \
    X(execle, NONE)              \
    X(execlp, NONE)              \
    X(fexecve, NONE)             \
    X(execveat, NONE)            \
    X(posix_spawn, NONE)         \
    X(posix_spawnp, NONE)        \
    X(system, NONE)              \
    X(popen, NONE)               \
    X(vfork, NONE)               \
    X(_exit, NONE)               \
    X(_Exit, NONE)               \
    X(pthread_cancel, NONE)      \
    X(syscall, NONE)             \
    X(prctl, NONE)               \
    X(dl_iterate_phdr, NONE)

/* Of liburing, not of libc: where they are is looked up when they are called, since a look-up at load that
 * fails allocates, perhaps within an allocator that is just beginning. */
#define SF_RING_CALLS(X)                \
    X(io_uring_setup, NONE)             \
    X(io_uring_queue_init, NONE)        \
    X(io_uring_queue_init_params, NONE) \
    X(io_uring_queue_init_mem, NONE)

enum sf_call_id {
#define SF_X(name, family) SF_CALL_##name,
    SF_CALLS(SF_X)
#undef SF_X
        SF_CALL_splice_in, /* splice from a socket: another row of the same name, of family recv */
    SF_CALL_COUNT
};

/* A set of calls, one bit each in the order of SF_CALLS. */
#define SF_CALL_WORDS ((SF_CALL_COUNT + 63) / 64)
struct sf_call_set {
    uint64_t word[SF_CALL_WORDS];
};

static inline void sf_call_set_add(struct sf_call_set *set, enum sf_call_id call)
{
    set->word[call / 64] |= UINT64_C(1) << (call % 64);
}

static inline int sf_call_set_has(const struct sf_call_set *set, enum sf_call_id call)
{
    return (int)(set->word[call / 64] >> (call % 64) & 1);
}

/* Defined in shim/abi/calls.c; index with an enum value below the count. A name
 * may stand twice: a rule that names it means all its rows. */
extern const char *const sf_call_names[SF_CALL_COUNT];
extern const uint8_t sf_call_families[SF_CALL_COUNT]; /* enum sf_family */
extern const char *const sf_family_names[SF_FAMILY_COUNT];

#endif
