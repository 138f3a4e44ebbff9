#include "apply/half_close.h"

#include "load/real.h"
#include "load/sandbox.h"

/* Bounded: a peer that sends faster than we throw away must not hold the program. */
#define READS_MAX 32768

static void throw_away(int fd)
{
    char bytes[512]; /* on whatever stack the program is */
    if (!sf_sandbox_permits(SF_OWN_TAKE))
        return;
    for (int reads = 0; reads < READS_MAX; reads++)
        if (sf_real.recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) <= 0)
            return;
}

bool sf_is_half_closed(struct sf_socket *socket)
{
    return atomic_load_explicit(&socket->ended, memory_order_relaxed);
}

void sf_half_close_forget(struct sf_socket *socket)
{
    atomic_store_explicit(&socket->ended, 0, memory_order_relaxed);
}

void sf_half_close(int fd, struct sf_socket *socket)
{
    if (!atomic_exchange_explicit(&socket->ended, 1, memory_order_relaxed))
        sf_real.shutdown(fd, SHUT_RD);
    throw_away(fd);
}
