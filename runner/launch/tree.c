#include "launch/tree.h"

#include "base/memory.h"
#include "launch/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sf_pids_add(struct sf_pids *pids, pid_t pid)
{
    if (pids->count == pids->room) {
        pids->room = pids->room ? pids->room * 2 : 64;
        pids->list = realloc(pids->list, pids->room * sizeof *pids->list);
        if (!pids->list)
            sf_out_of_memory();
    }
    pids->list[pids->count++] = pid;
}

void sf_pids_remove(struct sf_pids *pids, pid_t pid)
{
    size_t kept = 0;
    for (size_t i = 0; i < pids->count; i++)
        if (pids->list[i] != pid)
            pids->list[kept++] = pids->list[i];
    pids->count = kept;
}

bool sf_pids_has(const struct sf_pids *pids, pid_t pid)
{
    for (size_t i = 0; i < pids->count; i++)
        if (pids->list[i] == pid)
            return true;
    return false;
}

void sf_pids_free(struct sf_pids *pids)
{
    free(pids->list);
    *pids = (struct sf_pids){0};
}

/* Kernels without CONFIG_PROC_CHILDREN: look at every process. */
static void scan_children(pid_t parent, struct sf_pids *pids)
{
    DIR *proc = opendir("/proc");
    if (!proc)
        return;
    for (struct dirent *entry; (entry = readdir(proc));) {
        pid_t pid = atoi(entry->d_name);
        if (pid > 0 && sf_process_look(pid).parent == parent)
            sf_pids_add(pids, pid);
    }
    closedir(proc);
}

static bool read_children(int tasks, const char *task, struct sf_pids *pids)
{
    char name[300];
    snprintf(name, sizeof name, "%s/children", task);
    int fd = openat(tasks, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno != ENOENT || faccessat(tasks, task, F_OK, 0) != 0; /* the thread ended: no children */
    /* Numbers may be split between two reads. */
    char text[4096];
    long number = 0;
    bool within = false;
    ssize_t got;
    while ((got = read(fd, text, sizeof text)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (text[i] >= '0' && text[i] <= '9') {
                number = number * 10 + (text[i] - '0');
                within = true;
            } else if (within) {
                sf_pids_add(pids, (pid_t)number);
                number = 0;
                within = false;
            }
        }
    }
    close(fd);
    if (within)
        sf_pids_add(pids, (pid_t)number);
    return true;
}

void sf_tree_children(pid_t pid, struct sf_pids *pids)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        return;
    bool supported = true;
    for (struct dirent *entry; supported && (entry = readdir(tasks));)
        if (entry->d_name[0] != '.')
            supported = read_children(dirfd(tasks), entry->d_name, pids);
    closedir(tasks);
    if (!supported)
        scan_children(pid, pids);
}

void sf_tree_descendants(pid_t pid, const struct sf_pids *spared, struct sf_pids *pids)
{
    size_t next = pids->count;
    struct sf_pids children = {0};
    for (;;) {
        children.count = 0;
        sf_tree_children(pid, &children);
        for (size_t i = 0; i < children.count; i++)
            if (!spared || !sf_pids_has(spared, children.list[i]))
                sf_pids_add(pids, children.list[i]);
        if (next == pids->count)
            break;
        pid = pids->list[next++];
    }
    sf_pids_free(&children);
}

void sf_tree_program(pid_t pid, struct sf_pids *pids)
{
    sf_pids_add(pids, pid);
    sf_tree_descendants(pid, NULL, pids);
    struct sf_pids ours = {0};
    sf_tree_children(getpid(), &ours);
    for (size_t i = 0; i < ours.count; i++) {
        if (ours.list[i] == pid || sf_process_look(ours.list[i]).group != pid)
            continue;
        sf_pids_add(pids, ours.list[i]);
        sf_tree_descendants(ours.list[i], NULL, pids);
    }
    sf_pids_free(&ours);
}

size_t sf_tree_kill(const struct sf_pids *spared, pid_t *refused)
{
    struct sf_pids below = {0};
    size_t refusals = 0;
    sf_tree_descendants(getpid(), spared, &below);
    /* Parents first: one that waits for its children to start them anew is gone
     * before it learns of their end. */
    for (size_t i = 0; i < below.count; i++) {
        if (kill(below.list[i], SIGKILL) == 0 || errno == ESRCH)
            continue;
        refusals++;
        *refused = below.list[i];
    }
    sf_pids_free(&below);
    return refusals;
}
