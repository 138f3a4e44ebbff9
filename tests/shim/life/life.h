/* Lives of descriptors: life CASE. Each case opens connections, does to their descriptors
 * what it is named for, and reads: what is written at one end, BYTES of it, or less.
 *
 * A case prints a line a read, "NAME BYTES". A NAME that begins with `meant` is of the
 * second connection, counted at the client's end; all others are of other sockets, files and
 * pipes. Natively each line says 10; under
 *
 *   call: recv, role: client, connection: 2, partial: 1
 *
 * `meant` lines say 1, and all others say 10. */
#ifndef LIFE_H
#define LIFE_H

#include <stdbool.h>
#include <sys/types.h>

enum { BYTES = 10, CONNECTIONS = 3 };

/* The clients' ends, in order, and the servers'. near[1] is the one that is meant. */
extern int near[CONNECTIONS], far[CONNECTIONS];
#define MEANT near[1]

/* End the process: what must hold for a test to mean anything does not. */
void must(bool holds, const char *what);

void connect_pair(int *client, int *server);

/* Open all three. */
void connect_all(void);

/* Have BYTES bytes wait at near[i], and nothing else. */
void refill(int i);

/* Read from `fd`, and say what came. */
void say(const char *name, int fd);

/* The same of near[i], of which `fd` is another number. */
void say_refilled(const char *name, int i, int fd);

/* A file and a pipe in the lowest free numbers, read from and closed; `number` says which
 * number one of them must have. */
void say_reused(const char *name, int number);

/* Wait for the child, which must end with 0. */
void await(pid_t child);

/* Execute this program again: `life child FD NAME`, which reads from FD. */
char **child_arguments(int fd, const char *name);
extern char self[4096];

double now(void);

/* The cases, by the file that holds them. */
void case_copies(void);
void case_passed(void);
void case_ranges(void);
void case_streams(void);
void case_spawned(void);
void case_executed(void);
void case_detached(void);
void case_vforked(void);
void case_forks(void);
void case_closers(void);
void case_storm(void);
void case_cancelled(void);
void case_small_stack(void);
void case_many(void);
void case_shutters(void);
void case_tangle(void);
void case_stale(void);
void case_crowd_of_streams(void);
void case_crowd_around(void);
void case_crowd_of_generations(void);
void crowd_of_generations(int left);
void case_from_others(void);

#endif
