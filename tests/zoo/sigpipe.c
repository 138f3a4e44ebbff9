/* finds: crash of server
 * A client that has gone kills whoever still sends to it. */
#include "zoo.h"

#ifdef FIXED
enum { FLAGS = MSG_NOSIGNAL };
#else
enum { FLAGS = 0 };
#endif

int main(int argc, char **argv)
{
    char line[256];
    int listener = must_listen(argv[argc - 1]);
    for (;;) {
        int fd = must_accept(listener);
        while (read_line(fd, line, sizeof line) >= 0) {
            send(fd, "hello ", 6, FLAGS);
            send(fd, "to ", 3, FLAGS);
            send(fd, "you\n", 4, FLAGS);
        }
        close(fd);
    }
}
