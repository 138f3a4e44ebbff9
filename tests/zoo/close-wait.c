/* finds: leak of server
 * A connection that ended in the midst of a request is never closed. */
#include "zoo.h"

/* Returns 0 between requests, -1 in the midst of one. */
static int serve(int fd)
{
    char line[256];
    for (;;) {
        if (read_exactly(fd, line, 1) != 0)
            return 0;
        if (line[0] != '\n' && read_line(fd, line + 1, sizeof line - 1) < 0)
            return -1;
        if (say(fd, "hello to you\n") != 0)
            return 0;
    }
}

int main(int argc, char **argv)
{
    int listener = must_listen(argv[argc - 1]);
    for (;;) {
        int fd = must_accept(listener);
        int status = serve(fd);
#ifdef FIXED
        status = 0;
#endif
        if (status == 0)
            close(fd);
    }
}
