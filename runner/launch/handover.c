#include "launch/handover.h"

#include "launch/process.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAITING_MAX = 64, ANCESTORS_MAX = 4096 };

int sf_handover_listen(const char *session_id)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length =
        snprintf(address.sun_path + 1, sizeof address.sun_path - 1, SF_SOCKET_PREFIX "%s", session_id);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return -1;
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (bind(listener, (struct sockaddr *)&address, bytes) == 0 && listen(listener, WAITING_MAX) == 0)
        return listener;
    close(listener);
    return -1;
}

static bool descends_from_us(pid_t pid)
{
    for (unsigned i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
        pid = sf_process_look(pid).parent;
        if (pid == getpid())
            return true;
    }
    return false;
}

static void send_descriptor(int peer, int fd)
{
    char byte = 0;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof fd)];
    } control = {0};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    sendmsg(peer, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void sf_handover_serve(int listener, int session_fd)
{
    int peer;
    while ((peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct ucred who = {0};
        socklen_t bytes = sizeof who;
        if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &bytes) == 0 && descends_from_us(who.pid))
            send_descriptor(peer, session_fd);
        close(peer);
    }
}
