/* finds: spin of server
 * Who asks too fast has to wait, and is not read from meanwhile: but that the connection is gone poll tells
 * unasked, and at once each time. */
#include "zoo.h"

#include <time.h>

static int left_ms(const struct timespec *until)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int)((until->tv_sec - now.tv_sec) * 1000 + (until->tv_nsec - now.tv_nsec) / 1000000);
}

static void let_wait(int fd)
{
    struct pollfd nothing = {.fd = fd};
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 200000000;
#ifdef FIXED
    nothing.fd = -1;
#endif
    while (left_ms(&until) > 0)
        poll(&nothing, 1, left_ms(&until));
}

int main(int argc, char **argv)
{
    char line[256];
    int listener = must_listen(argv[argc - 1]);
    for (;;) {
        int fd = must_accept(listener);
        while (read_line(fd, line, sizeof line) >= 0 && say(fd, "hello to you\n") == 0)
            let_wait(fd);
        close(fd);
    }
}
