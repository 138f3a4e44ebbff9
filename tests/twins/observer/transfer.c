/* Calls that receive and send, each in all its forms. */
#include "observer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#define ROOM 65536

/* Each thread that waits has room of its own. */
static __thread char room[ROOM];

static size_t room_for(const struct step *step, long otherwise)
{
    long bytes = number(step, otherwise);
    return bytes < ROOM ? (size_t)bytes : ROOM;
}

static void tell_received(struct step *step, ssize_t result)
{
    tell_result(step, result);
    tell_bytes(step, room, result);
}

static void act_recv(struct step *step)
{
    tell_received(step, recv(step->fd, room, room_for(step, 16), 0));
}

static void act_recv_dontwait(struct step *step)
{
    tell_received(step, recv(step->fd, room, room_for(step, 16), MSG_DONTWAIT));
}

static void act_peek(struct step *step)
{
    tell_received(step, recv(step->fd, room, room_for(step, 16), MSG_PEEK));
}

static void act_waitall(struct step *step)
{
    tell_received(step, recv(step->fd, room, room_for(step, 16), MSG_WAITALL));
}

static void act_trunc(struct step *step)
{
    *room = '\0';
    tell_result(step, recv(step->fd, room, room_for(step, 16), MSG_TRUNC));
    tell(step, *room ? " written" : "");
}

static void act_read(struct step *step)
{
    tell_received(step, read(step->fd, room, room_for(step, 16)));
}

static void act_recvfrom(struct step *step)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    tell_received(step, recvfrom(step->fd, room, room_for(step, 16), 0, (void *)&name, &length));
    tell(step, " name %u", (unsigned)length);
}

static void act_readv(struct step *step)
{
    size_t bytes = room_for(step, 16), first = bytes / 2;
    struct iovec parts[] = {{room, first}, {room + first, bytes - first}};
    tell_received(step, readv(step->fd, parts, 2));
}

static void act_recvmsg(struct step *step)
{
    size_t bytes = room_for(step, 16), first = bytes / 2;
    struct iovec parts[] = {{room, first}, {room + first, bytes - first}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2, .msg_flags = MSG_CTRUNC};
    ssize_t result = recvmsg(step->fd, &message, 0);
    tell_received(step, result);
    if (result >= 0)
        tell(step, " flags %#x", (unsigned)message.msg_flags);
}

static void act_recvmmsg(struct step *step)
{
    struct iovec parts[] = {{room, 16}, {room + 16, 16}};
    struct mmsghdr messages[] = {{.msg_hdr = {.msg_iov = parts, .msg_iovlen = 1}},
                                 {.msg_hdr = {.msg_iov = parts + 1, .msg_iovlen = 1}}};
    int result = recvmmsg(step->fd, messages, 2, MSG_WAITFORONE, NULL);
    tell_result(step, result);
    for (int i = 0; i < result; i++) {
        tell(step, " %u", messages[i].msg_len);
        tell_bytes(step, room + 16 * i, messages[i].msg_len);
    }
}

static void act_splice_in(struct step *step)
{
    int ends_of_pipe[2];
    must(pipe(ends_of_pipe), "pipe");
    ssize_t result = splice(step->fd, NULL, ends_of_pipe[1], NULL, room_for(step, 16), 0);
    tell_result(step, result);
    if (result > 0)
        tell_bytes(step, room, read(ends_of_pipe[0], room, ROOM));
    close(ends_of_pipe[0]);
    close(ends_of_pipe[1]);
}

/* ---- send ------------------------------------------------------------------ */

/* Its bytes tell their places apart. */
static const char *bytes_to_send(size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        room[i] = (char)('a' + i % 26);
    return room;
}

static void act_send(struct step *step)
{
    size_t bytes = room_for(step, 1);
    tell_result(step, send(step->fd, bytes_to_send(bytes), bytes, 0));
}

static void act_send_nosignal(struct step *step)
{
    size_t bytes = room_for(step, 1);
    tell_result(step, send(step->fd, bytes_to_send(bytes), bytes, MSG_NOSIGNAL));
}

static void act_write(struct step *step)
{
    size_t bytes = room_for(step, 1);
    tell_result(step, write(step->fd, bytes_to_send(bytes), bytes));
}

static void act_sendto(struct step *step)
{
    size_t bytes = room_for(step, 1);
    tell_result(step, sendto(step->fd, bytes_to_send(bytes), bytes, 0, NULL, 0));
}

static void act_writev(struct step *step)
{
    size_t bytes = room_for(step, 2), first = bytes / 2;
    bytes_to_send(bytes);
    struct iovec parts[] = {{room, first}, {room + first, bytes - first}};
    tell_result(step, writev(step->fd, parts, 2));
}

static void act_sendmsg(struct step *step)
{
    size_t bytes = room_for(step, 2), first = bytes / 2;
    bytes_to_send(bytes);
    struct iovec parts[] = {{room, first}, {room + first, bytes - first}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    tell_result(step, sendmsg(step->fd, &message, 0));
}

static void act_sendmmsg(struct step *step)
{
    bytes_to_send(2);
    struct iovec parts[] = {{room, 1}, {room + 1, 1}};
    struct mmsghdr messages[] = {{.msg_hdr = {.msg_iov = parts, .msg_iovlen = 1}},
                                 {.msg_hdr = {.msg_iov = parts + 1, .msg_iovlen = 1}}};
    tell_result(step, sendmmsg(step->fd, messages, 2, 0));
}

static void act_sendfile(struct step *step)
{
    size_t bytes = room_for(step, 1);
    off_t from = 0;
    int file = memfd_create("twin", MFD_CLOEXEC);
    must(write(file, bytes_to_send(bytes), bytes), "memfd");
    tell_result(step, sendfile(step->fd, file, &from, bytes));
    close(file);
}

static void act_splice(struct step *step)
{
    int ends_of_pipe[2];
    size_t bytes = room_for(step, 1);
    must(pipe(ends_of_pipe), "pipe");
    must(write(ends_of_pipe[1], bytes_to_send(bytes), bytes), "pipe");
    tell_result(step, splice(ends_of_pipe[0], NULL, step->fd, NULL, bytes, 0));
    close(ends_of_pipe[0]);
    close(ends_of_pipe[1]);
}

/* More than there is room for: whether all went. */
#define MUCH (8 << 20)

static void tell_how_much(struct step *step, ssize_t result)
{
    if (result < 0)
        tell_result(step, result);
    else
        tell(step, result == MUCH ? " all" : " a part");
}

static char *much(void)
{
    static char bytes[MUCH];
    return bytes;
}

static void act_send_much(struct step *step)
{
    tell_how_much(step, send(step->fd, much(), MUCH, 0));
}

static void act_write_much(struct step *step)
{
    tell_how_much(step, write(step->fd, much(), MUCH));
}

static void act_writev_much(struct step *step)
{
    struct iovec parts[] = {{much(), 1}, {much() + 1, MUCH - 1}};
    tell_how_much(step, writev(step->fd, parts, 2));
}

static void act_sendmsg_much(struct step *step)
{
    struct iovec parts[] = {{much(), MUCH - 1}, {much() + MUCH - 1, 1}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    tell_how_much(step, sendmsg(step->fd, &message, 0));
}

static void act_sendfile_much(struct step *step)
{
    off_t from = 0;
    int file = memfd_create("twin", MFD_CLOEXEC);
    must(ftruncate(file, MUCH), "memfd");
    tell_how_much(step, sendfile(step->fd, file, &from, MUCH));
    close(file);
}

/* ---- what makes room, or fills it ------------------------------------------- */

/* Send the argument, and let it arrive. */
static void act_give(struct step *step)
{
    must(send(step->fd, step->argument, strlen(step->argument), MSG_NOSIGNAL), "give");
    pause_ms(SETTLE_MS);
}

/* The same, by and by. */
static void act_give_late(struct step *step)
{
    pause_ms(LATER_MS);
    act_give(step);
}

static bool send_all_of(int fd, size_t bytes)
{
    bool is_sent = false;
    while (send(fd, room, bytes, MSG_DONTWAIT) > 0)
        is_sent = true;
    return is_sent;
}

/* Send until there is no room, not even for one byte, nor after a while: the other end packs
 * what it has more tightly when it is asked for room, by a timer of 200 ms: tcp_probe_timer(),
 * tcp_prune_queue(). */
#define QUIET_MS 500

static void act_fill(struct step *step)
{
    memset(room, 'f', ROOM);
    for (int quiet = 0; quiet * SETTLE_MS < QUIET_MS; pause_ms(SETTLE_MS)) {
        bool is_sent = send_all_of(step->fd, ROOM);
        quiet = send_all_of(step->fd, 1) || is_sent ? 0 : quiet + 1;
    }
}

/* Receive all that has come, and what comes behind it within a moment. */
static void act_drain(struct step *step)
{
    struct pollfd wait = {.fd = step->fd, .events = POLLIN};
    while (poll(&wait, 1, 100) == 1 && recv(step->fd, room, ROOM, MSG_DONTWAIT) > 0)
        ;
}

static void act_drain_late(struct step *step)
{
    pause_ms(LATER_MS);
    act_drain(step);
}

const struct word transfer_words[] = {
    {"recv", act_recv},
    {"recv-dontwait", act_recv_dontwait},
    {"peek", act_peek},
    {"waitall", act_waitall},
    {"trunc", act_trunc},
    {"read", act_read},
    {"recvfrom", act_recvfrom},
    {"readv", act_readv},
    {"recvmsg", act_recvmsg},
    {"recvmmsg", act_recvmmsg},
    {"splice-in", act_splice_in},
    {"send", act_send},
    {"send-nosignal", act_send_nosignal},
    {"write", act_write},
    {"sendto", act_sendto},
    {"writev", act_writev},
    {"sendmsg", act_sendmsg},
    {"sendmmsg", act_sendmmsg},
    {"sendfile", act_sendfile},
    {"splice", act_splice},
    {"give", act_give},
    {"fill", act_fill},
    {"drain", act_drain},
    {"give-late", act_give_late},
    {"drain-late", act_drain_late},
    {"send-much", act_send_much},
    {"write-much", act_write_much},
    {"writev-much", act_writev_much},
    {"sendmsg-much", act_sendmsg_much},
    {"sendfile-much", act_sendfile_much},
    {NULL, NULL},
};
