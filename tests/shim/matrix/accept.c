/* Calls that take a connection. */
#include "matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

CALL(by_accept)
{
    return accept(cell->near, NULL, NULL);
}

CALL(by_accept4)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    return accept4(cell->near, (void *)&from, &length, SOCK_NONBLOCK);
}

CALL(by_sys_accept)
{
    return syscall(SYS_accept, cell->near, NULL, NULL);
}

CALL(by_sys_accept4)
{
    return syscall(SYS_accept4, cell->near, NULL, NULL, 0);
}

#define MODES (BLOCKING | TIMEOUT | NONBLOCK)

const struct function accept_functions[] = {
    {"accept", "accept", ACCEPT, by_accept, CONNECTED, MODES, 0, false},
    {"accept4", "accept4", ACCEPT, by_accept4, CONNECTED, MODES, 0, false},
    {"sys_accept", "accept", ACCEPT, by_sys_accept, CONNECTED, MODES, 0, false},
    {"sys_accept4", "accept4", ACCEPT, by_sys_accept4, CONNECTED, MODES, 0, false},
    {.name = NULL},
};

/* What the new connection is and does. */
static void say_connection(struct cell *cell, const char *what, long fd)
{
    char data[16];

    if (fd < 0) {
        say_result(what, fd);
        return;
    }
    say("%s: a connection%s", what, fcntl((int)fd, F_GETFL) & O_NONBLOCK ? " that does not wait" : "");
    if (acts(cell, FAULT_RESET)) {
        if (cell->real) {
            close_hard(cell->far);
            wait_for((int)fd, POLLRDHUP, 5000);
        }
        say_readiness("its readiness", (int)fd, 0);
        say_result("its recv", recv((int)fd, data, sizeof data, 0));
        say_result("its send", send((int)fd, "x", 1, MSG_NOSIGNAL));
        if (cell->real)
            errno = ECONNRESET; /* the twin's peer is gone */
        say_result("peer's recv", cell->real ? -1 : recv(cell->far, data, sizeof data, 0));
        return;
    }
    say_result("peer's send", send(cell->far, "hello", 5, 0));
    say("its recv: %ld", take((int)fd, data, sizeof data, 200));
    close((int)fd);
    say("peer's end: %ld", take(cell->far, data, sizeof data, 200));
}

static bool waits_first(const struct cell *cell)
{
    return is_twin(cell, FAULT_AGAIN) || is_twin(cell, FAULT_INTERRUPT);
}

static void knock(struct cell *cell)
{
    cell->far = connect_client(cell);
    wait_for(cell->near, POLLIN, 5000);
}

/* No descriptor left, the real thing. */
static long accept_without_descriptors(struct cell *cell)
{
    int limit = lack_descriptors();
    long result = cell->function->run(cell, NULL, 0);
    int error = errno;
    allow_descriptors(limit);
    cell->is_fired = true;
    errno = error;
    return result;
}

void run_accept(struct cell *cell)
{
    open_listener(cell);
    cell->near = cell->listener;
    set_mode(cell, cell->near);
    int set = edge_set(cell->near, EPOLLIN);
    if (!waits_first(cell)) {
        knock(cell);
        epoll_wait(set, &(struct epoll_event){0}, 1, 200); /* the one that the connection is owed */
    } else if (is_twin(cell, FAULT_INTERRUPT)) {
        handle_signal(cell->fault->flags);
        signal_soon();
    }
    bool is_lacking = is_twin(cell, FAULT_ERROR) && cell->fault->number == EMFILE;
    long result = is_lacking ? accept_without_descriptors(cell) : call_subject(cell, NULL, 0);
    int error = errno;
    if (waits_first(cell))
        knock(cell);
    errno = error;
    say_connection(cell, "result", result);
    if (cell->fault->kind != FAULT_INTERRUPT)
        say_edge("edge", set, 10);
    say_readiness("ready", cell->near, 0);
    if (result < 0)
        say_connection(cell, "then", cell->function->run(cell, NULL, 0));
}
