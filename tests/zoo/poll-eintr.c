/* finds: fragile of client
 * A wait that a signal ended is taken for a failure. Where nothing is caught no signal ends one, poll(2). */
#include "zoo.h"

#include <signal.h>

#ifndef UNCAUGHT
static void on_resize(int number)
{
    (void)number;
}
#endif

int main(int argc, char **argv)
{
    char answer[256];
#ifndef UNCAUGHT
    signal(SIGWINCH, on_resize);
#endif
    int fd = must_connect(argv[argc - 1]);
    if (say(fd, "hello\n") != 0)
        fail("send");
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int count = poll(&ready, 1, 1000);
#ifdef FIXED
    while (count < 0 && errno == EINTR)
        count = poll(&ready, 1, 1000);
#endif
    if (count != 1)
        fail("poll");
    if (read_line(fd, answer, sizeof answer) < 0)
        fail("recv");
    puts(answer);
    close(fd);
    return 0;
}
