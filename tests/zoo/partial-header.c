/* finds: silent of client, fragile of client
 * Four bytes of length are taken to come in one piece. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char head[5] = "0000", answer[256];
    int fd = must_connect(argv[argc - 1]);
    if (say(fd, "size\n") != 0)
        fail("send");
#ifdef FIXED
    if (read_exactly(fd, head, 4) != 0)
        fail("head");
#else
    if (recv(fd, head, 4, 0) <= 0)
        fail("head");
#endif
    size_t length = (size_t)atoi(head);
    if (length >= sizeof answer || read_exactly(fd, answer, length) != 0)
        fail("body");
    printf("%.*s\n", (int)length, answer);
    close(fd);
    return 0;
}
