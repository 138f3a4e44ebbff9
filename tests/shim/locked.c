/* locked HOW CALL...: opens a TCP connection, forbids itself these system calls on pain of death by HOW
 * (prctl, seccomp, raw: prctl by its number, first or dup: prctl), and reads "hello" from it, by dup under a
 * number that is new; by first the connection is opened behind the lock. With HOW send or poll (prctl) it
 * does that instead; with exit it ends by syscall(SYS_exit). */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int install(const char *how, struct sock_fprog *program)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    if (strcmp(how, "seccomp") == 0)
        return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
    if (strcmp(how, "raw") == 0)
        return (int)syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
}

/* NUMBER, or NUMBER:LEVEL or NUMBER:LEVEL:NAME: the same with this second and third argument alone. */
static unsigned short forbid(struct sock_filter *filter, const char *text)
{
    const unsigned places[] = {offsetof(struct seccomp_data, nr), offsetof(struct seccomp_data, args[1]),
                               offsetof(struct seccomp_data, args[2])};
    unsigned short steps = 0, terms = 1;
    char *end = (char *)text;

    for (const char *at = text; (at = strchr(at, ':')); at++)
        terms++;
    for (unsigned short term = 0; term < terms && term < 3; term++) {
        unsigned value = (unsigned)strtoul(end, &end, 10);
        unsigned char past = (unsigned char)(2 * (terms - term) - 1);
        filter[steps++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, places[term]);
        filter[steps++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, past);
        end += *end == ':';
    }
    filter[steps++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    return steps;
}

static int lock(const char *how, char **calls, int count)
{
    struct sock_filter filter[256];
    unsigned short at = 0;

    for (int i = 0; i < count && i < 30; i++)
        at = (unsigned short)(at + forbid(filter + at, calls[i]));
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {at, filter};
    return install(how, &program);
}

/* What the rules are about, and what came of it: how much, of what. */
static ssize_t act(const char *what, int fd, char *text, size_t room)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    if (strcmp(what, "send") == 0)
        return send(fd, text, strlen(text), MSG_NOSIGNAL);
    if (strcmp(what, "poll") == 0)
        return poll(&wait, 1, 1000);
    return recv(fd, text, room, 0);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), near = socket(AF_INET, SOCK_STREAM, 0);
    char text[16] = "", said[32];

    if (argc < 2 || bind(listener, (void *)&address, length) != 0 || listen(listener, 5) != 0 ||
        getsockname(listener, (void *)&address, &length) != 0)
        return 2;
    bool is_first = strcmp(argv[1], "first") == 0;
    if (is_first && lock(argv[1], argv + 2, argc - 2) != 0)
        return 2;
    if (connect(near, (void *)&address, length) != 0)
        return 2;
    int far = accept(listener, NULL, NULL);
    int other = strcmp(argv[1], "dup") == 0 ? dup(near) : near;
    if (send(far, "hello", 5, 0) != 5 || (!is_first && lock(argv[1], argv + 2, argc - 2) != 0))
        return 2;
    strcpy(text, strcmp(argv[1], "send") == 0 ? "reply" : "");
    ssize_t got = act(argv[1], other, text, sizeof text - 1);
    length = (socklen_t)snprintf(said, sizeof said, "%zd %s\n", got, text);
    if (write(1, said, length) < 0)
        return 2;
    if (strcmp(argv[1], "exit") == 0)
        syscall(SYS_exit, 0);
    return 0;
}
