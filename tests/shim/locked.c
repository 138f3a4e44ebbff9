/* locked HOW NUMBER...: opens a TCP connection, forbids itself these system calls on pain of death by HOW
 * (prctl, seccomp, raw: prctl by its number, or dup: prctl), and reads "hello" from it, by dup under a number
 * that is new. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
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

static int lock(const char *how, char **numbers, int count)
{
    struct sock_filter filter[64] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    unsigned short at = 1;

    for (int i = 0; i < count && i < 30; i++) {
        const struct sock_filter is_it =
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(numbers[i]), 0, 1);
        const struct sock_filter kill = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        filter[at++] = is_it;
        filter[at++] = kill;
    }
    const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[at++] = allow;
    struct sock_fprog program = {at, filter};
    return install(how, &program);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), near = socket(AF_INET, SOCK_STREAM, 0);
    char text[16] = "";

    if (argc < 2 || bind(listener, (void *)&address, length) != 0 || listen(listener, 5) != 0 ||
        getsockname(listener, (void *)&address, &length) != 0 || connect(near, (void *)&address, length) != 0)
        return 2;
    int far = accept(listener, NULL, NULL);
    int other = strcmp(argv[1], "dup") == 0 ? dup(near) : near;
    if (send(far, "hello", 5, 0) != 5 || lock(argv[1], argv + 2, argc - 2) != 0)
        return 2;
    ssize_t got = recv(other, text, sizeof text - 1, 0);
    printf("%zd %s\n", got, text);
    return 0;
}
