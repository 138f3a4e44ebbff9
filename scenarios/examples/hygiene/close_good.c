/* Three greetings: close_good PORT. One way leads out of each, and it closes. */
#include "connect.h"

static int greet(const char *port)
{
    char line[64];
    ssize_t got;
    int fd = connect_to(port);

    if (fd < 0)
        return -1;
    while ((got = recv(fd, line, sizeof line, 0)) > 0)
        fwrite(line, 1, (size_t)got, stdout);
    close(fd);
    return (int)got;
}

int main(int argc, char **argv)
{
    for (int i = 0; i < 3; i++)
        if (argc != 2 || greet(argv[1]) != 0)
            return 1;
    return 0;
}
