/* Words over UDP: udp serve PORT echoes them, udp ask PORT WORD... asks again where no answer comes. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int serve(int fd, const struct sockaddr *address, socklen_t size)
{
    if (bind(fd, address, size) != 0)
        return -1;
    puts("up");
    fflush(stdout);
    for (;;) {
        struct sockaddr_storage client;
        socklen_t client_size = sizeof client;
        char word[1024];
        ssize_t got = recvfrom(fd, word, sizeof word, 0, (struct sockaddr *)&client, &client_size);

        /* What goes wrong with one datagram says nothing of the next. */
        if (got >= 0)
            sendto(fd, word, (size_t)got, 0, (struct sockaddr *)&client, client_size);
    }
}

/* The echo of the word; others, late or broken ones, are passed over. */
static int ask_once(int fd, const char *word)
{
    char answer[1024];
    ssize_t got;

    if (send(fd, word, strlen(word), 0) < 0)
        return -1;
    while ((got = recv(fd, answer, sizeof answer, 0)) >= 0)
        if ((size_t)got == strlen(word) && memcmp(answer, word, (size_t)got) == 0)
            return 0;
    return -1;
}

static int ask(int fd, const struct sockaddr *address, socklen_t size, char **words)
{
    struct timeval patience = {.tv_usec = 200000};
    int tries, failed = 0;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, address, size) != 0)
        return -1;
    for (; *words; words++) {
        for (tries = 1; (failed = ask_once(fd, *words)) != 0 && tries < 10; tries++)
            fprintf(stderr, "%s: %s, once more\n", *words, strerror(errno));
        if (failed)
            break;
        puts(*words);
    }
    return failed;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
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
