/* Three greetings: close_bad PORT. Each leaves its socket behind. */
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
    return (int)got; /* fd is forgotten */
}

int main(int argc, char **argv)
{
    for (int i = 0; i < 3; i++)
        if (argc != 2 || greet(argv[1]) != 0)
            return 1;
    return 0;
}
