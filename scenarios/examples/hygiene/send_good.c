/* Hand in 1000 bytes: send_good PORT. It sends on until all is sent. */
#include "connect.h"

static int send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);

        if (sent < 0)
            return -1;
        data += sent;
        length -= (size_t)sent;
    }
    return 0;
}

int main(int argc, char **argv)
{
    char data[1000], answer[64];
    int fd = argc == 2 ? connect_to(argv[1]) : -1;
    ssize_t got = -1;

    if (fd < 0)
        return 1;
    memset(data, 'x', sizeof data);
    if (send_all(fd, data, sizeof data) == 0 && shutdown(fd, SHUT_WR) == 0)
        got = recv(fd, answer, sizeof answer, MSG_WAITALL);
    if (got > 0)
        fwrite(answer, 1, (size_t)got, stdout);
    close(fd);
    return got <= 0;
}
