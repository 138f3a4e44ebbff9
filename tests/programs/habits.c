/* Broken habits, and what only looks like them.
 *
 *   habits NAME
 *
 * The table below says what there is. Each makes its calls on connections to itself. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    _exit(99);
}

/* A socket that listens, on the port that comes to stand in `address`. */
static int open_listener(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    must(bind(fd, (struct sockaddr *)address, length) == 0 && listen(fd, 16) == 0 &&
             getsockname(fd, (struct sockaddr *)address, &length) == 0,
         "listen");
    return fd;
}

static int open_client(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* somebody closes it, or nobody */
    must(connect(fd, (const struct sockaddr *)address, sizeof *address) == 0, "connect");
    return fd;
}

static struct pair {
    int near, far;
} pair;

static void open_pair(void)
{
    struct sockaddr_in address;
    int listener = open_listener(&address);

    pair.near = open_client(&address);
    pair.far = accept(listener, NULL, NULL);
    must(pair.far >= 0 && close(listener) == 0, "accept");
}

static void close_pair(void)
{
    close(pair.near);
    close(pair.far);
}

/* ---- habits ---------------------------------------------------------------- */

static void die_by_sigpipe(void)
{
    open_pair();
    close(pair.far);
    must(write(pair.near, "a", 1) == 1, "write");
    poll(&(struct pollfd){.fd = pair.near, .events = POLLRDHUP}, 1, 10000);
    usleep(20000); /* until the RST is there */
    must(write(pair.near, "b", 1) == 1, "write");
}

static int say(int fd)
{
    char answer[4];
    if (recv(fd, answer, sizeof answer, 0) < 0)
        return -1; /* and fd stays open */
    return close(fd);
}

static void leave_after_a_fault(void)
{
    open_pair();
    send(pair.far, "abcd", 4, 0);
    say(pair.near);
    close(pair.far);
}

static void read_byte_by_byte(void)
{
    char byte, bytes[100] = "";

    open_pair();
    send(pair.far, bytes, sizeof bytes, 0);
    for (int i = 0; i < 100; i++)
        must(read(pair.near, &byte, 1) == 1, "read");
    close_pair();
}

static int stage; /* of the two threads below, one after the other */

static void reach(int next)
{
    while (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) != next)
        usleep(1000);
}

static void pass_on(int next)
{
    __atomic_store_n(&stage, next, __ATOMIC_RELEASE);
}

static void *open_and_read(void *address)
{
    char byte;

    reach(1);
    int fd = open_client(address);
    pass_on(2);
    reach(3);
    must(recv(fd, &byte, 1, MSG_DONTWAIT) == -1 && errno == EBADF, "the descriptor is another's");
    return NULL;
}

static void close_anothers(void)
{
    struct sockaddr_in address;
    pthread_t other;
    int listener = open_listener(&address), fd = open_client(&address);

    pthread_create(&other, NULL, open_and_read, &address);
    close(fd);
    pass_on(1);
    reach(2);
    close(fd); /* the number is another's now */
    pass_on(3);
    pthread_join(other, NULL);
    close(listener);
}

/* ---- what only looks like one ---------------------------------------------- */

static void serve_one(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) == 1 && send(fd, &byte, 1, 0) == 1)
        ;
    close(fd);
}

static void ask(const struct sockaddr_in *address, int times)
{
    for (int i = 0; i < times; i++) {
        char byte = 'a';
        int fd = open_client(address);
        must(send(fd, &byte, 1, 0) == 1 && recv(fd, &byte, 1, 0) == 1, "ask");
        close(fd);
    }
}

/* Children accept on a listener that they inherited. */
static void fork_before(void)
{
    struct sockaddr_in address;
    int listener = open_listener(&address);
    pid_t children[3];

    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0)
            for (;;)
                serve_one(accept(listener, NULL, NULL));
    }
    ask(&address, 30);
    for (int i = 0; i < 3; i++) {
        kill(children[i], SIGTERM);
        waitpid(children[i], NULL, 0);
    }
    close(listener);
}

/* A child for each connection: its parent closes it at once. */
static void fork_for_each(void)
{
    struct sockaddr_in address;
    int listener = open_listener(&address);

    for (int i = 0; i < 10; i++) {
        int fd = open_client(&address), served = accept(listener, NULL, NULL);
        pid_t child = fork();
        if (child == 0) {
            close(listener);
            close(fd);
            serve_one(served);
            _exit(0);
        }
        close(served);
        must(send(fd, "a", 1, 0) == 1, "send");
        close(fd);
        waitpid(child, NULL, 0);
    }
    close(listener);
}

enum { WORKERS = 4, JOBS = 200 };
static int queue[2];

static void *work(void *unused)
{
    int fd;
    while (read(queue[0], &fd, sizeof fd) == sizeof fd)
        serve_one(fd);
    return unused;
}

/* Workers close what another thread has accepted; the numbers come again and again. */
static void serve_by_pool(void)
{
    struct sockaddr_in address;
    int listener = open_listener(&address);
    pthread_t workers[WORKERS];

    must(pipe(queue) == 0, "pipe");
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&workers[i], NULL, work, NULL);
    for (int i = 0; i < JOBS; i++) {
        int fd = open_client(&address), served = accept(listener, NULL, NULL);
        must(write(queue[1], &served, sizeof served) == sizeof served && send(fd, "a", 1, 0) == 1, "write");
        close(fd);
    }
    close(queue[1]);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    close(listener);
}

/* One descriptor of it is closed, another used on; dup2 over an open one, and over a closed one. */
static void double_and_close(void)
{
    char byte;

    for (int i = 0; i < 3; i++) {
        open_pair();
        int other = dup(pair.near);
        close(pair.near);
        must(send(pair.far, "ab", 2, 0) == 2 && recv(other, &byte, 1, 0) == 1, "recv");
        must(dup2(other, pair.near) == pair.near, "dup2");
        close(other);
        must(recv(pair.near, &byte, 1, 0) == 1, "recv");
        must(dup2(pair.far, pair.near) == pair.near, "dup2");
        close_pair();
    }
}

static void send_descriptor(int through, int fd)
{
    char byte = 0, control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec vector = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    *header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    must(sendmsg(through, &message, 0) == 1, "sendmsg");
}

static int receive_descriptor(int through)
{
    char byte, control[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int fd;

    must(recvmsg(through, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL, "recvmsg");
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

/* Whoever is sent a socket closes its own descriptor of it. */
static void hand_over(void)
{
    int way[2];

    must(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0, "socketpair");
    pid_t child = fork();
    if (child == 0) {
        close(way[0]);
        for (int i = 0; i < 10; i++)
            serve_one(receive_descriptor(way[1]));
        _exit(0);
    }
    close(way[1]);
    for (int i = 0; i < 10; i++) {
        char byte;
        open_pair();
        send_descriptor(way[0], pair.far);
        close(pair.far);
        must(send(pair.near, "a", 1, 0) == 1 && recv(pair.near, &byte, 1, 0) == 1, "recv");
        close(pair.near);
    }
    close(way[0]);
    waitpid(child, NULL, 0);
}

/* The connection is in use to the end, which closes it. */
static void hold_to_the_end(void)
{
    char byte;

    open_pair();
    must(send(pair.far, "a", 1, 0) == 1 && recv(pair.near, &byte, 1, 0) == 1, "recv");
}

/* A look in passing, again and again for a moment. */
static void poll_in_passing(void)
{
    open_pair();
    for (int i = 0; i < 2000; i++)
        poll(&(struct pollfd){.fd = pair.near, .events = POLLIN}, 1, 0);
    close_pair();
}

/* A datagram of 10 bytes meets room for 4: what each call gives. */
static void give_room_of_4(int type, int domain)
{
    char data[16];
    int ends[2];
    struct sockaddr_storage from;
    socklen_t length = sizeof from;

    must(socketpair(domain, type, 0, ends) == 0, "socketpair");
#define TRY(expression)                                            \
    do {                                                           \
        memset(data, '.', sizeof data);                            \
        must(send(ends[0], "0123456789", 10, 0) == 10, "send");    \
        errno = 0;                                                 \
        long result = (expression);                                \
        printf("%s: %ld %d %.16s\n", #expression, result, errno, data); \
    } while (0)
    TRY(recv(ends[1], data, 4, 0));
    TRY(recv(ends[1], data, 0, 0));
    TRY(recv(ends[1], data, 10, 0));
    TRY(recv(ends[1], data, 4, MSG_TRUNC));
    TRY(recv(ends[1], data, 4, MSG_PEEK));
    TRY(recv(ends[1], data, 4, MSG_DONTWAIT));
    TRY(recvfrom(ends[1], data, 4, 0, (struct sockaddr *)&from, &length));
    TRY(read(ends[1], data, 4));
    close(ends[0]);
    close(ends[1]);
}

static void give_little_room(void)
{
    give_room_of_4(SOCK_DGRAM, AF_UNIX);
    give_room_of_4(SOCK_STREAM, AF_UNIX);
}

static const struct {
    const char *name;
    void (*run)(void);
} habits[] = {
    {"sigpipe", die_by_sigpipe},
    {"after-fault", leave_after_a_fault},
    {"tiny-reads", read_byte_by_byte},
    {"closed-anothers", close_anothers},
    {"prefork", fork_before},
    {"fork", fork_for_each},
    {"pool", serve_by_pool},
    {"dups", double_and_close},
    {"passed", hand_over},
    {"held", hold_to_the_end},
    {"polls", poll_in_passing},
    {"room", give_little_room},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        if (argc == 2 && strcmp(argv[1], habits[i].name) == 0) {
            habits[i].run();
            return 0;
        }
    fputs("usage: habits NAME\n", stderr);
    return 2;
}
