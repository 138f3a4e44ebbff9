/* Who calls: the process and its thread. */
#ifndef SF_LOG_SELF_H
#define SF_LOG_SELF_H

#include "load/shim.h"

struct sf_self {
    uint32_t pid, tid; /* 0: a sandbox forbids to ask, and it was not known before */
};

/* At load: what renews the pid in forked children, however they were forked. False: no memory. */
bool sf_self_reserve(void);

/* In a forked child, where the kernel does not do it. */
void sf_self_forget(void);

/* Of this process, whose memory it is, and of this thread; for the next alone. */
extern uint32_t *sf_self_pid_here; /* zero in a new process */
extern __thread struct sf_self sf_self_known;
struct sf_self sf_self_ask(void);

/* Asks the kernel at a thread's first call, and in a vfork child. Async-signal-safe; keeps errno. */
static inline struct sf_self sf_self_here(void)
{
    uint32_t pid = __atomic_load_n(sf_self_pid_here, __ATOMIC_RELAXED);
    bool is_known = pid != 0 && pid == sf_self_known.pid && !sf_is_vfork_child();
    return __builtin_expect(is_known, 1) ? sf_self_known : sf_self_ask();
}

/* The pid alone, asked anew wherever that is allowed: right in a child of a raw vfork, too. */
uint32_t sf_self_pid(void);

#endif
