#include "wire/carried.h"

#include "base/memory.h"
#include "wire/udp_sockets.h"
#include "wire/wired.h"

#include <unistd.h>

#define SWEEP_NS UINT64_C(500000000) /* who closed a socket without telling */

static struct sf_carried **bucket_of(struct sf_datagrams *all, uint64_t cookie)
{
    return &all->sockets[cookie % SF_CARRIED_BUCKETS];
}

struct sf_carried *sf_carried_find(struct sf_datagrams *all, uint64_t cookie)
{
    struct sf_carried *socket = *bucket_of(all, cookie);
    while (socket && socket->base.cookie != cookie)
        socket = socket->next;
    return socket;
}

void sf_carried_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void sf_carried_escape(const struct sf_wire *wire, uint32_t program)
{
    if (program < wire->engine.plan->program_count)
        atomic_fetch_or(&wire->session->programs[program].escapes, SF_ESCAPE_DATAGRAM);
}

void sf_carried_end(struct sf_wire *wire, struct sf_carried *socket)
{
    wire->datagrams->carried_in -= socket->giver >= 0;
    sf_watch_end(wire, &socket->taker);
    sf_watch_end(wire, &socket->process);
    sf_carried_close(&socket->giver);
    sf_datagram_queue_free(&socket->ways[SF_WAY_IN]);
    sf_datagram_queue_free(&socket->strangers);
}

static void forget(struct sf_wire *wire, struct sf_carried *socket)
{
    struct sf_carried **at = bucket_of(wire->datagrams, socket->base.cookie);
    if (socket->is_gone)
        return;
    while (*at != socket)
        at = &(*at)->next;
    *at = socket->next;
    sf_carried_end(wire, socket);
    sf_carried_close(&socket->own);
    sf_deadline_set(&wire->datagrams->deadlines, &socket->deadline, SF_NEVER);
    socket->is_gone = true;
    socket->next_gone = wire->datagrams->gone;
    wire->datagrams->gone = socket;
}

/* Places of the records of closed sockets go to others: what was in this bucket is not kept longer. */
static void forget_replaced(struct sf_wire *wire, struct sf_carried *first)
{
    for (struct sf_carried *socket = first, *next; socket; socket = next) {
        next = socket->next;
        if (atomic_load(&socket->base.record->cookie) != socket->base.cookie &&
            !socket->ways[SF_WAY_OUT].first)
            forget(wire, socket);
    }
}

struct sf_carried *sf_carried_make(struct sf_wire *wire, uint64_t cookie, uint64_t record_at,
                                   uint32_t program, pid_t pid)
{
    struct sf_carried *socket = sf_carried_find(wire->datagrams, cookie);
    struct sf_socket *record = sf_wired_record(wire, record_at, cookie);
    if (socket || !record || program >= wire->engine.plan->program_count)
        return socket;
    forget_replaced(wire, *bucket_of(wire->datagrams, cookie));
    socket = sf_memory_new(sizeof *socket);
    socket->base.cookie = cookie;
    socket->base.record = record;
    socket->base.program = program;
    socket->base.pid = pid;
    socket->own = socket->giver = socket->taker.fd = socket->process.fd = -1;
    sf_datagram_rules_begin(wire, &socket->base);
    socket->next = *bucket_of(wire->datagrams, cookie);
    *bucket_of(wire->datagrams, cookie) = socket;
    return socket;
}

static void note_seen(void *context, uint64_t cookie)
{
    struct sf_wire *wire = context;
    struct sf_carried *socket = sf_carried_find(wire->datagrams, cookie);
    if (socket)
        socket->is_seen = true;
}

bool sf_carried_sweep(struct sf_wire *wire)
{
    struct sf_datagrams *all = wire->datagrams;
    for (unsigned i = 0; i < SF_CARRIED_BUCKETS; i++)
        for (struct sf_carried *socket = all->sockets[i]; socket; socket = socket->next)
            socket->is_seen = socket->giver < 0 || socket->own >= 0;
    bool is_told = sf_udp_sockets(note_seen, wire);
    for (unsigned i = 0; is_told && i < SF_CARRIED_BUCKETS; i++)
        for (struct sf_carried *socket = all->sockets[i], *next; socket; socket = next) {
            next = socket->next;
            if (!socket->is_seen)
                forget(wire, socket);
        }
    all->sweep_ns = wire->now_ns + SWEEP_NS;
    return is_told;
}
