/* finds: leak of client
 * A connection that failed is not closed before the next is made. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char answer[256];
    for (int tries = 0; tries < 3; tries++) {
        int fd = try_connect(argv[argc - 1]);
        if (fd < 0)
            continue;
        if (say(fd, "hello\n") == 0 && read_line(fd, answer, sizeof answer) >= 0) {
            puts(answer);
            close(fd);
            return 0;
        }
#ifdef FIXED
        close(fd);
#endif
    }
    fail("ask");
}
