/* The tickets of arrivals, as whoever looks an address up reads them; sockets/arrival.h. Pure but for what is
 * given up; any number of threads and processes may share them. */
#ifndef SF_ENGINE_ARRIVAL_H
#define SF_ENGINE_ARRIVAL_H

#include "abi/session.h"

#include <stdbool.h>
#include <sys/types.h>

/* A ticket: number (20 bits) | pid (22) | program (6) | port (16); 0: none. The number
 * counts from 1 and turns; pids are what Linux has at the most. */
#define SF_ARRIVAL_NUMBERS (UINT32_C(1) << 20)
#define SF_ARRIVAL_PIDS UINT32_C(0x3fffff)

static inline uint64_t sf_arrival_ticket(uint32_t number, pid_t pid, uint32_t program, uint16_t port)
{
    return (uint64_t)(number % SF_ARRIVAL_NUMBERS) << 44 | (uint64_t)((uint32_t)pid & SF_ARRIVAL_PIDS) << 22 |
           (uint64_t)program << 16 | port;
}

/* Does one of the tickets up to `newest` stand in the way of an answer? One of a
 * connect matters to those on whose port it leads alone. An address that has an owner
 * may only change hands: that program's own do not matter then. */
bool sf_arrivals_await(struct sf_arrivals *arrivals, uint16_t port, uint32_t newest, uint8_t owner);

/* Those were waited for in vain: take away what should long be over, and that of processes which is_dead says
 * are; NULL: it is not asked. */
void sf_arrivals_give_up(struct sf_arrivals *arrivals, uint16_t port, uint32_t newest,
                         bool (*is_dead)(pid_t pid));

#endif
