/* One intercepted call, from the program's request to its answer.
 *
 *   if (sf_is_idle(fd, FAMILY))            no rule: straight on
 *       return sf_real.NAME(…);
 *   struct sf_call call = SF_CALL(NAME, fd, len, flags);
 *   if (!sf_call_enter(&call))             failed by a rule; errno is set
 *       return -1;
 *   return sf_call_leave(&call, sf_real.NAME(… sf_call_limit(&call, len) …));
 *
 * Async-signal-safe; any thread; a vfork child may call them. errno is the
 * program's but where a rule sets it. */
#ifndef SF_CALLS_CALL_H
#define SF_CALLS_CALL_H

#include "load/real.h"
#include "load/shim.h"
#include "sockets/descriptor.h"

#define SF_EXPORT __attribute__((visibility("default")))

struct sf_call {
    struct sf_call_info info;
    struct sf_verdict verdict;
    struct sf_socket *socket;
    int fd;    /* -1: the call has no descriptor */
    uint8_t domain; /* SF_DOMAIN_… of the socket to be made; 0: none is */
    int flags; /* MSG_… */
    bool has_destination;
    struct sf_addr destination;
    void *return_address;
};

#define SF_CALL(name, fd_, len_, flags_)                                                                    \
    {                                                                                                       \
        .info = {.call = SF_CALL_##name, .len = (len_)}, .fd = (fd_), .flags = (flags_),                    \
        .return_address = __builtin_return_address(0)                                                       \
    }

/* Describe, decide, and apply all that comes before the call. True: make it,
 * then sf_call_leave. False: it fails without being made, errno says how. */
bool sf_call_enter(struct sf_call *call);

/* The same for calls of the resolve family: the EAI_* code to fail with, or 0. */
int sf_call_enter_resolve(struct sf_call *call);

/* Apply what comes after the call, and log. Returns what the program gets. */
int64_t sf_call_leave(struct sf_call *call, int64_t result);

/* Where a datagram goes, when the call itself says so (sendto, sendmsg). */
void sf_call_set_destination(struct sf_call *call, const struct sockaddr *address, socklen_t length);

/* The bytes to ask libc for instead of `len`. */
static inline size_t sf_call_limit(const struct sf_call *call, size_t len)
{
    return call->verdict.limit < len ? (size_t)call->verdict.limit : len;
}

static inline bool sf_call_is_limited(const struct sf_call *call)
{
    return call->verdict.limit < call->info.len;
}

/* The body of a call that is never shortened. */
#define SF_INTERPOSE(name, family, params, args, fd)              \
    SF_EXPORT int name params                                     \
    {                                                             \
        if (sf_is_idle(fd, SF_FAMILY_##family))                   \
            return sf_real.name args;                             \
        struct sf_call call = SF_CALL(name, fd, 0, 0);            \
        if (!sf_call_enter(&call))                                \
            return -1;                                            \
        return (int)sf_call_leave(&call, sf_real.name args);      \
    }

#endif
