#include "apply/wire_message.h"

#include "load/real.h"
#include "load/shim.h"
#include "load/uncancelled.h"

#include <errno.h>
#include <string.h>

void sf_wire_escape(uint32_t how)
{
    atomic_fetch_or_explicit(&sf_shim.state->escapes, how, memory_order_relaxed);
}

int sf_wire_open(void)
{
    struct sockaddr_un name;
    socklen_t bytes = sf_wire_name(&name, SF_WIRE_PREFIX, sf_shim.session->id);
    int fd = sf_real.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && sf_uncancelled_connect(fd, (struct sockaddr *)&name, bytes) == 0)
        return fd;
    if (fd >= 0)
        sf_uncancelled_close(fd);
    return -1;
}

static void sign(struct sf_wire_request *request, struct sf_socket *socket)
{
    request->program = sf_shim.program;
    request->cookie = atomic_load_explicit(&socket->cookie, memory_order_relaxed);
    request->record = (uint64_t)((char *)socket - (char *)sf_shim.session);
    memcpy(request->key, sf_shim.session->wire_key, sizeof request->key);
}

static ssize_t send_whole(int wire, const struct msghdr *message)
{
    ssize_t result;
    do
        result = sf_uncancelled_sendmsg(wire, message, MSG_NOSIGNAL);
    while (result < 0 && errno == EINTR);
    return result;
}

bool sf_wire_say(int wire, struct sf_wire_request *request, struct sf_socket *socket, const int *fds,
                 unsigned fd_count)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(SF_WIRE_FDS_MAX * sizeof *fds)];
    } control = {.header = {CMSG_LEN(fd_count * sizeof *fds), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec data = {request, sizeof *request};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    sign(request, socket);
    if (fd_count > 0) {
        memcpy(CMSG_DATA(&control.header), fds, fd_count * sizeof *fds);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof *fds);
    }
    return send_whole(wire, &message) == (ssize_t)sizeof *request;
}

bool sf_wire_say_more(int wire, struct sf_wire_request *request, struct sf_socket *socket,
                      struct iovec *vector, size_t count)
{
    const struct msghdr message = {.msg_iov = vector, .msg_iovlen = count};

    sign(request, socket);
    vector[0] = (struct iovec){request, sizeof *request};
    return send_whole(wire, &message) >= 0;
}

bool sf_wire_hear(int wire, struct sf_wire_answer *answer)
{
    ssize_t result;
    do
        result = sf_uncancelled_recv(wire, answer, sizeof *answer, 0);
    while (result < 0 && errno == EINTR);
    return result == (ssize_t)sizeof *answer;
}

void sf_wire_take_place(int fd, int other)
{
    sf_real.fcntl(other, F_SETFL, sf_real.fcntl(fd, F_GETFL));
    int closes = sf_real.fcntl(fd, F_GETFD) & FD_CLOEXEC;
    sf_real.dup3(other, fd, closes ? O_CLOEXEC : 0);
}
