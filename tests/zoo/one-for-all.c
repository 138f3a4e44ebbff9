/* finds: service-down of server
 * What goes wrong with one client ends the service of all. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char byte, line[256];
    int listener = must_listen(argv[argc - 1]);
    for (;;) {
        int fd = must_accept(listener);
        size_t length = 0;
        for (;;) {
            ssize_t got = recv(fd, &byte, 1, 0);
            if (got < 0 && errno == EINTR)
                continue;
#ifndef FIXED
            if (got < 0)
                fail("recv");
#endif
            if (got <= 0)
                break;
            line[length++ % sizeof line] = byte;
            if (byte == '\n' && say(fd, "hello to you\n") != 0)
                break;
        }
        close(fd);
    }
}
