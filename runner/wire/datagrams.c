#include "wire/carried.h"

#include "base/memory.h"
#include "engine/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

int sf_datagrams_open(const struct sf_session *session)
{
    struct sockaddr_un name;
    socklen_t bytes = sf_wire_name(&name, SF_WIRE_DATAGRAMS_PREFIX, session->id);
    int yes = 1, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == 0 &&
        bind(fd, (struct sockaddr *)&name, bytes) == 0)
        return fd;
    int error = errno;
    sf_carried_close(&fd);
    errno = error;
    return -1;
}

bool sf_datagrams_begin(struct sf_wire *wire, int socket)
{
    static struct sf_directory directory;
    const struct sf_session *session = wire->session->session;
    directory =
        (struct sf_directory){(void *)((char *)session + session->directory_at), session->directory_count};
    wire->engine.directory = &directory;
    wire->datagrams = sf_memory_new(sizeof *wire->datagrams);
    wire->datagrams->watch = (struct sf_watch){sf_datagrams_out_ready, socket};
    return socket < 0 || sf_watch_begin(wire, &wire->datagrams->watch);
}

static struct sf_carried *carried_of(struct sf_deadline *deadline)
{
    return (struct sf_carried *)((char *)deadline - offsetof(struct sf_carried, deadline));
}

static void free_the_gone(struct sf_datagrams *all)
{
    while (all->gone) {
        struct sf_carried *socket = all->gone;
        all->gone = socket->next_gone;
        sf_datagram_queue_free(&socket->ways[SF_WAY_OUT]);
        sf_datagram_rules_free(&socket->base);
        free(socket);
    }
}

void sf_datagrams_do(struct sf_wire *wire)
{
    struct sf_datagrams *all = wire->datagrams;
    struct sf_deadline *first;

    while ((first = sf_deadlines_first(&all->deadlines)) && first->at_ns <= wire->now_ns) {
        sf_deadline_set(&all->deadlines, first, SF_NEVER);
        sf_carried_pump(wire, carried_of(first));
    }
    if (all->carried_in && all->sweep_ns <= wire->now_ns)
        sf_carried_sweep(wire);
    free_the_gone(all);
}

uint64_t sf_datagrams_when(const struct sf_wire *wire)
{
    const struct sf_deadline *first = sf_deadlines_first(&wire->datagrams->deadlines);
    uint64_t at_ns = first ? first->at_ns : SF_NEVER;
    return wire->datagrams->carried_in && wire->datagrams->sweep_ns < at_ns ? wire->datagrams->sweep_ns
                                                                            : at_ns;
}

bool sf_datagrams_are_under_way(const struct sf_wire *wire)
{
    return wire->datagrams->out_count != 0;
}
