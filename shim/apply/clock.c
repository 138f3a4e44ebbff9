#include "apply/clock.h"

#include "abi/valgrind.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "load/shim.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

/* Handlers may jump out of any sleep. So none of them changes what would have to be
 * changed back, the thread's cancellation above all: they are system calls, at which
 * libc cancels nothing, and the cancellation points are before them. */

static int woken_or(int64_t result)
{
    return result == 0 || errno == EAGAIN ? 0 : errno;
}

/* Source: futex_wait() in kernel/futex/waitwake.c: -ERESTART_RESTARTBLOCK, which after
 * any handler is EINTR. */
static int sleep_ending(uint32_t stirred, const struct timespec *deadline)
{
    if (!sf_sandbox_permits(SF_OWN_FUTEX_SLEEP))
        return ETIMEDOUT;
    return woken_or(sf_real.syscall(SYS_futex, &sf_shim.control->stirred, FUTEX_WAIT_BITSET, stirred,
                                    deadline, NULL, FUTEX_BITSET_MATCH_ANY));
}

/* The kernel restarts this one call with a time-out as it restarts recv: after
 * SA_RESTART it goes on to the same deadline, otherwise EINTR.
 * Source: futex_wait_multiple() in kernel/futex/waitwake.c, -ERESTARTSYS. */
static int sleep_restartable(uint32_t stirred, const struct timespec *deadline)
{
    /* valgrind does not know the call, and tells the program's user so at each. */
    if (sf_valgrind_is_running() || !sf_sandbox_allows(SF_OWN_FUTEX_WAITV))
        return sleep_ending(stirred, deadline);
    struct futex_waitv word = {
        .val = stirred, .uaddr = (uintptr_t)&sf_shim.control->stirred, .flags = FUTEX_32};
    int error = woken_or(sf_real.syscall(SYS_futex_waitv, &word, 1, 0, deadline, CLOCK_MONOTONIC));
    /* Otherwise it is not there (before Linux 5.16), or was denied to the program: seccomp(2). */
    bool is_told = error == 0 || error == EINTR || error == ETIMEDOUT;
    return is_told ? error : sleep_ending(stirred, deadline);
}

void sf_clock_act_on_cancellation(void)
{
    if (sf_sandbox_allows(SF_OWN_POLL))
        sf_real.poll(NULL, 0, 0);
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static bool has_come(struct sf_end end)
{
    return end.word && atomic_load_explicit(end.word, memory_order_acquire) != end.seen;
}

int sf_clock_sleep(uint64_t ns, enum sf_wait wait, struct sf_end end)
{
    const struct timespec deadline = timespec_of(sf_clock_now_ns() + ns);
    int saved_errno = errno, error;

    do {
        uint32_t stirred = atomic_load_explicit(&sf_shim.control->stirred, memory_order_acquire);
        if (wait != SF_WAIT_GOES_ON)
            sf_clock_act_on_cancellation();
        if (has_come(end))
            error = ESHUTDOWN;
        else if (wait == SF_WAIT_RESTARTS)
            error = sleep_restartable(stirred, &deadline);
        else
            error = sleep_ending(stirred, &deadline);
    } while (error == 0 || (error == EINTR && wait == SF_WAIT_GOES_ON));
    errno = saved_errno;
    return error == EINTR || error == ESHUTDOWN ? error : 0;
}

/* A cancellation point that changes the mask for no longer than it waits. */
int sf_clock_sleep_masked(uint64_t ns, const sigset_t *mask)
{
    const struct timespec time = timespec_of(ns);
    int saved_errno = errno, error = sf_real.ppoll(NULL, 0, &time, mask) < 0 ? errno : 0;
    errno = saved_errno;
    return error;
}

void sf_clock_stir(void)
{
    int saved_errno = errno;
    if (sf_shim.control) {
        atomic_fetch_add_explicit(&sf_shim.control->stirred, 1, memory_order_release);
        if (sf_sandbox_allows(SF_OWN_FUTEX_WAKE))
            sf_real.syscall(SYS_futex, &sf_shim.control->stirred, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    }
    errno = saved_errno;
}
