#include "wire/wait.h"

#include "base/clock.h"
#include "wire/deadline.h"

#include <errno.h>
#include <sched.h>
#include <sys/epoll.h>

#define NS_PER_S UINT64_C(1000000000)
#define SPIN_NS UINT64_C(50000)       /* an answer on this machine comes sooner, or is worth a sleep */
#define HELD_UP_NS UINT64_C(20000)    /* a look that takes that long: others wanted the processor … */
#define BUSY_NS UINT64_C(20000000)    /* … and shall have it */
#define EARLY_NS_MAX UINT64_C(250000) /* a timer that is later is late by accident */

enum { EARLY_SHARE = 4 };

struct sf_wait sf_wait_new(int epoll)
{
    cpu_set_t processors;
    bool may_spin = sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) > 1;
    return (struct sf_wait){.epoll = epoll, .may_spin = may_spin};
}

/* To the nanosecond where the kernel can (Linux 5.11), or a little too late. ns SF_NEVER: no time-out. */
static int look(const struct sf_wait *wait, struct epoll_event *events, int room, uint64_t ns)
{
    struct timespec timeout = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
    int count = epoll_pwait2(wait->epoll, events, room, ns == SF_NEVER ? NULL : &timeout, NULL);
    if (count < 0 && errno == ENOSYS)
        count = epoll_wait(wait->epoll, events, room, ns == SF_NEVER ? -1 : (int)((ns + 999999) / 1000000));
    return count;
}

static int spin(struct sf_wait *wait, struct epoll_event *events, int room, uint64_t end_ns, uint64_t *now_ns)
{
    int count = 0;
    while (*now_ns < end_ns && count == 0) {
        uint64_t looked_ns = *now_ns;
        count = look(wait, events, room, 0);
        *now_ns = sf_clock_now_ns();
        if (*now_ns - looked_ns > HELD_UP_NS)
            wait->busy_until_ns = *now_ns + BUSY_NS;
    }
    return count;
}

static int sleep_until(struct sf_wait *wait, struct epoll_event *events, int room, uint64_t until_ns,
                       uint64_t *now_ns)
{
    uint64_t began_ns = *now_ns, wake_ns = until_ns;
    if (until_ns != SF_NEVER)
        wake_ns = until_ns > began_ns + wait->early_ns ? until_ns - wait->early_ns : began_ns;
    int count = look(wait, events, room, until_ns == SF_NEVER ? SF_NEVER : wake_ns - began_ns);
    *now_ns = sf_clock_now_ns();
    wait->spin_ns = *now_ns - began_ns < SPIN_NS ? SPIN_NS : wait->spin_ns / 2;
    if (count != 0 || !wait->may_spin || wake_ns == began_ns || *now_ns < wake_ns)
        return count;
    uint64_t late_ns = *now_ns - wake_ns;
    late_ns = late_ns < EARLY_NS_MAX ? late_ns : EARLY_NS_MAX;
    wait->early_ns += late_ns / EARLY_SHARE;
    wait->early_ns -= wait->early_ns / EARLY_SHARE;
    return 0;
}

int sf_wait_for(struct sf_wait *wait, struct epoll_event *events, int room, uint64_t until_ns,
                uint64_t *now_ns)
{
    if (until_ns <= *now_ns) {
        int count = look(wait, events, room, 0);
        *now_ns = sf_clock_now_ns();
        return count;
    }
    if (!wait->may_spin)
        return sleep_until(wait, events, room, until_ns, now_ns);
    if (*now_ns < wait->busy_until_ns)
        wait->spin_ns = 0;
    uint64_t spin_ns = wait->spin_ns < until_ns - *now_ns ? wait->spin_ns : until_ns - *now_ns;
    int count = spin(wait, events, room, *now_ns + spin_ns, now_ns);
    if (count == 0 && *now_ns < until_ns)
        count = sleep_until(wait, events, room, until_ns, now_ns);
    if (count == 0 && until_ns != SF_NEVER)
        count = spin(wait, events, room, until_ns, now_ns);
    return count;
}
