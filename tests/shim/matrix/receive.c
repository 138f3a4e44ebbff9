/* Calls that move data in. */
#include "matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char text[] = "0123456789";
enum { TEXT = sizeof text - 1, ROOM = 64 };

/* What programs built with _FORTIFY_SOURCE call. */
extern ssize_t __read_chk(int fd, void *buffer, size_t bytes, size_t room);
extern ssize_t __recv_chk(int fd, void *buffer, size_t bytes, size_t room, int flags);
extern ssize_t __recvfrom_chk(int fd, void *buffer, size_t bytes, size_t room, int flags,
                              struct sockaddr *from, socklen_t *length);

/* Through pointers: the compiler makes no fortified call of these. */
static ssize_t (*volatile plain_read)(int, void *, size_t) = read;
static ssize_t (*volatile plain_recv)(int, void *, size_t, int) = recv;
static ssize_t (*volatile plain_recvfrom)(int, void *, size_t, int, struct sockaddr *,
                                          socklen_t *) = recvfrom;

#define HALVES(buffer, bytes)                          \
    struct iovec halves[2] = {{(buffer), (bytes) / 2}, \
                              {(char *)(buffer) + (bytes) / 2, (bytes) - (bytes) / 2}}

/* Room for a sender and for what comes along. */
#define MESSAGE(header)                                  \
    struct sockaddr_storage from_;                       \
    char control_[128];                                  \
    struct msghdr header = {.msg_name = &from_,          \
                            .msg_namelen = sizeof from_, \
                            .msg_iov = halves,           \
                            .msg_iovlen = 2,             \
                            .msg_control = control_,     \
                            .msg_controllen = sizeof control_}

/* What a call wrote beside the bytes. Keeps errno. */
static long with_address(long result, socklen_t length, int flags)
{
    int error = errno;
    if (result >= 0)
        say("address: %u bytes%s", (unsigned)length, flags & MSG_TRUNC ? ", MSG_TRUNC" : "");
    errno = error;
    return result;
}

static long with_header(long result, const struct msghdr *message)
{
    int error = errno;
    if (result >= 0)
        say("control: %zu bytes", message->msg_controllen);
    errno = error;
    return with_address(result, message->msg_namelen, message->msg_flags);
}

CALL(by_recv)
{
    return plain_recv(cell->near, buffer, bytes, cell->flags);
}

CALL(by_recvfrom)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    long result = plain_recvfrom(cell->near, buffer, bytes, cell->flags, (void *)&from, &length);
    return with_address(result, length, 0);
}

CALL(by_recvmsg)
{
    HALVES(buffer, bytes);
    MESSAGE(header);
    return with_header(recvmsg(cell->near, &header, cell->flags), &header);
}

CALL(by_recvmmsg)
{
    HALVES(buffer, bytes);
    MESSAGE(header);
    struct mmsghdr message = {.msg_hdr = header};
    int count = recvmmsg(cell->near, &message, 1, cell->flags, NULL);
    return with_header(count == 1 ? (long)message.msg_len : count, &message.msg_hdr);
}

/* Room for a second message, which is not there unless the end is told of again. */
CALL(by_recvmmsg_2)
{
    HALVES(buffer, bytes);
    MESSAGE(header);
    char more[16];
    struct iovec other = {more, sizeof more};
    struct mmsghdr messages[2] = {{.msg_hdr = header}, {.msg_hdr = {.msg_iov = &other, .msg_iovlen = 1}}};
    int count = recvmmsg(cell->near, messages, 2, cell->flags, NULL);
    int error = errno;
    if (count == 2)
        say("and another of %u", messages[1].msg_len);
    errno = error;
    return count > 0 ? (long)messages[0].msg_len : count;
}

CALL(by_read)
{
    return plain_read(cell->near, buffer, bytes);
}

CALL(by_read_0)
{
    return plain_read(cell->near, buffer, 0);
}

CALL(by_readv)
{
    HALVES(buffer, bytes);
    return readv(cell->near, halves, 2);
}

static int rwf(const struct cell *cell)
{
    return cell->flags & MSG_DONTWAIT ? RWF_NOWAIT : 0;
}

CALL(by_preadv2)
{
    HALVES(buffer, bytes);
    return preadv2(cell->near, halves, 2, -1, rwf(cell));
}

CALL(by_preadv64v2)
{
    HALVES(buffer, bytes);
    return preadv64v2(cell->near, halves, 2, -1, rwf(cell));
}

CALL(by_read_chk)
{
    return __read_chk(cell->near, buffer, bytes, ROOM);
}

CALL(by_recv_chk)
{
    return __recv_chk(cell->near, buffer, bytes, ROOM, cell->flags);
}

CALL(by_recvfrom_chk)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    long result = __recvfrom_chk(cell->near, buffer, bytes, ROOM, cell->flags, (void *)&from, &length);
    return with_address(result, length, 0);
}

/* What the splice brought is read out of the pipe. */
static long from_pipe(const int pipes[2], long result, void *buffer, size_t bytes)
{
    int error = errno;
    if (result > 0 && read(pipes[0], buffer, bytes) != result)
        say("the pipe holds other bytes");
    close(pipes[0]);
    close(pipes[1]);
    errno = error;
    return result;
}

CALL(by_splice)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        return -1;
    return from_pipe(pipes, splice(cell->near, NULL, pipes[1], NULL, bytes, 0), buffer, bytes);
}

CALL(by_sys_splice)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        return -1;
    return from_pipe(pipes, syscall(SYS_splice, cell->near, NULL, pipes[1], NULL, bytes, 0), buffer, bytes);
}

CALL(by_sys_read)
{
    return syscall(SYS_read, cell->near, buffer, bytes);
}

CALL(by_sys_readv)
{
    HALVES(buffer, bytes);
    return syscall(SYS_readv, cell->near, halves, 2);
}

CALL(by_sys_preadv2)
{
    HALVES(buffer, bytes);
    return syscall(SYS_preadv2, cell->near, halves, 2, -1L, -1L, rwf(cell));
}

CALL(by_sys_recvfrom)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    long result = syscall(SYS_recvfrom, cell->near, buffer, bytes, cell->flags, &from, &length);
    return with_address(result, length, 0);
}

CALL(by_sys_recvmsg)
{
    HALVES(buffer, bytes);
    MESSAGE(header);
    return with_header(syscall(SYS_recvmsg, cell->near, &header, cell->flags), &header);
}

CALL(by_sys_recvmmsg)
{
    HALVES(buffer, bytes);
    MESSAGE(header);
    struct mmsghdr message = {.msg_hdr = header};
    long count = syscall(SYS_recvmmsg, cell->near, &message, 1, cell->flags, NULL);
    return with_header(count == 1 ? (long)message.msg_len : count, &message.msg_hdr);
}

#define FLAGS (BLOCKING | TIMEOUT | NONBLOCK | DONTWAIT)
#define NO_FLAGS (BLOCKING | TIMEOUT | NONBLOCK)

const struct function receive_functions[] = {
    {"recv", "recv", RECV, by_recv, ANY_KIND, FLAGS, 0, false},
    {"recv-peek", "recv", RECV, by_recv, ANY_KIND, BLOCKING | NONBLOCK, MSG_PEEK, false},
    {"recv-waitall", "recv", RECV, by_recv, ANY_KIND, FLAGS, MSG_WAITALL, false},
    {"recv-trunc", "recv", RECV, by_recv, UDP | UNIX_DGRAM | UNIX_SEQPACKET, NONBLOCK, MSG_TRUNC, false},
    {"recvfrom", "recvfrom", RECV, by_recvfrom, ANY_KIND, FLAGS, 0, false},
    {"recvmsg", "recvmsg", RECV, by_recvmsg, ANY_KIND, FLAGS, 0, false},
    {"recvmsg-trunc", "recvmsg", RECV, by_recvmsg, UDP | UNIX_DGRAM | UNIX_SEQPACKET, NONBLOCK, MSG_TRUNC,
     false},
    {"recvmmsg", "recvmmsg", RECV, by_recvmmsg, ANY_KIND, FLAGS, 0, false},
    {"recvmmsg-2", "recvmmsg", RECV, by_recvmmsg_2, ANY_KIND, FLAGS, MSG_WAITFORONE, false},
    {"read", "read", RECV, by_read, ANY_KIND, NO_FLAGS, 0, false},
    {"read-0", "read", RECV, by_read_0, ANY_KIND, NO_FLAGS, 0, false},
    {"readv", "readv", RECV, by_readv, ANY_KIND, NO_FLAGS, 0, false},
    {"preadv2", "preadv2", RECV, by_preadv2, ANY_KIND, FLAGS, 0, false},
    {"preadv64v2", "preadv2", RECV, by_preadv64v2, ANY_KIND, FLAGS, 0, false},
    {"__read_chk", "read", RECV, by_read_chk, ANY_KIND, NO_FLAGS, 0, false},
    {"__recv_chk", "recv", RECV, by_recv_chk, ANY_KIND, FLAGS, 0, false},
    {"__recvfrom_chk", "recvfrom", RECV, by_recvfrom_chk, ANY_KIND, FLAGS, 0, false},
    {"splice-in", "splice", RECV, by_splice, ANY_KIND, NO_FLAGS, 0, true},
    {"sys_read", "read", RECV, by_sys_read, ANY_KIND, NO_FLAGS, 0, false},
    {"sys_readv", "readv", RECV, by_sys_readv, ANY_KIND, NO_FLAGS, 0, false},
    {"sys_preadv2", "preadv2", RECV, by_sys_preadv2, ANY_KIND, FLAGS, 0, false},
    {"sys_recvfrom", "recvfrom", RECV, by_sys_recvfrom, ANY_KIND, FLAGS, 0, false},
    {"sys_recvmsg", "recvmsg", RECV, by_sys_recvmsg, ANY_KIND, FLAGS, 0, false},
    {"sys_recvmmsg", "recvmmsg", RECV, by_sys_recvmmsg, ANY_KIND, FLAGS, 0, false},
    {"sys_splice-in", "splice", RECV, by_sys_splice, ANY_KIND, NO_FLAGS, 0, true},
    {.name = NULL},
};

/* What is there when the call is made. */
static void before(struct cell *cell)
{
    size_t part = (size_t)cell->fault->number < TEXT ? (size_t)cell->fault->number : TEXT;

    if (is_twin(cell, FAULT_INTERRUPT)) {
        handle_signal(cell->fault->flags);
        signal_soon();
    } else if (is_twin(cell, FAULT_AGAIN)) {
        return;
    } else if (is_twin(cell, FAULT_EOF)) {
        shutdown(cell->far, SHUT_WR);
    } else if (is_twin(cell, FAULT_RESET)) {
        close_hard(cell->far);
        cell->far = -1;
        wait_for(cell->near, POLLRDHUP, 5000);
    } else {
        give(cell, text, is_twin(cell, FAULT_PARTIAL) ? part : TEXT);
    }
}

/* What comes once it is over. */
static void after(struct cell *cell, long got)
{
    if (is_twin(cell, FAULT_INTERRUPT) || is_twin(cell, FAULT_AGAIN))
        give(cell, text, TEXT);
    if (is_twin(cell, FAULT_PARTIAL) && cell->kind->bit & STREAM && got < TEXT)
        give(cell, text + got, (size_t)(TEXT - got));
}

static int flipped(const char *data, long count, long from)
{
    int bits = 0;
    for (long i = 0; i < count; i++)
        bits += __builtin_popcount((unsigned char)(data[i] ^ text[(from + i) % TEXT]));
    return bits;
}

/* Results of calls that a rule shortens to any length are alike when they are short. */
static void say_data(const struct cell *cell, const char *what, const char *data, long result, long from)
{
    if (result <= 0 || !acts(cell, FAULT_PARTIAL) || !cell->fault->loose)
        say_result(what, result);
    else if (from == 0)
        say("%s: %s", what, result >= 3 && result <= 6 ? "3..6" : "other");
    else
        say("%s: %s", what, from + result == TEXT ? "the rest" : "not the rest");
    if (result <= 0)
        return;
    if (is_twin(cell, FAULT_CORRUPT) && from == 0)
        say("flipped: %ld", cell->fault->number < 8 * result ? cell->fault->number : 8 * result);
    else
        say("flipped: %d", flipped(data, result < ROOM ? result : ROOM, from));
}

/* What is left, as long as there is something or the end is told. */
static void receive_rest(struct cell *cell, long got)
{
    for (int calls = 0; calls < 2 && wait_for(cell->near, POLLIN, 0); calls++) {
        char data[ROOM];
        bool waits_for_all = cell->function->flags & MSG_WAITALL;
        bool peeks = cell->function->flags & MSG_PEEK;
        long result =
            cell->function->run(cell, data, waits_for_all && got < TEXT ? (size_t)(TEXT - got) : sizeof data);
        say_data(cell, "then", data, result, peeks ? 0 : got);
        got += result > 0 && !peeks ? result : 0;
    }
}

/* The peer goes on as if nothing had been. */
static void say_peer(struct cell *cell)
{
    char data[ROOM];
    struct sockaddr *to = cell->kind->is_open ? (void *)&cell->peer : NULL;

    say_result("send", sendto(cell->near, "x", 1, MSG_NOSIGNAL, to, to ? cell->peer_length : 0));
    if (cell->fault->kind == FAULT_RESET && !cell->illegal)
        return;
    say("peer took: %ld", take(cell->far, data, sizeof data, 200));
    close(cell->near);
    if (cell->kind->bit & CONNECTED)
        say("peer's end: %ld", take(cell->far, data, sizeof data, 200));
}

void run_receive(struct cell *cell)
{
    char data[ROOM] = "";
    bool waits_for_all = cell->function->flags & MSG_WAITALL && cell->kind->bit & STREAM;

    open_pair(cell);
    set_mode(cell, cell->near);
    int set = edge_set(cell->near, EPOLLIN | EPOLLRDHUP);
    before(cell);
    if (!acts(cell, FAULT_RESET) && !acts(cell, FAULT_EOF) && !is_twin(cell, FAULT_AGAIN) &&
        !is_twin(cell, FAULT_INTERRUPT))
        epoll_wait(set, &(struct epoll_event){0}, 1, 200); /* the one that the bytes are owed */
    long result = call_subject(cell, data, waits_for_all ? TEXT : sizeof data);
    int error = errno;
    long got = result > 0 && !(cell->function->flags & MSG_PEEK) ? result : 0;
    if (acts(cell, FAULT_PARTIAL) || acts(cell, FAULT_CORRUPT))
        cell->is_fired = result > 0 && (acts(cell, FAULT_CORRUPT) || cell->fault->number < TEXT);
    after(cell, got);
    errno = error;
    say_data(cell, "result", data, result, 0);
    if (cell->fault->kind != FAULT_INTERRUPT)
        say_edge("edge", set, 10);
    say_readiness("ready", cell->near, 0);
    receive_rest(cell, got);
    say_peer(cell);
}
