/* Wait for a greeting: timeout_good PORT. It waits for half a second at most. */
#include "connect.h"

int main(int argc, char **argv)
{
    char line[64];
    int fd = argc == 2 ? connect_to(argv[1]) : -1;

    if (fd < 0)
        return 1;
    struct timeval most = {.tv_usec = 500000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    ssize_t got = recv(fd, line, 13, MSG_WAITALL);
    if (got > 0)
        fwrite(line, 1, (size_t)got, stdout);
    else
        perror("timeout_good");
    close(fd);
    return got <= 0;
}
