#include "launch/ready.h"

#include "launch/tcp.h"
#include "launch/tree.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

/* The listeners on a port, 0: any, and which of them are the program's; false: none is. */
static bool look(pid_t pid, uint16_t port, struct sf_tcp_list *listeners)
{
    sf_tcp_read(pid, TCP_LISTEN, port, listeners);
    if (listeners->count == 0)
        return false;
    struct sf_pids processes = {0};
    sf_tree_program(pid, &processes);
    bool found = false;
    for (size_t i = 0; i < processes.count; i++)
        found |= sf_tcp_mark(processes.list[i], listeners, NULL);
    sf_pids_free(&processes);
    return found;
}

bool sf_port_listens(pid_t pid, uint16_t port)
{
    struct sf_tcp_list listeners = {0};
    bool found = look(pid, port, &listeners);
    sf_tcp_free(&listeners);
    return found;
}

bool sf_file_exists(const char *folder, const char *path)
{
    char joined[PATH_MAX];
    bool join = folder && *path != '/';
    if (snprintf(joined, sizeof joined, "%s%s%s", join ? folder : "", join ? "/" : "", path) >=
        (int)sizeof joined)
        return false;
    return access(joined, F_OK) == 0;
}

static bool listed(const uint16_t *ports, unsigned count, uint16_t port)
{
    for (unsigned i = 0; i < count; i++)
        if (ports[i] == port)
            return true;
    return false;
}

unsigned sf_ports_listened(pid_t pid, uint16_t *ports, unsigned max)
{
    struct sf_tcp_list listeners = {0};
    unsigned count = 0;
    look(pid, 0, &listeners);
    for (size_t i = 0; i < listeners.count && count < max; i++)
        if (listeners.list[i].held && !listed(ports, count, listeners.list[i].local.port))
            ports[count++] = listeners.list[i].local.port;
    sf_tcp_free(&listeners);
    return count;
}
