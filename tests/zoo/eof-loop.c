/* finds: spin of client
 * The end of the connection is no error, and so is read again for ever. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char answer[256];
    size_t length = 0;
    int fd = must_connect(argv[argc - 1]);
    if (say(fd, "hello\n") != 0)
        fail("send");
    while (length == 0 || answer[length - 1] != '\n') {
        ssize_t got = recv(fd, answer + length, sizeof answer - length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            fail("recv");
#ifdef FIXED
        if (got == 0) {
            fputs("the answer is cut\n", stderr);
            return 1;
        }
#endif
        length += (size_t)got;
    }
    fwrite(answer, 1, length, stdout);
    close(fd);
    return 0;
}
