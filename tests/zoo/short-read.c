/* finds: silent of client
 * What one recv brings is taken for the whole answer. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char answer[256];
    int fd = must_connect(argv[argc - 1]);
    if (say(fd, "long\n") != 0)
        fail("send");
#ifdef FIXED
    if (read_line(fd, answer, sizeof answer) < 0)
        fail("recv");
#else
    ssize_t got = recv(fd, answer, sizeof answer - 1, 0);
    if (got <= 0)
        fail("recv");
    answer[got] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
#endif
    puts(answer);
    close(fd);
    return 0;
}
