/* Peers that have fallen silent: connects that nobody answers, connections that
 * TCP gives up. For real, SYNs meet a full backlog, and established connections a
 * peer whose window stays shut (tcp(7), TCP_USER_TIMEOUT). See pair.h. */
#include "pair.h"

#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>

enum { TIMEOUT_MS = 1500 };

static double start;

/* Coarse: the time-out, with room for a slow machine. */
static void say_when(void)
{
    double took = now() - start;
    printf("%s\n", took < 0.2 ? "at once" : took < 1.3 ? "early" : took < 7 ? "in time" : "late");
}

/* A listener that answers when a rule is to keep the answer away, otherwise one that does not. */
static struct sockaddr_in name_of_listener(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&name, length) != 0 || listen(listener, real ? 0 : 5) != 0 ||
        getsockname(listener, (void *)&name, &length) != 0)
        exit(2);
    int filler = socket(AF_INET, SOCK_STREAM, 0);
    if (real && connect(filler, (void *)&name, length) != 0)
        exit(2);
    if (!real)
        close(filler);
    return name;
}

static void bound_by(int ms)
{
    if (real)
        setsockopt(near, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

/* What its option says is what the program has set. */
static void say_user_timeout(void)
{
    int ms = -1;
    socklen_t length = sizeof ms;
    getsockopt(near, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &length);
    printf("TCP_USER_TIMEOUT %d\n", real ? 0 : ms);
}

static struct sockaddr_in begin_connect(int flags)
{
    struct sockaddr_in name = name_of_listener();
    near = socket(AF_INET, SOCK_STREAM | flags, 0);
    bound_by(TIMEOUT_MS);
    start = now();
    return name;
}

static void connect_times_out(void)
{
    struct sockaddr_in name = begin_connect(0);
    char buf[10];
    say("connect", connect(near, (void *)&name, sizeof name));
    say_when();
    say_poll();
    say_error();
    say_user_timeout();
    say("recv", recv(near, buf, sizeof buf, 0));
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
    if (!real) {
        say("peer's accept", (fcntl(listener, F_SETFL, O_NONBLOCK), accept(listener, NULL, NULL)));
    } else {
        printf("peer's accept -1 EAGAIN\n");
    }
}

static void wait_for_error(int set)
{
    struct epoll_event event = {0};
    int count = epoll_wait(set, &event, 1, 10000);
    printf("epoll_wait %d %#x\n", count, count == 1 ? event.events : 0);
}

static void connect_times_out_without_waiting(void)
{
    struct sockaddr_in name = begin_connect(SOCK_NONBLOCK);
    char buf[10];
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    int set = epoll_create1(0);
    say("connect", connect(near, (void *)&name, sizeof name));
    say("connect", connect(near, (void *)&name, sizeof name));
    epoll_ctl(set, EPOLL_CTL_ADD, near, &event);
    say_user_timeout();
    say_poll();
    say("send", send(near, "x", 1, 0));
    say("recv", recv(near, buf, sizeof buf, 0));
    wait_for_error(set);
    say_when();
    wait_edge(set);
    say_poll();
    say_error();
    say_poll();
    say("recv", recv(near, buf, sizeof buf, 0));
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
}

static void connect_has_a_timeout_of_its_own(void)
{
    struct sockaddr_in name = begin_connect(0);
    struct timeval timeout = {.tv_usec = 300000};
    setsockopt(near, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    say("connect", connect(near, (void *)&name, sizeof name));
    say_when();
    say("connect", connect(near, (void *)&name, sizeof name));
    say_poll();
    struct pollfd wait = {.fd = near, .events = POLLOUT};
    say("poll", poll(&wait, 1, 10000));
    say_when();
    say_error();
}

static void connect_is_interrupted(void)
{
    struct sockaddr_in name = begin_connect(0);
    handle(0, 50000);
    say("connect", connect(near, (void *)&name, sizeof name));
    say_when();
    say_poll();
    struct pollfd wait = {.fd = near, .events = POLLOUT};
    say("poll", poll(&wait, 1, 10000));
    say_when();
    say_error();
}

/* Nothing more can leave: the peer does not read. */
static void fill(void)
{
    static char bulk[1 << 16];
    int flags = fcntl(near, F_GETFL), small = 8192;
    /* Buffers that are set do not grow. */
    setsockopt(near, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    setsockopt(far, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    fcntl(near, F_SETFL, flags | O_NONBLOCK);
    /* Until the kernel has no room left anywhere. */
    for (int quiet = 0; quiet < 20; quiet++) {
        while (send(near, bulk, sizeof bulk, 0) > 0 || send(near, bulk, 1, 0) > 0)
            quiet = 0;
        usleep(10000);
    }
    fcntl(near, F_SETFL, flags);
}

static void fall_silent(void)
{
    bound_by(TIMEOUT_MS);
    if (real)
        fill();
    start = now();
}

/* The socket of a connect that has timed out is connected again. */
static void connect_anew(int user_timeout_ms)
{
    struct sockaddr_in name = begin_connect(SOCK_NONBLOCK);
    struct pollfd wait = {.events = POLLOUT};
    wait.fd = near;
    say("connect", connect(near, (void *)&name, sizeof name));
    say("poll", poll(&wait, 1, 10000));
    say_error();
    if (real || user_timeout_ms)
        setsockopt(near, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
    if (real)
        close(accept(listener, NULL, NULL));
    say("connect", connect(near, (void *)&name, sizeof name));
    say("connect", connect(near, (void *)&name, sizeof name));
    say("poll", poll(&wait, 1, 10000));
    far = accept(listener, NULL, NULL);
}

/* Nothing is left of the time-out for the next connection to die of. */
static void connect_works_after_a_time_out(void)
{
    struct pollfd wait = {0};
    connect_anew(0);
    wait.fd = near;
    fill();
    say("poll", poll(&wait, 1, 4000));
}

static void user_timeout_outlives_a_time_out(void)
{
    int ms = -1;
    socklen_t length = sizeof ms;
    connect_anew(7000);
    getsockopt(near, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &length);
    printf("TCP_USER_TIMEOUT %d\n", ms);
}

static void recv_times_out(void)
{
    char buf[10];
    connected();
    fall_silent();
    if (!real)
        give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
    say_when();
    after_reset();
}

static void recv_times_out_without_waiting(void)
{
    char buf[10];
    struct sockaddr_in name = {0};
    socklen_t length = sizeof name;
    connected();
    int set = edge_set(EPOLLIN);
    fall_silent();
    say("recv", recv(near, buf, sizeof buf, 0));
    say_when();
    say("send", send(near, "x", 1, 0));
    say_poll();
    say_user_timeout();
    say("getpeername", getpeername(near, (void *)&name, &length));
    printf("%s %d %d\n", inet_ntoa(name.sin_addr), name.sin_port != 0, (int)length);
    length = sizeof name;
    say("getsockname", getsockname(near, (void *)&name, &length));
    printf("%s %d %d\n", inet_ntoa(name.sin_addr), name.sin_port != 0, (int)length);
    say("listen", listen(near, 1));
    struct tcp_info info;
    length = sizeof info;
    getsockopt(near, IPPROTO_TCP, TCP_INFO, &info, &length);
    printf("state %d\n", info.tcpi_state);
    wait_for_error(set);
    say_when();
    wait_edge(set);
    say("recv", recv(near, buf, sizeof buf, 0));
    after_reset();
}

/* A program that has said all and then waits for an answer in vain. */
static void half_closed_while_recv_times_out(void)
{
    char buf[10];
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    connected();
    int set = edge_set(EPOLLIN);
    fall_silent();
    say("recv", recv(near, buf, sizeof buf, 0));
    say("shutdown", shutdown(near, SHUT_WR));
    struct pollfd wait = {.fd = near, .events = POLLIN | POLLRDHUP};
    say("poll", poll(&wait, 1, 100));
    say("recv", recv(near, buf, sizeof buf, 0));
    say("getpeername", getpeername(near, (void *)&name, &length));
    say("shutdown", shutdown(near, SHUT_WR));
    say("shutdown", shutdown(near, 3));
    wait_for_error(set);
    say_when();
    say("recv", recv(near, buf, sizeof buf, 0));
    after_reset();
}

static void shut_while_recv_times_out(void)
{
    char buf[10];
    connected();
    int set = edge_set(EPOLLIN);
    fall_silent();
    say("recv", recv(near, buf, sizeof buf, 0));
    say("shutdown", shutdown(near, SHUT_RDWR));
    wait_edge(set);
    say_poll();
    say("recv", recv(near, buf, sizeof buf, 0));
    say_error();
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
}

/* The bytes come when the socket's own time-out has ended the call. */
static void recv_with_a_timeout(void)
{
    char buf[10];
    struct timeval timeout = {.tv_usec = 300000};
    start = now();
    setsockopt(near, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (!real)
        give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
    say_when();
    if (real)
        give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
}

static void recv_has_a_timeout_of_its_own(void)
{
    connected();
    recv_with_a_timeout();
}

static void recv_is_interrupted(void)
{
    char buf[10];
    connected();
    start = now();
    if (!real)
        give("hello");
    handle(0, 300000);
    say("recv", recv(near, buf, sizeof buf, 0));
    say_when();
    if (real)
        give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
}

static void send_times_out(void)
{
    char buf[10];
    connected();
    give("hello");
    fall_silent();
    signal(SIGPIPE, on_signal);
    say("send", send(near, "x", 1, 0));
    printf("SIGPIPE %d\n", (int)handled);
    say_when();
    say_poll();
    say("recv", recv(near, buf, sizeof buf, 0));
    after_reset();
}

static void unix_recv_has_a_timeout_of_its_own(void)
{
    unix_connected();
    recv_with_a_timeout();
}

static void nobody_to_accept(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    struct timeval timeout = {.tv_usec = 300000};
    near = socket(AF_INET, SOCK_STREAM, 0);
    far = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(near, (void *)&name, length) != 0 || listen(near, 5) != 0 ||
        getsockname(near, (void *)&name, &length) != 0)
        exit(2);
    setsockopt(near, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    start = now();
    if (!real)
        connect(far, (void *)&name, length);
    say("accept", accept(near, NULL, NULL));
    say_when();
    int set = edge_set(EPOLLIN);
    if (!real)
        wait_edge(set); /* the kernel owes this one to the client */
    else
        printf("epoll_wait 1 0x1\n");
    say("accept", accept(near, NULL, NULL));
    if (real)
        connect(far, (void *)&name, length);
    wait_edge(set);
    printf("accept %s\n", accept(near, NULL, NULL) >= 0 ? "works" : "fails");
}

/* As give, which polls. */
static void give_unseen(const char *text)
{
    int unread = 0;
    if (write(far, text, strlen(text)) != (ssize_t)strlen(text))
        exit(2);
    while (unread == 0)
        ioctl(near, FIONREAD, &unread);
}

/* For real the bytes come when the waits are over. */
static void nothing_to_poll(void)
{
    connected();
    int set = edge_set(EPOLLIN);
    struct pollfd wait = {.fd = near, .events = POLLIN, .revents = POLLNVAL};
    fd_set in;
    struct timeval time = {.tv_usec = 300000};
    FD_ZERO(&in);
    FD_SET(near, &in);
    if (!real)
        give_unseen("hello");
    start = now();
    say("poll", poll(&wait, 1, 300));
    printf("%#x\n", (unsigned)wait.revents);
    say_when();
    say("poll", poll(&wait, 1, 0));
    start = now();
    say("select", select(near + 1, &in, NULL, NULL, &time));
    printf("%d %ld\n", FD_ISSET(near, &in) != 0, (long)time.tv_usec);
    say_when();
    start = now();
    struct epoll_event event;
    say("epoll_wait", epoll_wait(set, &event, 1, 300));
    say_when();
    handle(SA_RESTART, 50000);
    say("epoll_wait", epoll_wait(set, &event, 1, 10000));
    if (real)
        give_unseen("hello");
    wait_edge(set);
}

/* A call of another thread, and what ends it. */
struct waiter {
    long (*call)(void);
    atomic_bool is_over;
    long result;
    int error;
};

static void *wait_in_call(void *argument)
{
    struct waiter *waiter = argument;
    waiter->result = waiter->call();
    waiter->error = errno;
    waiter->is_over = true;
    return NULL;
}

static void end_by_shutdown(const char *name, long (*call)(void), int fd, int other_way, int how)
{
    struct waiter waiter = {.call = call};
    pthread_t thread;
    pthread_create(&thread, NULL, wait_in_call, &waiter);
    poll(NULL, 0, 200); /* it waits by then, really or by the rule */
    if (other_way >= 0)
        say("shutdown", shutdown(fd, other_way));
    poll(NULL, 0, 100);
    printf("%s over\n", waiter.is_over ? "already" : "not");
    double then = now();
    say("shutdown", shutdown(fd, how));
    pthread_join(thread, NULL);
    errno = waiter.error;
    say(name, waiter.result);
    printf("%s\n", now() - then < 5 ? "at once" : "late");
}

static long recv_near(void)
{
    char buf[10];
    return recv(near, buf, sizeof buf, 0);
}

static long send_near(void)
{
    return send(near, "x", 1, MSG_NOSIGNAL);
}

static long accept_one(void)
{
    return accept(listener, NULL, NULL);
}

static long connect_near(void)
{
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    getsockname(listener, (void *)&name, &length);
    return connect(near, (void *)&name, sizeof name);
}

static void shutdown_ends_recv_and_accept(void)
{
    struct timeval timeout = {.tv_sec = 20};
    connected();
    end_by_shutdown("recv", recv_near, near, SHUT_WR, SHUT_RD);
    end_by_shutdown("accept", accept_one, listener, SHUT_WR, SHUT_RDWR);
    close(near);
    close(far);
    connected();
    setsockopt(near, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    end_by_shutdown("recv", recv_near, near, -1, SHUT_RDWR);
}

static void shutdown_ends_send(void)
{
    connected();
    if (real)
        fill();
    end_by_shutdown("send", send_near, near, SHUT_RD, SHUT_WR);
}

static void shutdown_ends_connect(void)
{
    name_of_listener();
    near = socket(AF_INET, SOCK_STREAM, 0);
    end_by_shutdown("connect", connect_near, near, -1, SHUT_RDWR);
    say_poll();
    say_error();
    say_user_timeout();
}

/* One that waits for datagrams has no connection to shut, and is woken all the same. */
static void shutdown_ends_recv_of_datagrams(void)
{
    near = socket(AF_INET, SOCK_DGRAM, 0);
    end_by_shutdown("recv", recv_near, near, -1, SHUT_RD);
}

static const struct pair_case cases[] = {
    {"connect-times-out", connect_times_out},
    {"connect-times-out-without-waiting", connect_times_out_without_waiting},
    {"connect-has-a-timeout-of-its-own", connect_has_a_timeout_of_its_own},
    {"connect-is-interrupted", connect_is_interrupted},
    {"connect-works-after-a-time-out", connect_works_after_a_time_out},
    {"user-timeout-outlives-a-time-out", user_timeout_outlives_a_time_out},
    {"recv-times-out", recv_times_out},
    {"recv-times-out-without-waiting", recv_times_out_without_waiting},
    {"half-closed-while-recv-times-out", half_closed_while_recv_times_out},
    {"shut-while-recv-times-out", shut_while_recv_times_out},
    {"recv-has-a-timeout-of-its-own", recv_has_a_timeout_of_its_own},
    {"recv-is-interrupted", recv_is_interrupted},
    {"send-times-out", send_times_out},
    {"unix-recv-has-a-timeout-of-its-own", unix_recv_has_a_timeout_of_its_own},
    {"shutdown-ends-recv-and-accept", shutdown_ends_recv_and_accept},
    {"shutdown-ends-send", shutdown_ends_send},
    {"shutdown-ends-connect", shutdown_ends_connect},
    {"shutdown-ends-recv-of-datagrams", shutdown_ends_recv_of_datagrams},
    {"nobody-to-accept", nobody_to_accept},
    {"nothing-to-poll", nothing_to_poll},
};

int main(int argc, char **argv)
{
    return run_case(argc, argv, cases, sizeof cases / sizeof *cases);
}
