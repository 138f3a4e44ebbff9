/* Threads that do to a few numbers, which they share, all that can be done to numbers, without
 * a pause and without waiting for one another. Calls are made by number, so that the thread
 * sanitizer, which would report that numbers are closed while they are used, looks at the
 * memory alone. */
#include "life.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TANGLERS = 8, SLOTS = 24 };

static _Atomic int slots[SLOTS]; /* -1: empty */
static _Atomic unsigned long done;
static _Atomic int wrong;
static double until;
static struct sockaddr_in server;
static int listener, set;

static void put(int fd, unsigned draw)
{
    int old = fd < 0 ? -1 : atomic_exchange(&slots[draw % SLOTS], fd);
    if (old >= 0)
        syscall(SYS_close, old);
}

static void put_pair(unsigned draw)
{
    int ends[2];
    if (syscall(SYS_socketpair, AF_UNIX, (draw & 64 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0, ends) ==
        0) {
        put(ends[0], draw);
        put(ends[1], draw + 1);
    }
}

static void put_connection(unsigned draw)
{
    int fd = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    syscall(SYS_connect, fd, &server, sizeof server);
    put(fd, draw);
    put((int)syscall(SYS_accept4, listener, NULL, NULL, SOCK_NONBLOCK), draw + 1);
}

static void read_some(int fd, unsigned draw)
{
    char data[64];
    struct iovec parts[2] = {{data, 3}, {data + 3, 30}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    switch (draw % 3) {
    case 0:
        syscall(SYS_read, fd, data, sizeof data);
        break;
    case 1:
        syscall(SYS_readv, fd, parts, 2);
        break;
    default:
        syscall(SYS_recvmsg, fd, &message, MSG_DONTWAIT);
    }
}

static void write_some(int fd, unsigned draw)
{
    struct iovec parts[2] = {{(void *)"abc", 3}, {(void *)"0123456789abcdef", 16}};
    if (draw % 2)
        syscall(SYS_sendto, fd, "hello", 5, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    else
        syscall(SYS_writev, fd, parts, 2);
}

static void wait_a_moment(int fd, unsigned draw)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
    struct pollfd one = {.fd = fd, .events = POLLIN | POLLOUT};
    struct timespec no_time = {0};
    if (draw % 2 == 0) {
        syscall(SYS_ppoll, &one, 1, &no_time, NULL, 8);
        return;
    }
    syscall(SYS_epoll_ctl, set, draw % 4 == 1 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    syscall(SYS_epoll_pwait, set, &event, 1, 0, NULL, 8);
}

/* A child that closes what it got, or uses it, or executes another program. */
static void fork_once(int fd, unsigned draw)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (draw % 2)
            closefrom(3);
        else
            read_some(fd, draw);
        _exit(0);
    }
    wrong += child < 0 || waitpid(child, &status, 0) != child || status != 0;
}

/* A number that nobody else has: no rule is to meet it. */
static void read_file(void)
{
    char data[BYTES];
    int fd = open("/dev/zero", O_RDONLY);
    wrong += read(fd, data, sizeof data) != BYTES;
    close(fd);
}

static void act(unsigned draw)
{
    int fd = slots[draw % SLOTS], type;
    socklen_t length = sizeof type;

    switch (draw >> 8 & 31) {
    case 0:
        put_pair(draw);
        break;
    case 1:
        put_connection(draw);
        break;
    case 2:
        put((int)syscall(SYS_dup, fd), draw + 7);
        break;
    case 3:
        put((int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0), draw + 7);
        break;
    case 4:
    case 5:
        fd = atomic_exchange(&slots[draw % SLOTS], -1);
        if (fd >= 0)
            syscall(SYS_close, fd);
        break;
    case 6:
        syscall(SYS_shutdown, fd, draw % 3);
        break;
    case 7:
        syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, &type, &length);
        break;
    case 8:
        read_file();
        break;
    case 9:
        if (draw % 64 == 0)
            fork_once(fd, draw >> 16);
        break;
    case 10:
    case 11:
    case 12:
    case 13:
        wait_a_moment(fd, draw >> 16);
        break;
    default:
        draw & 1 << 16 ? read_some(fd, draw >> 17) : write_some(fd, draw >> 17);
    }
}

static void *tangle(void *seed)
{
    unsigned draw = *(unsigned *)seed;
    while (now() < until) {
        draw ^= draw << 13;
        draw ^= draw >> 17;
        draw ^= draw << 5;
        act(draw);
        done++;
    }
    return NULL;
}

/* How many sockets there are among our numbers. */
static int count_sockets(void)
{
    ino_t seen[2 * SLOTS + 8];
    int count = 0;
    for (int fd = 0; fd < 1000; fd++) {
        struct stat what;
        bool is_new = fstat(fd, &what) == 0 && S_ISSOCK(what.st_mode);
        for (int i = 0; i < count && is_new; i++)
            is_new = seen[i] != what.st_ino;
        if (is_new)
            seen[count++] = what.st_ino;
    }
    return count;
}

/* Unread bytes that stay are room which the other end waits for: nobody waits for long. */
void case_tangle(void)
{
    pthread_t threads[TANGLERS];
    unsigned seeds[TANGLERS];
    socklen_t length = sizeof server;
    const char *seconds = getenv("LIFE_SECONDS");

    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < SLOTS; i++)
        slots[i] = -1;
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    must(bind(listener, (void *)&server, length) == 0 && listen(listener, 64) == 0 &&
             getsockname(listener, (void *)&server, &length) == 0,
         "listen");
    set = epoll_create1(0);
    until = now() + (seconds ? atof(seconds) : 1);
    for (int i = 0; i < TANGLERS; i++) {
        seeds[i] = 1 + (unsigned)i * 2654435761u;
        must(pthread_create(&threads[i], NULL, tangle, &seeds[i]) == 0, "pthread_create");
    }
    for (int i = 0; i < TANGLERS; i++)
        pthread_join(threads[i], NULL);
    printf("wrong %d sockets %d\n", wrong, count_sockets());
    fprintf(stderr, "%lu calls\n", done);
}
