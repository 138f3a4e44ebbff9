/* Hand in 1000 bytes: send_bad PORT. How many send has taken is not looked at. */
#include "connect.h"

int main(int argc, char **argv)
{
    char data[1000], answer[64];
    int fd = argc == 2 ? connect_to(argv[1]) : -1;

    if (fd < 0)
        return 1;
    memset(data, 'x', sizeof data);
    if (send(fd, data, sizeof data, MSG_NOSIGNAL) < 0)
        perror("send");
    shutdown(fd, SHUT_WR);
    ssize_t got = recv(fd, answer, sizeof answer, MSG_WAITALL);
    if (got > 0)
        fwrite(answer, 1, (size_t)got, stdout);
    close(fd);
    return got <= 0;
}
