/* A process that is hard to end: it forks, and the parent exits, without end,
 * each child in a session of its own. No pid of it lives for long.
 *
 * usage: hopper [COUNT]   as many of them, default 1 */
#include <stdlib.h>
#include <unistd.h>

static void hop(void)
{
    for (;;) {
        pid_t child = fork();
        if (child > 0)
            _exit(0);
        if (child == 0)
            setsid();
    }
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 0; i < count; i++)
        if (fork() == 0)
            hop();
    return 0;
}
