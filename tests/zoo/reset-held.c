/* finds: leak of server
 * A connection is closed when it ends, but not when it fails. */
#include "zoo.h"

#include <stdbool.h>

int main(int argc, char **argv)
{
    char data[256];
    struct pollfd fds[17] = {{.fd = must_listen(argv[argc - 1]), .events = POLLIN}};
    nfds_t count = 1;
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        while (poll(fds, count, -1) < 0)
            if (errno != EINTR)
                fail("poll");
        for (nfds_t i = count; i-- > 1;) {
            if (fds[i].revents == 0)
                continue;
            ssize_t got = recv(fds[i].fd, data, sizeof data, MSG_DONTWAIT);
            bool is_answered = got > 0;
            for (ssize_t at = 0; at < got && is_answered; at++)
                is_answered = data[at] != '\n' || say(fds[i].fd, "hello to you\n") == 0;
            if (is_answered)
                continue;
            if (got < 0 && (errno == EINTR || errno == EAGAIN))
                continue;
#ifdef FIXED
            got = 0;
#endif
            if (got == 0)
                close(fds[i].fd);
            fds[i] = fds[--count];
        }
        if (fds[0].revents && count < 17)
            fds[count++] = (struct pollfd){.fd = must_accept(fds[0].fd), .events = POLLIN};
    }
}
