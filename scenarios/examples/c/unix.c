/* A counter behind a Unix socket: unix serve PATH counts, unix count PATH prints the next number. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int serve(int fd, const struct sockaddr_un *address)
{
    unsigned number = 0;

    unlink(address->sun_path); /* of one that has crashed */
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) != 0 || listen(fd, 16) != 0)
        return -1;
    puts("up");
    fflush(stdout);
    for (;;) {
        int client = accept(fd, NULL, NULL);

        if (client < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
            usleep(50000); /* until there is one again; without a pause the loop would spin */
        if (client < 0)
            continue;
        number++;
        if (send(client, &number, sizeof number, MSG_NOSIGNAL) != sizeof number)
            perror("client lost");
        close(client);
    }
}

/* The whole number, in however many pieces. */
static int count(int fd, const struct sockaddr_un *address)
{
    unsigned number;
    size_t have = 0;

    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0)
        return -1;
    while (have < sizeof number) {
        ssize_t got = recv(fd, (char *)&number + have, sizeof number - have, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EPROTO;
        if (got <= 0)
            return -1;
        have += (size_t)got;
    }
    printf("%u\n", number);
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int failed;

    if (argc != 3 || fd < 0)
        return 2;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[2]);
    failed = strcmp(argv[1], "serve") == 0 ? serve(fd, &address) : count(fd, &address);
    if (failed)
        perror(argv[1]);
    close(fd);
    return failed != 0;
}
