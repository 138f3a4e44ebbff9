#include "sockets/watch.h"

#include "abi/valgrind.h"
#include "engine/hash.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "sockets/patience.h"
#include "sockets/record.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define WATCHES 16384u /* a power of two; reserved, not touched */
#define WAYS 128u /* and as many sets that wait for one socket */
#define RETRIES 1000 /* then the program's own change is on its way, which tells as well */

struct sf_watch {
    _Atomic uint64_t cookie;   /* 0: free */
    _Atomic uint32_t sequence; /* odd: being changed; the rest is read meanwhile, too */
    _Atomic int set, fd;
    _Atomic uint32_t events; /* 0: not, or no longer, one that is owed edges */
    _Atomic uint64_t data;   /* epoll_data_t */
};

/* What is owed to whom, as read at one time. */
struct owed {
    int set, fd;
    struct epoll_event event;
};

static struct sf_watch *watches;

bool sf_watch_reserve(void)
{
    void *table = mmap(NULL, WATCHES * sizeof *watches, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED)
        return false;
    sf_valgrind_ignore(table, WATCHES * sizeof *watches);
    watches = table;
    return true;
}

static struct sf_watch *place(uint64_t cookie, uint32_t way)
{
    return &watches[((uint32_t)sf_hash_mix(cookie) + way) % WATCHES];
}

static bool is_for(struct sf_watch *watch, uint64_t cookie, int set, int fd)
{
    return atomic_load(&watch->cookie) == cookie && watch->set == set && watch->fd == fd;
}

/* Make it ours to change. False: it is another's. */
static bool take(struct sf_watch *watch)
{
    uint32_t sequence = atomic_load(&watch->sequence);
    return sequence % 2 == 0 && atomic_compare_exchange_strong(&watch->sequence, &sequence, sequence + 1);
}

static void give(struct sf_watch *watch)
{
    atomic_fetch_add(&watch->sequence, 1);
}

/* Likewise of one that another thread is changing, which may not come to an end: after a
 * fork that thread is not here. */
static void take_in_turn(struct sf_watch *watch)
{
    unsigned tries = 0;
    while (!take(watch))
        if (!sf_patience_lasts(&tries)) {
            atomic_fetch_or(&watch->sequence, 1);
            return;
        }
}

/* The registration that is known already; NULL: it is not. */
static struct sf_watch *take_known(uint64_t cookie, int set, int fd)
{
    for (uint32_t way = 0; way < WAYS; way++) {
        struct sf_watch *watch = place(cookie, way);
        if (!is_for(watch, cookie, set, fd))
            continue;
        take_in_turn(watch);
        if (is_for(watch, cookie, set, fd))
            return watch;
        give(watch);
    }
    return NULL;
}

/* Is it owed nothing? close(2) ends a registration as well, and that may pass unseen:
 * then the number is another socket's, or nobody's. */
static bool is_over(const struct sf_watch *watch)
{
    return watch->events == 0 || sf_cookie(watch->fd) != atomic_load(&watch->cookie);
}

/* One that may be used anew; NULL: all are in use. Those that never were come first. */
static struct sf_watch *take_free(uint64_t cookie)
{
    for (int asks_kernel = 0; asks_kernel < 2; asks_kernel++)
        for (uint32_t way = 0; way < WAYS; way++) {
            struct sf_watch *watch = place(cookie, way);
            if ((!asks_kernel && watch->events != 0) || !take(watch))
                continue;
            if (is_over(watch))
                return watch;
            give(watch);
        }
    return NULL;
}

struct sf_watch *sf_watch_begin(uint64_t cookie, int set, int fd)
{
    struct sf_watch *watch = take_known(cookie, set, fd);

    if (watch)
        return watch;
    watch = take_free(cookie);
    if (!watch)
        return NULL;
    watch->set = set;
    watch->fd = fd;
    watch->events = 0;
    atomic_store(&watch->cookie, cookie);
    return watch;
}

void sf_watch_end(struct sf_watch *watch, bool succeeded, int operation, const struct epoll_event *event)
{
    /* Level-triggered ones look for themselves; a one-shot one is armed anew by
     * the program, and is not to be armed by us. */
    bool owed =
        succeeded && operation != EPOLL_CTL_DEL && event->events & EPOLLET && !(event->events & EPOLLONESHOT);

    if (!watch) {
        if (owed)
            atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_WATCHES, memory_order_relaxed);
        return;
    }
    if (succeeded)
        watch->events = owed ? event->events : 0;
    if (owed)
        watch->data = event->data.u64;
    give(watch);
}

/* Once more what the program asked for: the kernel then looks what is ready.
 * An exclusive registration cannot be changed, but left and made. */
static void make_anew(struct owed *owed)
{
    if (!sf_sandbox_permits(SF_OWN_EPOLL_MOD))
        return;
    if (!(owed->event.events & EPOLLEXCLUSIVE))
        sf_real.epoll_ctl(owed->set, EPOLL_CTL_MOD, owed->fd, &owed->event);
    else if (sf_real.epoll_ctl(owed->set, EPOLL_CTL_DEL, owed->fd, NULL) == 0)
        sf_real.epoll_ctl(owed->set, EPOLL_CTL_ADD, owed->fd, &owed->event);
}

static void renew(struct sf_watch *watch)
{
    for (int tries = 0; tries < RETRIES; tries++) {
        uint32_t before = atomic_load(&watch->sequence);
        struct owed owed = {.set = watch->set,
                            .fd = watch->fd,
                            .event = {.events = watch->events, .data.u64 = watch->data}};
        if (before % 2 != 0 || atomic_load(&watch->sequence) != before)
            continue;
        if (owed.event.events == 0)
            return;
        make_anew(&owed);
        if (atomic_load(&watch->sequence) == before)
            return;
    }
}

void sf_watch_renew(uint64_t cookie)
{
    for (uint32_t way = 0; way < WAYS; way++) {
        struct sf_watch *watch = place(cookie, way);
        /* The number may be another socket's by now, whose registration is not ours to touch. */
        if (atomic_load(&watch->cookie) == cookie && watch->events != 0 && sf_cookie(watch->fd) == cookie)
            renew(watch);
    }
}
