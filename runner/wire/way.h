/* One direction of a wired connection: from the socket that bytes come from to the one
 * that they go to. */
#ifndef SF_WIRE_WAY_H
#define SF_WIRE_WAY_H

#include "abi/link.h"
#include "wire/loop.h"

enum { SF_WAY_IN, SF_WAY_OUT, SF_WAYS }; /* towards the program, from it */

struct sf_leg {
    struct sf_watch watch;
    struct sf_wired *wired;
    bool is_readable, is_writable; /* not known to be otherwise */
    bool is_hung_up;               /* a FIN or an error has come: behind the bytes there is more to learn */
    bool may_be_urgent;            /* an urgent byte has come, or may have unseen */
    bool is_dead;                  /* a send met an error: what can be read still counts, then it was reset */
    bool is_deaf;                  /* what comes to it is dropped */
    bool is_unix;                  /* descriptors may come with the bytes … */
    bool keeps_byte;               /* … the first to be read has been passed on already … */
    bool left_unread;              /* … its other end was closed with bytes unread … */
    bool is_prepared;              /* for a splice */
    bool is_closed;                /* … and its other end has closed, which is more than a half-close */
};

enum { SF_PASSED_MAX = 253 }; /* SCM_MAX_FD */

/* Descriptors on their way, which are ours to close; count 0: none. */
struct sf_passed {
    int *list;
    size_t count;
};

/* Close them: there are none then. */
void sf_passed_close(struct sf_passed *passed);

/* Bytes on their way. */
struct sf_piece {
    struct sf_piece *next;
    uint64_t due_ns;
    uint32_t bytes, sent;
    bool is_urgent;
    struct sf_passed passed; /* with its first byte */
    char data[];
};

struct sf_way {
    struct sf_leg *from, *to;
    uint8_t direction; /* SF_LINK_IN or _OUT */
    struct sf_piece *first, **last;
    uint64_t queued_bytes;
    uint64_t read_bytes, sent_bytes; /* since the connection began */
    uint64_t last_due_ns;
    uint64_t epoch_ns; /* what comes earlier counts as sent then: the connection did not stand for the peer */
    uint64_t hold_at;  /* what lies behind this byte is held; UINT64_MAX: nothing */
    uint64_t end_at;   /* the stream is made to end behind this byte; UINT64_MAX: it is not */
    uint64_t reset_at; /* likewise: the connection is reset */
    uint64_t wait_ns;  /* when there may be more to do; SF_NEVER: an event tells */
    uint64_t pause_ns,
        paused_since_ns; /* chunk: how long until the next look whether the last piece was read */
    uint64_t look_ns;    /* Unix, no room: when to look again whether the reader has shut its direction */
    bool has_ended;      /* its source has: a FIN is due at last_due_ns … */
    bool was_reset;      /* … or a RST */
    bool is_finished;    /* it has been passed on, or can never be */
    bool is_cut;         /* what still comes is thrown away */
    bool is_bulk;        /* the last read gave so much that the next need not be looked at byte by byte */
    bool is_throttled;   /* a rate has kept bytes back */
    bool is_piecewise;   /* a piece was sent, and the next waits until it has been read */
    bool is_whole;       /* what was sent last was no piece: the first piece waits for it likewise */
};

void sf_way_begin(struct sf_way *way, struct sf_leg *from, struct sf_leg *to, uint8_t direction);

/* Send what is due, read what may be read; stops after some of it: returns true then. Sets wait_ns.
 * May close the connection: look whether it is gone. */
bool sf_way_pump(struct sf_wire *wire, struct sf_wired *wired, unsigned way);

/* Unix: has the reader shut its direction, which no event tells by itself? Then the sender's next send is
 * told so. */
void sf_way_look(struct sf_way *way);

void sf_way_free(struct sf_way *way);

#endif
