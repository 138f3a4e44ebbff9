/* A datagram on its way, and the rules on those of one socket. */
#ifndef SF_WIRE_DATAGRAM_H
#define SF_WIRE_DATAGRAM_H

#include "abi/wire.h"
#include "wire/rate.h"
#include "wire/way.h"

struct sf_datagram {
    struct sf_datagram *previous, *next;
    uint64_t due_ns;
    union sf_wire_address peer;  /* the other end; family 0: that of the socket */
    const struct sf_addr *named; /* the other end, by the name of a Unix socket; NULL: that of ours */
    union sf_wire_address local; /* in: which of the program's addresses it came to */
    uint32_t newest;             /* in: the ticket that was taken last when it came: engine/arrival.h */
    int flags;                   /* out: MSG_… */
    uint32_t control_bytes, bytes;
    char data[]; /* control data, then the bytes */
};

/* In the order in which they are due; those of one peer in the order in which they came. */
struct sf_datagram_queue {
    struct sf_datagram *first, *last;
    uint64_t bytes;
};

/* A link rule on one socket. */
struct sf_datagram_rule {
    const struct sf_plan_rule *rule;
    uint32_t index; /* in the plan */
    struct sf_rate own[SF_WAYS], *rates;
    uint32_t ordinal; /* which of the sockets without a connection it counts this is; 0: not known */
    struct {
        bool has_passed;  /* the bytes that it waits for */
        uint32_t matched; /* how much of `match` the bytes so far end in */
        uint64_t bytes;
        uint32_t count; /* of those that it selects, where each socket has a count of its own */
        struct sf_datagram_queue run; /* reorder: what waits for the others … */
        uint32_t waiting;             /* … how many these are … */
        uint64_t run_until_ns;        /* … and how long */
    } on[SF_WAYS];
};

/* Whose datagrams they are. */
struct sf_datagram_socket {
    uint64_t cookie;
    struct sf_socket *record;
    uint32_t program;
    pid_t pid;
    struct sf_datagram_rule *rules;
    size_t rule_count;
    bool asks_senders; /* of what comes in a rule asks which program's it is */
};

/* What becomes of a datagram. */
struct sf_fate {
    bool is_lost, is_refused;
    uint32_t copies; /* besides itself */
    uint64_t delay_ns;
    uint64_t not_before_ns;            /* a rate lets it pass then */
    struct sf_datagram_rule *reorders; /* it waits for others; NULL: it does not */
};

/* Take over the rules on a socket, which must be zeroed but for whose it is. */
void sf_datagram_rules_begin(struct sf_wire *wire, struct sf_datagram_socket *socket);
void sf_datagram_rules_free(struct sf_datagram_socket *socket);

/* One has come in: may it yet become known whose it is? A program enters the address that it
 * sends from behind its call. sf_datagram_came is asked first; what was waited for in vain is given up. */
void sf_datagram_came(const struct sf_wire *wire, struct sf_datagram *datagram);
bool sf_datagram_is_awaited(const struct sf_wire *wire, const struct sf_datagram_socket *socket,
                            const struct sf_datagram *datagram);
void sf_datagram_give_up(const struct sf_wire *wire, const struct sf_datagram *datagram);

/* One has come: count it, and flip what is to be flipped in it. */
struct sf_fate sf_datagram_judge(struct sf_wire *wire, struct sf_datagram_socket *socket, unsigned way,
                                 struct sf_datagram *datagram);

/* A run is full. True: it is to go in reverse; then each of it has fired. */
bool sf_datagram_reverses(struct sf_wire *wire, const struct sf_datagram_rule *on);

/* Insert it where it is due: later, where one of its peer is that came before it. */
void sf_datagram_queue_put(struct sf_datagram_queue *queue, struct sf_datagram *datagram);
void sf_datagram_queue_append(struct sf_datagram_queue *queue, struct sf_datagram *datagram);
struct sf_datagram *sf_datagram_queue_take(struct sf_datagram_queue *queue);
void sf_datagram_queue_free(struct sf_datagram_queue *queue);

struct sf_datagram *sf_datagram_copy(const struct sf_datagram *datagram);

#endif
