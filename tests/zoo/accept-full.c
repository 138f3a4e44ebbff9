/* finds: service-down of server
 * A table of descriptors that is full for a moment ends the server. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char line[256];
    int listener = must_listen(argv[argc - 1]);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED || errno == EAGAIN || errno == EPROTO))
            continue;
#ifdef FIXED
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
            usleep(10000);
            continue;
        }
#endif
        if (fd < 0)
            fail("accept");
        bound(fd);
        while (read_line(fd, line, sizeof line) >= 0 && say(fd, "hello to you\n") == 0)
            ;
        close(fd);
    }
}
