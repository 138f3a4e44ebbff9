/* Lines over TCP: tcp serve PORT echoes them, tcp ask PORT LINE... prints the echoes. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        data += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static ssize_t receive(int fd, char *data, size_t size)
{
    ssize_t got;

    do
        got = recv(fd, data, size, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

/* One line with its end; -1 where the stream ends before it. */
static int receive_line(int fd, char *line, size_t size)
{
    for (size_t length = 0; length + 1 < size; length++) {
        ssize_t got = receive(fd, line + length, 1);

        if (got == 0)
            errno = EPROTO;
        if (got <= 0)
            return -1;
        if (line[length] == '\n') {
            line[length + 1] = '\0';
            return 0;
        }
    }
    errno = EMSGSIZE;
    return -1;
}

static void echo(int fd)
{
    char data[1024];
    ssize_t got;

    while ((got = receive(fd, data, sizeof data)) > 0)
        if (send_all(fd, data, (size_t)got) != 0)
            break;
    if (got < 0)
        perror("client lost");
    close(fd);
}

static int serve(int fd, const struct sockaddr *address, socklen_t size)
{
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address, size) != 0 || listen(fd, 16) != 0)
        return -1;
    for (;;) {
        int client = accept(fd, NULL, NULL);

        if (client >= 0)
            echo(client);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            usleep(50000); /* until there is one again; without a pause the loop would spin */
        else if (errno != EINTR && errno != ECONNABORTED)
            return -1;
    }
}

static int ask(int fd, const struct sockaddr *address, socklen_t size, char **lines)
{
    char line[1024];

    if (connect(fd, address, size) != 0)
        return -1;
    for (; *lines; lines++) {
        snprintf(line, sizeof line, "%s\n", *lines);
        if (send_all(fd, line, strlen(line)) != 0 || receive_line(fd, line, sizeof line) != 0)
            return -1;
        fputs(line, stdout);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int failed;

    if (argc < 3 || fd < 0)
        return 2;
    address.sin_port = htons((uint16_t)atoi(argv[2]));
    if (strcmp(argv[1], "serve") == 0)
        failed = serve(fd, (struct sockaddr *)&address, sizeof address);
    else
        failed = ask(fd, (struct sockaddr *)&address, sizeof address, argv + 3);
    if (failed)
        perror(argv[1]);
    close(fd);
    return failed != 0;
}
