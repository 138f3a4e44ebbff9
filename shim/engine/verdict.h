/* The engine: from a plan and one call to a verdict.
 *
 * Pure: no socket, clock, allocator or errno; no pointer into the target. What
 * it must know of the target beyond `struct sf_call_info` it asks for through
 * `fact`, so that the same code runs in a unit test or in another process. */
#ifndef SF_ENGINE_VERDICT_H
#define SF_ENGINE_VERDICT_H

#include "abi/event.h"
#include "abi/session.h"

#include <stdbool.h>
#include <stddef.h>

/* What the legality of a fault hangs on and only the target's side can tell. */
enum sf_fact {
    SF_FACT_NONBLOCKING, /* O_NONBLOCK or MSG_DONTWAIT */
    SF_FACT_TIMEOUT,     /* SO_RCVTIMEO (recv, accept) or SO_SNDTIMEO (send, connect) is set */
    SF_FACT_ENDED,       /* the connection has ended: a poll says HUP, RDHUP or ERR */
    SF_FACT_SHUT,        /* the program has shut down its sends */
    SF_FACT_UNCONNECTED, /* neither connected nor connecting; poll family: no TCP connection is waited for */
    SF_FACT_READY,       /* poll family: something is ready, the call will not wait */
    SF_FACT_HANDLER,     /* a signal handler without SA_RESTART is installed */
    SF_FACT_CATCHES,     /* any handler is, of a signal that others send */
    SF_FACT_MPTCP,       /* a socket of MPTCP: its connections are out of reach */
    SF_FACT_COUNT
};

/* Why a fault was not fired although its rule selected the call. */
enum sf_illegal {
    SF_LEGAL,
    SF_ILLEGAL_NO_HANDLER,
    SF_ILLEGAL_NONBLOCKING,
    SF_ILLEGAL_BLOCKING,
    SF_ILLEGAL_READY,
    SF_ILLEGAL_WAITALL,
    SF_ILLEGAL_PEEK,
    SF_ILLEGAL_DATAGRAM,
    SF_ILLEGAL_ERRNO,
    SF_ILLEGAL_OPAQUE,
    SF_ILLEGAL_ZEROCOPY,
    SF_ILLEGAL_ENDED,
    SF_ILLEGAL_SHUT,
    SF_ILLEGAL_CONNECTED,
    SF_ILLEGAL_NO_CONNECTION,
    SF_ILLEGAL_UNCONNECTED,
    SF_ILLEGAL_NO_TCP,
    SF_ILLEGAL_NONE_CONNECTED,
    SF_ILLEGAL_NO_TIMEOUT,
    SF_ILLEGAL_REVERSE,
    SF_ILLEGAL_NUMERIC,
    SF_ILLEGAL_NUMBER,
    SF_ILLEGAL_NAMELESS,
    SF_ILLEGAL_NEVER_WAITS,
    SF_ILLEGAL_UNCAUGHT,
    SF_ILLEGAL_EMPTY,
    SF_ILLEGAL_SANDBOXED, /* forced or not */
    SF_ILLEGAL_COUNT
};

/* One call, described. Offsets and values only. */
struct sf_call_info {
    enum sf_call_id call;
    uint32_t program;                  /* index in the plan */
    uint64_t len;                      /* bytes asked for; 0 is legal and is never shortened */
    bool waitall;                      /* MSG_WAITALL */
    bool numeric;                      /* a look-up of what is an address already, of none, or for no name */
    bool number_will_do;               /* getnameinfo(3) without NI_NAMEREQD */
    bool peeks;                        /* MSG_PEEK: moves nothing */
    bool zerocopy;                     /* MSG_ZEROCOPY: the kernel reads the memory when it likes */
    uint8_t domain;                    /* SF_DOMAIN_…, where there is a socket */
    uint8_t type;                      /* SF_TYPE_…; 0: no socket (resolve, poll) */
    const struct sf_addr *destination; /* the other end of this one datagram; NULL: the socket's peer */
    uint64_t elapsed_ns;               /* since the program's start */

    /* Asked only where a rule hangs on the answer: each costs a system call. */
    bool (*fact)(void *context, enum sf_fact fact);
    uint32_t (*state)(void *context); /* tcpi_state; 0: no TCP */
    bool (*exists)(void *context, const char *path);
    bool (*site)(void *context, uint32_t rule); /* is the rule's site on the stack? */
    bool (*permits)(void *context, enum sf_fault_kind fault); /* does a sandbox? NULL: it does */
    void *context;
};

enum sf_verdict_kind {
    SF_PASS,  /* no rule changes this call */
    SF_APPLY, /* do what the fields below say */
    SF_ROUTE  /* hand the connection to the wire, which may wait; decided only
               * for plans with link rules */
};

struct sf_verdict {
    enum sf_verdict_kind kind;
    uint64_t delay_ns; /* sum over the rules; 0: none */
    uint64_t limit;    /* move at most so many bytes; UINT64_MAX: as asked */
    int error;         /* errno (or EAI_*) to fail with; 0: do the call */
    bool interrupt;    /* `error` is EINTR as a signal would give it */
    bool again;        /* `error` is EAGAIN as a socket that has nothing yet would give it */
    bool reset;        /* the connection is reset: before recv, send and poll, after connect and accept */
    uint64_t timeout_ns; /* the other end has fallen silent: the call hangs that long; 0: it has not */
    bool eof;          /* the peer has half-closed: 0 bytes, now and ever after */
    const struct sf_plan_rule *answer; /* the rule whose answers a look-up gives; NULL: its own */
    bool refuse;                       /* the connection is refused, by a port where nobody listens */
    bool route;          /* the connection is the wire's */
    uint8_t signal_count;              /* signals that are sent to the process before the call … */
    uint8_t signals[SF_EVENT_RULES_MAX]; /* … in the order of the file */
    uint32_t corrupt_bits;             /* flipped in what the call moves; those that were, once it is made … */
    uint64_t corrupt_draw;             /* … at places that follow from this */
    uint8_t rule_count;                /* rules that fired; further ones are counted but not listed */
    struct sf_firing rules[SF_EVENT_RULES_MAX];
};

/* A view of the state that decisions read and advance. All atomics; any number
 * of threads and processes may share it. */
struct sf_engine {
    const struct sf_plan *plan;
    struct sf_rule_state *rules; /* [rule_count] */
    _Atomic uint32_t *calls;     /* [rule_count][program_count] */
    const struct sf_directory *directory; /* NULL: no program was told an address for a name */
};

/* The candidates of a socket, in its record or on the caller's stack. */
struct sf_selection {
    const uint64_t *selected;        /* bit i: rule i may select the socket */
    struct sf_socket_rule *per_rule; /* [rule_count]; NULL: the call has no socket record */
    struct sf_socket *socket;        /* NULL likewise */
};

/* Decide what happens to one socket call.
 *
 * Advances the counters of the rules whose place and scope select the call,
 * whatever becomes of it; `illegal` likewise. A call that no rule
 * selects gets SF_PASS. Decisions depend on (seed, rule, connection ordinal,
 * call ordinal) alone, never on time, pid or interleaving.
 *
 * Source: contract section 2, Rules. */
struct sf_verdict sf_verdict_decide(const struct sf_engine *engine, const struct sf_selection *selection,
                                    const struct sf_call_info *call);

/* accept(2) has given a connection, which `selection` is: shall the wire have it? */
bool sf_verdict_routes(const struct sf_engine *engine, const struct sf_selection *selection,
                       const struct sf_call_info *call);

/* Which of the connections that a link rule counts this armed one is. */
struct sf_firing sf_link_place(const struct sf_plan *plan, uint32_t rule, uint32_t program,
                               const struct sf_socket_rule *on_socket);

/* Does the rule choose the datagram with this place in its count, by nth, every and probability? */
bool sf_datagram_chosen(const struct sf_engine *engine, struct sf_firing *place);

/* Are the `times` of a rule not used up yet? */
bool sf_rule_may_fire(const struct sf_engine *engine, uint32_t rule);

/* Take one of the firings of a rule; false: `times` others have been. Who takes it counts it. */
bool sf_rule_take(const struct sf_engine *engine, uint32_t rule);
void sf_rule_count_fired(const struct sf_engine *engine, uint32_t rule);

/* After the call, or when it was not made after all (a signal ended the delay
 * before it): a limit that did not bind, or bits to flip where nothing moved, have
 * changed nothing and so have not fired. What is left in the verdict has.
 *
 * result  what the call returned; -1 when it failed or was not made.
 * waited  false: a signal ended the delay, and nothing else came to act. */
void sf_verdict_settle(const struct sf_engine *engine, struct sf_verdict *verdict, int64_t result,
                       bool waited);

/* Does the rule act before the call, so that it has fired whether or not the call
 * comes back? */
static inline bool sf_rule_acts_before(const struct sf_plan_rule *rule)
{
    return rule->fault == SF_FAULT_DELAY || rule->fault == SF_FAULT_SIGNAL;
}

/* Count the rules of the verdict that have fired: before the call those that act
 * before it, once it is settled the others. Whoever logs them does so first: a
 * process may be killed at any time, and the log shall not know less than the
 * counters. */
enum sf_moment { SF_BEFORE_CALL, SF_AFTER_CALL };
void sf_verdict_count(const struct sf_engine *engine, const struct sf_verdict *verdict,
                      enum sf_moment moment);

/* Bytes passed on a connection: advance the triggers that count or search them.
 *
 * family  SF_FAMILY_RECV or SF_FAMILY_SEND: their direction.
 * read    hands out the bytes in order, at most `room` at a time, 0 at the end;
 *         NULL: they cannot be seen, and are counted alone. */
void sf_bytes_passed(const struct sf_engine *engine, const struct sf_selection *selection,
                     enum sf_family family, uint64_t bytes,
                     size_t (*read)(void *context, uint8_t *to, size_t room), void *context);

/* The reason of an illegal fault, as the end of a sentence: "…: no handler
 * without SA_RESTART is installed". */
const char *sf_illegal_text(enum sf_illegal reason);

#endif
