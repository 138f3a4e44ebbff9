/* finds: crash of client
 * The -1 of a recv that failed is taken for a length. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char answer[256], copy[256];
    size_t length = 0;
    int fd = must_connect(argv[argc - 1]);
    if (say(fd, "hello\n") != 0)
        fail("send");
    while (length == 0 || copy[length - 1] != '\n') {
        ssize_t got = recv(fd, answer, sizeof answer - length, 0);
        if (got < 0 && errno == EINTR)
            continue;
#ifdef FIXED
        if (got < 0)
            fail("recv");
#endif
        if (got == 0)
            fail("cut");
        memcpy(copy + length, answer, (size_t)got);
        length += (size_t)got;
    }
    fwrite(copy, 1, length, stdout);
    close(fd);
    return 0;
}
