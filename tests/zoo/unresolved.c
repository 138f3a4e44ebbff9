/* finds: crash of client
 * A name that was not found has no address, which is used all the same. */
#include "zoo.h"

int main(int argc, char **argv)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char answer[256];
    int error = getaddrinfo("localhost", argv[argc - 1], &hints, &found);
#ifdef FIXED
    if (error) {
        fprintf(stderr, "localhost: %s\n", gai_strerror(error));
        return 1;
    }
#else
    (void)error;
#endif
    int fd = socket(found->ai_family, found->ai_socktype, 0);
    if (fd < 0)
        fail("socket");
    bound(fd);
    if (connect(fd, found->ai_addr, found->ai_addrlen) != 0)
        fail("connect");
    if (say(fd, "hello\n") != 0 || read_line(fd, answer, sizeof answer) < 0)
        fail("ask");
    puts(answer);
    freeaddrinfo(found);
    close(fd);
    return 0;
}
