/* The kernel as the oracle: each case is run twice, once where the real thing
 * happens (`TARGET real CASE`) and once where a rule makes it happen
 * (`TARGET injected CASE`); both must print the same. Times are coarse.
 *
 * What the targets share: a connection, ways to end it, words to tell of it. */
#ifndef TESTS_SHIM_PAIR_H
#define TESTS_SHIM_PAIR_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static bool real;
static int near, far, listener;
static volatile sig_atomic_t handled;

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void say(const char *call, long result)
{
    int error = errno;
    printf("%s %ld", call, result);
    if (result < 0)
        printf(" %s", strerrorname_np(error));
    printf("\n");
}

static inline void listen_and_connect(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    near = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, length) != 0 || listen(listener, 5) != 0 ||
        getsockname(listener, (void *)&address, &length) != 0 || connect(near, (void *)&address, length) != 0)
        exit(2);
}

static inline void connected(void)
{
    listen_and_connect();
    far = accept(listener, NULL, NULL);
}

static inline void unix_connected(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        exit(2);
    near = pair[0];
    far = pair[1];
}

static inline void give(const char *text)
{
    if (write(far, text, strlen(text)) != (ssize_t)strlen(text))
        exit(2);
    /* On loopback it has arrived when the peer can see it. */
    struct pollfd wait = {.fd = near, .events = POLLIN};
    while (poll(&wait, 1, 1000) != 1)
        ;
}

static inline void on_signal(int number)
{
    (void)number;
    handled = handled + 1;
}

static inline void handle(int flags, long after_us)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    struct itimerval timer = {.it_value = {.tv_usec = after_us}};
    sigaction(SIGALRM, &action, NULL);
    if (after_us)
        setitimer(ITIMER_REAL, &timer, NULL);
}

static inline void wait_edge(int set)
{
    struct epoll_event event = {0};
    int count = epoll_wait(set, &event, 1, 200);
    printf("epoll_wait %d %#x\n", count, count == 1 ? event.events : 0);
}

static inline int edge_set(uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLET};
    int set = epoll_create1(0);
    fcntl(near, F_SETFL, O_NONBLOCK);
    epoll_ctl(set, EPOLL_CTL_ADD, near, &event);
    return set;
}

static inline void drain(int fd)
{
    static char buf[1 << 16];
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (poll(&wait, 1, 50) == 1 && recv(fd, buf, sizeof buf, 0) > 0)
        ;
}

/* What the other end sees is a RST. */
static inline void close_hard(int fd)
{
    struct linger linger = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
}

/* The peer's RST, or the rule's: what each call says from then on. */
static inline void reset_by_peer(void)
{
    close_hard(far);
    far = -1;
    struct pollfd wait = {.fd = near, .events = POLLRDHUP};
    poll(&wait, 1, 1000);
}

static inline void say_poll(void)
{
    struct pollfd wait = {.fd = near, .events = POLLIN | POLLOUT | POLLRDHUP};
    int count = poll(&wait, 1, 100);
    printf("poll %d %#x\n", count, (unsigned)wait.revents);
}

static inline void say_error(void)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(near, SOL_SOCKET, SO_ERROR, &error, &length);
    printf("SO_ERROR %s\n", error ? strerrorname_np(error) : "0");
}

static inline void after_reset(void)
{
    struct sockaddr_in name = {0};
    socklen_t length = sizeof name;
    char buf[10];

    say_poll();
    say("recv", recv(near, buf, sizeof buf, 0));
    say_error();
    signal(SIGPIPE, on_signal);
    say("send", send(near, "x", 1, 0));
    printf("SIGPIPE %d\n", (int)handled);
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
    say("shutdown", shutdown(near, SHUT_RDWR));
    say("getpeername", getpeername(near, (void *)&name, &length));
    length = sizeof name;
    say("getsockname", getsockname(near, (void *)&name, &length));
    printf("%s %d %d\n", inet_ntoa(name.sin_addr), name.sin_port != 0, (int)length);
    say("listen", listen(near, 1));
    length = sizeof name;
    getsockname(listener, (void *)&name, &length);
    say("connect", connect(near, (void *)&name, sizeof name));
    say_poll();
}

struct pair_case {
    const char *name;
    void (*run)(void);
};

static inline int run_case(int argc, char **argv, const struct pair_case *cases, size_t count)
{
    if (argc != 3)
        return 2;
    real = strcmp(argv[1], "real") == 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(argv[2], cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    }
    return 2;
}

#endif
