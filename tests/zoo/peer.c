/* The other side of the specimens: a server of answers, or a client that asks it.
 *
 *   peer serve PORT    answers each line, and sends datagrams back, until it is ended
 *   peer ask PORT [N]  asks N times over one connection, prints the answers; 1 when one is missing
 */
#include "zoo.h"

#include <sys/prctl.h>

static const char long_answer[] = "the answer is long enough to come in pieces";

/* Lines: hello, long, size (four bytes of length, then as much), bye. */
static void serve_one(int fd)
{
    char line[256], head[5];
    while (read_line(fd, line, sizeof line) >= 0) {
        if (strcmp(line, "size") == 0) {
            snprintf(head, sizeof head, "%04zu", strlen(long_answer));
            if (say(fd, head) != 0)
                break;
        }
        if (say(fd, strcmp(line, "hello") == 0 ? "hello to you" : long_answer) != 0 || say(fd, "\n") != 0)
            break;
        if (strcmp(line, "bye") == 0)
            break;
    }
    close(fd);
}

/* Datagrams come back as they were. */
static void echo(const char *port)
{
    struct sockaddr_in address = at(port), from;
    char data[256];
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("bind");
    for (;;) {
        socklen_t room = sizeof from;
        ssize_t got = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &room);
        if (got >= 0)
            sendto(fd, data, (size_t)got, 0, (struct sockaddr *)&from, room);
    }
}

static int ask(const char *port, int times)
{
    char answer[256];
    int fd = must_connect(port);
    for (int i = 0; i < times; i++) {
        if (say(fd, "hello\n") != 0 || read_line(fd, answer, sizeof answer) < 0)
            fail("ask");
        puts(answer);
    }
    close(fd);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "ask") == 0)
        return ask(argv[2], argc > 3 ? atoi(argv[3]) : 1);
    if (argc < 3 || strcmp(argv[1], "serve") != 0)
        return 2;
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        echo(argv[2]);
    }
    int listener = must_listen(argv[2]);
    for (;;) {
        int fd = must_accept(listener);
        if (fork() == 0) {
            close(listener);
            serve_one(fd);
            _exit(0);
        }
        close(fd);
    }
}
