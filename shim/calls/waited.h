/* What a call of the poll family waits for: asked before rules change it. */
#ifndef SF_CALLS_WAITED_H
#define SF_CALLS_WAITED_H

#include "load/real.h"

#include <stdbool.h>
#include <stdint.h>

struct sf_call;

enum sf_wait_kind { SF_WAIT_POLL, SF_WAIT_SELECT, SF_WAIT_EPOLL };

/* One call, as the program made it. Nothing in it was looked at yet. */
struct sf_waited {
    enum sf_wait_kind kind;
    struct pollfd *fds;
    nfds_t count;              /* of fds, of the bits in the sets, or of the events that there is room for */
    fd_set *in, *out, *except; /* of select */
    void *left;                /* where Linux tells the time that is left; NULL: nowhere */
    size_t left_bytes;
    int set;                   /* of epoll */
    uint64_t own_ns;           /* the call's own time-out; UINT64_MAX: none */
    const sigset_t *mask;      /* in force meanwhile; NULL: the thread's own */
};

/* A time-out as the calls take it, in nanoseconds; none at all, or one that cannot
 * be read, is UINT64_MAX. */
uint64_t sf_waited_ms(int ms);
uint64_t sf_waited_timeval(const struct timeval *time);
uint64_t sf_waited_timespec(const struct timespec *time);

/* Would it return at once? Takes no event away. Changes errno. */
bool sf_waited_ready(const struct sf_waited *waited);

/* Add the rules that select a socket among those waited for; a rule that names a
 * connection is taken out first: it selects by sockets alone. */
void sf_waited_select(const struct sf_waited *waited, uint64_t *selected);

/* Is there a TCP connection among them? Changes errno. */
bool sf_waited_has_connection(const struct sf_waited *waited);

/* Reset the TCP connections among them that the call's verdict means: what they
 * had not read can still be read. False: there was none. Changes errno. */
bool sf_waited_reset(const struct sf_call *call);

/* Nothing comes for `ns`. Returns 0 when the call has come to its end by that, -1
 * with EINTR, or 1: it has no time-out of its own and waits on. */
int sf_waited_nothing(const struct sf_waited *waited, uint64_t ns);

#endif
