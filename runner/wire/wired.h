/* A connection that the wire carries. */
#ifndef SF_WIRE_WIRED_H
#define SF_WIRE_WIRED_H

#include "abi/wire.h"
#include "wire/loop.h"
#include "wire/way.h"

/* A link rule on one connection. Its ways are those of struct sf_wired. */
struct sf_wired_rule {
    const struct sf_plan_rule *rule;
    uint32_t index;         /* in the plan */
    uint32_t connection;    /* its ordinal under the rule */
    struct sf_firing place; /* which of those that the rule counts it is */
    bool has_fired;
    bool is_spent; /* it acts no more: it has, or others have used up its `times` */
    bool is_on;    /* blackhole: it holds the connection */
    struct {
        bool has_passed;  /* the bytes that it waits for */
        uint32_t matched; /* how much of `match` the bytes so far end in */
        uint64_t at_byte; /* has_passed: behind which it was */
        uint32_t pieces;  /* draws so far */
        uint32_t flips;   /* corrupt: bits flipped so far */
    } on[SF_WAYS];
    struct sf_rate own[SF_WAYS], *rates; /* throttle: one for each way, `own` or shared ones */
};

enum sf_wired_phase {
    SF_WIRED_HELD,    /* the real peer has not been called: rules keep the SYN back */
    SF_WIRED_CALLING, /* the real peer has not answered yet */
    SF_WIRED_MEETING, /* it has; the program's end does not stand yet */
    SF_WIRED_OPEN
};

struct sf_wired {
    struct sf_wired *previous, *next;
    struct sf_wired *next_hungry, *next_gone;
    enum sf_wired_phase phase;
    bool is_hungry, is_gone;
    uint32_t program;
    pid_t pid;
    uint64_t program_start_ns;
    uint32_t state;          /* of the program's socket: TCP_ESTABLISHED …; 0: a Unix socket */
    bool asks_state;         /* some rule waits for one */
    struct sf_leg near, far; /* to the program, to its peer */
    struct sf_way ways[SF_WAYS];
    struct sf_deadline deadline;

    union sf_wire_address to; /* the real peer; family 0: it has called */
    bool was_held;            /* rules have kept the handshake back … */
    bool is_lifted;           /* … and do so no more; */
    uint8_t resent;           /* how often the program's TCP had sent its SYN again then */

    struct sf_wired **waiting; /* who holds it until the program has its end; NULL: it is let go */
    bool is_told;              /* the program's end connects, to `silent` … */
    union sf_wire_address own, silent;
    uint64_t round_trip_ns, began_ns; /* … and is to stand so long after it began */
    uint32_t number;                  /* of the program's socket, as reports name it */
    struct sf_socket *record;         /* of the program's socket, which has this cookie … */
    uint64_t cookie;                  /* … unless its place has gone to another */
    int failing;  /* a duplicate of the program's socket, while it may yet fail; -1: none */
    int error;    /* … with this */
    int reserved; /* the socket to meet the program with: whoever is answered can be met; -1: used */

    struct sf_wired_rule *rules;
    size_t rule_count;
};

/* The record of the socket with this cookie, of which a process says where it is; NULL: it is not there. */
struct sf_socket *sf_wired_record(const struct sf_wire *wire, uint64_t record_at, uint64_t cookie);

/* A new connection with the rules that its record arms; `to` is connected, or connecting.
 * Owns the descriptor. NULL: errno says why, and `to` is closed. */
struct sf_wired *sf_wired_new(struct sf_wire *wire, const struct sf_wire_request *request, pid_t pid, int far,
                              enum sf_wired_phase phase);

/* The program's end connects now. */
void sf_wired_told(struct sf_wire *wire, struct sf_wired *wired, const struct sf_wire_request *go,
                   int socket);

/* The program's end stands already. Owns the descriptor. */
void sf_wired_join(struct sf_wire *wire, struct sf_wired *wired, int near);

/* The program has its end: what comes may pass. */
void sf_wired_let_go(struct sf_wire *wire, struct sf_wired *wired);

/* It is over: both ends are closed, in order, or with RSTs. */
void sf_wired_close(struct sf_wire *wire, struct sf_wired *wired, bool is_reset);

/* It has more to do: in the next turn. */
void sf_wired_hunger(struct sf_wire *wire, struct sf_wired *wired);

/* Do all that can be done now. */
void sf_wired_pump(struct sf_wire *wire, struct sf_wired *wired);

/* Is something under way that will arrive? */
bool sf_wired_is_busy(const struct sf_wired *wired);

void sf_wired_free(struct sf_wired *wired);

#endif
