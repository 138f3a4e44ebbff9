/* finds: fragile of client
 * What a send did not take is never sent. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char answer[256];
    int fd = must_connect(argv[argc - 1]);
#ifdef FIXED
    if (say(fd, "hello\n") != 0)
        fail("send");
#else
    if (send(fd, "hello\n", 6, MSG_NOSIGNAL) < 0)
        fail("send");
#endif
    if (read_line(fd, answer, sizeof answer) < 0)
        fail("recv");
    puts(answer);
    close(fd);
    return 0;
}
