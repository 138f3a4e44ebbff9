/* The kernel as the oracle: each case is run twice, once where the real thing
 * happens (`pairs real CASE`) and once where a rule makes it happen
 * (`pairs injected CASE`); both must print the same. Times are coarse. */
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

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const char *call, long result)
{
    int error = errno;
    printf("%s %ld", call, result);
    if (result < 0)
        printf(" %s", strerrorname_np(error));
    printf("\n");
}

static void listen_and_connect(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    near = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, length) != 0 || listen(listener, 5) != 0 ||
        getsockname(listener, (void *)&address, &length) != 0 || connect(near, (void *)&address, length) != 0)
        exit(2);
}

static void connected(void)
{
    listen_and_connect();
    far = accept(listener, NULL, NULL);
}

static void unix_connected(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        exit(2);
    near = pair[0];
    far = pair[1];
}

static void give(const char *text)
{
    if (write(far, text, strlen(text)) != (ssize_t)strlen(text))
        exit(2);
    /* On loopback it has arrived when the peer can see it. */
    struct pollfd wait = {.fd = near, .events = POLLIN};
    while (poll(&wait, 1, 1000) != 1)
        ;
}

static void on_signal(int number)
{
    (void)number;
    handled = handled + 1;
}

static void handle(int flags, long after_us)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    struct itimerval timer = {.it_value = {.tv_usec = after_us}};
    sigaction(SIGALRM, &action, NULL);
    if (after_us)
        setitimer(ITIMER_REAL, &timer, NULL);
}

static void recv_interrupted(void)
{
    char buf[10];
    connected();
    handle(0, real ? 20000 : 0);
    if (!real)
        give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
    if (real)
        give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
}

static void recv_with_timeout_interrupted(void)
{
    char buf[10];
    struct timeval timeout = {.tv_sec = 5};
    connected();
    setsockopt(near, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    handle(SA_RESTART, real ? 20000 : 0);
    if (!real)
        give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
    if (real)
        give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
}

static void poll_interrupted(void)
{
    struct pollfd wait = {.events = POLLIN};
    connected();
    wait.fd = near;
    handle(SA_RESTART, real ? 20000 : 0);
    say("poll", poll(&wait, 1, 2000));
    say("poll", poll(&wait, 1, 0));
}

static void wait_edge(int set)
{
    struct epoll_event event = {0};
    int count = epoll_wait(set, &event, 1, 200);
    printf("epoll_wait %d %#x\n", count, count == 1 ? event.events : 0);
}

static int edge_set(uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLET};
    int set = epoll_create1(0);
    fcntl(near, F_SETFL, O_NONBLOCK);
    epoll_ctl(set, EPOLL_CTL_ADD, near, &event);
    return set;
}

static void drain(int fd)
{
    static char buf[1 << 16];
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (poll(&wait, 1, 50) == 1 && recv(fd, buf, sizeof buf, 0) > 0)
        ;
}

/* What is ready is told, whatever signals come; and asking takes no event away. */
static void ready_waits_are_not_interrupted(void)
{
    struct pollfd wait = {.events = POLLIN};
    fd_set in;
    connected();
    int set = edge_set(EPOLLIN);
    wait.fd = near;
    handle(0, 0);
    give("hello");
    if (real)
        raise(SIGALRM);
    say("poll", poll(&wait, 1, 1000));
    FD_ZERO(&in);
    FD_SET(near, &in);
    say("select", select(near + 1, &in, NULL, NULL, NULL));
    printf("%d\n", FD_ISSET(near, &in) != 0);
    wait_edge(set);
    drain(near);
    FD_ZERO(&in);
    FD_SET(near, &in);
    handle(0, real ? 20000 : 0);
    say("select", select(near + 1, &in, NULL, NULL, NULL));
    printf("%d\n", FD_ISSET(near, &in) != 0);
}

/* The bytes arrive (or the delay ends) after 400 ms, a signal after 50 ms. */
static void slow_recv(int flags)
{
    char buf[10];
    connected();
    fflush(stdout);
    if (real && fork() == 0) {
        struct timespec pause = {.tv_nsec = 400000000};
        nanosleep(&pause, NULL);
        _exit(write(far, "hello", 5) != 5);
    }
    if (!real)
        give("hello");
    handle(flags, 50000);
    double start = now();
    say("recv", recv(near, buf, sizeof buf, 0));
    double took = now() - start;
    printf("%s, handler ran %d\n", took < 0.3 ? "early" : "late", (int)handled);
}

static void slow_recv_restarts(void)
{
    slow_recv(SA_RESTART);
}

static void slow_recv_is_interrupted(void)
{
    slow_recv(0);
}

static void recv_in_pieces(void)
{
    char buf[10];
    connected();
    if (!real)
        give("abcde");
    for (int i = 0; i < 5; i++) {
        if (real)
            give("x");
        say("recv", recv(near, buf, sizeof buf, 0));
    }
    shutdown(far, SHUT_WR);
    say("recv", recv(near, buf, sizeof buf, 0));
}

/* An edge-triggered program that was told of some bytes is told of the rest. */
static void read_in_two(void)
{
    char buf[10];
    int set = edge_set(EPOLLIN);
    give(real ? "hello" : "helloworld");
    wait_edge(set);
    say("recv", recv(near, buf, sizeof buf, 0));
    if (real)
        give("world");
    wait_edge(set);
    say("recv", recv(near, buf, sizeof buf, 0));
    wait_edge(set);
    say("recv", recv(near, buf, sizeof buf, 0));
}

static void short_read_gives_an_edge(void)
{
    connected();
    read_in_two();
}

/* The same where the kernel renews no readiness by itself. */
static void short_unix_read_gives_an_edge(void)
{
    unix_connected();
    read_in_two();
}

/* A thousand entries of one byte each; five hundred bytes come first. */
static void short_read_into_many_entries(void)
{
    static char bytes[1000], text[1001];
    static struct iovec vector[1000];
    connected();
    int set = edge_set(EPOLLIN);
    for (int i = 0; i < 1000; i++)
        vector[i] = (struct iovec){&bytes[i], 1};
    memset(text, 'x', real ? 500 : 1000);
    give(text);
    wait_edge(set);
    say("readv", readv(near, vector, 1000));
    if (real)
        give(text);
    wait_edge(set);
    say("readv", readv(near, vector, 1000));
    wait_edge(set);
}

/* A program may look until all is there: each look shows what waits. */
static void looks_show_all(void)
{
    char buf[10];
    connected();
    give("hello");
    say("look", recv(near, buf, sizeof buf, MSG_PEEK));
    say("look", recv(near, buf, sizeof buf, MSG_PEEK));
    say("recv", recv(near, buf, real ? 2 : sizeof buf, 0));
}

static void short_send_gives_an_edge(void)
{
    static char bulk[1 << 24];
    int size = 8192;
    connected();
    if (real)
        setsockopt(near, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    int set = edge_set(EPOLLOUT);
    wait_edge(set);
    ssize_t sent = send(near, bulk, sizeof bulk, 0);
    printf("send %s\n", sent > 0 && sent < (ssize_t)sizeof bulk ? "short" : "not short");
    drain(far);
    wait_edge(set);
    say("send", send(near, bulk, 10, 0));
}

static void accept_without_descriptors(void)
{
    struct rlimit limit, none;
    listen_and_connect();
    struct pollfd wait = {.fd = listener, .events = POLLIN};
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = (rlim_t)listener + 2;
    if (real)
        setrlimit(RLIMIT_NOFILE, &none);
    say("poll", poll(&wait, 1, 1000));
    say("accept", accept(listener, NULL, NULL));
    say("poll", poll(&wait, 1, 1000));
    if (real)
        setrlimit(RLIMIT_NOFILE, &limit);
    printf("accept %s\n", accept(listener, NULL, NULL) >= 0 ? "works" : "fails");
}

static void short_datagram(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    char buf[20];
    struct iovec part = {buf, sizeof buf};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    near = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    far = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(near, (void *)&address, length) != 0 || getsockname(near, (void *)&address, &length) != 0 ||
        connect(far, (void *)&address, length) != 0)
        exit(2);
    give(real ? "abc" : "abcdefghij");
    say("recvmsg", recvmsg(near, &message, 0));
    printf("flags %#x\n", (unsigned)message.msg_flags);
    say("recv", recv(near, buf, sizeof buf, 0));
    give(real ? "abc" : "abcdefghij");
    say("recv trunc", recv(near, buf, sizeof buf, MSG_TRUNC));
}

/* The peer has half-closed, or the rule says so while it goes on to send. */
static void half_closed(int set)
{
    char buf[10];
    struct iovec part = {buf, sizeof buf};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct pollfd wait = {.fd = near, .events = POLLIN | POLLOUT | POLLRDHUP};

    if (real) {
        shutdown(far, SHUT_WR);
    } else {
        give("unread");
        wait_edge(set);
    }
    if (real)
        printf("epoll_wait 1 0x1\n"); /* that one was owed to the bytes */
    say("recv", recv(near, buf, sizeof buf, 0));
    int unread = -1;
    ioctl(near, FIONREAD, &unread);
    printf("FIONREAD %d\n", unread);
    wait_edge(set);
    wait_edge(set);
    say("poll", poll(&wait, 1, 100));
    printf("%#x\n", (unsigned)wait.revents);
    say("send", send(near, "x", 1, 0));
    say("peer's recv", recv(far, buf, sizeof buf, 0));
    if (!real)
        send(far, "late", 4, MSG_NOSIGNAL);
    say("recvmsg", recvmsg(near, &message, 0));
    say("recv", recv(near, buf, sizeof buf, 0));
}

static void tcp_half_closed(void)
{
    connected();
    half_closed(edge_set(EPOLLIN));
}

static void unix_half_closed(void)
{
    unix_connected();
    half_closed(edge_set(EPOLLIN));
}

/* What the other end sees is a RST. */
static void close_hard(int fd)
{
    struct linger linger = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
}

/* The peer's RST, or the rule's: what each call says from then on. */
static void reset_by_peer(void)
{
    close_hard(far);
    far = -1;
    struct pollfd wait = {.fd = near, .events = POLLRDHUP};
    poll(&wait, 1, 1000);
}

static void say_poll(void)
{
    struct pollfd wait = {.fd = near, .events = POLLIN | POLLOUT | POLLRDHUP};
    int count = poll(&wait, 1, 100);
    printf("poll %d %#x\n", count, (unsigned)wait.revents);
}

static void say_error(void)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(near, SOL_SOCKET, SO_ERROR, &error, &length);
    printf("SO_ERROR %s\n", error ? strerrorname_np(error) : "0");
}

static void after_reset(void)
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

static void reset_at_recv(void)
{
    char buf[10];
    connected();
    int set = edge_set(EPOLLIN);
    if (real)
        reset_by_peer();
    say("recv", recv(near, buf, sizeof buf, 0));
    wait_edge(set);
    wait_edge(set);
    after_reset();
}

static void reset_at_recv_takes_unread_bytes(void)
{
    char buf[10];
    connected();
    if (!real)
        give("hello");
    else
        reset_by_peer();
    say("recv", recv(near, buf, sizeof buf, 0));
    after_reset();
}

static void reset_at_send(void)
{
    connected();
    if (real)
        reset_by_peer();
    say("send", send(near, "x", 1, 0));
    after_reset();
}

static void reset_after_connect(void)
{
    char buf[10];
    connected();
    if (real)
        reset_by_peer();
    say_poll();
    say("recv", recv(near, buf, sizeof buf, 0));
    after_reset();
}

/* The server's side: what accept gives is reset already. */
static void reset_after_accept(void)
{
    char buf[10];
    listen_and_connect();
    int client = near;
    if (real) {
        far = client;
        near = accept(listener, NULL, NULL);
        reset_by_peer();
    } else {
        near = accept(listener, NULL, NULL);
    }
    say_poll();
    say("recv", recv(near, buf, sizeof buf, 0));
    after_reset();
}

/* The other side of a rule's reset, and of a real one. */
static void reset_seen_by_the_peer(void)
{
    char buf[10];
    connected();
    if (real) {
        close_hard(near);
    } else {
        recv(near, buf, sizeof buf, 0);
    }
    near = far;
    say_poll();
    say("recv", recv(near, buf, sizeof buf, 0));
    after_reset();
}

/* Nobody listens (any more), or the rule says so. */
static void refused_after(int flags)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    struct pollfd wait = {.events = POLLIN | POLLOUT | POLLRDHUP};
    int error = 0;
    socklen_t error_length = sizeof error;

    listen_and_connect();
    getsockname(listener, (void *)&address, &length);
    if (real)
        close(listener);
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
    say("connect", connect(fd, (void *)&address, length));
    wait.fd = fd;
    say("poll", poll(&wait, 1, 1000));
    printf("%#x\n", (unsigned)wait.revents);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_length);
    printf("SO_ERROR %s\n", error ? strerrorname_np(error) : "0");
    say("send", send(fd, "x", 1, MSG_NOSIGNAL));
    say("recv", recv(fd, &error, 1, 0));
    say("connect", connect(fd, (void *)&address, length));
}

static void refused(void)
{
    refused_after(0);
}

static void refused_without_waiting(void)
{
    refused_after(SOCK_NONBLOCK);
}

/* Nothing has come yet, or the rule says so; then it has. */
static void nothing_yet(void)
{
    char buf[10];
    connected();
    int set = edge_set(EPOLLIN);
    if (!real)
        give("hello");
    if (!real)
        wait_edge(set); /* this one the kernel owes to the bytes */
    else
        printf("epoll_wait 1 0x1\n");
    say("recv", recv(near, buf, sizeof buf, 0));
    if (real)
        give("hello");
    wait_edge(set);
    say("recv", recv(near, buf, sizeof buf, 0));
    wait_edge(set);
}

static void nothing_within_the_timeout(void)
{
    char buf[10];
    struct timeval timeout = {.tv_usec = 300000};
    connected();
    setsockopt(near, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (!real)
        give("hello");
    double start = now();
    say("recv", recv(near, buf, sizeof buf, 0));
    printf("%s\n", now() - start < 0.25 ? "early" : "late");
    if (real)
        give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
}

static void signal_before_recv(void)
{
    char buf[10];
    connected();
    handle(SA_RESTART, 0);
    give("hello");
    if (real)
        raise(SIGALRM);
    say("recv", recv(near, buf, sizeof buf, 0));
    printf("handler ran %d\n", (int)handled);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"recv-interrupted", recv_interrupted},
    {"recv-with-timeout-interrupted", recv_with_timeout_interrupted},
    {"poll-interrupted", poll_interrupted},
    {"ready-waits-are-not-interrupted", ready_waits_are_not_interrupted},
    {"slow-recv-restarts", slow_recv_restarts},
    {"slow-recv-is-interrupted", slow_recv_is_interrupted},
    {"recv-in-pieces", recv_in_pieces},
    {"short-read-gives-an-edge", short_read_gives_an_edge},
    {"short-unix-read-gives-an-edge", short_unix_read_gives_an_edge},
    {"short-read-into-many-entries", short_read_into_many_entries},
    {"looks-show-all", looks_show_all},
    {"short-send-gives-an-edge", short_send_gives_an_edge},
    {"accept-without-descriptors", accept_without_descriptors},
    {"short-datagram", short_datagram},
    {"tcp-half-closed", tcp_half_closed},
    {"unix-half-closed", unix_half_closed},
    {"reset-at-recv", reset_at_recv},
    {"reset-at-recv-takes-unread-bytes", reset_at_recv_takes_unread_bytes},
    {"reset-at-send", reset_at_send},
    {"reset-after-connect", reset_after_connect},
    {"reset-after-accept", reset_after_accept},
    {"reset-seen-by-the-peer", reset_seen_by_the_peer},
    {"refused", refused},
    {"refused-without-waiting", refused_without_waiting},
    {"nothing-yet", nothing_yet},
    {"nothing-within-the-timeout", nothing_within_the_timeout},
    {"signal-before-recv", signal_before_recv},
};

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    real = strcmp(argv[1], "real") == 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(argv[2], cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    }
    return 2;
}
