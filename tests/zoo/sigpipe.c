/* finds: crash of server
 * A client that has gone kills whoever still sends to it. */
#include "zoo.h"

#ifdef FIXED
enum { FLAGS = MSG_NOSIGNAL };
#else
enum { FLAGS = 0 };
#endif

static void tell(int fd, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t sent = send(fd, text, left, FLAGS);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return;
        text += sent;
        left -= (size_t)sent;
    }
}

int main(int argc, char **argv)
{
    char line[256];
    int listener = must_listen(argv[argc - 1]);
    for (;;) {
        int fd = must_accept(listener);
        while (read_line(fd, line, sizeof line) >= 0) {
            tell(fd, "hello ");
            tell(fd, "to ");
            tell(fd, "you\n");
        }
        close(fd);
    }
}
