/* Makes calls on sockets that a trace is to tell, one chapter an argument:
 *
 *   told datagram|messages|numbers|waits|ends|fork|thread|vfork|received|stuck
 *
 * Prints nothing; ends with 1 where a call did not do what it had to. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

static void make_pair(int pair[2], int type)
{
    must(socketpair(AF_UNIX, type, 0, pair) == 0, "socketpair");
}

static struct sockaddr_in bound(int fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    must(bind(fd, (void *)&address, length) == 0, "bind");
    must(getsockname(fd, (void *)&address, &length) == 0, "getsockname");
    return address;
}

static void datagram(void)
{
    char data[8];
    int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = bound(server), from;
    socklen_t length = sizeof from;
    struct iovec part = {data, 2};
    struct msghdr message = {
        .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};

    must(sendto(client, "hello", 5, 0, (void *)&address, sizeof address) == 5, "sendto");
    must(sendto(client, "world", 5, 0, (void *)&address, sizeof address) == 5, "sendto");
    must(recvfrom(server, data, sizeof data, 0, (void *)&from, &length) == 5, "recvfrom");
    must(recvmsg(server, &message, 0) == 2, "recvmsg");
    must(recv(server, data, sizeof data, MSG_DONTWAIT) < 0, "recv");
}

static void messages(void)
{
    int pair[2];
    char one[4], two[4];
    struct iovec out[] = {{(char *)"abc", 3}, {(char *)"de", 2}}, in[] = {{one, 4}, {two, 4}};
    struct mmsghdr sent[] = {{.msg_hdr = {.msg_iov = &out[0], .msg_iovlen = 1}},
                             {.msg_hdr = {.msg_iov = &out[1], .msg_iovlen = 1}}};
    struct mmsghdr got[] = {{.msg_hdr = {.msg_iov = &in[0], .msg_iovlen = 1}},
                            {.msg_hdr = {.msg_iov = &in[1], .msg_iovlen = 1}}};

    make_pair(pair, SOCK_DGRAM);
    must(sendmmsg(pair[0], sent, 2, 0) == 2, "sendmmsg");
    must(recvmmsg(pair[1], got, 2, 0, NULL) == 2, "recvmmsg");
    must(writev(pair[0], out, 2) == 5 && readv(pair[1], in, 2) == 5, "writev");
}

static void numbers(void)
{
    int pair[2], others[2];

    make_pair(pair, SOCK_STREAM);
    make_pair(others, SOCK_STREAM);
    int again = dup(pair[0]);
    must(write(again, "x", 1) == 1, "write");
    must(dup2(pair[0], others[0]) == others[0], "dup2");
    must(write(others[0], "y", 1) == 1, "write");
    must(fcntl(pair[1], F_DUPFD, 20) == 20, "F_DUPFD");
    must(dup2(pair[0], pair[0]) == pair[0], "dup2 to itself");
    int on = 1;
    must(ioctl(pair[1], FIONBIO, &on) == 0 && fcntl(pair[1], F_SETFL, 0) == 0, "FIONBIO");
}

static void waits(void)
{
    int pair[2];
    char byte;
    const struct timeval soon = {.tv_usec = 20000};

    make_pair(pair, SOCK_STREAM);
    struct pollfd look = {.fd = pair[0], .events = POLLIN};
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0);
    must(poll(&look, 1, 0) == 0 && poll(&look, 1, 20) == 0, "poll");
    must(epoll_ctl(set, EPOLL_CTL_ADD, pair[0], &event) == 0, "epoll_ctl");
    must(write(pair[1], "x", 1) == 1 && epoll_wait(set, &event, 1, -1) == 1, "epoll_wait");
    must(read(pair[0], &byte, 1) == 1, "read");
    must(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon) == 0, "SO_RCVTIMEO");
    must(recv(pair[0], &byte, 1, 0) < 0 && errno == EAGAIN, "recv");
}

static void ends(void)
{
    int pair[2];

    make_pair(pair, SOCK_STREAM);
    FILE *stream = fdopen(pair[0], "r");
    must(stream && fclose(stream) == 0, "fclose");
    must(close_range((unsigned)pair[1], (unsigned)pair[1] + 5, 0) == 0, "close_range");
    make_pair(pair, SOCK_STREAM);
    closefrom(pair[0]);
    must(recv(pair[0], &(char){0}, 1, 0) < 0 && errno == EBADF, "recv of none");
    int pipe_ends[2];
    must(pipe(pipe_ends) == 0 && write(pipe_ends[1], "x", 1) == 1, "pipe");
}

static void fork_here(void)
{
    int pair[2], status;
    char byte;

    make_pair(pair, SOCK_STREAM);
    pid_t pid = fork();
    if (pid == 0) {
        must(write(pair[1], "c", 1) == 1, "write");
        _exit(0);
    }
    must(waitpid(pid, &status, 0) == pid && status == 0, "waitpid");
    must(read(pair[0], &byte, 1) == 1, "read");
}

static int ends_of_thread[2];

static void *in_thread(void *argument)
{
    (void)argument;
    must(write(ends_of_thread[0], "t", 1) == 1, "write");
    return NULL;
}

static void thread(void)
{
    pthread_t other;
    char byte;

    make_pair(ends_of_thread, SOCK_STREAM);
    must(pthread_create(&other, NULL, in_thread, NULL) == 0 && pthread_join(other, NULL) == 0, "thread");
    must(read(ends_of_thread[1], &byte, 1) == 1, "read");
}

static void vfork_here(void)
{
    int pair[2], status;

    make_pair(pair, SOCK_STREAM);
    pid_t pid = vfork();
    if (pid == 0) {
        close(pair[1]);
        _exit(0);
    }
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    must(write(pair[1], "v", 1) == 1, "write");
}

/* A socket that comes under the number of another one, which is closed. */
static void received(void)
{
    int pair[2], others[2];
    char byte = 'x';
    struct iovec part = {&byte, 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {
        .header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};

    make_pair(pair, SOCK_STREAM);
    make_pair(others, SOCK_STREAM);
    memcpy(CMSG_DATA(&control.header), &others[1], sizeof others[1]);
    must(sendmsg(pair[0], &message, 0) == 1 && close(others[0]) == 0, "sendmsg");
    must(recvmsg(pair[1], &message, 0) == 1, "recvmsg");
    must(fcntl(others[0], F_SETFL, 0) == 0, "F_SETFL");
}

static void stuck(void)
{
    int pair[2];
    char room[7];

    make_pair(pair, SOCK_STREAM);
    alarm(2); /* whose default is to kill */
    must(recv(pair[0], room, sizeof room, 0) == 1, "recv");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*play)(void);
    } chapters[] = {{"datagram", datagram}, {"messages", messages}, {"numbers", numbers},
                    {"waits", waits},       {"ends", ends},         {"fork", fork_here},
                    {"thread", thread},     {"vfork", vfork_here},  {"received", received},
                    {"stuck", stuck}};

    for (unsigned i = 0; argc == 2 && i < sizeof chapters / sizeof *chapters; i++)
        if (strcmp(argv[1], chapters[i].name) == 0) {
            chapters[i].play();
            return 0;
        }
    return 2;
}
