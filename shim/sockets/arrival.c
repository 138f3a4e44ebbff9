#include "sockets/arrival.h"

#include "load/sandbox.h"
#include "load/shim.h"
#include "log/self.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* A ticket: number (20 bits) | pid (22) | program (6) | port (16); 0: none. The number
 * counts from 1 and turns; pids are what Linux has at the most. */
#define NUMBERS (UINT32_C(1) << 20)

static uint32_t number_of(uint64_t ticket)
{
    return (uint32_t)(ticket >> 44);
}

static pid_t pid_of(uint64_t ticket)
{
    return (pid_t)(ticket >> 22 & 0x3fffff);
}

static uint32_t program_of(uint64_t ticket)
{
    return (uint32_t)(ticket >> 16 & 0x3f);
}

static uint16_t port_of(uint64_t ticket)
{
    return (uint16_t)ticket;
}

static uint64_t new_ticket(uint16_t port)
{
    uint64_t number = (atomic_fetch_add(&sf_shim.arrivals->newest, 1) + 1) % NUMBERS;
    return number << 44 | (uint64_t)(sf_self_pid() & 0x3fffff) << 22 | (uint64_t)sf_shim.program << 16 | port;
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

static bool matters(uint64_t ticket, uint16_t port, uint32_t newest, uint8_t owner)
{
    if (ticket == 0 || (port_of(ticket) != 0 && port_of(ticket) != port))
        return false;
    bool was_taken_since = (newest - number_of(ticket)) % NUMBERS >= NUMBERS / 2;
    return !was_taken_since && owner != sf_owner_of_program(program_of(ticket));
}

bool sf_arrival_is_awaited(uint16_t port, uint32_t newest, uint8_t owner)
{
    uint32_t used = atomic_load(&sf_shim.arrivals->used);
    for (uint32_t place = 0; place < used; place++)
        if (matters(atomic_load(&sf_shim.arrivals->tickets[place]), port, newest, owner))
            return true;
    return false;
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
    uint32_t used = atomic_load(&sf_shim.arrivals->used);
    for (uint32_t place = 0; place < used; place++) {
        uint64_t ticket = atomic_load(&sf_shim.arrivals->tickets[place]);
        if (matters(ticket, port, newest, SF_OWNER_NONE) && (port_of(ticket) == 0 || is_dead(pid_of(ticket))))
            change(place, ticket, 0);
    }
}
