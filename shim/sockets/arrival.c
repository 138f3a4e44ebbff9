#include "sockets/arrival.h"

#include "engine/arrival.h"
#include "load/sandbox.h"
#include "load/shim.h"
#include "log/self.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static uint64_t new_ticket(uint16_t port)
{
    uint32_t number = atomic_fetch_add(&sf_shim.arrivals->newest, 1) + 1;
    return sf_arrival_ticket(number, (pid_t)sf_self_pid(), sf_shim.program, port);
}

/* How many places, from the first on, were ever in use. */
static void raise_used(uint32_t used)
{
    uint32_t seen = atomic_load(&sf_shim.arrivals->used);
    while (seen < used && !atomic_compare_exchange_weak(&sf_shim.arrivals->used, &seen, used))
        ;
}

static bool change(uint32_t place, uint64_t from, uint64_t to)
{
    return atomic_compare_exchange_strong(&sf_shim.arrivals->tickets[place], &from, to);
}

uint64_t sf_arrival_begin(uint16_t port)
{
    uint64_t ticket = new_ticket(port);

    for (uint32_t place = 0; place < SF_ARRIVALS; place++) {
        if (atomic_load_explicit(&sf_shim.arrivals->tickets[place], memory_order_relaxed) == 0 &&
            change(place, 0, ticket)) {
            raise_used(place + 1);
            return ticket;
        }
    }
    atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_DIRECTORY, memory_order_relaxed);
    return 0;
}

void sf_arrival_end(uint64_t ticket)
{
    uint32_t used = atomic_load(&sf_shim.arrivals->used);
    for (uint32_t place = 0; place < used && ticket != 0; place++)
        if (change(place, ticket, 0))
            return;
}

uint32_t sf_arrival_newest(void)
{
    return atomic_load(&sf_shim.arrivals->newest);
}

bool sf_arrival_is_awaited(uint16_t port, uint32_t newest, uint8_t owner)
{
    return sf_arrivals_await(sf_shim.arrivals, port, newest, owner);
}

static bool is_dead(pid_t pid)
{
    int saved_errno = errno;
    bool dead = sf_sandbox_allows(SF_OWN_KILL) && kill(pid, 0) != 0 && errno == ESRCH;
    errno = saved_errno;
    return dead;
}

void sf_arrival_give_up(uint16_t port, uint32_t newest)
{
    sf_arrivals_give_up(sf_shim.arrivals, port, newest, is_dead);
}
