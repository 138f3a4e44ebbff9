/* The environment that leads a child to the session. No allocation, no lock:
 * callers are vfork children among others. */
#ifndef SF_LOAD_ENVIRONMENT_H
#define SF_LOAD_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

/* How a child's environment has to change. */
struct sf_mending {
    bool is_ours; /* the child will (or is to) join our session, not another one's */
    size_t vars;  /* entries of the environment as it is */
    size_t bytes; /* room that sf_environment_mend needs; 0: it is whole, use it as it is */
};

struct sf_mending sf_environment_inspect(char *const *environment);

/* Write the mended environment into `room` (mending->bytes bytes, aligned to 8);
 * it refers to the old one's strings. */
char *const *sf_environment_mend(const struct sf_mending *mending, char *const *environment, void *room);

#endif
