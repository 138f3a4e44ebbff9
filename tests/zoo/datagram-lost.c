/* finds: hang of client
 * A datagram that is lost never has an answer, which is waited for for ever. */
#include "zoo.h"

int main(int argc, char **argv)
{
    const struct sockaddr_in address = at(argv[argc - 1]);
    const struct timeval moment = {.tv_usec = 200000};
    char answer[256];
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        fail("socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
#ifdef FIXED
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
#else
    (void)moment;
#endif
    for (int tries = 0; tries < 4; tries++) {
        if (send(fd, "hello", 5, 0) < 0 && errno != EINTR && errno != ECONNREFUSED && errno != ENOBUFS)
            fail("send");
        ssize_t got = recv(fd, answer, sizeof answer, 0);
        if (got < 0)
            continue;
        printf("%.*s\n", (int)got, answer);
        close(fd);
        return 0;
    }
    fputs("no answer\n", stderr);
    return 1;
}
