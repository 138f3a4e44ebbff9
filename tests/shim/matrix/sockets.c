/* Two ends of each kind of socket, and what is done to them. */
#include "matrix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

const struct kind kinds[] = {
    {"tcp4", TCP, AF_INET, SOCK_STREAM, false, false, false},
    {"tcp6", TCP, AF_INET6, SOCK_STREAM, false, false, true},
    {"unix-stream", UNIX_STREAM, AF_UNIX, SOCK_STREAM, false, false, false},
    {"unix-pair", UNIX_STREAM, AF_UNIX, SOCK_STREAM, false, true, true},
    {"unix-dgram", UNIX_DGRAM, AF_UNIX, SOCK_DGRAM, false, false, false},
    {"unix-seqpacket", UNIX_SEQPACKET, AF_UNIX, SOCK_SEQPACKET, false, false, true},
    {"udp4", UDP, AF_INET, SOCK_DGRAM, false, false, false},
    {"udp4-open", UDP, AF_INET, SOCK_DGRAM, true, false, false},
    {"udp6", UDP, AF_INET6, SOCK_DGRAM, false, false, true},
    {"udp6-open", UDP, AF_INET6, SOCK_DGRAM, true, false, true},
    {"none", NO_SOCKET, 0, 0, false, false, false},
    {.name = NULL},
};

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    _exit(2);
}

int open_socket(const struct cell *cell)
{
    int fd = socket(cell->kind->domain, cell->kind->type, 0);
    if (fd < 0)
        die("socket");
    return fd;
}

/* Loopback and a port of the kernel's choice; an abstract name of the kernel's choice. */
void bind_somewhere(const struct cell *cell, int fd, struct sockaddr_storage *address, socklen_t *length)
{
    const struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const struct sockaddr_un un = {.sun_family = AF_UNIX};
    int result = cell->kind->domain == AF_INET    ? bind(fd, (const void *)&v4, sizeof v4)
                 : cell->kind->domain == AF_INET6 ? bind(fd, (const void *)&v6, sizeof v6)
                                                  : bind(fd, (const void *)&un, sizeof un.sun_family);
    *length = sizeof *address;
    if (result != 0 || getsockname(fd, (void *)address, length) != 0)
        die("bind");
}

void open_listener(struct cell *cell)
{
    cell->listener = open_socket(cell);
    bind_somewhere(cell, cell->listener, &cell->peer, &cell->peer_length);
    if (cell->kind->bit & CONNECTED && listen(cell->listener, 5) != 0)
        die("listen");
}

int connect_client(const struct cell *cell)
{
    int fd = open_socket(cell);
    if (connect(fd, (const void *)&cell->peer, cell->peer_length) != 0)
        die("connect");
    return fd;
}

static void open_datagrams(struct cell *cell)
{
    struct sockaddr_storage own;
    socklen_t length;

    cell->near = open_socket(cell);
    cell->far = open_socket(cell);
    bind_somewhere(cell, cell->near, &own, &length);
    bind_somewhere(cell, cell->far, &cell->peer, &cell->peer_length);
    if (connect(cell->far, (void *)&own, length) != 0 ||
        (!cell->kind->is_open && connect(cell->near, (void *)&cell->peer, cell->peer_length) != 0))
        die("connect");
}

void open_pair(struct cell *cell)
{
    int pair[2];

    if (cell->kind->is_pair) {
        if (socketpair(cell->kind->domain, cell->kind->type, 0, pair) != 0)
            die("socketpair");
        cell->near = pair[0];
        cell->far = pair[1];
    } else if (cell->kind->type == SOCK_DGRAM) {
        open_datagrams(cell);
    } else {
        open_listener(cell);
        cell->near = connect_client(cell);
        cell->far = accept(cell->listener, NULL, NULL);
        if (cell->far < 0)
            die("accept");
    }
    /* Only who has no peer says where a message goes. */
    if (!cell->kind->is_open)
        cell->peer_length = 0;
}

void set_mode(struct cell *cell, int fd)
{
    const struct timeval timeout = {.tv_usec = 100000};

    cell->flags = cell->function->flags | (cell->mode->bit == DONTWAIT ? MSG_DONTWAIT : 0);
    if (cell->mode->bit == NONBLOCK)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (cell->mode->bit == TIMEOUT &&
        (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0 ||
         setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) != 0))
        die("setsockopt");
}

/* Registered edge-triggered; what is ready now is told of and no news. */
int edge_set(int fd, unsigned events)
{
    struct epoll_event event = {.events = events | EPOLLET};
    int set = epoll_create1(0);
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
    while (epoll_wait(set, &event, 1, 0) > 0)
        ;
    return set;
}

bool wait_for(int fd, short events, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = events};
    return poll(&wait, 1, timeout_ms) == 1;
}

void give(struct cell *cell, const char *bytes, size_t count)
{
    if (send(cell->far, bytes, count, 0) != (ssize_t)count || !wait_for(cell->near, POLLIN, 5000))
        die("give");
}

long take(int fd, char *buffer, size_t room, int timeout_ms)
{
    return wait_for(fd, POLLIN, timeout_ms) ? recv(fd, buffer, room, MSG_DONTWAIT) : -1;
}

void fill(int fd)
{
    static const char bulk[1 << 16];
    const struct timespec pause = {.tv_nsec = 1000000};
    int type;
    socklen_t length = sizeof type;

    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
    size_t bytes = type == SOCK_STREAM ? sizeof bulk : 16;
    /* What is on its way makes room once more when it arrives. */
    for (int full = 0; full < 3; nanosleep(&pause, NULL))
        for (full++; send(fd, bulk, bytes, MSG_DONTWAIT) > 0; full = 0)
            ;
}

void drain(int fd)
{
    static char bulk[1 << 16];
    while (wait_for(fd, POLLIN, 20) && recv(fd, bulk, sizeof bulk, MSG_DONTWAIT) > 0)
        ;
}

/* The other end sees a RST. */
void close_hard(int fd)
{
    const struct linger linger = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
}

int lack_descriptors(void)
{
    struct rlimit limit;
    int lowest = dup(STDIN_FILENO);

    close(lowest);
    getrlimit(RLIMIT_NOFILE, &limit);
    int was = (int)limit.rlim_cur;
    limit.rlim_cur = (rlim_t)lowest;
    setrlimit(RLIMIT_NOFILE, &limit);
    return was;
}

void allow_descriptors(int limit)
{
    struct rlimit all;
    getrlimit(RLIMIT_NOFILE, &all);
    all.rlim_cur = (rlim_t)limit;
    setrlimit(RLIMIT_NOFILE, &all);
}
