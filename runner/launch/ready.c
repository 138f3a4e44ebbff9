#include "launch/ready.h"

#include "launch/process.h"
#include "launch/tree.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LISTENERS_MAX = 1024, TCP_STATE_LISTEN = 0x0A, ANY_PORT = 0 };

struct listeners {
    struct listener {
        uint64_t inode;
        uint16_t port;
        bool held; /* by the program */
    } list[LISTENERS_MAX];
    size_t count;
};

/* /proc/PID/net/tcp: the listeners in that process's network namespace. */
static void find_listeners(pid_t pid, const char *table, uint16_t port, struct listeners *listeners)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, table);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file) && listeners->count < LISTENERS_MAX) {
        unsigned local_port, state;
        uint64_t inode;
        /* sl local:port remote:port state tx:rx timer:when retransmits uid timeout inode */
        if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %" SCNu64,
                   &local_port, &state, &inode) == 3 &&
            state == TCP_STATE_LISTEN && (port == ANY_PORT || local_port == port))
            listeners->list[listeners->count++] = (struct listener){inode, (uint16_t)local_port, false};
    }
    fclose(file);
}

/* Mark the listeners that a process holds; false: none. */
static bool mark_held(pid_t pid, struct listeners *listeners)
{
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *fds = opendir(path);
    if (!fds)
        return false;
    bool found = false;
    for (struct dirent *entry; (entry = readdir(fds));) {
        ssize_t length = readlinkat(dirfd(fds), entry->d_name, target, sizeof target - 1);
        uint64_t inode;
        if (length <= 0)
            continue;
        target[length] = '\0';
        if (sscanf(target, "socket:[%" SCNu64, &inode) != 1)
            continue;
        for (size_t i = 0; i < listeners->count; i++)
            if (listeners->list[i].inode == inode)
                found = listeners->list[i].held = true;
    }
    closedir(fds);
    return found;
}

static void list_program(pid_t pid, struct sf_pids *processes)
{
    sf_pids_add(processes, pid);
    sf_tree_descendants(pid, NULL, processes);
    struct sf_pids ours = {0};
    sf_tree_children(getpid(), &ours);
    for (size_t i = 0; i < ours.count; i++) {
        if (ours.list[i] == pid || sf_process_look(ours.list[i]).group != pid)
            continue;
        sf_pids_add(processes, ours.list[i]);
        sf_tree_descendants(ours.list[i], NULL, processes);
    }
    sf_pids_free(&ours);
}

/* Find the listeners on a port and mark those of the program; false: it has none. */
static bool look(pid_t pid, uint16_t port, struct listeners *listeners)
{
    listeners->count = 0;
    find_listeners(pid, "tcp", port, listeners);
    find_listeners(pid, "tcp6", port, listeners);
    if (listeners->count == 0)
        return false;
    struct sf_pids processes = {0};
    list_program(pid, &processes);
    bool found = false;
    for (size_t i = 0; i < processes.count; i++)
        found |= mark_held(processes.list[i], listeners);
    sf_pids_free(&processes);
    return found;
}

bool sf_port_listens(pid_t pid, uint16_t port)
{
    struct listeners listeners;
    return look(pid, port, &listeners);
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
    struct listeners listeners;
    unsigned count = 0;
    look(pid, ANY_PORT, &listeners);
    for (size_t i = 0; i < listeners.count && count < max; i++)
        if (listeners.list[i].held && !listed(ports, count, listeners.list[i].port))
            ports[count++] = listeners.list[i].port;
    return count;
}
