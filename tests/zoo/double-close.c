/* finds: service-down of server
 * A connection that failed is closed twice; the second time the number is another's. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char line[256];
    int listener = must_listen(argv[argc - 1]);
    int failed = -1;
    for (;;) {
        int fd = must_accept(listener);
        if (failed >= 0) {
#ifndef FIXED
            close(failed);
#endif
            failed = -1;
        }
        int got;
        while ((got = read_line(fd, line, sizeof line)) >= 0 && say(fd, "hello to you\n") == 0)
            ;
        if (got < 0 && errno == ECONNRESET)
            failed = fd;
        close(fd);
    }
}
