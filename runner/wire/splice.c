#include "wire/splice.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };

struct sf_splice sf_splice_new(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return (struct sf_splice){-1, -1, 0};
    int room = fcntl(ends[1], F_SETPIPE_SZ, ROOM);
    if (room < 0)
        room = fcntl(ends[1], F_GETPIPE_SZ);
    return (struct sf_splice){ends[1], ends[0], room > 0 ? (size_t)room : 0};
}

/* Some kernels, 6.5 among them, wait for room whatever the socket's flags say: for as short a time as
 * can be. */
void sf_splice_prepare(int fd)
{
    const struct timeval shortest = {.tv_usec = 1};
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && !(flags & O_NONBLOCK))
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &shortest, sizeof shortest);
}

ssize_t sf_splice_take(const struct sf_splice *pipe, int from, size_t room)
{
    return splice(from, NULL, pipe->in, NULL, room < pipe->room ? room : pipe->room, SPLICE_F_NONBLOCK);
}

ssize_t sf_splice_give(const struct sf_splice *pipe, int to, size_t bytes)
{
    return splice(pipe->out, NULL, to, NULL, bytes, SPLICE_F_NONBLOCK);
}

ssize_t sf_splice_rest(const struct sf_splice *pipe, char *to, size_t bytes)
{
    return read(pipe->out, to, bytes);
}
