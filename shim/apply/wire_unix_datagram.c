#include "apply/wire_unix_datagram.h"

#include "apply/clock.h"
#include "apply/wire_message.h"
#include "load/real.h"
#include "load/room.h"
#include "load/sandbox.h"
#include "load/shim.h"
#include "load/uncancelled.h"
#include "sockets/address.h"
#include "sockets/owner.h"

#include <errno.h>
#include <limits.h>
#include <linux/sock_diag.h>
#include <sys/stat.h>

#define PAUSE_NS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_US UINT64_C(1000)

enum { OVERHEAD = 32 }; /* unix_dgram_sendmsg(): a datagram is no longer than the buffer less that */

struct sending {
    int fd, flags;
    struct sf_socket *socket;
    const struct msghdr *message;
    int aimed; /* a socket that is connected to where it goes; -1: the program's own, or none can be */
    struct sf_wire_unix where;
};

/* While something of ours is open. */
static ssize_t by_kernel(const struct sending *sending, int flags)
{
    return sf_uncancelled_sendmsg(sending->fd, sending->message, sending->flags | flags);
}

static uint64_t bytes_of(const struct msghdr *message)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++)
        bytes += message->msg_iov[i].iov_len;
    return bytes;
}

static int option_of(int fd, int name)
{
    int value = 0;
    socklen_t bytes = sizeof value;
    return sf_real.getsockopt(fd, SOL_SOCKET, name, &value, &bytes) == 0 ? value : 0;
}

static uint64_t inode_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* ---- would it go? ---- */

/* What comes along, looked at by the kernel where nobody gets it. */
static bool would_come_along(const struct sending *sending)
{
    const struct msghdr alone = {.msg_control = sending->message->msg_control,
                                 .msg_controllen = sending->message->msg_controllen};
    int pair[2];

    if (alone.msg_controllen == 0)
        return true;
    if (sf_real.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    bool would = sf_uncancelled_sendmsg(pair[0], &alone, MSG_DONTWAIT | MSG_NOSIGNAL) == 0;
    sf_uncancelled_close(pair[0]);
    sf_uncancelled_close(pair[1]);
    return would;
}

/* The file that a name leads to from here: the wire may be elsewhere. */
static void find_file(struct sf_wire_unix *where)
{
    char path[sizeof where->peer.path + 1] = {0};
    struct stat file;

    __builtin_memcpy(path, where->peer.path, where->peer.path_len);
    if (path[0] != '@' && stat(path, &file) == 0) {
        where->device = file.st_dev;
        where->inode = file.st_ino;
    }
}

/* Look where it goes. False: the kernel says that it goes nowhere. Source: unix_dgram_connect(), which tells
 * all that unix_dgram_sendmsg() would of the name; who has another peer is connected to by none (EPERM), but
 * may be sent to by that peer. */
static bool aim(struct sending *sending)
{
    struct sf_wire_unix *where = &sending->where;
    const struct msghdr *message = sending->message;

    where->own = where->aimed = inode_of(sending->fd);
    if (!message->msg_name || message->msg_namelen == 0)
        return true;
    sending->aimed = sf_real.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sending->aimed < 0) {
        sf_wire_escape(SF_ESCAPE_DATAGRAM);
        return false;
    }
    bool is_aimed = sf_uncancelled_connect(sending->aimed, message->msg_name, message->msg_namelen) == 0;
    if (!is_aimed && errno != EPERM)
        return false;
    sf_address_from(&where->peer, message->msg_name, message->msg_namelen);
    sf_owner_find(&where->peer, -1, SF_TYPE_DGRAM, SF_ROLE_CLIENT);
    where->aimed = is_aimed ? inode_of(sending->aimed) : 0;
    if (!is_aimed)
        find_file(where);
    return true;
}

/* In the receiver's queue, and in what the sender may have under way. */
static bool has_room(const struct sending *sending)
{
    struct pollfd room = {.fd = sending->aimed >= 0 ? sending->aimed : sending->fd, .events = POLLOUT};
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t bytes = sizeof memory;

    if (sf_real.getsockopt(sending->fd, SOL_SOCKET, SO_MEMINFO, memory, &bytes) == 0 &&
        memory[SK_MEMINFO_WMEM_ALLOC] >= memory[SK_MEMINFO_SNDBUF])
        return false;
    return sending->where.aimed == 0 || (sf_real.poll(&room, 1, 0) == 1 && room.revents & POLLOUT);
}

static uint64_t patience_ns(const struct sending *sending)
{
    struct timeval own = {0};
    socklen_t bytes = sizeof own;

    if (sending->flags & MSG_DONTWAIT || sf_real.fcntl(sending->fd, F_GETFL) & O_NONBLOCK)
        return 0;
    sf_real.getsockopt(sending->fd, SOL_SOCKET, SO_SNDTIMEO, &own, &bytes);
    uint64_t ns = (uint64_t)own.tv_sec * NS_PER_S + (uint64_t)own.tv_usec * NS_PER_US;
    return ns ? ns : UINT64_MAX;
}

/* Wait as the call would. Returns 0, or EINTR; EAGAIN: the call, without waiting, says what there is to say.
 */
static int wait_for_room(const struct sending *sending)
{
    uint64_t patience = patience_ns(sending), waited_ns = 0;
    enum sf_wait wait = patience == UINT64_MAX ? SF_WAIT_RESTARTS : SF_WAIT_ENDS;

    while (!has_room(sending)) {
        if (waited_ns >= patience ||
            atomic_load_explicit(&sending->socket->shut[SF_SHUT_SENDS], memory_order_relaxed))
            return EAGAIN;
        if (sf_clock_sleep(PAUSE_NS, wait, (struct sf_end){0}) == EINTR)
            return EINTR;
        waited_ns += PAUSE_NS;
    }
    return 0;
}

/* ---- what the wire says ---- */

static bool ask(int wire, const struct sending *sending, struct sf_wire_answer *answer)
{
    struct sf_wire_request request = {.kind = SF_WIRE_SENDS};
    const struct msghdr *message = sending->message;
    size_t bytes = (message->msg_iovlen + 2) * sizeof(struct iovec);
    struct iovec *vector = SF_ROOM(bytes, SF_ROOM_ON_STACK);
    int room = INT_MAX / 2;

    if (!vector)
        return false;
    vector[1] = (struct iovec){(void *)&sending->where, sizeof sending->where};
    for (size_t i = 0; i < message->msg_iovlen; i++)
        vector[2 + i] = message->msg_iov[i];
    sf_real.setsockopt(wire, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    bool is_said = sf_wire_say_more(wire, &request, sending->socket, vector, message->msg_iovlen + 2);
    int error = errno;
    sf_room_give_back(vector, bytes, SF_ROOM_ON_STACK);
    errno = error;
    return is_said && sf_wire_hear(wire, answer);
}

static ssize_t send_copies(const struct sending *sending, uint32_t copies)
{
    ssize_t result = by_kernel(sending, 0);
    int saved_errno = errno;

    for (uint32_t copy = 0; result >= 0 && copy < copies; copy++)
        (void)by_kernel(sending, 0);
    errno = saved_errno;
    return result;
}

/* The wire has other bytes for it. */
static ssize_t send_other(int wire, const struct sending *sending, const struct sf_wire_answer *answer)
{
    struct sending other = *sending;
    struct msghdr message = *sending->message;
    char *bytes = SF_ROOM(answer->has_bytes, SF_ROOM_ON_STACK);
    struct iovec part = {bytes, answer->has_bytes};
    ssize_t result = -1;

    errno = ENOMEM;
    if (bytes && sf_uncancelled_recv(wire, bytes, answer->has_bytes, 0) == (ssize_t)answer->has_bytes) {
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        other.message = &message;
        result = send_copies(&other, answer->copies);
    }
    int error = errno;
    sf_room_give_back(bytes, answer->has_bytes, SF_ROOM_ON_STACK);
    errno = error;
    return result;
}

/* Nobody has the name of a socket that is closed. One that was connected to that has no peer any more, as
 * when its own is gone. */
static ssize_t refuse(const struct sending *sending)
{
    struct sending to_nobody = *sending;
    struct msghdr message = *sending->message;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t bytes = sizeof name;
    int nobody = sf_real.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (nobody >= 0 && sf_real.bind(nobody, (struct sockaddr *)&name, sizeof name.sun_family) == 0 &&
        sf_real.getsockname(nobody, (struct sockaddr *)&name, &bytes) == 0) {
        if (message.msg_name) {
            message.msg_name = &name;
            message.msg_namelen = bytes;
        } else {
            sf_uncancelled_connect(sending->fd, (struct sockaddr *)&name, bytes);
        }
    }
    if (nobody >= 0)
        sf_uncancelled_close(nobody);
    to_nobody.message = &message;
    return by_kernel(&to_nobody, 0);
}

/* A send names a socket that takes credentials: unix_dgram_sendmsg(), unix_autobind(). */
static void be_named(int fd)
{
    const struct sockaddr_un none = {.sun_family = AF_UNIX};
    if (option_of(fd, SO_PASSCRED))
        sf_real.bind(fd, (const struct sockaddr *)&none, sizeof none.sun_family);
}

static ssize_t obey(int wire, const struct sending *sending, const struct sf_wire_answer *answer)
{
    switch (answer->state) {
    case SF_WIRE_LOST:
        be_named(sending->fd);
        return (ssize_t)bytes_of(sending->message);
    case SF_WIRE_REFUSED:
        return refuse(sending);
    case SF_WIRE_PASSES:
        return answer->has_bytes ? send_other(wire, sending, answer) : send_copies(sending, answer->copies);
    default:
        return by_kernel(sending, 0);
    }
}

static ssize_t send_aimed(const struct sending *sending)
{
    struct sf_wire_answer answer;
    int saved_errno = errno, error = wait_for_room(sending);

    if (error == EINTR) {
        errno = EINTR;
        return -1;
    }
    if (error)
        return by_kernel(sending, MSG_DONTWAIT);
    int wire = sf_wire_open();
    if (wire < 0 || !ask(wire, sending, &answer)) {
        if (wire < 0 || errno != EFAULT)
            sf_wire_escape(SF_ESCAPE_DATAGRAM);
        answer.state = SF_WIRE_KERNELS;
    }
    errno = saved_errno;
    ssize_t result = obey(wire, sending, &answer);
    error = errno;
    if (wire >= 0)
        sf_uncancelled_close(wire);
    errno = error;
    return result;
}

ssize_t sf_unix_datagram_send(int fd, struct sf_socket *socket, const struct msghdr *message, int flags)
{
    struct sending sending = {.fd = fd, .flags = flags, .socket = socket, .message = message, .aimed = -1};
    int saved_errno = errno;

    sf_clock_act_on_cancellation();
    bool fits = bytes_of(message) + OVERHEAD <= (uint64_t)option_of(fd, SO_SNDBUF);
    bool may_ask = sf_sandbox_permits(SF_OWN_WIRE) && sf_sandbox_permits(SF_OWN_FSTAT) &&
                   sf_sandbox_permits(SF_OWN_STAT) && sf_sandbox_permits(SF_OWN_POLL);
    bool is_aimed = fits && may_ask && !(flags & MSG_OOB) && message->msg_iovlen <= IOV_MAX - 2 &&
                    !atomic_load_explicit(&socket->shut[SF_SHUT_SENDS], memory_order_relaxed) &&
                    would_come_along(&sending) && aim(&sending);
    ssize_t result = -1;
    errno = saved_errno;
    if (is_aimed)
        result = send_aimed(&sending);
    int error = errno;
    if (sending.aimed >= 0)
        sf_uncancelled_close(sending.aimed);
    errno = error;
    return is_aimed ? result : sf_real.sendmsg(fd, message, flags);
}
