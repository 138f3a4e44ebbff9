/* syscall(2) by number: calls that programs are known to make so (libuv closes
 * sockets that way) and their like go through the same interposers. */
#include "calls/call.h"
#include "calls/poll.h"
#include "calls/ring.h"
#include "load/sandbox.h"
#include "sockets/leaks.h"

#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

typedef long word;

enum { MASK_BYTES = 8 }; /* of the kernel's signal masks */

/* Is this thread the process's last? Then the process ends with it. Source: proc(5):
 * a folder has a link of its own, one of its parent, and one from each folder in it. */
static bool is_last_thread(void)
{
    struct stat tasks;
    return sf_real.syscall(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &tasks, 0) == 0 &&
           tasks.st_nlink == 3;
}

/* By SYS_exit, unseen by libc. */
static void thread_ends(void)
{
    if (!sf_leaks_may_be())
        return;
    if (!sf_sandbox_allows(SF_OWN_STAT))
        sf_leaks_uncounted();
    else if (is_last_thread())
        sf_leaks_count();
}

/* Where the kernel refuses it, as in many a container, the program falls back to calls that are seen. */
static long set_up_ring(unsigned entries, void *params)
{
    long ring = sf_real.syscall(SYS_io_uring_setup, entries, params);
    if (ring >= 0)
        sf_ring_made();
    return ring;
}

static long set_up_sandbox(unsigned operation, unsigned flags, void *filter)
{
    long result = sf_real.syscall(SYS_seccomp, operation, flags, filter);
    bool is_filter = operation == SECCOMP_SET_MODE_FILTER;
    /* Above 0: a descriptor to listen at, or the thread that could not be given the filter. */
    bool is_in = result == 0 || (result > 0 && flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (is_in && (is_filter || operation == SECCOMP_SET_MODE_STRICT))
        sf_sandbox_entered(is_filter ? filter : NULL);
    return result;
}

/* A program that passed fewer arguments left the others unset, and the kernel
 * does not look at them: reading six words is what libc's own syscall does. */
SF_EXPORT long syscall(long number, ...)
{
    __builtin_va_list arguments;
    word a[6];

    __builtin_va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = __builtin_va_arg(arguments, word);
    __builtin_va_end(arguments);
    sf_ensure_loaded();
    if (!sf_shim.session)
        return sf_real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);

#define INT(i) ((int)a[i])
#define PTR(i) ((void *)a[i])
#define SIZE(i) ((size_t)a[i])
    switch (number) {
    case SYS_read:
        return read(INT(0), PTR(1), SIZE(2));
    case SYS_write:
        return write(INT(0), PTR(1), SIZE(2));
    case SYS_readv:
        return readv(INT(0), PTR(1), INT(2));
    case SYS_writev:
        return writev(INT(0), PTR(1), INT(2));
    case SYS_preadv2: /* the offset in two words, of which these machines need one */
        return preadv2(INT(0), PTR(1), INT(2), a[3], INT(5));
    case SYS_pwritev2:
        return pwritev2(INT(0), PTR(1), INT(2), a[3], INT(5));
    case SYS_recvfrom:
        return recvfrom(INT(0), PTR(1), SIZE(2), INT(3), PTR(4), PTR(5));
    case SYS_sendto:
        return sendto(INT(0), PTR(1), SIZE(2), INT(3), PTR(4), (socklen_t)a[5]);
    case SYS_recvmsg:
        return recvmsg(INT(0), PTR(1), INT(2));
    case SYS_sendmsg:
        return sendmsg(INT(0), PTR(1), INT(2));
    case SYS_recvmmsg:
        return recvmmsg(INT(0), PTR(1), (unsigned)a[2], INT(3), PTR(4));
    case SYS_sendmmsg:
        return sendmmsg(INT(0), PTR(1), (unsigned)a[2], INT(3));
    case SYS_sendfile:
        return sendfile(INT(0), INT(1), PTR(2), SIZE(3));
    case SYS_splice:
        return splice(INT(0), PTR(1), INT(2), PTR(3), SIZE(4), (unsigned)a[5]);
    case SYS_close:
        return close(INT(0));
    case SYS_close_range:
        return close_range((unsigned)a[0], (unsigned)a[1], INT(2));
    case SYS_dup:
        return dup(INT(0));
    case SYS_dup3:
        return dup3(INT(0), INT(1), INT(2));
    case SYS_pidfd_getfd: /* not in every libc */
        return sf_descriptor_received((int)sf_real.syscall(number, a[0], a[1], a[2]));
    case SYS_fcntl:
        return fcntl(INT(0), INT(1), PTR(2));
    case SYS_socket:
        return socket(INT(0), INT(1), INT(2));
    case SYS_socketpair:
        return socketpair(INT(0), INT(1), INT(2), PTR(3));
    case SYS_bind:
        return bind(INT(0), PTR(1), (socklen_t)a[2]);
    case SYS_listen:
        return listen(INT(0), INT(1));
    case SYS_accept:
        return accept(INT(0), PTR(1), PTR(2));
    case SYS_accept4:
        return accept4(INT(0), PTR(1), PTR(2), INT(3));
    case SYS_connect:
        return connect(INT(0), PTR(1), (socklen_t)a[2]);
    case SYS_shutdown:
        return shutdown(INT(0), INT(1));
    case SYS_getsockopt:
        return getsockopt(INT(0), INT(1), INT(2), PTR(3), PTR(4));
    case SYS_setsockopt:
        return setsockopt(INT(0), INT(1), INT(2), PTR(3), (socklen_t)a[4]);
#ifdef SYS_dup2 /* the older calls, which newer architectures do without */
    case SYS_dup2:
        return dup2(INT(0), INT(1));
    case SYS_poll:
        return poll(PTR(0), (nfds_t)a[1], INT(2));
    case SYS_epoll_wait:
        return epoll_wait(INT(0), PTR(1), INT(2), INT(3));
    case SYS_select:
        return sf_raw_select(INT(0), PTR(1), PTR(2), PTR(3), PTR(4));
#endif
    case SYS_ppoll:
        return sf_raw_ppoll(PTR(0), (nfds_t)a[1], PTR(2), PTR(3), SIZE(4));
    case SYS_pselect6:
        return sf_raw_pselect(INT(0), PTR(1), PTR(2), PTR(3), PTR(4), PTR(5));
    case SYS_epoll_pwait:
        if (!a[4] || SIZE(5) == MASK_BYTES)
            return epoll_pwait(INT(0), PTR(1), INT(2), INT(3), PTR(4));
        break;
    case SYS_epoll_pwait2: /* not in every libc */
        if ((!a[4] || SIZE(5) == MASK_BYTES) && sf_real.epoll_pwait2)
            return epoll_pwait2(INT(0), PTR(1), INT(2), PTR(3), PTR(4));
        break;
    case SYS_epoll_ctl:
        return epoll_ctl(INT(0), INT(1), INT(2), PTR(3));
    case SYS_execve:
        return execve(PTR(0), PTR(1), PTR(2));
    case SYS_exit_group:
        sf_leaks_count();
        break;
    case SYS_exit:
        thread_ends();
        break;
    case SYS_prctl:
        return prctl(INT(0), a[1], a[2], a[3], a[4]);
    case SYS_seccomp:
        return set_up_sandbox((unsigned)a[0], (unsigned)a[1], PTR(2));
    case SYS_io_uring_setup:
        return set_up_ring((unsigned)a[0], PTR(1));
    default:
        break;
    }
    return sf_real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
