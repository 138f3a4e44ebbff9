/* What the HTML report draws of a scenario: the life of each of its connections.
 *
 * Collected by a sink of the recorder (trace/sink.h), in its process, into a file in memory that the
 * recorder hands to the runner once it has ended. Bounded: of many connections the first are kept, of each
 * a number of events; what is left out is counted. */
#ifndef SF_TIMELINE_TIMELINE_H
#define SF_TIMELINE_TIMELINE_H

#include "plan/session.h"

#include <stddef.h>

struct sf_arena;

#define SF_TIMELINE_CONNECTIONS_MAX 5000u
#define SF_TIMELINE_EVENTS_MAX 64u /* of a connection */
#define SF_TIMELINE_BUCKETS 256u   /* of a connection's traffic, from the first bytes of any to the last */
#define SF_TIMELINE_NAME_BYTES 64
#define SF_TIMELINE_NO_RULE UINT16_MAX

enum sf_timeline_kind {
    SF_TIMELINE_STATE, /* its state is `state` from now on */
    SF_TIMELINE_FAULT, /* a rule fired at a call; `call` SF_CALL_COUNT: one of the link began to act, behind
                        * `result` bytes in the direction `state`, SF_LINK_IN or SF_LINK_OUT */
    SF_TIMELINE_ERROR  /* a call failed, with what a program has to handle */
};

/* Times are nanoseconds from the start of the scenario. */
struct sf_timeline_event {
    uint64_t ns, last_ns; /* of several alike in a row: of the first and the last … */
    uint32_t times;       /* … of so many */
    uint32_t connection;  /* index */
    int32_t error;        /* errno or EAI_*; 0: none */
    uint16_t call;        /* enum sf_call_id */
    uint16_t rule;        /* index in the plan; SF_TIMELINE_NO_RULE: none */
    uint8_t kind, state;
    uint8_t pad[6];
    int64_t result;
};

/* A connection, a listener, or a datagram socket; number 0: the calls of a program that are on no
 * socket, or on one that is none of these. */
struct sf_timeline_connection {
    uint32_t number;     /* of its socket, over all programs */
    uint32_t connection; /* which of the program's connections, from 1; 0: none */
    uint16_t program;    /* index in the plan */
    uint8_t domain, type, role, state;
    uint8_t pad[6];
    struct sf_addr local, peer;
    char peer_name[SF_TIMELINE_NAME_BYTES]; /* "": not known by a name */
    uint64_t opened_ns, closed_ns;          /* UINT64_MAX: it was not closed */
    uint64_t bytes_in, bytes_out, calls;
    uint32_t events_more; /* that are not kept */
    uint32_t pad2;
    uint64_t in[SF_TIMELINE_BUCKETS], out[SF_TIMELINE_BUCKETS]; /* bytes */
};

struct sf_timeline {
    uint64_t bytes;                       /* the whole */
    uint64_t start_ns;                    /* CLOCK_MONOTONIC when the scenario started */
    uint64_t first_ns, bucket_ns;         /* where the buckets begin; the width of each */
    uint64_t end_ns;                      /* of the last call */
    uint64_t dropped;                     /* calls that the trace lacks */
    uint64_t connections_more;            /* that are not kept */
    uint32_t connection_count, event_count;
    struct sf_timeline_connection
        connections[]; /* then struct sf_timeline_event[event_count], in their order */
};

static inline const struct sf_timeline_event *sf_timeline_events(const struct sf_timeline *timeline)
{
    return (const void *)(timeline->connections + timeline->connection_count);
}

/* A copy in the arena, with what the session's log has of link rules: a recorder sees the calls of programs
 * alone. */
struct sf_timeline *sf_timeline_with_links(struct sf_arena *arena, const struct sf_timeline *timeline,
                                           const struct sf_session_memory *session);

/* Read what a recorder has written to `fd`. NULL: nothing that could be one. The caller frees it. */
struct sf_timeline *sf_timeline_read(int fd);

#endif
