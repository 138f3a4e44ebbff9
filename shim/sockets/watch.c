#include "sockets/watch.h"

#include "engine/hash.h"
#include "load/real.h"
#include "sockets/record.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define WATCHES 16384u /* a power of two; reserved, not touched */
#define WAYS 32u
#define RETRIES 1000 /* then the program's own change is on its way, which tells as well */

struct sf_watch {
    _Atomic uint64_t cookie;   /* 0: free */
    _Atomic uint32_t sequence; /* odd: being changed */
    int set, fd;
    uint32_t events; /* 0: not, or no longer, one that is owed edges */
    epoll_data_t data;
};

static struct sf_watch *watches;

bool sf_watch_reserve(void)
{
    void *table = mmap(NULL, WATCHES * sizeof *watches, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED)
        return false;
    watches = table;
    return true;
}

static struct sf_watch *place(uint64_t cookie, uint32_t way)
{
    return &watches[((uint32_t)sf_hash_mix(cookie) + way) % WATCHES];
}

struct sf_watch *sf_watch_begin(uint64_t cookie, int set, int fd)
{
    struct sf_watch *free_one = NULL;

    for (uint32_t way = 0; way < WAYS; way++) {
        struct sf_watch *watch = place(cookie, way);
        uint64_t held = atomic_load(&watch->cookie);
        if (held == cookie && watch->set == set && watch->fd == fd) {
            atomic_fetch_add(&watch->sequence, 1);
            return watch;
        }
        if (!free_one && watch->events == 0 && atomic_load(&watch->sequence) % 2 == 0)
            free_one = watch;
    }
    uint64_t held = free_one ? atomic_load(&free_one->cookie) : 0;
    if (!free_one || !atomic_compare_exchange_strong(&free_one->cookie, &held, cookie))
        return NULL;
    atomic_fetch_add(&free_one->sequence, 1);
    free_one->set = set;
    free_one->fd = fd;
    free_one->events = 0;
    return free_one;
}

void sf_watch_end(struct sf_watch *watch, bool succeeded, int operation, const struct epoll_event *event)
{
    if (!watch)
        return;
    if (succeeded) {
        /* Level-triggered ones look for themselves; a one-shot one is armed anew by
         * the program, and is not to be armed by us. */
        bool owed = operation != EPOLL_CTL_DEL && event->events & EPOLLET && !(event->events & EPOLLONESHOT);
        watch->events = owed ? event->events : 0;
        if (owed)
            watch->data = event->data;
    }
    atomic_fetch_add(&watch->sequence, 1);
}

/* Once more what the program asked for: the kernel then looks what is ready.
 * An exclusive registration cannot be changed, but left and made. */
static void make_anew(const struct sf_watch *watch)
{
    struct epoll_event event = {.events = watch->events, .data = watch->data};

    if (!(event.events & EPOLLEXCLUSIVE))
        sf_real.epoll_ctl(watch->set, EPOLL_CTL_MOD, watch->fd, &event);
    else if (sf_real.epoll_ctl(watch->set, EPOLL_CTL_DEL, watch->fd, NULL) == 0)
        sf_real.epoll_ctl(watch->set, EPOLL_CTL_ADD, watch->fd, &event);
}

static void renew(struct sf_watch *watch)
{
    for (int tries = 0; tries < RETRIES; tries++) {
        uint32_t before = atomic_load(&watch->sequence);
        struct sf_watch copy = {
            .set = watch->set, .fd = watch->fd, .events = watch->events, .data = watch->data};
        atomic_thread_fence(memory_order_acquire);
        if (before % 2 != 0 || atomic_load(&watch->sequence) != before)
            continue;
        if (copy.events == 0)
            return;
        make_anew(&copy);
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
