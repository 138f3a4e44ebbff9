/* A client with a bug that its author's machine never shows.
 *
 *   naive_redis PORT KEY
 *
 * It prints the value of a key, and takes what one recv returns for the whole
 * reply. On loopback the reply of redis arrives in one piece, always. */
#include "programs/address.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in redis = {.sin_family = AF_INET};
    char command[256], reply[4096];

    if (argc != 3)
        return 2;
    redis.sin_port = htons((uint16_t)atoi(argv[1]));
    redis.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&redis, sizeof redis) != 0) {
        perror("connect");
        return 1;
    }
    int length = snprintf(command, sizeof command, "GET %s\r\n", argv[2]);
    if (send(fd, command, (size_t)length, 0) != length)
        return 1;

    ssize_t got = recv(fd, reply, sizeof reply - 1, 0); /* the bug */
    reply[got > 0 ? got : 0] = '\0';

    /* "$5\r\nhello\r\n": the value stands between the two line ends. */
    char *value = strchr(reply, '\n');
    if (reply[0] != '$' || value == NULL) {
        fprintf(stderr, "naive_redis: bad reply '%s'\n", reply);
        return 1;
    }
    value[1 + strcspn(value + 1, "\r")] = '\0';
    puts(value + 1);
    close(fd);
    return 0;
}
