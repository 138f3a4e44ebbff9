/* Say two words and hear them: errors_bad PORT. What recv returns is not looked at. */
#include "connect.h"

int main(int argc, char **argv)
{
    char word[6] = "none\n";
    int fd = argc == 2 ? connect_to(argv[1]) : -1;

    if (fd < 0)
        return 1;
    for (int i = 0; i < 2; i++) {
        send(fd, "hello\n", 6, MSG_NOSIGNAL);
        recv(fd, word, sizeof word, MSG_WAITALL);
        fwrite(word, 1, sizeof word, stdout);
    }
    close(fd);
    return 0;
}
