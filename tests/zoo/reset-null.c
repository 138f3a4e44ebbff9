/* finds: crash of client
 * An answer that did not come is NULL, and is looked at. */
#include "zoo.h"

static char *ask(int fd)
{
    static char answer[256];
    if (say(fd, "hello\n") != 0 || read_line(fd, answer, sizeof answer) < 0)
        return NULL;
    return answer;
}

int main(int argc, char **argv)
{
    int fd = must_connect(argv[argc - 1]);
    char *answer = ask(fd);
#ifdef FIXED
    if (!answer)
        fail("ask");
#endif
    printf("%c%s\n", *answer, answer + 1);
    close(fd);
    return 0;
}
