/* Short and interrupted calls, half-closes, resets and refusals. See pair.h. */
#include "pair.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

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

/* The signal is blocked but in the call. */
static void waits_under_a_mask_are_interrupted(void)
{
    struct pollfd wait = {.events = POLLIN};
    struct timespec time = {.tv_sec = 4};
    struct epoll_event event;
    sigset_t alarm_alone, none;
    fd_set in;
    connected();
    wait.fd = near;
    int set = epoll_create1(0);
    FD_ZERO(&in);
    sigemptyset(&none);
    sigemptyset(&alarm_alone);
    sigaddset(&alarm_alone, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm_alone, NULL);
    double start = now();
    handle(SA_RESTART, 20000);
    say("ppoll", ppoll(&wait, 1, &time, &none));
    handle(SA_RESTART, 20000);
    say("pselect", pselect(0, &in, NULL, NULL, &time, &none));
    handle(SA_RESTART, 20000);
    say("epoll_pwait", epoll_pwait(set, &event, 1, 4000, &none));
    printf("%s\n", now() - start < 2 ? "early" : "late");
    handle(SA_RESTART, 20000);
    say("poll", poll(&wait, 1, 200));
    printf("handler ran %d\n", (int)handled);
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

static sigjmp_buf out_of_recv;

static void jump_out(int number)
{
    (void)number;
    siglongjmp(out_of_recv, 1);
}

/* A handler leaves a call that waits, or is slow: the thread is as it was. */
static void recv_is_jumped_out_of(void)
{
    char buf[10];
    int was;
    connected();
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        fcntl(near, F_SETFL, nonblocking ? O_NONBLOCK : 0);
        handle(0, 50000);
        signal(SIGALRM, jump_out);
        if (sigsetjmp(out_of_recv, 1) == 0) {
            recv(near, buf, sizeof buf, 0);
            poll(NULL, 0, 2000); /* where it does not wait */
        }
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &was);
        printf("%s\n", was == PTHREAD_CANCEL_ENABLE ? "enabled" : "disabled");
        pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &was);
        printf("%s\n", was == PTHREAD_CANCEL_DEFERRED ? "deferred" : "asynchronous");
    }
    signal(SIGALRM, SIG_DFL);
    give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
}

static void *receive(void *number)
{
    char buf[10];
    recv(*(int *)number, buf, sizeof buf, 0);
    return NULL;
}

static void cancelled_in_recv(int number)
{
    pthread_t waiter;
    void *ended_by;
    pthread_create(&waiter, NULL, receive, &number);
    poll(NULL, 0, 100); /* it waits by then, really or by the rule */
    double start = now();
    pthread_cancel(waiter);
    pthread_join(waiter, &ended_by);
    printf("%s, %s\n", ended_by == PTHREAD_CANCELED ? "cancelled" : "not cancelled",
           now() - start < 5 ? "at once" : "late");
}

/* Where the signals of a thread are blocked it is cancelled all the same. */
static void recv_is_cancelled(void)
{
    struct timeval timeout = {.tv_sec = 20};
    sigset_t all;
    connected();
    cancelled_in_recv(near);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    setsockopt(near, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    cancelled_in_recv(near);
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

/* The first event of a set, which the program has seen before the rule hides its cause. */
static void take_event(int set)
{
    struct epoll_event event;
    epoll_wait(set, &event, 1, 1000);
}

static void name_loopback(int fd, struct sockaddr_in *name)
{
    socklen_t length = sizeof *name;
    *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (void *)name, length) != 0 || getsockname(fd, (void *)name, &length) != 0)
        exit(2);
}

static void datagrams(int flags)
{
    struct sockaddr_in name;
    near = socket(AF_INET, SOCK_DGRAM | flags, 0);
    far = socket(AF_INET, SOCK_DGRAM, 0);
    name_loopback(near, &name);
    if (connect(far, (void *)&name, sizeof name) != 0)
        exit(2);
}

/* Registered before it had a peer, which the rule asks for. */
static void early_set_is_told_of_a_datagram(void)
{
    char buf[10];
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    datagrams(0);
    int set = edge_set(EPOLLIN);
    if (getsockname(far, (void *)&name, &length) != 0 || connect(near, (void *)&name, length) != 0)
        exit(2);
    if (!real) {
        give("hello");
        take_event(set);
    }
    say("recv", recv(near, buf, sizeof buf, 0));
    if (real)
        give("hello");
    wait_edge(set);
    say("recv", recv(near, buf, sizeof buf, 0));
}

/* Registered before it listened. */
static void early_set_is_told_of_a_client(void)
{
    struct sockaddr_in name;
    near = socket(AF_INET, SOCK_STREAM, 0);
    far = socket(AF_INET, SOCK_STREAM, 0);
    int set = edge_set(EPOLLIN);
    name_loopback(near, &name);
    if (listen(near, 5) != 0)
        exit(2);
    take_event(set);
    if (!real) {
        connect(far, (void *)&name, sizeof name);
        take_event(set);
    }
    say("accept", accept(near, NULL, NULL) < 0 ? -1 : 0);
    if (real)
        connect(far, (void *)&name, sizeof name);
    wait_edge(set);
    say("accept", accept(near, NULL, NULL) < 0 ? -1 : 0);
}

/* Every set that waits for the socket is told, by whatever number it knows it, and one
 * that a child made before as well as one that it was left. */
static void short_unix_read_tells_all_sets(void)
{
    char buf[10];
    unix_connected();
    int first = edge_set(EPOLLIN), second = edge_set(EPOLLIN | EPOLLOUT);
    int number = near;
    near = dup(number);
    int by_dup = edge_set(EPOLLIN), once = edge_set(EPOLLIN | EPOLLONESHOT);
    near = number;
    wait_edge(second); /* there is room */
    give(real ? "hello" : "helloworld");
    wait_edge(first);
    wait_edge(second);
    wait_edge(by_dup);
    wait_edge(once);
    say("recv", recv(near, buf, sizeof buf, 0));
    if (real)
        give("world");
    wait_edge(first);
    wait_edge(second);
    wait_edge(by_dup);
    wait_edge(once);
    fflush(stdout);
    if (fork() == 0) {
        say("recv", recv(near, buf, 3, 0));
        say("recv", recv(near, buf, sizeof buf, 0));
        wait_edge(first);
        exit(0);
    }
    wait(NULL);
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

/* Nobody sends, and nobody is waited for. */
static void empty_read_of_datagrams(void)
{
    char buf[1];
    datagrams(0);
    alarm(10);
    say("read", read(near, buf, 0));
}

static void short_datagram(void)
{
    char buf[20];
    struct iovec part = {buf, sizeof buf};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    datagrams(SOCK_NONBLOCK);
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

/* What the peer sends behind its end, as the rule says, is no reason for a RST. */
static void close_behind_the_end(void)
{
    char buf[10];
    connected();
    if (real)
        shutdown(far, SHUT_WR);
    say("recv", recv(near, buf, sizeof buf, 0));
    if (!real && write(far, "more", 4) != 4)
        exit(2);
    say("send", send(near, "answer", 6, 0));
    say("close", close(near));
    say("peer's recv", recv(far, buf, sizeof buf, 0));
    say("peer's recv", recv(far, buf, sizeof buf, 0));
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

/* All that can be asked of bytes which were unread when the reset came. */
static void read_what_is_left(void)
{
    char buf[10], other[4];
    struct iovec parts[] = {{buf, 2}, {other, 1}};
    struct sockaddr_in name;
    struct msghdr message = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = parts, .msg_iovlen = 2};
    struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = parts, .msg_iovlen = 1}}};
    socklen_t length = sizeof name;
    int unread = -1, pipe_ends[2];

    say_poll();
    ioctl(near, FIONREAD, &unread);
    printf("FIONREAD %d\n", unread);
    say("look", recv(near, buf, sizeof buf, MSG_PEEK));
    say("recv", recv(near, buf, 1, 0));
    printf("%c\n", buf[0]);
    say("recvmsg", recvmsg(near, &message, 0));
    printf("%.2s %.1s %d\n", buf, other, (int)message.msg_namelen);
    say("recvfrom", recvfrom(near, buf, 2, 0, (void *)&name, &length));
    printf("%.2s %d\n", buf, (int)length);
    say("recvmmsg", recvmmsg(near, messages, 2, MSG_WAITFORONE, NULL));
    printf("%u %.2s\n", messages[0].msg_len, buf);
    ioctl(near, FIONREAD, &unread);
    printf("FIONREAD %d\n", unread);
    if (pipe(pipe_ends) != 0)
        exit(2);
    say("splice", splice(near, NULL, pipe_ends[1], NULL, 2, 0));
    say("read", read(pipe_ends[0], buf, sizeof buf));
    printf("%.2s\n", buf);
    say("recv", recv(near, NULL, 1, MSG_TRUNC));
    say("recv all", recv(near, buf, sizeof buf, MSG_WAITALL));
    say("recv", recv(near, buf, sizeof buf, 0));
}

/* A peer that has sent some and then resets, or a rule that says so. */
static void reset_behind_bytes(void)
{
    give("0123456789abcd");
    if (real)
        reset_by_peer();
}

static void reset_at_send_leaves_unread_bytes(void)
{
    connected();
    reset_behind_bytes();
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
    read_what_is_left();
    after_reset();
}

static void say_name(void *to, int length)
{
    socklen_t room = (socklen_t)length;
    int result = getsockname(near, to, &room);
    say("getsockname", result);
    printf("%d\n", result == 0 ? (int)room : 0); /* kernels differ in what a failure leaves there */
}

/* Bytes and names go to where there is just memory enough for them, whatever room is told. */
static void reset_at_send_with_little_memory(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *end = page + 4096;
    struct iovec parts[] = {{end - 3, 3}, {end, 9}};
    const size_t bad[] = {SIZE_MAX, SIZE_MAX / 2 + 1};
    munmap(end, 4096);
    connected();
    reset_behind_bytes();
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
    say("recv", recv(near, end - 2, 4096, 0));
    say("recv", recv(near, end - 14, 1 << 20, MSG_PEEK));
    say("readv", readv(near, parts, 1));
    for (int i = 0; i < 2; i++) {
        parts[1].iov_len = bad[i];
        say("readv", readv(near, parts, 2));
    }
    parts[1] = (struct iovec){end - 100, SIZE_MAX / 2};
    say("readv", readv(near, parts, 2));
    parts[1] = (struct iovec){end - 100, UINT32_MAX};
    say("readv", readv(near, parts, 2));
    say_name(end - sizeof(struct sockaddr_in), 4096);
    say_name(end - sizeof(struct sockaddr_in), -1);
    say_name(end - 3, 3);
    say_name(end - 3, 4);
    say_name(end - 3, 40);
    say_name(NULL, 0);
    say("getsockname", getsockname(near, (void *)page, (void *)end));
}

static ssize_t results[3];
static int entries;

static void move_many_entries(int number)
{
    static char bytes[IOV_MAX];
    static struct iovec parts[IOV_MAX];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = IOV_MAX};
    (void)number;
    for (int i = 0; i < IOV_MAX; i++)
        parts[i] = (struct iovec){&bytes[i], 1};
    results[0] = writev(near, parts, entries);
    results[1] = readv(far, parts, entries);
    fcntl(far, F_SETFL, O_NONBLOCK);
    results[2] = recvmsg(far, &message, 0);
}

/* In a handler on a stack of its own with 12 KiB left, and a hole below. */
static void on_a_small_stack(void)
{
    size_t size = ((size_t)sysconf(_SC_MINSIGSTKSZ) + 12288 + 4095) & ~(size_t)4095;
    char *stack = mmap(NULL, size + 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t small = {.ss_sp = stack + 65536, .ss_size = size};
    struct sigaction action = {.sa_handler = move_many_entries, .sa_flags = SA_ONSTACK};
    connected();
    mprotect(stack + 65536, size, PROT_READ | PROT_WRITE);
    sigaltstack(&small, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    for (int i = 0; i < 3; i++)
        printf("%zd\n", results[i]);
}

static void many_entries_on_a_small_stack(void)
{
    entries = real ? IOV_MAX - 4 : IOV_MAX;
    on_a_small_stack();
}

static void many_changed_entries_on_a_small_stack(void)
{
    entries = IOV_MAX;
    on_a_small_stack();
}

/* More than the kernel would read, of which a rule leaves little. */
static void short_read_into_too_much(void)
{
    char buf[9];
    struct iovec parts[] = {{buf, 2}, {buf, SIZE_MAX}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    connected();
    give("hello");
    for (size_t length = SIZE_MAX; length >= SIZE_MAX / 2; length /= 2) {
        parts[1].iov_len = length;
        say("readv", readv(near, parts, 2));
        say("recvmsg", recvmsg(near, &message, 0));
        say("writev", writev(near, parts, 2));
        say("sendmsg", sendmsg(near, &message, 0));
    }
    parts[1].iov_len = real ? 0 : UINT32_MAX;
    say("readv", readv(near, parts, 2));
}

/* The peer had half-closed before: nothing says ECONNRESET then. */
static void reset_at_send_behind_the_end(void)
{
    char buf[10];
    connected();
    shutdown(far, SHUT_WR);
    say("recv", recv(near, buf, sizeof buf, 0));
    if (real) {
        close_hard(far);
        struct pollfd wait = {.fd = near};
        poll(&wait, 1, 1000); /* until ERR, HUP */
    }
    signal(SIGPIPE, on_signal);
    say("send", send(near, "x", 1, 0));
    printf("SIGPIPE %d\n", (int)handled);
    say_error();
    say_poll();
    say("recv", recv(near, buf, sizeof buf, 0));
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
}

static void reset_at_recv_behind_the_end(void)
{
    char buf[10];
    connected();
    shutdown(far, SHUT_WR);
    say("recv", recv(near, buf, sizeof buf, 0));
    if (real)
        reset_by_peer();
    say("recv", recv(near, buf, sizeof buf, 0));
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
    say("recv", recv(near, buf, sizeof buf, 0));
}

static void reset_then_connected_to_nobody(void)
{
    struct sockaddr_in name;
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    socklen_t length = sizeof name;
    char buf[10];
    connected();
    getsockname(listener, (void *)&name, &length);
    if (real)
        reset_by_peer();
    say("recv", recv(near, buf, sizeof buf, 0));
    say("connect to nobody", connect(near, &none, sizeof none));
    say("connect", connect(near, (void *)&name, length));
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
    say("getpeername", getpeername(near, (void *)&name, &length));
}

/* Another number and another process have read from it before, and find the rest. */
static void reset_leaves_unread_bytes_to_all(void)
{
    char buf[10];
    int go[2], ready[2];
    connected();
    int other = dup(near);
    say("dup's recv", recv(other, buf, sizeof buf, MSG_DONTWAIT));
    fflush(stdout);
    if (pipe(go) != 0 || pipe(ready) != 0)
        exit(2);
    pid_t child = fork();
    if (child == 0) {
        close(far);
        say("child's recv", recv(near, buf, sizeof buf, MSG_DONTWAIT));
        fflush(stdout);
        if (write(ready[1], "r", 1) != 1 || read(go[0], buf, 1) != 1) /* the reset has come */
            _exit(2);
        say("child's recv", recv(near, buf, 4, 0));
        exit(0);
    }
    if (read(ready[0], buf, 1) != 1)
        exit(2);
    reset_behind_bytes();
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
    if (write(go[1], "g", 1) != 1)
        exit(2);
    waitpid(child, NULL, 0);
    say("dup's recv", recv(other, buf, 4, 0));
    say("recv", recv(near, buf, sizeof buf, 0));
    say("dup's recv", recv(other, buf, sizeof buf, 0));
}

/* Through pipes with less room than there is to read: nothing hangs, nothing is lost. */
static void reset_leaves_unread_bytes_to_splice(void)
{
    static char bulk[40000];
    int pipe_of[2], size = 4096;
    long total = 0, moved;
    connected();
    if (pipe2(pipe_of, O_NONBLOCK) != 0 || fcntl(pipe_of[1], F_SETPIPE_SZ, size) != size ||
        write(far, bulk, sizeof bulk) != sizeof bulk)
        exit(2);
    for (int unread = 0; unread < (int)sizeof bulk; ioctl(near, FIONREAD, &unread))
        poll(NULL, 0, 1);
    if (real)
        reset_by_peer();
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
    while ((moved = splice(near, NULL, pipe_of[1], NULL, sizeof bulk, 0)) > 0) {
        long blocked = splice(near, NULL, pipe_of[1], NULL, sizeof bulk, SPLICE_F_NONBLOCK);
        if (total == 0)
            say("into a full pipe", blocked);
        total += read(pipe_of[0], bulk, sizeof bulk);
    }
    say("splice", moved);
    printf("%ld altogether\n", total);
}

static void *wait_for_bytes(void *begun)
{
    char buf[10];
    *(atomic_bool *)begun = true;
    recv(near, buf, sizeof buf, 0);
    return NULL;
}

/* The descriptor that a call waits on is closed, and its number is another connection's by then. */
static void reset_spares_who_has_the_number_next(void)
{
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    char buf[10];
    pthread_t waiter;
    atomic_bool begun = false;
    connected();
    getsockname(listener, (void *)&name, &length);
    pthread_create(&waiter, NULL, wait_for_bytes, &begun);
    while (!begun)
        sched_yield();
    poll(NULL, 0, 200); /* it waits by then, really or by the rule */
    int number = near, next = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(next, (void *)&name, length) != 0 || dup2(next, number) != number)
        exit(2);
    close(next);
    close_hard(far);
    far = accept(listener, NULL, NULL);
    pthread_join(waiter, NULL);
    give("hello");
    say("recv", recv(near, buf, sizeof buf, 0));
    say("send", send(near, "x", 1, MSG_NOSIGNAL));
}

static void reset_at_poll(void)
{
    connected();
    reset_behind_bytes();
    read_what_is_left();
    after_reset();
}

static void reset_at_select(void)
{
    fd_set in, out;
    connected();
    if (real)
        reset_by_peer();
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(near, &in);
    FD_SET(near, &out);
    say("select", select(near + 1, &in, &out, NULL, NULL));
    printf("%d %d\n", FD_ISSET(near, &in) != 0, FD_ISSET(near, &out) != 0);
    after_reset();
}

static void reset_at_epoll(void)
{
    connected();
    int set = edge_set(EPOLLIN);
    if (real)
        reset_by_peer();
    wait_edge(set);
    wait_edge(set);
    after_reset();
}

/* Only the connections that the rule selects. */
static void reset_at_poll_by_peer(void)
{
    int pair[2];
    connected();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        exit(2);
    struct pollfd wait[] = {{.fd = near, .events = POLLIN}, {.fd = pair[0], .events = POLLIN}};
    if (real)
        reset_by_peer();
    say("poll", poll(wait, 2, 100));
    printf("%#x %#x\n", (unsigned)wait[0].revents, (unsigned)wait[1].revents);
    after_reset();
}

static void reset_after_connect_without_waiting(void)
{
    struct sockaddr_in name = {0};
    socklen_t length = sizeof name;
    char buf[10];

    listen_and_connect();
    getsockname(listener, (void *)&name, &length);
    close(near);
    close(accept(listener, NULL, NULL));
    near = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    say("connect", connect(near, (void *)&name, length));
    far = accept(listener, NULL, NULL);
    if (real)
        reset_by_peer();
    say_poll();
    say("recv", recv(near, buf, sizeof buf, 0));
    say_error();
    say("listen", listen(near, 1));
    length = sizeof name;
    getsockname(near, (void *)&name, &length);
    printf("%s %d %d\n", inet_ntoa(name.sin_addr), name.sin_port != 0, (int)length);
    length = sizeof name;
    getsockname(listener, (void *)&name, &length);
    say("connect", connect(near, (void *)&name, length));
    say_poll();
    say("connect", connect(near, (void *)&name, length));
    say_poll();
}

/* What the client had sent before it was accepted can be read. */
static void reset_after_accept_leaves_unread_bytes(void)
{
    listen_and_connect();
    far = near;
    if (write(far, "0123456789abcd", 14) != 14)
        exit(2);
    near = accept(listener, NULL, NULL);
    if (real)
        reset_by_peer();
    read_what_is_left();
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

static const struct pair_case cases[] = {
    {"recv-interrupted", recv_interrupted},
    {"recv-with-timeout-interrupted", recv_with_timeout_interrupted},
    {"poll-interrupted", poll_interrupted},
    {"waits-under-a-mask-are-interrupted", waits_under_a_mask_are_interrupted},
    {"ready-waits-are-not-interrupted", ready_waits_are_not_interrupted},
    {"slow-recv-restarts", slow_recv_restarts},
    {"slow-recv-is-interrupted", slow_recv_is_interrupted},
    {"recv-is-jumped-out-of", recv_is_jumped_out_of},
    {"recv-is-cancelled", recv_is_cancelled},
    {"recv-in-pieces", recv_in_pieces},
    {"short-read-gives-an-edge", short_read_gives_an_edge},
    {"short-unix-read-gives-an-edge", short_unix_read_gives_an_edge},
    {"early-set-is-told-of-a-datagram", early_set_is_told_of_a_datagram},
    {"early-set-is-told-of-a-client", early_set_is_told_of_a_client},
    {"short-unix-read-tells-all-sets", short_unix_read_tells_all_sets},
    {"short-read-into-many-entries", short_read_into_many_entries},
    {"looks-show-all", looks_show_all},
    {"short-send-gives-an-edge", short_send_gives_an_edge},
    {"accept-without-descriptors", accept_without_descriptors},
    {"empty-read-of-datagrams", empty_read_of_datagrams},
    {"short-datagram", short_datagram},
    {"tcp-half-closed", tcp_half_closed},
    {"unix-half-closed", unix_half_closed},
    {"close-behind-the-end", close_behind_the_end},
    {"reset-at-recv", reset_at_recv},
    {"reset-at-recv-takes-unread-bytes", reset_at_recv_takes_unread_bytes},
    {"reset-at-send", reset_at_send},
    {"reset-after-connect", reset_after_connect},
    {"reset-after-accept", reset_after_accept},
    {"reset-seen-by-the-peer", reset_seen_by_the_peer},
    {"reset-at-send-leaves-unread-bytes", reset_at_send_leaves_unread_bytes},
    {"reset-at-send-with-little-memory", reset_at_send_with_little_memory},
    {"many-entries-on-a-small-stack", many_entries_on_a_small_stack},
    {"many-changed-entries-on-a-small-stack", many_changed_entries_on_a_small_stack},
    {"short-read-into-too-much", short_read_into_too_much},
    {"reset-at-send-behind-the-end", reset_at_send_behind_the_end},
    {"reset-at-recv-behind-the-end", reset_at_recv_behind_the_end},
    {"reset-then-connected-to-nobody", reset_then_connected_to_nobody},
    {"reset-leaves-unread-bytes-to-all", reset_leaves_unread_bytes_to_all},
    {"reset-leaves-unread-bytes-to-splice", reset_leaves_unread_bytes_to_splice},
    {"reset-spares-who-has-the-number-next", reset_spares_who_has_the_number_next},
    {"reset-at-poll", reset_at_poll},
    {"reset-at-select", reset_at_select},
    {"reset-at-epoll", reset_at_epoll},
    {"reset-at-poll-by-peer", reset_at_poll_by_peer},
    {"reset-after-connect-without-waiting", reset_after_connect_without_waiting},
    {"reset-after-accept-leaves-unread-bytes", reset_after_accept_leaves_unread_bytes},
    {"refused", refused},
    {"refused-without-waiting", refused_without_waiting},
    {"nothing-yet", nothing_yet},
    {"nothing-within-the-timeout", nothing_within_the_timeout},
    {"signal-before-recv", signal_before_recv},
};

int main(int argc, char **argv)
{
    return run_case(argc, argv, cases, sizeof cases / sizeof *cases);
}
