/* Ask for a card and show it: size_good PORT. There is room for any datagram. */
#include "connect.h"

#define ROOM 65536

int main(int argc, char **argv)
{
    struct sockaddr_in address = address_of(argc == 2 ? argv[1] : "0");
    struct timeval most = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    char card[ROOM];

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    if (send(fd, "card", 4, 0) != 4)
        return 1;
    ssize_t got = recv(fd, card, sizeof card, 0);
    printf("%zd bytes\n", got);
    close(fd);
    return got <= 0;
}
