/* A socket of a program whose datagrams the wire carries, for the rooms of wire/datagrams.h. */
#ifndef SF_WIRE_CARRIED_H
#define SF_WIRE_CARRIED_H

#include "wire/datagram.h"
#include "wire/datagrams.h"

enum { SF_CARRIED_BUCKETS = 1024 };

struct sf_carried {
    struct sf_datagram_socket base;
    struct sf_carried *next, *next_gone;
    struct sf_datagram_queue ways[SF_WAYS];
    struct sf_datagram_queue strangers; /* came in, and it is not known yet from which program */
    struct sf_deadline deadline;
    int own; /* a duplicate of the program's socket, while something waits to be sent from it; -1 */
    uint64_t own_until_ns;            /* … or may come back */
    struct sf_watch taker;            /* what is for the program comes here … */
    int giver;                        /* … and goes on from here; -1: nothing is carried in */
    struct sf_watch process;          /* the one that told us of it */
    union sf_wire_address name, peer; /* of the program's socket; peer: family 0: none */
    bool is_seen, is_ended, is_gone;
};

struct sf_datagrams {
    struct sf_watch watch;
    struct sf_carried *sockets[SF_CARRIED_BUCKETS];
    struct sf_carried *gone; /* freed at the end of the turn: events may still name them */
    struct sf_deadlines deadlines;
    uint64_t sweep_ns;
    size_t carried_in, out_count;
};

/* ---- carried.c: which there are ---- */

struct sf_carried *sf_carried_find(struct sf_datagrams *all, uint64_t cookie);

/* The one with that cookie, a new one where it has a record; NULL: it has none. */
struct sf_carried *sf_carried_make(struct sf_wire *wire, uint64_t cookie, uint64_t record_at,
                                   uint32_t program, pid_t pid);

/* What reaches the program's socket does so by itself again. */
void sf_carried_end(struct sf_wire *wire, struct sf_carried *socket);

/* Forget sockets that nobody has any more: their addresses are free, as soon as we let them go. False: the
 * kernel does not tell which there are. */
bool sf_carried_sweep(struct sf_wire *wire);

/* A datagram that a rule meant has met none. */
void sf_carried_escape(const struct sf_wire *wire, uint32_t program);

/* *fd is -1 afterwards; it may be before. */
void sf_carried_close(int *fd);

/* ---- carried_way.c: what is on the way ---- */

/* A datagram meets the rules. Owns it. */
void sf_carried_take(struct sf_wire *wire, struct sf_carried *socket, unsigned way,
                     struct sf_datagram *datagram);

/* Those that came in do, in that order, as far as it is known who sent them. */
void sf_carried_meet(struct sf_wire *wire, struct sf_carried *socket);

/* Send what is due, and set the time of what is not. */
void sf_carried_pump(struct sf_wire *wire, struct sf_carried *socket);

/* The program's socket is to learn ECONNREFUSED, from the kernel. */
void sf_carried_refuse(const struct sf_carried *socket);

/* ---- datagrams_out.c ---- */

/* Something came from a program to be sent from its socket. */
void sf_datagrams_out_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events);

#endif
