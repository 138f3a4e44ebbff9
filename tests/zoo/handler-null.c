/* finds: crash of server
 * A request that was cut is looked at as if it were whole. */
#include "zoo.h"

static char *read_request(int fd)
{
    static char line[256];
    return read_line(fd, line, sizeof line) < 0 ? NULL : line;
}

int main(int argc, char **argv)
{
    int listener = must_listen(argv[argc - 1]);
    for (;;) {
        int fd = must_accept(listener);
        char *first = read_request(fd);
#ifdef FIXED
        if (!first) {
            close(fd);
            continue;
        }
#endif
        do
            first[0] = 'h';
        while (say(fd, "hello to you\n") == 0 && read_request(fd));
        close(fd);
    }
}
