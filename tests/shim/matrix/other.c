/* Calls that do not wait: socket, socketpair, bind, listen, shutdown, close, options. */
#include "matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

CALL(by_socket)
{
    return cell->near = socket(cell->kind->domain, cell->kind->type, 0);
}

CALL(by_sys_socket)
{
    return cell->near = (int)syscall(SYS_socket, cell->kind->domain, cell->kind->type, 0);
}

CALL(by_socketpair)
{
    int pair[2] = {-1, -1};
    int result = socketpair(cell->kind->domain, cell->kind->type, 0, pair);
    cell->near = pair[0];
    cell->far = pair[1];
    return result;
}

CALL(by_bind)
{
    return bind(cell->near, (void *)&cell->peer, cell->peer_length);
}

CALL(by_listen)
{
    return listen(cell->near, 5);
}

CALL(by_shutdown)
{
    return shutdown(cell->near, SHUT_WR);
}

CALL(by_close)
{
    return close(cell->near);
}

CALL(by_sys_close)
{
    return syscall(SYS_close, cell->near);
}

CALL(by_setsockopt)
{
    int low = 3;
    return setsockopt(cell->near, SOL_SOCKET, SO_PRIORITY, &low, sizeof low);
}

CALL(by_getsockopt)
{
    int low = -1;
    socklen_t length = sizeof low;
    int result = getsockopt(cell->near, SOL_SOCKET, SO_PRIORITY, &low, &length);
    return result == 0 ? low : result;
}

#define ROW(name, call, family, kinds)                             \
    {                                                              \
#name, #call, family, by_##name, kinds, BLOCKING, 0, false \
    }

const struct function other_functions[] = {
    ROW(socket, socket, SOCKET, ANY_KIND),
    ROW(sys_socket, socket, SOCKET, ANY_KIND),
    ROW(socketpair, socketpair, SOCKET, UNIX_STREAM | UNIX_DGRAM | UNIX_SEQPACKET),
    ROW(bind, bind, BIND, ANY_KIND),
    ROW(listen, listen, LISTEN, CONNECTED),
    ROW(shutdown, shutdown, SHUTDOWN, ANY_KIND),
    ROW(close, close, CLOSE, ANY_KIND),
    ROW(sys_close, close, CLOSE, ANY_KIND),
    ROW(getsockopt, getsockopt, OPTION, ANY_KIND),
    ROW(setsockopt, setsockopt, OPTION, ANY_KIND),
    {.name = NULL},
};

/* An address that is free now. */
static void find_address(struct cell *cell)
{
    int other = open_socket(cell);
    bind_somewhere(cell, other, &cell->peer, &cell->peer_length);
    close(other);
}

static void before(struct cell *cell)
{
    switch (cell->function->family) {
    case SOCKET:
        break;
    case BIND:
        cell->near = open_socket(cell);
        find_address(cell);
        break;
    case LISTEN:
        cell->near = open_socket(cell);
        bind_somewhere(cell, cell->near, &cell->peer, &cell->peer_length);
        break;
    default:
        open_pair(cell);
    }
}

/* What came of it, seen from elsewhere. */
static void say_effect(struct cell *cell)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    char data[16];
    int value = 0;

    switch (cell->function->family) {
    case SOCKET:
        say("descriptor: %s", cell->near >= 0 ? "one" : "none");
        break;
    case BIND:
        getsockname(cell->near, (void *)&name, &length);
        say("name: %s", length == cell->peer_length && memcmp(&name, &cell->peer, length) == 0
                            ? "as asked for"
                            : "other");
        break;
    case LISTEN:
        length = sizeof value;
        getsockopt(cell->near, SOL_SOCKET, SO_ACCEPTCONN, &value, &length);
        say("listens: %d", value);
        break;
    case SHUTDOWN:
    case CLOSE:
        say("descriptor: %s", fcntl(cell->near, F_GETFD) >= 0 ? "open" : "closed");
        if (cell->kind->bit & CONNECTED)
            say("peer's end: %ld", take(cell->far, data, sizeof data, 10));
        break;
    default:
        length = sizeof value;
        getsockopt(cell->near, SOL_SOCKET, SO_PRIORITY, &value, &length);
        say("option: %d", value);
    }
}

/* Linux releases the descriptor whatever close says: close(2), NOTES. */
static long fail_to_close(struct cell *cell)
{
    close(cell->near);
    errno = (int)cell->fault->number;
    cell->is_fired = true;
    return -1;
}

static long socket_without_descriptors(struct cell *cell)
{
    int limit = lack_descriptors();
    long result = cell->function->run(cell, NULL, 0);
    int error = errno;
    allow_descriptors(limit);
    cell->is_fired = true;
    errno = error;
    return result;
}

static long make(struct cell *cell)
{
    if (is_twin(cell, FAULT_ERROR) && cell->function->family == CLOSE)
        return fail_to_close(cell);
    if (is_twin(cell, FAULT_ERROR) && cell->function->family == SOCKET && cell->fault->number == EMFILE)
        return socket_without_descriptors(cell);
    return call_subject(cell, NULL, 0);
}

void run_other(struct cell *cell)
{
    before(cell);
    long result = make(cell);
    say_result("result", cell->function->family == SOCKET && result > 0 ? 0 : result);
    say_effect(cell);
    if (result < 0 && cell->function->family != CLOSE) {
        result = cell->function->run(cell, NULL, 0);
        say_result("then", cell->function->family == SOCKET && result > 0 ? 0 : result);
        say_effect(cell);
    }
}
