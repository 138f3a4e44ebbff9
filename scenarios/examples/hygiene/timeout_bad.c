/* Wait for a greeting: timeout_bad PORT. It waits for as long as it takes. */
#include "connect.h"

int main(int argc, char **argv)
{
    char line[64];
    int fd = argc == 2 ? connect_to(argv[1]) : -1;

    if (fd < 0)
        return 1;
    ssize_t got = recv(fd, line, 13, MSG_WAITALL);
    if (got > 0)
        fwrite(line, 1, (size_t)got, stdout);
    else
        perror("timeout_bad");
    close(fd);
    return got <= 0;
}
