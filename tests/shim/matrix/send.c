/* Calls that move data out. */
#include "matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char text[] = "0123456789";
enum { TEXT = sizeof text - 1, ROOM = 64 };

static ssize_t (*volatile plain_write)(int, const void *, size_t) = write;

#define HALVES(bytes_)                                        \
    struct iovec halves[2] = {{(char *)buffer, (bytes_) / 2}, \
                              {(char *)buffer + (bytes_) / 2, (bytes_) - (bytes_) / 2}}

/* Where a message goes, on a socket that has no peer. */
#define TO (cell->kind->is_open ? (struct sockaddr *)&cell->peer : NULL)
#define TO_LENGTH (cell->kind->is_open ? cell->peer_length : 0)
#define MESSAGE                                                                      \
    {                                                                                \
        .msg_name = TO, .msg_namelen = TO_LENGTH, .msg_iov = halves, .msg_iovlen = 2 \
    }

CALL(by_send)
{
    return send(cell->near, buffer, bytes, cell->flags);
}

CALL(by_sendto)
{
    return sendto(cell->near, buffer, bytes, cell->flags, TO, TO_LENGTH);
}

CALL(by_sendmsg)
{
    HALVES(bytes);
    const struct msghdr message = MESSAGE;
    return sendmsg(cell->near, &message, cell->flags);
}

CALL(by_sendmmsg)
{
    HALVES(bytes);
    struct mmsghdr message = {.msg_hdr = MESSAGE};
    int count = sendmmsg(cell->near, &message, 1, cell->flags);
    return count == 1 ? (long)message.msg_len : count;
}

/* The bytes in two messages. */
CALL(by_sendmmsg_2)
{
    HALVES(bytes);
    struct mmsghdr messages[2];
    for (int i = 0; i < 2; i++)
        messages[i] = (struct mmsghdr){
            .msg_hdr = {.msg_name = TO, .msg_namelen = TO_LENGTH, .msg_iov = &halves[i], .msg_iovlen = 1}};
    int count = sendmmsg(cell->near, messages, 2, cell->flags);
    long sent = 0;
    for (int i = 0; i < count; i++)
        sent += (long)messages[i].msg_len;
    return count < 0 ? count : sent;
}

CALL(by_write)
{
    return plain_write(cell->near, buffer, bytes);
}

CALL(by_writev)
{
    HALVES(bytes);
    return writev(cell->near, halves, 2);
}

static int rwf(const struct cell *cell)
{
    return cell->flags & MSG_DONTWAIT ? RWF_NOWAIT : 0;
}

CALL(by_pwritev2)
{
    HALVES(bytes);
    return pwritev2(cell->near, halves, 2, -1, rwf(cell));
}

CALL(by_pwritev64v2)
{
    HALVES(bytes);
    return pwritev64v2(cell->near, halves, 2, -1, rwf(cell));
}

/* A file that holds the bytes. */
static int file_of(const void *buffer, size_t bytes)
{
    int file = memfd_create("matrix", 0);
    if (plain_write(file, buffer, bytes) != (ssize_t)bytes)
        say("no file");
    lseek(file, 0, SEEK_SET);
    return file;
}

static long closing(int fd, long result)
{
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

CALL(by_sendfile)
{
    int file = file_of(buffer, bytes);
    return closing(file, sendfile(cell->near, file, NULL, bytes));
}

CALL(by_sendfile64)
{
    int file = file_of(buffer, bytes);
    return closing(file, sendfile64(cell->near, file, NULL, bytes));
}

CALL(by_sys_sendfile)
{
    int file = file_of(buffer, bytes);
    return closing(file, syscall(SYS_sendfile, cell->near, file, NULL, bytes));
}

static int pipe_of(const void *buffer, size_t bytes)
{
    int pipes[2];
    if (pipe(pipes) != 0 || plain_write(pipes[1], buffer, bytes) != (ssize_t)bytes)
        say("no pipe");
    close(pipes[1]);
    return pipes[0];
}

CALL(by_splice)
{
    int from = pipe_of(buffer, bytes);
    return closing(from, splice(from, NULL, cell->near, NULL, bytes, 0));
}

CALL(by_sys_splice)
{
    int from = pipe_of(buffer, bytes);
    return closing(from, syscall(SYS_splice, from, NULL, cell->near, NULL, bytes, 0));
}

CALL(by_sys_write)
{
    return syscall(SYS_write, cell->near, buffer, bytes);
}

CALL(by_sys_writev)
{
    HALVES(bytes);
    return syscall(SYS_writev, cell->near, halves, 2);
}

CALL(by_sys_pwritev2)
{
    HALVES(bytes);
    return syscall(SYS_pwritev2, cell->near, halves, 2, -1L, -1L, rwf(cell));
}

CALL(by_sys_sendto)
{
    return syscall(SYS_sendto, cell->near, buffer, bytes, cell->flags, TO, TO_LENGTH);
}

CALL(by_sys_sendmsg)
{
    HALVES(bytes);
    const struct msghdr message = MESSAGE;
    return syscall(SYS_sendmsg, cell->near, &message, cell->flags);
}

CALL(by_sys_sendmmsg)
{
    HALVES(bytes);
    struct mmsghdr message = {.msg_hdr = MESSAGE};
    long count = syscall(SYS_sendmmsg, cell->near, &message, 1, cell->flags);
    return count == 1 ? (long)message.msg_len : count;
}

#define FLAGS (BLOCKING | TIMEOUT | NONBLOCK | DONTWAIT)
#define NO_FLAGS (BLOCKING | TIMEOUT | NONBLOCK)

const struct function send_functions[] = {
    {"send", "send", SEND, by_send, ANY_KIND, FLAGS, 0, false},
    {"sendto", "sendto", SEND, by_sendto, ANY_KIND, FLAGS, 0, false},
    {"sendmsg", "sendmsg", SEND, by_sendmsg, ANY_KIND, FLAGS, 0, false},
    {"sendmmsg", "sendmmsg", SEND, by_sendmmsg, ANY_KIND, FLAGS, 0, false},
    {"sendmmsg-2", "sendmmsg", SEND, by_sendmmsg_2, ANY_KIND, FLAGS, 0, false},
    {"write", "write", SEND, by_write, ANY_KIND, NO_FLAGS, 0, false},
    {"writev", "writev", SEND, by_writev, ANY_KIND, NO_FLAGS, 0, false},
    {"pwritev2", "pwritev2", SEND, by_pwritev2, ANY_KIND, FLAGS, 0, false},
    {"pwritev64v2", "pwritev2", SEND, by_pwritev64v2, ANY_KIND, FLAGS, 0, false},
    {"sendfile", "sendfile", SEND, by_sendfile, ANY_KIND, NO_FLAGS, 0, true},
    {"sendfile64", "sendfile", SEND, by_sendfile64, ANY_KIND, NO_FLAGS, 0, true},
    {"splice-out", "splice", SEND, by_splice, ANY_KIND, NO_FLAGS, 0, true},
    {"sys_write", "write", SEND, by_sys_write, ANY_KIND, NO_FLAGS, 0, false},
    {"sys_writev", "writev", SEND, by_sys_writev, ANY_KIND, NO_FLAGS, 0, false},
    {"sys_pwritev2", "pwritev2", SEND, by_sys_pwritev2, ANY_KIND, FLAGS, 0, false},
    {"sys_sendto", "sendto", SEND, by_sys_sendto, ANY_KIND, FLAGS, 0, false},
    {"sys_sendmsg", "sendmsg", SEND, by_sys_sendmsg, ANY_KIND, FLAGS, 0, false},
    {"sys_sendmmsg", "sendmmsg", SEND, by_sys_sendmmsg, ANY_KIND, FLAGS, 0, false},
    {"sys_sendfile", "sendfile", SEND, by_sys_sendfile, ANY_KIND, NO_FLAGS, 0, true},
    {"sys_splice-out", "splice", SEND, by_sys_splice, ANY_KIND, NO_FLAGS, 0, true},
    {.name = NULL},
};

/* Datagrams on loopback find room always: what they meet then is stated. */
static bool can_be_full(const struct cell *cell)
{
    return !(cell->kind->bit & UDP);
}

static void before(struct cell *cell)
{
    if ((is_twin(cell, FAULT_AGAIN) || is_twin(cell, FAULT_INTERRUPT)) && can_be_full(cell))
        fill(cell->near);
    if (is_twin(cell, FAULT_INTERRUPT)) {
        handle_signal(cell->fault->flags);
        signal_soon();
    } else if (is_twin(cell, FAULT_RESET)) {
        close_hard(cell->far);
        cell->far = -1;
        wait_for(cell->near, POLLRDHUP, 5000);
    }
}

static long make(struct cell *cell)
{
    char data[] = "0123456789";
    size_t bytes = TEXT;

    if (is_twin(cell, FAULT_PARTIAL) && cell->fault->number < TEXT)
        bytes = (size_t)cell->fault->number;
    if ((is_twin(cell, FAULT_AGAIN) || is_twin(cell, FAULT_INTERRUPT)) && !can_be_full(cell)) {
        cell->is_fired = true;
        if (is_twin(cell, FAULT_AGAIN))
            say("took: %s", cell->mode->bit == TIMEOUT ? "long" : "a moment");
        errno = is_twin(cell, FAULT_AGAIN) ? EAGAIN : EINTR;
        return -1;
    }
    return call_subject(cell, data, bytes);
}

/* The edge that a short or refused send owes: there is room. Where the kernel gave it
 * meanwhile, it is looked at; where it is stated, so is the edge. */
static void say_room(struct cell *cell, int set, long result)
{
    bool is_short = acts(cell, FAULT_PARTIAL) && cell->fault->number < TEXT && result > 0;
    if (cell->fault->kind == FAULT_INTERRUPT)
        return;
    if (cell->real && (is_short || (acts(cell, FAULT_AGAIN) && !can_be_full(cell))))
        say("edge: OUT ");
    else
        say_edge("edge", set, 10);
}

static void say_sent(const struct cell *cell, long result)
{
    if (acts(cell, FAULT_PARTIAL) && cell->fault->loose && result > 0)
        say("result: %s", result >= 3 && result <= 6 ? "3..6" : "other");
    else
        say_result("result", result);
}

/* All that has come to the peer, and how many bits of it are others than were sent. */
static void say_peer(struct cell *cell)
{
    char data[ROOM];
    long got = 0, records = 0, part;
    int bits = 0;

    while (got < ROOM &&
           (part = take(cell->far, data + got, sizeof data - (size_t)got, records ? 20 : 100)) > 0) {
        got += part;
        records++;
    }
    for (long i = 0; i < got; i++)
        bits += __builtin_popcount((unsigned char)(data[i] ^ text[i % TEXT]));
    if (is_twin(cell, FAULT_CORRUPT) && got > 0) {
        /* Of two messages the first alone is corrupted. */
        int most = cell->function->run == by_sendmmsg_2 ? 4 * TEXT : 8 * TEXT;
        bits = cell->fault->number < most ? (int)cell->fault->number : most;
    }
    say("peer took: %ld in %ld", got, cell->kind->bit & STREAM ? 0 : records);
    say("flipped: %d", bits);
    close(cell->near);
    if (cell->kind->bit & CONNECTED)
        say("peer's end: %ld", take(cell->far, data, sizeof data, 200));
}

void run_send(struct cell *cell)
{
    char data[] = "0123456789";

    open_pair(cell);
    set_mode(cell, cell->near);
    int set = edge_set(cell->near, EPOLLOUT);
    before(cell);
    long result = make(cell);
    int error = errno;
    if (acts(cell, FAULT_PARTIAL))
        cell->is_fired = result > 0 && cell->fault->number < TEXT;
    if (acts(cell, FAULT_CORRUPT))
        cell->is_fired = result > 0;
    if ((is_twin(cell, FAULT_AGAIN) || is_twin(cell, FAULT_INTERRUPT)) && can_be_full(cell))
        drain(cell->far);
    errno = error;
    say_sent(cell, result);
    say_room(cell, set, result);
    say_readiness("ready", cell->near, 0);
    if (acts(cell, FAULT_RESET)) {
        say_result("then", cell->function->run(cell, data, TEXT));
        say_result("recv", recv(cell->near, data, 1, 0));
        return;
    }
    if (acts(cell, FAULT_CORRUPT)) {
        say_peer(cell);
        return;
    }
    long sent = result > 0 ? result : 0;
    if (sent < TEXT) {
        result = cell->function->run(cell, data + sent, (size_t)(TEXT - sent));
        if (result < 0)
            say_result("then", result);
        else
            say("then: %s", sent + result == TEXT ? "the rest" : "less");
    }
    say_peer(cell);
}
