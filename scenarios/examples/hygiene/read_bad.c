/* One greeting: read_bad PORT. What the first recv brings is taken for the line. */
#include "connect.h"

int main(int argc, char **argv)
{
    char line[64];
    int fd = argc == 2 ? connect_to(argv[1]) : -1;

    if (fd < 0)
        return 1;
    ssize_t got = recv(fd, line, sizeof line, 0);
    if (got > 0)
        fwrite(line, 1, (size_t)got, stdout);
    close(fd);
    return got <= 0;
}
