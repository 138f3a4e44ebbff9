/* connect, and what follows from it. */
#include "matrix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

/* Where the call connects to: the listener, or in a twin where nobody listens. */
static struct sockaddr_storage target;
static socklen_t target_length;

CALL(by_connect)
{
    return connect(cell->near, (void *)&target, target_length);
}

CALL(by_sys_connect)
{
    return syscall(SYS_connect, cell->near, &target, target_length);
}

#define MODES (BLOCKING | TIMEOUT | NONBLOCK)

const struct function connect_functions[] = {
    {"connect", "connect", CONNECT, by_connect, ANY_KIND, MODES, 0, false},
    {"sys_connect", "connect", CONNECT, by_sys_connect, ANY_KIND, MODES, 0, false},
    {.name = NULL},
};

enum { FILLERS = 8 };
static int fillers[FILLERS];
static int filled;

/* The listener's queue takes no more: Unix clients are made to wait, TCP's go unheard. */
static void fill_queue(struct cell *cell)
{
    const struct timespec pause = {.tv_nsec = 20000000};

    listen(cell->listener, 0);
    for (filled = 0; filled < FILLERS; filled++) {
        fillers[filled] = socket(cell->kind->domain, cell->kind->type | SOCK_NONBLOCK, 0);
        int result = connect(fillers[filled], (void *)&cell->peer, cell->peer_length);
        if (result != 0 &&
            (errno != EINPROGRESS || (nanosleep(&pause, NULL), !wait_for(fillers[filled], POLLOUT, 0))))
            return;
    }
}

static void empty_queue(struct cell *cell)
{
    struct pollfd wait = {.fd = cell->listener, .events = POLLIN};

    listen(cell->listener, 5);
    while (filled >= 0)
        close(fillers[filled--]);
    while (poll(&wait, 1, 0) == 1)
        close(accept(cell->listener, NULL, NULL));
}

/* A socket that may only have a port which another has. */
static bool lack_ports(struct cell *cell, bool lacking)
{
    static int other = -1;
    struct sockaddr_storage taken;
    socklen_t length = sizeof taken;
    unsigned range = 0;

    if (lacking) {
        other = open_socket(cell);
        taken = (struct sockaddr_storage){.ss_family = (sa_family_t)cell->kind->domain};
        if (bind(other, (void *)&taken,
                 cell->kind->domain == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) !=
                0 ||
            getsockname(other, (void *)&taken, &length) != 0)
            return false;
        unsigned port = ntohs(((struct sockaddr_in *)&taken)->sin_port); /* IPv6 has it there, too */
        range = port << 16 | port;
    }
    return setsockopt(cell->near, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof range) == 0;
}

static void before(struct cell *cell)
{
    target = cell->peer;
    target_length = cell->peer_length;
    if (is_twin(cell, FAULT_REFUSE)) {
        int deaf = open_socket(cell);
        bind_somewhere(cell, deaf, &target, &target_length);
        if (cell->kind->bit & UNIX_DGRAM)
            close(deaf);
    }
    if ((is_twin(cell, FAULT_AGAIN) && !(cell->kind->bit & UDP)) || is_twin(cell, FAULT_INTERRUPT))
        fill_queue(cell);
    if (is_twin(cell, FAULT_INTERRUPT)) {
        handle_signal(cell->fault->flags);
        signal_soon();
    }
}

static long make(struct cell *cell)
{
    if (!is_twin(cell, FAULT_AGAIN) || !(cell->kind->bit & UDP))
        return call_subject(cell, NULL, 0);
    cell->is_fired = true;
    say("took: %s", cell->mode->bit == TIMEOUT ? "long" : "a moment"); /* a rule waits; the kernel need not */
    bool is_lacking = lack_ports(cell, true);
    long result = is_lacking ? cell->function->run(cell, NULL, 0) : -1;
    int error = is_lacking ? errno : EAGAIN; /* stated where the kernel has no such option */
    lack_ports(cell, false);
    errno = error;
    return result;
}

static int error_of(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

static void say_connected(struct cell *cell, const char *what)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    say_result(what, getpeername(cell->near, (void *)&name, &length));
}

/* The connection is made, is refused, or goes on by itself: then it is there in a while. */
static void say_outcome(struct cell *cell)
{
    bool goes_on = acts(cell, FAULT_INTERRUPT) && cell->kind->bit & TCP;
    wait_for(cell->near, POLLOUT, goes_on ? 8000 : 200);
    say_readiness("ready", cell->near, 0);
    int error = error_of(cell->near);
    say("SO_ERROR: %s", error ? strerrorname_np(error) : "none");
}

static void say_exchange(struct cell *cell)
{
    char data[16];

    if (cell->kind->bit & CONNECTED && wait_for(cell->listener, POLLIN, 500))
        cell->far = accept(cell->listener, NULL, NULL);
    else
        cell->far = cell->listener;
    say_result("send", send(cell->near, "hello", 5, MSG_NOSIGNAL));
    say("peer took: %ld", take(cell->far, data, sizeof data, 200));
}

/* Reset right behind the handshake: the connect itself has succeeded. */
static void say_reset(struct cell *cell)
{
    char data[16];

    wait_for(cell->listener, POLLIN, 500);
    cell->far = accept(cell->listener, NULL, NULL);
    if (cell->real) {
        close_hard(cell->far);
        wait_for(cell->near, POLLRDHUP, 5000);
    }
    say_readiness("ready", cell->near, 0);
    say_result("recv", recv(cell->near, data, sizeof data, 0));
    say_result("send", send(cell->near, "x", 1, MSG_NOSIGNAL));
    if (!cell->real)
        say_result("peer's recv", recv(cell->far, data, sizeof data, 0));
    else
        say("peer's recv: ECONNRESET");
}

void run_connect(struct cell *cell)
{
    open_listener(cell);
    cell->near = open_socket(cell);
    set_mode(cell, cell->near);
    int set = edge_set(cell->near, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    before(cell);
    say_result("result", make(cell));
    target = cell->peer; /* whoever was deaf, the listener is not */
    target_length = cell->peer_length;
    if (acts(cell, FAULT_RESET)) {
        say_reset(cell);
        return;
    }
    if ((is_twin(cell, FAULT_AGAIN) && !(cell->kind->bit & UDP)) || is_twin(cell, FAULT_INTERRUPT))
        empty_queue(cell);
    say_outcome(cell);
    if (cell->fault->kind != FAULT_INTERRUPT && !acts(cell, FAULT_AGAIN))
        say_edge("edge", set, 10);
    say_connected(cell, "getpeername");
    say_result("then", cell->function->run(cell, NULL, 0));
    wait_for(cell->near, POLLOUT, 200);
    say_connected(cell, "getpeername");
    say_exchange(cell);
    say_result("then", cell->function->run(cell, NULL, 0));
}
