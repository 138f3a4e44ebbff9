/* Bytes that nobody looks at go from one TCP socket to another by their pages, through a pipe: without
 * being copied. Source: splice(2). */
#ifndef SF_WIRE_SPLICE_H
#define SF_WIRE_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sf_splice {
    int in, out; /* of the pipe, which is empty between two uses; -1: it cannot be done */
    size_t room;
};

/* in -1: there is no pipe to be had. */
struct sf_splice sf_splice_new(void);

/* Both ends of a connection, once before they are used: a splice does not wait for a socket that does
 * not wait itself. */
void sf_splice_prepare(int fd);

/* As recv and send that do not wait; taking stops before an urgent byte, and where there is nothing
 * else it gives 0 or EAGAIN. */
ssize_t sf_splice_take(const struct sf_splice *pipe, int from, size_t room);
ssize_t sf_splice_give(const struct sf_splice *pipe, int to, size_t bytes);

/* What was not given, `bytes` at most. */
ssize_t sf_splice_rest(const struct sf_splice *pipe, char *to, size_t bytes);

#endif
