/* The processes below us, by /proc. */
#ifndef SF_LAUNCH_TREE_H
#define SF_LAUNCH_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sf_pids {
    pid_t *list;
    size_t count, room;
};

void sf_pids_add(struct sf_pids *pids, pid_t pid);
void sf_pids_remove(struct sf_pids *pids, pid_t pid);
bool sf_pids_has(const struct sf_pids *pids, pid_t pid);
void sf_pids_free(struct sf_pids *pids);

/* The children of `pid`, of all its threads, zombies included, added to `pids`.
 * A process that forks or ends meanwhile may be missed. */
void sf_tree_children(pid_t pid, struct sf_pids *pids);

/* All that descends from `pid`, added to `pids`, parents before their children.
 * `spared` (NULL: none) and what is below them are left out. */
void sf_tree_descendants(pid_t pid, const struct sf_pids *spared, struct sf_pids *pids);

/* The processes of the program whose first process is `pid`, added to `pids`: it, what
 * descends from it, and our own children (orphans come to us) in its process group. */
void sf_tree_program(pid_t pid, struct sf_pids *pids);

/* SIGKILL to all that descends from us but the spared. One pass: what is forked
 * meanwhile is found by the next, so call it until no child is left. Returns
 * how many processes could not be signalled; the last of them in `refused`. */
size_t sf_tree_kill(const struct sf_pids *spared, pid_t *refused);

#endif
