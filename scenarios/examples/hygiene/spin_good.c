/* One greeting that comes late: spin_good PORT. It waits for it in poll. */
#include "connect.h"

int main(int argc, char **argv)
{
    char line[64];
    ssize_t got = -1;
    int fd = argc == 2 ? connect_to(argv[1]) : -1;
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    if (fd < 0)
        return 1;
    if (poll(&wanted, 1, 10000) == 1)
        got = recv(fd, line, sizeof line, MSG_DONTWAIT);
    if (got > 0)
        fwrite(line, 1, (size_t)got, stdout);
    close(fd);
    return got <= 0;
}
