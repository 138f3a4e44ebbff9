/* finds: spin of client
 * A socket that does not wait is asked again and again. */
#include "zoo.h"

int main(int argc, char **argv)
{
    char answer[256];
    size_t length = 0;
    int fd = must_connect(argv[argc - 1]);
    if (say(fd, "hello\n") != 0)
        fail("send");
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    while (length == 0 || answer[length - 1] != '\n') {
        ssize_t got = recv(fd, answer + length, sizeof answer - length, 0);
        if (got > 0) {
            length += (size_t)got;
        } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
#ifdef FIXED
            struct pollfd ready = {.fd = fd, .events = POLLIN};
            int count = poll(&ready, 1, 1000);
            if (count == 0 || (count < 0 && errno != EINTR))
                fail("poll");
#endif
        } else {
            fail("recv");
        }
    }
    fwrite(answer, 1, length, stdout);
    close(fd);
    return 0;
}
