#include "engine/arrival.h"

#include "engine/directory.h"

static uint32_t number_of(uint64_t ticket)
{
    return (uint32_t)(ticket >> 44);
}

static pid_t pid_of(uint64_t ticket)
{
    return (pid_t)(ticket >> 22 & SF_ARRIVAL_PIDS);
}

static uint32_t program_of(uint64_t ticket)
{
    return (uint32_t)(ticket >> 16 & 0x3f);
}

static uint16_t port_of(uint64_t ticket)
{
    return (uint16_t)ticket;
}

static bool matters(uint64_t ticket, uint16_t port, uint32_t newest, uint8_t owner)
{
    if (ticket == 0 || (port_of(ticket) != 0 && port_of(ticket) != port))
        return false;
    bool was_taken_since = (newest - number_of(ticket)) % SF_ARRIVAL_NUMBERS >= SF_ARRIVAL_NUMBERS / 2;
    return !was_taken_since && owner != sf_owner_of_program(program_of(ticket));
}

bool sf_arrivals_await(struct sf_arrivals *arrivals, uint16_t port, uint32_t newest, uint8_t owner)
{
    uint32_t used = atomic_load(&arrivals->used);
    for (uint32_t place = 0; place < used; place++)
        if (matters(atomic_load(&arrivals->tickets[place]), port, newest, owner))
            return true;
    return false;
}

void sf_arrivals_give_up(struct sf_arrivals *arrivals, uint16_t port, uint32_t newest,
                         bool (*is_dead)(pid_t pid))
{
    uint32_t used = atomic_load(&arrivals->used);
    for (uint32_t place = 0; place < used; place++) {
        uint64_t ticket = atomic_load(&arrivals->tickets[place]);
        if (matters(ticket, port, newest, SF_OWNER_NONE) &&
            (port_of(ticket) == 0 || (is_dead && is_dead(pid_of(ticket)))))
            atomic_compare_exchange_strong(&arrivals->tickets[place], &ticket, 0);
    }
}
