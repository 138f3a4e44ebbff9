/* finds: spin of client
 * Looks again and again until the whole line has come. The twin reads what it has seen before it waits for
 * more: of what it has seen it may be sure. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char answer[256];
    size_t length = 0;
    const char *end = NULL;
    int fd = must_connect(argv[argc - 1]);
    if (say(fd, "hello\n") != 0)
        fail("send");
    while (!end) {
        ssize_t seen = recv(fd, answer + length, sizeof answer - length, MSG_PEEK);
        if (seen < 0 && errno == EINTR)
            continue;
        if (seen <= 0)
            fail("peek");
        end = memchr(answer + length, '\n', (size_t)seen);
#ifndef FIXED
        if (!end)
            continue;
#endif
        size_t wanted = end ? (size_t)(end - answer) + 1 - length : (size_t)seen;
        if (recv(fd, answer + length, wanted, 0) != (ssize_t)wanted)
            fail("recv");
        length += wanted;
    }
    fwrite(answer, 1, length, stdout);
    close(fd);
    return 0;
}
