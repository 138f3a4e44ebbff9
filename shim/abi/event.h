/* The event log: what happened, in the order in which it was logged.
 *
 * Producers append without locks: reserve bytes with one fetch-add, fill in,
 * then store the length (the last word written, release) so that a reader never
 * takes a half-written record for a whole one. What does not fit is counted,
 * never waited for: `fired` and the like come from counters, so a lost event
 * never changes a verdict. */
#ifndef SF_ABI_EVENT_H
#define SF_ABI_EVENT_H

#include <stdatomic.h>
#include <stdint.h>

#define SF_EVENT_VERSION 2u
#define SF_EVENT_RULES_MAX 16u

enum sf_producer { SF_PRODUCER_SHIM = 1, SF_PRODUCER_WIRE = 2 };

enum sf_event_kind {
    SF_EVENT_CALL = 1, /* a call that rules changed, or that a trace asked for */
    SF_EVENT_BEGUN = 2, /* one that rules delay or send a signal at, until it comes back */
    SF_EVENT_LINK = 3   /* a connection that a link rule acts on, from now on */
};

/* A rule that fired at a call, and which of the calls that it counts that was. */
struct sf_firing {
    uint16_t rule;    /* index in the plan */
    uint16_t counter; /* enum sf_counter: what the rule counted the call, or connection, over … */
    uint32_t ordinal; /* … and which of these */
    uint32_t nth;     /* the call's place in that count, from 1 */
    uint32_t value;   /* what the rule drew: the limit of `partial`, in bytes; otherwise 0 */
};

struct sf_event_log {
    _Atomic uint64_t reserved_bytes; /* may run past the capacity */
    _Atomic uint64_t dropped;
    uint64_t pad[6];
    /* records follow, each aligned to 8 */
};

struct sf_event {
    _Atomic uint32_t bytes; /* of the whole record, room for more rules included; 0: not yet complete */
    uint8_t version;
    uint8_t producer; /* enum sf_producer */
    uint8_t kind;     /* enum sf_event_kind */
    uint8_t rule_count;
    uint64_t time_ns; /* CLOCK_MONOTONIC at the end of the call, of SF_EVENT_BEGUN at its beginning */
    uint64_t return_address; /* where the program called from */
    uint32_t pid, tid;
    uint32_t program; /* index in the plan */
    uint32_t call;    /* enum sf_call_id */
    int32_t fd;       /* -1: none */
    uint32_t socket;  /* sf_socket.number; 0: none */
    uint64_t asked;   /* bytes, or entries for poll; SF_EVENT_LINK: bytes that had passed … */
    int64_t result; /* of SF_EVENT_BEGUN and its error: none; SF_EVENT_LINK: … SF_LINK_IN or _OUT */
    int32_t error;  /* errno; 0: none */
    uint32_t payload_bytes;
    uint64_t payload_at; /* SF_EVENT_LINK: where the socket's record is, from the session's start; else 0 */
    struct sf_firing rules[]; /* rule_count of them */
};

#endif
