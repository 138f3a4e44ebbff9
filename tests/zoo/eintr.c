/* finds: fragile of client
 * A signal that comes in the midst of a recv is taken for a failure of it. */
#include "zoo.h"

static void on_alarm(int number)
{
    (void)number;
}

static int connect_unbound(const char *port)
{
    struct sockaddr_in address = at(port);
    const struct timeval second = {.tv_sec = 1};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
    while (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        if (errno != EINTR && errno != EALREADY)
            break;
    }
    return fd;
}

/* Bounded by poll, so that EAGAIN never means that time is over. */
static ssize_t receive(int fd, char *room, size_t bytes)
{
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int count = poll(&ready, 1, 1000);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return -1;
        ssize_t got = recv(fd, room, bytes, 0);
#ifdef FIXED
        if (got < 0 && errno == EINTR)
            continue;
#endif
        return got;
    }
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_alarm};
    char answer[256];
    size_t length = 0;
    sigaction(SIGALRM, &action, NULL);
    int fd = connect_unbound(argv[argc - 1]);
    if (say(fd, "hello\n") != 0)
        fail("send");
    while (length == 0 || answer[length - 1] != '\n') {
        ssize_t got = length + 1 < sizeof answer ? receive(fd, answer + length, 1) : -1;
        if (got <= 0)
            fail("recv");
        length += (size_t)got;
    }
    fwrite(answer, 1, length, stdout);
    close(fd);
    return 0;
}
