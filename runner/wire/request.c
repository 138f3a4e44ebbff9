#include "wire/request.h"

#include "base/memory.h"
#include "wire/datagrams.h"
#include "wire/handshake.h"
#include "wire/wired.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING_MAX = 4096, FDS_MAX = 2 };

/* One connection of a process to us. */
struct sf_wire_caller {
    struct sf_watch watch;
    struct sf_wire_caller *next_gone;
    pid_t pid;
    bool is_gone;
    struct sf_wired *wired;    /* answered, and to be told how to go on; it waits for that */
    struct sf_wired *accepted; /* likewise, until the program has its end */
};

int sf_requests_listen(const struct sf_session *session)
{
    struct sockaddr_un name;
    socklen_t bytes = sf_wire_name(&name, SF_WIRE_PREFIX, session->id);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener >= 0 && bind(listener, (struct sockaddr *)&name, bytes) == 0 &&
        listen(listener, WAITING_MAX) == 0)
        return listener;
    int error = errno;
    if (listener >= 0)
        close(listener);
    errno = error;
    return -1;
}

static void end(struct sf_wire *wire, struct sf_wire_caller *caller)
{
    if (caller->is_gone)
        return;
    caller->is_gone = true;
    sf_watch_end(wire, &caller->watch);
    if (caller->wired) /* whoever asked for it is dead, or has failed by itself */
        sf_wired_close(wire, caller->wired, true);
    if (caller->accepted)
        sf_wired_let_go(wire, caller->accepted);
    caller->next_gone = wire->gone_callers;
    wire->gone_callers = caller;
}

void sf_requests_free(struct sf_wire *wire)
{
    while (wire->gone_callers) {
        struct sf_wire_caller *caller = wire->gone_callers;
        wire->gone_callers = caller->next_gone;
        free(caller);
    }
}

/* ---- connect ---- */

static void connect_for(struct sf_wire *wire, struct sf_wire_caller *caller,
                        const struct sf_wire_request *request)
{
    struct sf_wire_answer answer;
    int fd = socket(request->to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) { /* the caller learns that it could not be wired */
        end(wire, caller);
        return;
    }
    caller->wired = sf_wired_new(wire, request, caller->pid, fd, SF_WIRED_HELD);
    if (!caller->wired) {
        end(wire, caller);
        return;
    }
    sf_handshake_begin(wire, caller->wired, request, &answer);
    if (send(caller->watch.fd, &answer, sizeof answer, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof answer)
        end(wire, caller);
}

static void go(struct sf_wire *wire, struct sf_wire_caller *caller, const struct sf_wire_request *request,
               int *fd)
{
    struct sf_wired *wired = caller->wired;
    if (caller->accepted)
        sf_wired_let_go(wire, caller->accepted);
    if (!wired)
        return;
    caller->wired = NULL;
    sf_wired_told(wire, wired, request, *fd);
    *fd = -1;
}

/* Say that the connection is ours now. */
static bool confirm(const struct sf_wire_caller *caller)
{
    const struct sf_wire_answer answer = {.state = SF_WIRE_STANDS};
    return send(caller->watch.fd, &answer, sizeof answer, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)sizeof answer;
}

static void take_accepted(struct sf_wire *wire, struct sf_wire_caller *caller,
                          const struct sf_wire_request *request, int *fd)
{
    struct sf_wired *wired =
        *fd >= 0 ? sf_wired_new(wire, request, caller->pid, *fd, SF_WIRED_MEETING) : NULL;
    *fd = -1; /* its own now, or closed */
    if (!wired)
        end(wire, caller);
    else if (confirm(caller)) {
        caller->accepted = wired;
        wired->waiting = &caller->accepted;
        sf_wired_told(wire, wired, request, -1);
    } else
        sf_wired_close(wire, wired, true);
}

static void take_joined(struct sf_wire *wire, struct sf_wire_caller *caller,
                        const struct sf_wire_request *request, int fds[FDS_MAX])
{
    struct sf_wired *wired = fds[0] >= 0 && fds[1] >= 0
                                 ? sf_wired_new(wire, request, caller->pid, fds[1], SF_WIRED_MEETING)
                                 : NULL;
    fds[1] = wired ? -1 : fds[1];
    if (!wired) {
        end(wire, caller);
        return;
    }
    if (!confirm(caller)) {
        sf_wired_close(wire, wired, true);
        return;
    }
    sf_wired_join(wire, wired, fds[0]);
    fds[0] = -1;
}

static void take_carried(struct sf_wire *wire, struct sf_wire_caller *caller,
                         const struct sf_wire_request *request, int fds[FDS_MAX])
{
    if (sf_datagrams_carry(wire, request, caller->pid, fds))
        confirm(caller);
    else
        end(wire, caller);
}

/* Other bytes follow the answer. */
static void judge_sent(struct sf_wire *wire, struct sf_wire_caller *caller,
                       const struct sf_wire_request *request, size_t count)
{
    struct sf_wire_unix where;
    struct sf_wire_answer answer;
    char *bytes = wire->scratch + sizeof where;
    int room = INT_MAX / 2;

    memcpy(&where, wire->scratch, sizeof where);
    if (count < sizeof where ||
        !sf_datagrams_sends(wire, request, caller->pid, &where, bytes, count - sizeof where, &answer)) {
        end(wire, caller);
        return;
    }
    setsockopt(caller->watch.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (send(caller->watch.fd, &answer, sizeof answer, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ||
        (answer.has_bytes &&
         send(caller->watch.fd, bytes, answer.has_bytes, MSG_DONTWAIT | MSG_NOSIGNAL) < 0))
        end(wire, caller);
}

/* ---- messages ---- */

/* The descriptors that came along; -1: none. */
static void take_fds(struct msghdr *message, int fds[FDS_MAX])
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
}

/* What follows the request goes into `more`, which has room for SF_SCRATCH_BYTES. */
static ssize_t receive(int from, struct sf_wire_request *request, char *more, int fds[FDS_MAX])
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(FDS_MAX * sizeof *fds)];
    } control;
    struct iovec data[] = {{request, sizeof *request}, {more, SF_SCRATCH_BYTES}};
    struct msghdr message = {.msg_iov = data,
                             .msg_iovlen = 2,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(from, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    fds[0] = fds[1] = -1;
    if (got > 0)
        take_fds(&message, fds);
    return message.msg_flags & MSG_TRUNC ? 0 : got;
}

static bool is_ours(const struct sf_wire *wire, const struct sf_wire_request *request, ssize_t bytes)
{
    return bytes >= (ssize_t)sizeof *request &&
           memcmp(request->key, wire->session->session->wire_key, sizeof request->key) == 0;
}

/* Descriptors that are taken over are -1 afterwards. */
static void obey(struct sf_wire *wire, struct sf_wire_caller *caller, const struct sf_wire_request *request,
                 size_t more, int fds[FDS_MAX])
{
    if (request->kind == SF_WIRE_SENDS)
        judge_sent(wire, caller, request, more);
    else if (request->kind == SF_WIRE_CONNECT && !caller->wired)
        connect_for(wire, caller, request);
    else if (request->kind == SF_WIRE_GO)
        go(wire, caller, request, fds);
    else if (request->kind == SF_WIRE_ACCEPTED && !caller->accepted)
        take_accepted(wire, caller, request, fds);
    else if (request->kind == SF_WIRE_JOINED)
        take_joined(wire, caller, request, fds);
    else if (request->kind == SF_WIRE_CARRIED)
        take_carried(wire, caller, request, fds);
    else if (request->kind == SF_WIRE_ENDED) {
        sf_datagrams_ended(wire, request);
        confirm(caller);
    } else if (request->kind == SF_WIRE_JUDGE) {
        sf_datagrams_sent(wire);
        confirm(caller);
    }
}

static void caller_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    struct sf_wire_caller *caller =
        (struct sf_wire_caller *)((char *)watch - offsetof(struct sf_wire_caller, watch));
    struct sf_wire_request request;
    int fds[FDS_MAX];

    while (!caller->is_gone) {
        ssize_t got = receive(watch->fd, &request, wire->scratch, fds);
        if (got < 0 && errno == EAGAIN && !(events & (EPOLLHUP | EPOLLERR)))
            return;
        if (is_ours(wire, &request, got))
            obey(wire, caller, &request, (size_t)got - sizeof request, fds);
        else
            end(wire, caller);
        for (unsigned i = 0; i < FDS_MAX; i++)
            if (fds[i] >= 0)
                close(fds[i]);
    }
}

/* No descriptor is left: whoever waits is to learn that, and not to wait on. */
static bool turn_away(struct sf_wire *wire, const struct sf_watch *listener)
{
    close(wire->spare);
    int fd = accept(listener->fd, NULL, NULL);
    if (fd >= 0)
        close(fd);
    wire->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

void sf_requests_take(struct sf_wire *wire, struct sf_watch *listener, uint32_t events)
{
    int fd;
    (void)events;
    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0 ||
           ((errno == EMFILE || errno == ENFILE) && turn_away(wire, listener))) {
        if (fd < 0)
            continue;
        struct ucred who = {0};
        socklen_t bytes = sizeof who;
        struct sf_wire_caller *caller = sf_memory_new(sizeof *caller);
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &bytes);
        caller->pid = who.pid;
        caller->watch = (struct sf_watch){caller_ready, fd};
        if (!sf_watch_begin(wire, &caller->watch))
            end(wire, caller);
    }
}
