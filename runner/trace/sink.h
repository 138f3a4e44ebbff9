/* What a trace is made into: text, JSON Lines, a capture, warnings.
 *
 * The recorder (recorder.h) takes records out of the lanes, brings them into the order of
 * `end_ns`, follows each socket (follow.h), and hands every call to all sinks, one after the
 * other, in a process of its own. So a sink needs no lock, and may take its time: what the lanes
 * cannot hold meanwhile is counted as dropped, and the last thing that a sink is told. */
#ifndef SF_TRACE_SINK_H
#define SF_TRACE_SINK_H

#include "abi/trace.h"
#include "plan/session.h"

/* States of a socket, RFC 9293, 3.3.2; of what is not TCP: SF_STATE_NONE. Values are tcpi_state's. */
enum sf_state {
    SF_STATE_NONE = 0,
    SF_STATE_ESTABLISHED = 1,
    SF_STATE_SYN_SENT = 2,
    SF_STATE_SYN_RECEIVED = 3,
    SF_STATE_FIN_WAIT_1 = 4,
    SF_STATE_FIN_WAIT_2 = 5,
    SF_STATE_TIME_WAIT = 6,
    SF_STATE_CLOSED = 7,
    SF_STATE_CLOSE_WAIT = 8,
    SF_STATE_LAST_ACK = 9,
    SF_STATE_LISTEN = 10,
    SF_STATE_CLOSING = 11
};

/* A socket, from the first that was heard of it to the end of the run. Owned by the follower;
 * stays where it is. */
struct sf_followed {
    uint32_t number;     /* sf_socket.number */
    uint32_t connection; /* which of the program's connections it is, from 1; 0: none (yet) */
    uint16_t program;
    uint8_t domain, type, role;
    enum sf_state state; /* behind the call at hand */
    struct sf_addr local, peer;
    const char *peer_name; /* the program of the scenario, or the host as it was looked up; NULL: neither */
    uint64_t opened_ns, closed_ns; /* 0: not seen */
    uint64_t bytes_in, bytes_out;
    uint64_t calls; /* on it, the one at hand included */
};

struct sf_traced {
    const struct sf_trace_call *record;
    const struct sf_firing *firings; /* record->rule_count */
    const struct sf_addr *address;   /* NULL: none */
    const void *data;                /* record->data_bytes */
    const char *program;             /* its name */
    struct sf_followed *socket;      /* of an accept the one that it gave; NULL: none */
    struct sf_followed *listener;    /* of an accept that gave one; otherwise NULL */
    enum sf_state state_before;
    double t;           /* seconds from the start of the scenario to the end of the call */
    bool is_unfinished; /* it had not come back at the end of the run: result, error and end are none */
    uint64_t gone_ns;   /* unfinished: when its process was seen to be gone; 0: it was there to the end */
};

struct sf_trace_sink {
    void *context;
    void (*take)(void *context, const struct sf_traced *call);
    /* The run is over, and so is the trace. dropped: calls that it lacks. Returns 0 or errno. */
    int (*end)(void *context, uint64_t dropped);
    /* There is no more for now: what waits to be written may go out. NULL: nothing waits. */
    void (*rest)(void *context);
};

#endif
