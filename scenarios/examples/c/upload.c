/* Send standard input to a port of this machine: upload PORT < FILE. What write took is not looked at. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    static char data[65536];
    size_t length;

    if (argc != 2 || fd < 0)
        return 2;
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        return 1;
    }
    while ((length = fread(data, 1, sizeof data, stdin)) > 0) {
        if (write(fd, data, length) < 0) {
            perror("write");
            return 1;
        }
    }
    close(fd);
    puts("sent");
    return 0;
}
