/* finds: silent of client
 * What came before the connection broke is taken for all. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char answer[256];
    size_t length = 0;
    int fd = must_connect(argv[argc - 1]);
    if (say(fd, "bye\n") != 0)
        fail("send");
    for (;;) {
        ssize_t got = recv(fd, answer + length, sizeof answer - 1 - length, 0);
        if (got < 0 && errno == EINTR)
            continue;
#ifdef FIXED
        if (got < 0)
            fail("recv");
#endif
        if (got <= 0)
            break;
        length += (size_t)got;
    }
#ifdef FIXED
    if (length == 0 || answer[length - 1] != '\n') {
        fputs("the answer is cut\n", stderr);
        return 1;
    }
#endif
    fwrite(answer, 1, length, stdout);
    close(fd);
    return 0;
}
