/* Numbers that double, move to other processes, end and are used again. */
#include "life.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say_copy(const char *name, int i, int fd)
{
    must(fd >= 0, name);
    say_refilled(name, i, fd);
    close(fd);
    say_reused(name[0] == 'm' ? "other-than-the-copy" : name, fd);
}

static int from_itself(int fd)
{
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    int kept = fcntl(copy, F_DUPFD, 60); /* so that the number is one above what is free */
    close(copy);
    close(pidfd);
    return kept;
}

static void each_form(int i, const char *name)
{
    int next = dup(0);
    close(next);
    say_copy(name, i, dup(near[i]));
    say_copy(name, i, dup2(near[i], next));
    say_copy(name, i, dup3(near[i], next, O_CLOEXEC));
    say_copy(name, i, fcntl(near[i], F_DUPFD, 0));
    say_copy(name, i, fcntl(near[i], F_DUPFD_CLOEXEC, 0));
    say_copy(name, i, (int)syscall(SYS_dup, near[i]));
    say_copy(name, i, (int)syscall(SYS_dup3, near[i], next, 0));
    say_copy(name, i, (int)syscall(SYS_fcntl, near[i], F_DUPFD, 0));
}

/* One number, whose socket is another each time, or a file. */
static void replaced(void)
{
    int number = dup(near[0]), zero = open("/dev/zero", O_RDONLY);
    say_refilled("other-first", 0, number);
    dup2(MEANT, number);
    say_refilled("meant-over-another", 1, number);
    dup2(near[2], number);
    say_refilled("other-over-meant", 2, number);
    dup2(zero, number);
    say("other-file-over-socket", number);
    dup3(MEANT, number, O_CLOEXEC);
    say_refilled("meant-over-file", 1, number);
    must(dup2(-1, number) == -1 && errno == EBADF, "dup2");
    say_refilled("meant-behind-a-failure", 1, number);
    dup2(number, number);
    say_refilled("meant-over-itself", 1, number);
    close(number);
    close(zero);
}

void case_copies(void)
{
    connect_all();
    each_form(0, "other");
    each_form(1, "meant");
    int copy = from_itself(MEANT);
    say_refilled("meant-from-itself", 1, copy);
    close(copy);
    replaced();
    /* The last number of it is not the first. */
    int last = dup(MEANT), was = MEANT;
    close(MEANT);
    say_reused("other-than-the-closed", was);
    MEANT = last;
    say_refilled("meant-by-the-last", 1, last);
}

union rights {
    struct cmsghdr head;
    char room[CMSG_SPACE(CONNECTIONS * sizeof(int))];
};

#define MESSAGE(rights, byte)                                     \
    struct msghdr message = {.msg_iov = &(struct iovec){byte, 1}, \
                             .msg_iovlen = 1,                     \
                             .msg_control = &(rights),            \
                             .msg_controllen = sizeof(rights)}

static void send_all(int way)
{
    union rights rights = {.head = {.cmsg_len = CMSG_LEN(sizeof near), .cmsg_level = SOL_SOCKET}};
    char byte = 'x';
    rights.head.cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(&rights.head), near, sizeof near);
    MESSAGE(rights, &byte);
    must(sendmsg(way, &message, 0) == 1, "sendmsg");
}

static void receive_all(int way, int flags, bool many)
{
    union rights rights;
    char byte;
    MESSAGE(rights, &byte);
    struct mmsghdr messages[1] = {{.msg_hdr = message}};
    must(many ? recvmmsg(way, messages, 1, flags, NULL) == 1 : recvmsg(way, &message, flags) == 1, "recvmsg");
    memcpy(near, CMSG_DATA(&rights.head), sizeof near);
}

static void say_all(const char *whose)
{
    char name[64];
    for (int i = 0; i < CONNECTIONS; i++) {
        snprintf(name, sizeof name, "%s-%s-%d", i == 1 ? "meant" : "other", whose, i);
        say(name, near[i]);
    }
}

/* The other process opened none of them, was there before, and knows the numbers, that it
 * gets, as those of a file. It gives them back while the sender has none left. */
static void receiver(int way, bool many)
{
    for (int i = 0; i < 20; i++)
        dup2(open("/dev/zero", O_RDONLY), 40 + i);
    for (int fd = 3; fd < 60; fd++)
        if (fd != way) {
            char zero;
            must(fd < 40 || read(fd, &zero, 1) == 1, "/dev/zero");
            fd < 40 || fd % 2 ? close(fd) : (int)syscall(SYS_close, fd);
        }
    receive_all(way, many ? MSG_CMSG_CLOEXEC : 0, many);
    say_all(many ? "by-recvmmsg" : "by-recvmsg");
    send_all(way);
}

void case_passed(void)
{
    int way[2], numbers[CONNECTIONS];

    for (int many = 0; many < 2; many++) {
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0, "socketpair");
        pid_t child = fork();
        if (child == 0) {
            close(way[0]);
            receiver(way[1], many);
            _exit(0);
        }
        if (!many)
            connect_all();
        for (int i = 0; i < CONNECTIONS; i++)
            refill(i);
        send_all(way[0]);
        memcpy(numbers, near, sizeof near);
        for (int i = 0; i < CONNECTIONS; i++) /* they are in flight, or the other's alone */
            close(near[i]);
        await(child);
        receive_all(way[0], 0, many);
        for (int i = 0; i < CONNECTIONS; i++)
            refill(i);
        say_all("given-back");
        close(way[0]);
        close(way[1]);
    }
}

static int lowest_of(int fd)
{
    return fcntl(fd, F_DUPFD, 0);
}

void case_ranges(void)
{
    connect_all();
    int copy = lowest_of(MEANT);
    say_refilled("meant-before", 1, copy);
    must(close_range((unsigned)copy, (unsigned)copy, 1u << 30) == -1 && errno == EINVAL, "close_range");
    say_refilled("meant-behind-a-failure", 1, copy);
    must(close_range((unsigned)copy, (unsigned)copy, CLOSE_RANGE_CLOEXEC) == 0, "close_range");
    say_refilled("meant-until-exec", 1, copy);
    must(close_range((unsigned)copy, (unsigned)copy, 0) == 0, "close_range");
    say_reused("other-behind-close_range", copy);

    copy = lowest_of(MEANT);
    say_refilled("meant-again", 1, copy);
    must(syscall(SYS_close_range, copy, copy, 0) == 0, "close_range");
    say_reused("other-behind-the-number", copy);

    copy = lowest_of(MEANT);
    say_refilled("meant-for-closefrom", 1, copy);
    closefrom(copy);
    say_reused("other-behind-closefrom", copy);
    say_refilled("meant-still", 1, MEANT);
    say_refilled("other-still", 0, near[0]);

    /* All of them, and new ones in their places: the fourth connection and its like. */
    int numbers[CONNECTIONS];
    memcpy(numbers, near, sizeof near);
    closefrom(3);
    connect_all();
    for (int i = 0; i < CONNECTIONS; i++)
        say_refilled("other-new", i, near[i]);
}

void case_streams(void)
{
    connect_all();
    int copy = lowest_of(MEANT);
    say_refilled("meant-before", 1, copy);
    must(fclose(fdopen(copy, "w")) == 0, "fclose");
    say_reused("other-behind-fclose", copy);

    copy = lowest_of(MEANT);
    say_refilled("meant-for-freopen", 1, copy);
    FILE *stream = fdopen(copy, "w");
    must(freopen("/dev/zero", "r", stream) == stream, "freopen");
    say("other-behind-freopen", fileno(stream));
    must(fclose(stream) == 0, "fclose");
    say_reused("other-behind-both", copy);

    /* A new socket of the same number. */
    must(fclose(fdopen(MEANT, "w")) == 0, "fclose");
    connect_pair(&near[0], &far[0]);
    say_refilled("other-new", 0, near[0]);
}
