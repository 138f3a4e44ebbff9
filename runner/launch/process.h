/* What /proc says of one process, and how we look in it. */
#ifndef SF_LAUNCH_PROCESS_H
#define SF_LAUNCH_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct sf_process {
    char state; /* R S D T t Z X …; 0: there is no such process */
    pid_t parent, group;
};

struct sf_process sf_process_look(pid_t pid);

/* Does it map a file whose name ends so? false when it may not be read. */
bool sf_process_maps(pid_t pid, const char *ending);

/* Give this process another name and command line: whoever ends the runner by
 * name (killall, pkill -f) must not end what cleans up behind it. */
void sf_process_rename(const char *name);

#endif
