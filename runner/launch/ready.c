#include "launch/ready.h"

#include "launch/process.h"
#include "launch/tree.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INODES_MAX = 64, TCP_STATE_LISTEN = 0x0A };

struct listeners {
    uint64_t inodes[INODES_MAX];
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
    while (fgets(line, sizeof line, file) && listeners->count < INODES_MAX) {
        unsigned local_port, state;
        uint64_t inode;
        /* sl local:port remote:port state tx:rx timer:when retransmits uid timeout inode */
        if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %" SCNu64,
                   &local_port, &state, &inode) == 3 &&
            state == TCP_STATE_LISTEN && local_port == port)
            listeners->inodes[listeners->count++] = inode;
    }
    fclose(file);
}

static bool holds_one(pid_t pid, const struct listeners *listeners)
{
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *fds = opendir(path);
    if (!fds)
        return false;
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(fds));) {
        ssize_t length = readlinkat(dirfd(fds), entry->d_name, target, sizeof target - 1);
        uint64_t inode;
        if (length <= 0)
            continue;
        target[length] = '\0';
        if (sscanf(target, "socket:[%" SCNu64, &inode) != 1)
            continue;
        for (size_t i = 0; i < listeners->count; i++)
            found |= listeners->inodes[i] == inode;
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

bool sf_port_listens(pid_t pid, uint16_t port)
{
    struct listeners listeners = {.count = 0};
    find_listeners(pid, "tcp", port, &listeners);
    find_listeners(pid, "tcp6", port, &listeners);
    if (listeners.count == 0)
        return false;
    struct sf_pids processes = {0};
    list_program(pid, &processes);
    bool found = false;
    for (size_t i = 0; i < processes.count && !found; i++)
        found = holds_one(processes.list[i], &listeners);
    sf_pids_free(&processes);
    return found;
}
