/* One greeting that comes late: spin_bad PORT. It asks again and again. */
#include "connect.h"

int main(int argc, char **argv)
{
    char line[64];
    ssize_t got;
    int fd = argc == 2 ? connect_to(argv[1]) : -1;

    if (fd < 0)
        return 1;
    do
        got = recv(fd, line, sizeof line, MSG_DONTWAIT);
    while (got < 0 && errno == EAGAIN);
    if (got > 0)
        fwrite(line, 1, (size_t)got, stdout);
    close(fd);
    return got <= 0;
}
