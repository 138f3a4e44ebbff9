/* Who calls: the process and its thread. */
#ifndef SF_LOG_SELF_H
#define SF_LOG_SELF_H

#include <stdbool.h>
#include <stdint.h>

struct sf_self {
    uint32_t pid, tid; /* 0: a sandbox forbids to ask, and it was not known before */
};

/* At load: what renews the pid in forked children, however they were forked. False: no memory. */
bool sf_self_reserve(void);

/* In a forked child, where the kernel does not do it. */
void sf_self_forget(void);

/* Asks the kernel at a thread's first call, and in a vfork child. Async-signal-safe; keeps errno. */
struct sf_self sf_self_here(void);

/* The pid alone, asked anew wherever that is allowed: right in a child of a raw vfork, too. */
uint32_t sf_self_pid(void);

#endif
