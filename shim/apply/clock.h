/* All waiting and all reading of time in a target goes through here. */
#ifndef SF_APPLY_CLOCK_H
#define SF_APPLY_CLOCK_H

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

/* What a caught signal does to a wait, signal(7). */
enum sf_wait {
    SF_WAIT_RESTARTS, /* as a blocking recv: EINTR unless the handler has SA_RESTART */
    SF_WAIT_ENDS,     /* as poll, or recv under SO_RCVTIMEO: EINTR after any handler */
    SF_WAIT_GOES_ON   /* as a call that does not wait: handlers run, the wait goes on */
};

static inline uint64_t sf_clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* What else may end a sleep: that `word` is no longer as it was seen. Whoever changes it
 * follows that by sf_clock_stir. Zero: nothing. */
struct sf_end {
    _Atomic uint32_t *word;
    uint32_t seen;
};

/* To be taken before it is known that there will be a sleep: what happens from then on ends it. */
static inline struct sf_end sf_end_by(_Atomic uint32_t *word)
{
    return (struct sf_end){word, atomic_load_explicit(word, memory_order_acquire)};
}

/* Sleep for `ns`, or until `end`. Returns 0, EINTR when a handler ended the sleep, or
 * ESHUTDOWN when `end` did. errno is kept. A cancellation point, except for
 * SF_WAIT_GOES_ON. Async-signal-safe; a handler may jump out of it.
 * Source: pthreads(7), "Cancellation points". */
int sf_clock_sleep(uint64_t ns, enum sf_wait wait, struct sf_end end);

/* The same with SF_WAIT_ENDS under another signal mask; NULL: the thread's own. EFAULT: it
 * cannot be read. */
int sf_clock_sleep_masked(uint64_t ns, const sigset_t *mask);

/* A cancellation point, and nothing else. */
void sf_clock_act_on_cancellation(void);

/* Something has happened that a sleep may end by, a cancellation say: all sleepers of
 * the session look. Keeps errno. Async-signal-safe. */
void sf_clock_stir(void);

#endif
