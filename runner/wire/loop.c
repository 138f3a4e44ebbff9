#include "wire/loop.h"

#include "base/clock.h"
#include "wire/datagrams.h"
#include "wire/request.h"
#include "wire/wired.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)
#define ENDING_NS (5 * NS_PER_S)

enum { EVENTS_MAX = 256 };

bool sf_watch_begin(struct sf_wire *wire, struct sf_watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET,
                                .data.ptr = watch};
    return epoll_ctl(wire->wait.epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0;
}

/* Where a process has the file still, a close alone would leave it in the set, with the watch's address. */
void sf_watch_end(struct sf_wire *wire, struct sf_watch *watch)
{
    if (watch->fd >= 0) {
        epoll_ctl(wire->wait.epoll, EPOLL_CTL_DEL, watch->fd, NULL);
        close(watch->fd);
    }
    watch->fd = -1;
}

static struct sf_wired *wired_of(struct sf_deadline *deadline)
{
    return (struct sf_wired *)((char *)deadline - offsetof(struct sf_wired, deadline));
}

static void do_what_is_due(struct sf_wire *wire)
{
    struct sf_deadline *first;
    while ((first = sf_deadlines_first(&wire->deadlines)) && first->at_ns <= wire->now_ns) {
        sf_deadline_set(&wire->deadlines, first, SF_NEVER);
        sf_wired_pump(wire, wired_of(first));
    }
}

static void feed_the_hungry(struct sf_wire *wire)
{
    struct sf_wired *wired = wire->hungry;
    wire->hungry = NULL;
    while (wired) {
        struct sf_wired *next = wired->next_hungry;
        wired->is_hungry = false;
        sf_wired_pump(wire, wired);
        wired = next;
    }
}

static void free_the_gone(struct sf_wire *wire)
{
    for (struct sf_wired **at = &wire->hungry; *at;) {
        if ((*at)->is_gone)
            *at = (*at)->next_hungry;
        else
            at = &(*at)->next_hungry;
    }
    while (wire->gone) {
        struct sf_wired *wired = wire->gone;
        wire->gone = wired->next_gone;
        sf_wired_free(wired);
    }
}

static int await(struct sf_wire *wire, struct epoll_event *events)
{
    const struct sf_deadline *first = sf_deadlines_first(&wire->deadlines);
    uint64_t at_ns = first ? first->at_ns : SF_NEVER, datagram_ns = sf_datagrams_when(wire);
    at_ns = datagram_ns < at_ns ? datagram_ns : at_ns;
    uint64_t until_ns = wire->hungry ? 0 : at_ns;
    if (wire->is_ending && until_ns > wire->now_ns + NS_PER_S)
        until_ns = wire->now_ns + NS_PER_S;
    return sf_wait_for(&wire->wait, events, EVENTS_MAX, until_ns, &wire->now_ns);
}

static bool is_over(const struct sf_wire *wire, uint64_t end_ns)
{
    if (wire->now_ns >= end_ns)
        return true;
    if (sf_datagrams_are_under_way(wire))
        return false;
    for (const struct sf_wired *wired = wire->first; wired; wired = wired->next)
        if (sf_wired_is_busy(wired))
            return false;
    return true;
}

void sf_wire_loop(struct sf_wire *wire)
{
    struct epoll_event events[EVENTS_MAX];
    uint64_t end_ns = SF_NEVER;

    wire->now_ns = sf_clock_now_ns();
    while (!wire->is_ending || !is_over(wire, end_ns)) {
        int count = await(wire, events);
        for (int i = 0; i < count; i++) {
            struct sf_watch *watch = events[i].data.ptr;
            watch->ready(wire, watch, events[i].events);
        }
        do_what_is_due(wire);
        sf_datagrams_do(wire);
        feed_the_hungry(wire);
        free_the_gone(wire);
        sf_requests_free(wire);
        if (wire->is_ending && end_ns == SF_NEVER)
            end_ns = wire->now_ns + ENDING_NS;
    }
}
