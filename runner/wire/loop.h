/* The wire's one loop: what is ready, what is due, and what is to be let go of. */
#ifndef SF_WIRE_LOOP_H
#define SF_WIRE_LOOP_H

#include "engine/verdict.h"
#include "plan/session.h"
#include "wire/deadline.h"
#include "wire/rate.h"
#include "wire/splice.h"
#include "wire/wait.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sf_wire;
struct sf_wired;
struct sf_wire_caller;
struct sf_datagrams;

/* Something with a descriptor in the epoll set, edge-triggered. */
struct sf_watch {
    void (*ready)(struct sf_wire *wire, struct sf_watch *watch, uint32_t events);
    int fd; /* -1: none */
};

struct sf_wire {
    const struct sf_session_memory *session;
    struct sf_engine engine;
    struct sf_wait wait;
    int diag;        /* what the kernel is asked about sockets by: wire/diag.h */
    int spare;       /* a descriptor to let go of when no other is left */
    bool is_ending;  /* what is under way may still arrive */
    uint64_t now_ns; /* as of this turn of the loop */
    struct sf_deadlines deadlines;
    struct sf_wired *first;              /* all connections */
    struct sf_wired *hungry;             /* those that had more to do than one turn allows */
    struct sf_wired *gone;               /* freed at the end of the turn: events may still name them */
    struct sf_wire_caller *gone_callers; /* likewise */
    struct sf_rate *rates;               /* of rules that share one, [rule][program] */
    struct sf_watch listener, signals;
    struct sf_datagrams *datagrams;
    uint32_t *datagram_counts; /* [rule][program][way] */
    char *scratch;
    struct sf_splice splice;
};

enum { SF_SCRATCH_BYTES = 256 * 1024 };

/* Watch for reading and writing. False: errno says why. */
bool sf_watch_begin(struct sf_wire *wire, struct sf_watch *watch);

/* Close its descriptor: no event names it from the next turn on, whoever has the file as well. */
void sf_watch_end(struct sf_wire *wire, struct sf_watch *watch);

/* Until it is told to end, and nothing is under way. */
void sf_wire_loop(struct sf_wire *wire);

#endif
