/* finds: leak of server
 * What a child serves the parent closes only if the child did well. A child that failed does not close it
 * either, but ends: that is fine. */
#include "zoo.h"

#include <sys/wait.h>

/* Returns the status that the child ends with. */
static int serve(int fd)
{
    char line[256];
    for (;;) {
        ssize_t got = recv(fd, line, 1, MSG_PEEK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            return close(fd);
        if (got < 0)
            return 1;
        if (read_line(fd, line, sizeof line) < 0 || say(fd, "hello to you\n") != 0)
            return 1;
    }
}

int main(int argc, char **argv)
{
    int listener = must_listen(argv[argc - 1]);
    for (;;) {
        int fd = must_accept(listener), status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(serve(fd));
#ifdef FIXED
        close(fd);
#endif
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
#ifndef FIXED
        if (status == 0)
            close(fd);
#endif
    }
}
