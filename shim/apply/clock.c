#include "apply/clock.h"

#include "load/real.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

uint64_t sf_clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* The kernel restarts this one call with a time-out as it restarts recv: after
 * SA_RESTART it goes on to the same deadline, otherwise EINTR.
 * Source: futex_wait_multiple() in kernel/futex/waitwake.c, -ERESTARTSYS. */
static int sleep_restartable(const struct timespec *deadline)
{
    static uint32_t never_woken;
    struct futex_waitv word = {.uaddr = (uintptr_t)&never_woken, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG};
    int old_type;

    /* libc makes its cancellation points so: syscall() alone is none. */
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old_type);
    long result = sf_real.syscall(SYS_futex_waitv, &word, 1, 0, deadline, CLOCK_MONOTONIC);
    pthread_setcanceltype(old_type, NULL);
    return result < 0 ? errno : 0;
}

static int sleep_until(const struct timespec *deadline, enum sf_wait wait)
{
    if (wait == SF_WAIT_RESTARTS) {
        int error = sleep_restartable(deadline);
        if (error == ETIMEDOUT)
            return 0;
        if (error == EINTR)
            return EINTR;
        /* ENOSYS before Linux 5.16: the plain sleep ends after any handler. */
    }
    return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, deadline, NULL);
}

int sf_clock_sleep(uint64_t ns, enum sf_wait wait)
{
    uint64_t end = sf_clock_now_ns() + ns;
    struct timespec deadline = {.tv_sec = (time_t)(end / NS_PER_S), .tv_nsec = (long)(end % NS_PER_S)};
    int saved_errno = errno, old_state, error;

    if (wait == SF_WAIT_GOES_ON)
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old_state);
    do
        error = sleep_until(&deadline, wait);
    while (error == EINTR && wait == SF_WAIT_GOES_ON);
    if (wait == SF_WAIT_GOES_ON)
        pthread_setcancelstate(old_state, NULL);
    errno = saved_errno;
    return error == EINTR ? EINTR : 0;
}
