/* One call that some rule may select, from the program's request to its answer.
 *
 *   SF_CALL(call, NAME, fd, len, flags);
 *   if (!sf_call_enter(&call))             failed by a rule; errno is set
 *       return -1;
 *   return sf_call_leave(&call, sf_real.NAME(… sf_call_limit(&call, len) …));
 *
 * Async-signal-safe; any thread; a vfork child may call them. errno is the
 * program's but where a rule sets it. */
#ifndef SF_CALLS_CALL_H
#define SF_CALLS_CALL_H

#include "apply/clock.h"
#include "load/real.h"
#include "load/shim.h"
#include "log/self.h"
#include "sockets/descriptor.h"

#include <stddef.h>

#define SF_EXPORT __attribute__((visibility("default")))

/* Where the kernel says who a message came from. */
struct sf_sender {
    const struct sockaddr *address; /* NULL: it is not asked */
    const socklen_t *length;
    socklen_t room;
    const int *flags; /* msg_flags; NULL: there are none */
};

struct sf_call {
    struct sf_call_info info;
    struct sf_socket *socket;
    int fd;            /* -1: the call has no descriptor */
    struct sf_end end; /* what ends its sleep */
    uint8_t domain;    /* SF_DOMAIN_… of the socket to be made; 0: none is */
    int flags;         /* MSG_… */
    bool has_destination;
    bool is_reading;        /* it is one of sf_socket.readers … */
    int errno_before;       /* … and what errno was */
    bool is_arriving;       /* a send that gives its socket an address … */
    uint64_t arrival;       /* … and what sf_owner_sends left */
    int64_t instead;        /* what a call that is not made returns: -1, or 0 at the end of a stream */
    bool waited;            /* its delay was not cut short */
    bool is_flipped;        /* what it read has been corrupted */
    bool is_begun;          /* `event` was made before the call … */
    struct sf_event *event; /* … unless the log was full: NULL */
    uintptr_t quiet;        /* of a look-up: the token of sf_quiet … */
    const char *host;       /* … and the name that is asked for; NULL: none, or a look-up within another */
    void *return_address;

    /* Where the bytes lie that the call moves; count 0: out of sight (sendfile, splice). */
    const struct iovec *data;
    size_t data_count;

    int sink;                           /* splice from a socket: the pipe that the bytes go to … */
    bool sink_may_wait;                 /* … without SPLICE_F_NONBLOCK */
    const struct sf_waited *waited_for; /* by calls of the poll family; otherwise NULL */

    /* For the trace alone. */
    uint64_t begin_ns; /* CLOCK_MONOTONIC; 0: the call is not traced */
    struct sf_self self;
    struct sf_presence *presence; /* that the thread is in this call; NULL: it is not told */
    uint32_t number;              /* of its socket, as the trace knows it; 0: none */
    uint32_t argument;            /* as sf_trace_call.argument, where it is not `flags` */
    uint8_t state;                /* of TCP before the call: close */
    bool is_not_made;             /* a rule answered */
    bool asks_length;             /* of a datagram, MSG_TRUNC, and the program did not … */
    bool is_truncated;            /* … and it was longer than its room */
    int lookup_error;             /* EAI_* of what has returned */
    const char *name;             /* that is looked up; NULL: none */
    const int *pair;              /* of socketpair */
    struct sf_sender sender;
    struct mmsghdr *batch; /* the messages of a call that moves several … */
    unsigned batch_count;  /* … and how many were moved */

    /* Last, since of these two not all is set to 0 (sf_call_describe). */
    struct sf_verdict verdict;
    struct sf_addr destination; /* of bind: the address that is asked for */
};

/* For some hundred bytes what the compilers make of memset costs more than the rest of such a call. */
typedef uint64_t sf_zeroes __attribute__((vector_size(16), aligned(8), may_alias));

/* All of it is 0 but for what is given, the firings of the verdict, which has none yet, and an
 * address that there is not: half of its bytes. */
static inline void sf_call_describe(struct sf_call *call, enum sf_call_id id, int fd, uint64_t len, int flags,
                                    void *return_address)
{
    sf_zeroes *head = (sf_zeroes *)call;
#pragma GCC unroll 32
    for (size_t i = 0; i < (offsetof(struct sf_call, verdict.rules) + sizeof *head - 1) / sizeof *head; i++)
        head[i] = (sf_zeroes){0};
    call->destination.domain = 0;
    call->info.call = id;
    call->info.len = len;
    call->fd = fd;
    call->flags = flags;
    call->instead = -1;
    call->return_address = return_address;
}

#define SF_CALL(call, name, fd, len, flags) \
    struct sf_call call;                    \
    sf_call_describe(&call, SF_CALL_##name, fd, len, flags, __builtin_return_address(0))

/* Describe, decide, and apply all that comes before the call. True: make it,
 * then sf_call_leave. False: it fails without being made, errno says how. */
bool sf_call_enter(struct sf_call *call);

/* The same for calls of the resolve family: the EAI_* code to fail with, or 0. */
int sf_call_enter_resolve(struct sf_call *call);

/* Apply what comes after the call, and log. Returns what the program gets. */
int64_t sf_call_leave(struct sf_call *call, int64_t result);

/* A read brought `bytes` bytes to the vector: flip what the verdict asks for, once, and
 * let the verdict say what was. sf_call_leave does this, but for calls that move several
 * messages. */
void sf_call_corrupt(struct sf_call *call, const struct iovec *vector, size_t count, uint64_t bytes);

/* What was unread when a rule reset the connection, as the call asks for it: its room, limit
 * and flags. Returns how many bytes, 0 when none are left; -1 with errno. */
int64_t sf_call_read_kept(const struct sf_call *call);

/* A connect or an accept gave `fd` its connection (`fd` < 0: it did not): what a rule
 * asked for right behind the handshake. */
void sf_call_established(struct sf_call *call, int fd);

/* accept(2) of `listener` gave `fd`, and it is described: where a link rule means it the wire has it from
 * now on. Keeps errno. */
void sf_call_route_accepted(int listener, int fd);

/* `bytes` bytes of `vector` passed on the call's connection. sf_call_leave does
 * this, but for calls that move several messages. */
void sf_call_passed(const struct sf_call *call, const struct iovec *vector, size_t count, uint64_t bytes);

/* Where the address of a sender will stand, `*length` bytes at most, and msg_flags (NULL: neither);
 * for the trace alone. */
void sf_call_note_sender(struct sf_call *call, const struct sockaddr *address, const socklen_t *length,
                         const int *flags);

static inline void sf_call_set_sender(struct sf_call *call, const struct sockaddr *address,
                                      const socklen_t *length, const int *flags)
{
    if ((address || flags) && sf_shim.trace)
        sf_call_note_sender(call, address, length, flags);
}

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

/* A copy of a call and the call itself would be too much for one frame on a small stack. */
#define SF_OWN_FRAME __attribute__((noinline))

/* An interposer has two halves. The export is the path of idle calls: no stack
 * frame, a look-up, a jump to libc. The other half is reached by a jump as well,
 * so that __builtin_return_address(0) in it is the program's. */
#define SF_SELECTED static __attribute__((noinline))

#define SF_HALVES(result, family, name, params, arguments, fd) \
    SF_EXPORT result name params                               \
    {                                                          \
        if (sf_is_idle(fd, SF_FAMILY_##family))                \
            return sf_real.name arguments;                     \
        return selected_##name arguments;                      \
    }

/* A call that is never shortened. */
#define SF_INTERPOSE(family, name, params, arguments, fd)         \
    SF_SELECTED int selected_##name params                        \
    {                                                             \
        SF_CALL(call, name, fd, 0, 0);                            \
        if (!sf_call_enter(&call))                                \
            return -1;                                            \
        return (int)sf_call_leave(&call, sf_real.name arguments); \
    }                                                             \
    SF_HALVES(int, family, name, params, arguments, fd)

#endif
