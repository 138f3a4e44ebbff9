/* finds: service-down of server
 * A connection that was gone before it was accepted ends the server. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char line[256];
    int listener = must_listen(argv[argc - 1]);
    for (;;) {
#ifdef FIXED
        int fd = must_accept(listener);
#else
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            fail("accept");
        bound(fd);
#endif
        while (read_line(fd, line, sizeof line) >= 0 && say(fd, "hello to you\n") == 0)
            ;
        close(fd);
    }
}
