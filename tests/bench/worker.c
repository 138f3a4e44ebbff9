/* Makes one kind of call over and over and says how long it took.
 *
 *   worker THREADS SOCKETS
 *
 * Opens SOCKETS sockets that stay idle, then obeys orders on stdin: each a
 * struct order, answered on stdout by the nanoseconds (uint64_t) that a thread
 * took for so many rounds, the mean over the threads. Every thread has its own
 * descriptors; those of two threads lie side by side. Ends with its stdin.
 *
 * The same program runs bare and under each preload, so nothing here knows what
 * is measured. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 2

enum row { ROW_SOCKETPAIR, ROW_TCP, ROW_PIPE, ROW_NULL, ROW_POLL, ROW_EPOLL, ROW_CONNECT, ROW_COUNT };

struct order {
    uint32_t row; /* enum row */
    uint32_t rounds;
};

static struct thread {
    int pair[2], tcp[2], pipe[2], null, ready[2], epoll, listener;
    struct sockaddr_in address; /* of the listener */
    uint64_t took_ns;
} threads[THREADS_MAX];

static int thread_count;
static struct order order;
/* Threads meet by spinning: a futex would wake the second one late. */
static _Atomic unsigned arrived, departed;

static void must(int holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(3);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void pin(int core)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET((unsigned)core, &cores);
    sched_setaffinity(0, sizeof cores, &cores); /* a machine that forbids it measures less well */
}

static void rounds_of(struct thread *t, enum row row, uint32_t rounds)
{
    char byte = 'x';
    struct pollfd pollfd = {.fd = t->ready[0], .events = POLLIN};
    struct epoll_event event;
    switch (row) {
    case ROW_SOCKETPAIR:
        for (; rounds > 0; rounds--)
            must(send(t->pair[0], &byte, 1, 0) == 1 && recv(t->pair[1], &byte, 1, 0) == 1, "socketpair");
        break;
    case ROW_TCP:
        for (; rounds > 0; rounds--)
            must(send(t->tcp[0], &byte, 1, 0) == 1 && recv(t->tcp[1], &byte, 1, 0) == 1, "tcp");
        break;
    case ROW_PIPE:
        for (; rounds > 0; rounds--)
            must(write(t->pipe[1], &byte, 1) == 1 && read(t->pipe[0], &byte, 1) == 1, "pipe");
        break;
    case ROW_NULL:
        for (; rounds > 0; rounds--)
            must(write(t->null, &byte, 1) == 1 && read(t->null, &byte, 1) == 0, "/dev/null");
        break;
    case ROW_POLL:
        for (; rounds > 0; rounds--)
            must(poll(&pollfd, 1, 0) == 1, "poll");
        break;
    case ROW_EPOLL:
        for (; rounds > 0; rounds--)
            must(epoll_wait(t->epoll, &event, 1, 0) == 1, "epoll_wait");
        break;
    case ROW_CONNECT:
        for (; rounds > 0; rounds--) {
            int client = socket(AF_INET, SOCK_STREAM, 0);
            must(connect(client, (struct sockaddr *)&t->address, sizeof t->address) == 0, "connect");
            int server = accept(t->listener, NULL, NULL);
            must(server >= 0 && close(server) == 0 && close(client) == 0, "accept");
        }
        break;
    case ROW_COUNT:
        break;
    }
}

static void meet(_Atomic unsigned *at, unsigned count)
{
    atomic_fetch_add(at, 1);
    for (unsigned spins = 0; atomic_load(at) < count; spins++)
        if (spins > 100000)
            sched_yield();
}

/* Orders are numbered, so each meeting has a count of its own. */
static void obey(struct thread *t, unsigned number)
{
    rounds_of(t, order.row, order.rounds / 8); /* caches, after the time that others ran */
    meet(&arrived, number * (unsigned)thread_count);
    uint64_t begin = now_ns();
    rounds_of(t, order.row, order.rounds);
    t->took_ns = now_ns() - begin;
    meet(&departed, number * (unsigned)thread_count);
}

static _Atomic unsigned ordered;

static void *second(void *arg)
{
    pin(0);
    for (unsigned number = 1;; number++) {
        struct timespec tick = {.tv_nsec = 20000};
        while (atomic_load(&ordered) < number)
            clock_nanosleep(CLOCK_MONOTONIC, 0, &tick, NULL);
        obey(arg, number);
    }
    return NULL;
}

/* A listener whose connections end by RST: none lingers in TIME_WAIT. */
static int listen_on_loopback(struct sockaddr_in *address)
{
    struct linger linger = {.l_onoff = 1};
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0 &&
             bind(fd, (struct sockaddr *)address, length) == 0 && listen(fd, 16) == 0 &&
             getsockname(fd, (struct sockaddr *)address, &length) == 0,
         "listen");
    return fd;
}

static void idle_sockets(unsigned count)
{
    struct rlimit limit;
    must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    for (unsigned made = 0; made + 2 <= count; made += 2) {
        int pair[2];
        char byte = 'x';
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
        must(send(pair[0], &byte, 1, 0) == 1 && recv(pair[1], &byte, 1, 0) == 1, "idle sockets");
    }
}

static void open_descriptors(void)
{
    int i, one = 1;
    for (i = 0; i < thread_count; i++)
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, threads[i].pair) == 0, "socketpair");
    for (i = 0; i < thread_count; i++)
        must(pipe(threads[i].pipe) == 0, "pipe");
    for (i = 0; i < thread_count; i++)
        must((threads[i].null = open("/dev/null", O_RDWR)) >= 0, "/dev/null");
    for (i = 0; i < thread_count; i++)
        threads[i].listener = listen_on_loopback(&threads[i].address);
    for (i = 0; i < thread_count; i++) {
        struct thread *t = &threads[i];
        t->tcp[0] = socket(AF_INET, SOCK_STREAM, 0);
        must(connect(t->tcp[0], (struct sockaddr *)&t->address, sizeof t->address) == 0, "connect");
        t->tcp[1] = accept(t->listener, NULL, NULL);
        must(setsockopt(t->tcp[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0, "TCP_NODELAY");
    }
    for (i = 0; i < thread_count; i++) {
        struct thread *t = &threads[i];
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, t->ready) == 0 && send(t->ready[1], "x", 1, 0) == 1, "ready");
        struct epoll_event event = {.events = EPOLLIN, .data.fd = t->ready[0]};
        must((t->epoll = epoll_create1(0)) >= 0, "epoll_create1");
        must(epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->ready[0], &event) == 0, "epoll_ctl");
    }
}

int main(int argc, char **argv)
{
    thread_count = argc == 3 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (thread_count < 1 || thread_count > THREADS_MAX) {
        fprintf(stderr, "usage: worker THREADS SOCKETS\n");
        return 2;
    }
    idle_sockets((unsigned)strtoul(argv[2], NULL, 10));
    open_descriptors();
    pthread_t thread;
    if (thread_count == 2)
        must(pthread_create(&thread, NULL, second, &threads[1]) == 0, "pthread_create");
    pin(sysconf(_SC_NPROCESSORS_ONLN) > 1);

    for (unsigned number = 1; read(STDIN_FILENO, &order, sizeof order) == sizeof order; number++) {
        atomic_store(&ordered, number);
        obey(&threads[0], number);
        uint64_t took_ns = 0;
        for (int i = 0; i < thread_count; i++)
            took_ns += threads[i].took_ns / (unsigned)thread_count;
        must(write(STDOUT_FILENO, &took_ns, sizeof took_ns) == sizeof took_ns, "answer");
    }
    return 0;
}
