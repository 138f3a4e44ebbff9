/* Arrivals: calls under way that give a socket its address.
 *
 * The other end may meet the address before it stands in the directory, and may find
 * there who had it last. So the caller takes a ticket before the call and gives it
 * back once the address is entered, and whoever looks an address up first sees
 * whether it waits for one. All are async-signal-safe and keep errno. */
#ifndef SF_SOCKETS_ARRIVAL_H
#define SF_SOCKETS_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

/* Take a ticket. port: to which a TCP socket connects, which may take long; 0: the
 * call does not wait. 0 when there is none left. */
uint64_t sf_arrival_begin(uint16_t port);
void sf_arrival_end(uint64_t ticket);

/* The number of the ticket that was taken last, whatever became of it. */
uint32_t sf_arrival_newest(void);

/* Does one of the tickets up to `newest` stand in the way of an answer? One of a
 * connect matters to those on whose port it leads alone. An address that has an owner
 * may only change hands: that program's own do not matter then. */
bool sf_arrival_is_awaited(uint16_t port, uint32_t newest, uint8_t owner);

/* Those were waited for in vain: take away what does not come back, since its process
 * is dead or it should long be over. */
void sf_arrival_give_up(uint16_t port, uint32_t newest);

#endif
