#include "wire/unix.h"

#include "base/memory.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { KEEP_BYTES = 16384 };  /* behind so much there is more on its way, which will be there unread */
enum { RELEASING_BYTES = 1 }; /* what sock_wfree() has not given back when it wakes us */

static ssize_t receive(struct sf_leg *leg, struct iovec *data, size_t count, int flags,
                       struct sf_passed *passed)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(SF_PASSED_MAX * sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = data, .msg_iovlen = count, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(leg->watch.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | flags);
    struct cmsghdr *header = got >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return got;
    size_t bytes = header->cmsg_len - CMSG_LEN(0);
    passed->count = bytes / sizeof *passed->list;
    passed->list = sf_memory_new(bytes);
    memcpy(passed->list, CMSG_DATA(header), bytes);
    return got;
}

void sf_unix_forget(struct sf_leg *leg)
{
    char byte;
    if (leg->keeps_byte)
        (void)recv(leg->watch.fd, &byte, 1, MSG_DONTWAIT);
    leg->keeps_byte = false;
}

bool sf_unix_has_closed(const struct sf_leg *leg)
{
    struct pollfd look = {.fd = leg->watch.fd};
    return poll(&look, 1, 0) > 0 && look.revents & POLLHUP;
}

/* Of nothing to send it is told first whether anything may be: unix_stream_sendmsg(). */
bool sf_unix_is_shut(const struct sf_leg *leg)
{
    return send(leg->watch.fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EPIPE &&
           !sf_unix_has_closed(leg);
}

/* A close throws away what was not read, and what is told of it comes first: so the order here. */
void sf_unix_let_go(struct sf_leg *from, const struct sf_leg *to)
{
    int unread = 0;
    if (ioctl(to->watch.fd, SIOCOUTQ, &unread) == 0 && unread <= RELEASING_BYTES && !sf_unix_has_closed(to))
        sf_unix_forget(from);
}

static size_t unread_of(const struct sf_leg *leg)
{
    int unread = 0;
    return ioctl(leg->watch.fd, FIONREAD, &unread) == 0 && unread > 0 ? (size_t)unread : 0;
}

/* The byte that is the last of what is there. Where descriptors come with it, and others with those
 * before it, it is left for the next time, and where they may be those of what has come behind it: a look
 * that has all it asked for takes these as well, unix_stream_read_generic(). Returns 0 then. */
static ssize_t look_at_last(struct sf_leg *leg, char *to, struct sf_passed *passed)
{
    struct iovec last = {to, 1};
    struct sf_passed with = {0};
    ssize_t got = receive(leg, &last, 1, MSG_PEEK, &with);
    if (with.count > 0 && (passed->count > 0 || unread_of(leg) > 1)) {
        sf_passed_close(&with);
        return 0;
    }
    if (with.count > 0)
        *passed = with;
    leg->keeps_byte = got == 1;
    return got;
}

ssize_t sf_unix_receive(struct sf_leg *leg, char *to, size_t room, struct sf_passed *passed)
{
    char passed_on;
    size_t keeps = leg->keeps_byte ? 1 : 0, unread = unread_of(leg);
    size_t fresh = unread > keeps ? unread - keeps : 0;

    if (fresh == 0 && !leg->is_hung_up) { /* nor is there an end: another edge tells of more */
        errno = EAGAIN;
        return -1;
    }
    if (fresh <= 1 || room == 1) {
        sf_unix_forget(leg);
        ssize_t seen = fresh == 1 ? look_at_last(leg, to, passed)
                                  : receive(leg, &(struct iovec){to, room}, 1, 0, passed);
        return fresh == 1 && seen == 0 ? sf_unix_receive(leg, to, room, passed) : seen;
    }
    bool is_much = fresh > KEEP_BYTES || room < fresh;
    size_t most = is_much ? room : fresh;
    struct iovec data[] = {{&passed_on, keeps}, {to, most - !is_much}};
    ssize_t got = receive(leg, data, 2, 0, passed);
    if (got <= 0)
        return got;
    leg->keeps_byte = false;
    got -= (ssize_t)keeps;
    if (is_much || (size_t)got < most - 1)
        return got > 0 ? got : sf_unix_receive(leg, to, room, passed);
    got += look_at_last(leg, to + got, passed) == 1;
    return got;
}
