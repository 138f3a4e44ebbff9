/* Is a service ready? */
#ifndef SF_LAUNCH_READY_H
#define SF_LAUNCH_READY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Does a process of the program whose first process is `pid` hold a TCP socket
 * in LISTEN on `port`?
 *
 * Looks only into /proc: nothing connects, so the program notices nothing. A
 * listener of anybody else does not count. */
bool sf_port_listens(pid_t pid, uint16_t port);

/* Is there such a file? A relative path is meant from `folder` on; NULL: from ours. */
bool sf_file_exists(const char *folder, const char *path);

/* The ports that the program's processes listen on, each once. Returns their
 * number; what is beyond `max` is left out. */
unsigned sf_ports_listened(pid_t pid, uint16_t *ports, unsigned max);

#endif
