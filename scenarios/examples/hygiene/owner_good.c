/* One greeting: owner_good PORT. Who opened the socket closes it. */
#include "connect.h"

static void show(int fd)
{
    char line[64];
    ssize_t got;

    while ((got = recv(fd, line, sizeof line, 0)) > 0)
        fwrite(line, 1, (size_t)got, stdout);
}

int main(int argc, char **argv)
{
    int fd = argc == 2 ? connect_to(argv[1]) : -1;

    if (fd < 0)
        return 1;
    show(fd);
    close(fd);
    return 0;
}
