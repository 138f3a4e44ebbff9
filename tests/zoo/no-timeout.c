/* finds: hang of client
 * A peer that has fallen silent is waited for for ever. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char answer[256];
    int fd = must_connect(argv[argc - 1]);
#ifndef FIXED
    const struct timeval for_ever = {0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
#endif
    if (say(fd, "hello\n") != 0 || read_line(fd, answer, sizeof answer) < 0)
        fail("ask");
    puts(answer);
    close(fd);
    return 0;
}
