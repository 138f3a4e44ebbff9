/* Waits for events of an epoll set until a time, sooner awake than a sleep: whoever sleeps is woken some
 * microseconds late, by an event as by a timer, and on a machine that is otherwise idle a hundred. */
#ifndef SF_WIRE_WAIT_H
#define SF_WIRE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct epoll_event;

struct sf_wait {
    int epoll;
    bool may_spin;          /* there is a processor to spare */
    uint64_t spin_ns;       /* look for events so long before sleeping: 0 where they lately came later */
    uint64_t busy_until_ns; /* until then all processors are taken to be wanted by others */
    uint64_t early_ns;      /* how late timers lately were: sleep so much less */
};

struct sf_wait sf_wait_new(int epoll);

/* As epoll_wait. until_ns: CLOCK_MONOTONIC, what is past: do not wait, SF_NEVER: for events alone.
 * now_ns: when it was called; set to when it returns. */
int sf_wait_for(struct sf_wait *wait, struct epoll_event *events, int room, uint64_t until_ns,
                uint64_t *now_ns);

#endif
