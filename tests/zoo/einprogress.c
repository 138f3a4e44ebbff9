/* finds: silent of client
 * A connect that did not wait is taken to have succeeded once the socket is ready. */
#include "zoo.h"

int main(int argc, char **argv)
{
    struct sockaddr_in address = at(argv[argc - 1]);
    char answer[256] = "";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        fail("socket");
    bound(fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
        fail("connect");
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int count;
    while ((count = poll(&ready, 1, 1000)) < 0 && errno == EINTR)
        ;
    if (count != 1)
        fail("poll");
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
#ifdef FIXED
    int error = 0;
    socklen_t room = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &room);
    errno = error;
    if (error || say(fd, "hello\n") != 0 || read_line(fd, answer, sizeof answer) < 0)
        fail("ask");
#else
    say(fd, "hello\n");
    read_line(fd, answer, sizeof answer);
#endif
    puts(answer);
    close(fd);
    return 0;
}
