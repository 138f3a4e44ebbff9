/* One greeting: read_good PORT. It reads on until the line is whole. */
#include "connect.h"

int main(int argc, char **argv)
{
    char line[64] = "";
    size_t length = 0;
    ssize_t got = 1;
    int fd = argc == 2 ? connect_to(argv[1]) : -1;

    if (fd < 0)
        return 1;
    while (length < sizeof line && !memchr(line, '\n', length) && got > 0) {
        got = recv(fd, line + length, sizeof line - length, 0);
        length += got > 0 ? (size_t)got : 0;
    }
    if (memchr(line, '\n', length))
        fwrite(line, 1, length, stdout);
    close(fd);
    return !memchr(line, '\n', length);
}
