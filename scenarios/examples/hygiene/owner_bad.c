/* One greeting: owner_bad PORT. Two functions think that the socket is theirs to close. */
#include "connect.h"

static void show(int fd)
{
    char line[64];
    ssize_t got;

    while ((got = recv(fd, line, sizeof line, 0)) > 0)
        fwrite(line, 1, (size_t)got, stdout);
    close(fd);
}

int main(int argc, char **argv)
{
    int fd = argc == 2 ? connect_to(argv[1]) : -1;

    if (fd < 0)
        return 1;
    show(fd);
    close(fd); /* by now the number may be another's */
    return 0;
}
