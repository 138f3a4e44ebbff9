/* Pointers that lead nowhere, and calls that need none: what the kernel says of
 * them is what a program must hear under any rule. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SAY(call)                                               \
    do {                                                        \
        errno = 0;                                              \
        long result_ = (call);                                  \
        printf("%s %ld %s\n", #call, result_, strerror(errno)); \
    } while (0)

int main(void)
{
    void *bads[] = {NULL, (void *)8, (void *)-1, NULL};
    char text[50] = "hello";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), near = socket(AF_INET, SOCK_STREAM, 0);
    int datagram = socket(AF_INET, SOCK_DGRAM, 0);

    struct iovec none = {NULL, sizeof text};
    struct mmsghdr nowhere = {.msg_hdr = {.msg_iov = &none, .msg_iovlen = 1}};

    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    bads[3] = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bind(listener, (void *)&address, length) != 0 || listen(listener, 5) != 0 ||
        getsockname(listener, (void *)&address, &length) != 0)
        return 2;
    for (int i = 0; i < 4; i++) {
        void *bad = bads[i];
        struct iovec half[2] = {{text, 5}, {bad, 5}};
        SAY(connect(near, bad, 16));
        SAY(sendto(datagram, "x", 1, 0, bad, 16) < 0 ? -1 : 0);
        SAY(sendmsg(datagram, bad, 0));
        SAY(recvmsg(datagram, bad, MSG_DONTWAIT));
        SAY(sendmmsg(datagram, bad, 1, 0));
        SAY(readv(near, bad, 2));
        SAY(writev(near, bad, 2));
        SAY(writev(near, half, 2));
#ifdef SYS_select /* libc's own reads the time-out first, and crashes */
        if (bad)
            SAY(syscall(SYS_select, near + 1, NULL, NULL, NULL, bad));
#endif
    }
    if (connect(near, (void *)&address, length) != 0)
        return 2;
    int far = accept(listener, NULL, NULL);
    for (int i = 1; i < 4; i++) {
        void *bad = bads[i];
        SAY(send(near, bad, 100, 0));
        SAY(write(near, bad, 100));
        SAY(recv(near, bad, 100, MSG_DONTWAIT));
    }
    if (send(far, text, sizeof text, 0) != sizeof text)
        return 2;
    while (recv(near, text, sizeof text, MSG_PEEK) != sizeof text)
        ;
    SAY(recv(near, NULL, 7, MSG_TRUNC));
    SAY(recvmmsg(near, &nowhere, 1, MSG_TRUNC, NULL));
    return 0;
}
