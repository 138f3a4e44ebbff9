/* Say two words and hear them: errors_good PORT. An error ends the conversation. */
#include "connect.h"

int main(int argc, char **argv)
{
    char word[6];
    int fd = argc == 2 ? connect_to(argv[1]) : -1;
    int status = fd < 0;

    for (int i = 0; i < 2 && status == 0; i++) {
        if (send(fd, "hello\n", 6, MSG_NOSIGNAL) != 6 || recv(fd, word, sizeof word, MSG_WAITALL) != 6)
            status = 1;
        else
            fwrite(word, 1, sizeof word, stdout);
    }
    if (status)
        perror("errors_good");
    if (fd >= 0)
        close(fd);
    return status;
}
