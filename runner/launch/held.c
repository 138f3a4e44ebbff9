#include "launch/held.h"

#include "base/memory.h"
#include "launch/over.h"
#include "launch/process.h"
#include "launch/tree.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The network namespace of a process; 0: it has gone, or may not be looked at. */
static ino_t namespace_of(pid_t pid)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

static bool has(const ino_t *list, size_t count, ino_t one)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == one)
            return true;
    return false;
}

/* What there is in any of the processes' namespaces, whoever holds it. */
static void read_namespaces(const struct sf_pids *processes, struct sf_tcp_list *sockets)
{
    ino_t *seen = sf_memory_new((processes->count + 1) * sizeof *seen);
    for (size_t i = 0; i < processes->count; i++) {
        seen[i] = namespace_of(processes->list[i]);
        if (!has(seen, i, seen[i]))
            sf_tcp_read(processes->list[i], 0, 0, sockets);
    }
    free(seen);
}

/* A process that has ended has no descriptors left, and may refuse to show them. */
static bool has_ended(pid_t pid)
{
    char state = sf_process_look(pid).state;
    return state == 0 || state == 'Z' || state == 'X';
}

static void mark(struct sf_held *held, const struct sf_pids *processes, struct sf_tcp_list *sockets)
{
    struct sf_tcp_list closed = {0};
    for (size_t i = 0; i < processes->count; i++) {
        sf_tcp_mark(processes->list[i], sockets, &closed);
        if ((errno == EACCES || errno == EPERM) && !has_ended(processes->list[i]))
            held->hidden = processes->list[i];
    }
    sf_tcp_add(sockets, &closed);
    sf_tcp_free(&closed);
}

/* One in TCP_CLOSE may be none yet, or no longer: that is looked at last, and once. */
static bool may_be_over(const struct sf_tcp *socket)
{
    return socket->state == TCP_CLOSE_WAIT || socket->state == TCP_CLOSE;
}

/* Of the sockets, which are in order, keep those that are suspect still, or now at the
 * first look. What a hidden process may hold is suspect as well. */
static void sift(struct sf_held *held, struct sf_tcp_list *sockets)
{
    const struct sf_tcp_list *suspects = &held->suspects;
    size_t kept = 0, before = 0;
    for (size_t i = 0; i < sockets->count; i++) {
        const struct sf_tcp *socket = &sockets->list[i];
        while (before < suspects->count && suspects->list[before].inode < socket->inode)
            before++;
        bool was_suspect =
            !held->looked || (before < suspects->count && suspects->list[before].inode == socket->inode);
        if (was_suspect && may_be_over(socket) && (socket->held || held->hidden))
            sockets->list[kept++] = *socket;
    }
    sockets->count = kept;
}

bool sf_held_look(struct sf_held *held, pid_t pid)
{
    struct sf_pids processes = {0};
    struct sf_tcp_list sockets = {0};
    if (held->looked && held->suspects.count == 0)
        return false;
    sf_tree_program(pid, &processes);
    read_namespaces(&processes, &sockets);
    mark(held, &processes, &sockets);
    sift(held, &sockets);
    sf_pids_free(&processes);
    sf_tcp_free(&held->suspects);
    held->suspects = sockets;
    held->looked = true;
    return sockets.count > 0;
}

void sf_held_settle(struct sf_held *held, struct sf_exit *exit)
{
    struct sf_leaks *leaks = &exit->held;
    exit->held_counted = true;
    for (size_t i = 0; i < held->suspects.count; i++) {
        struct sf_tcp *socket = &held->suspects.list[i];
        if (!socket->held) {
            exit->held_hidden = held->hidden;
            exit->held_error = 0;
            continue;
        }
        enum sf_over over = socket->state == TCP_CLOSE ? sf_over_look(socket) : SF_OVER_IS;
        if (over == SF_OVER_UNKNOWN) {
            exit->held_error = errno;
            exit->held_hidden = socket->pid;
        }
        if (over != SF_OVER_IS)
            continue;
        uint32_t place = leaks->count++;
        if (place >= SF_LEAKS_NAMED)
            continue;
        leaks->list[place] = (struct sf_leak){socket->local, socket->peer, (uint32_t)socket->state};
        leaks->named |= 1u << place;
    }
    sf_tcp_free(&held->suspects);
}
