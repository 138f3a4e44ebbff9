/* Calls that move several messages, and flipped bits. See pair.h. */
#include "pair.h"

#include <limits.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define MESSAGES 4

static char data[MESSAGES][1000];
static struct iovec parts[MESSAGES];
static struct mmsghdr messages[MESSAGES];

/* Each message has so much room. */
static void make_room(size_t bytes)
{
    memset(data, 0, sizeof data);
    for (int i = 0; i < MESSAGES; i++) {
        parts[i] = (struct iovec){data[i], bytes};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
}

static void datagrams(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    near = socket(AF_INET, SOCK_DGRAM, 0);
    far = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(near, (void *)&address, length) != 0 || getsockname(near, (void *)&address, &length) != 0 ||
        connect(far, (void *)&address, length) != 0)
        exit(2);
}

/* A datagram of so many bytes 'z'. */
static void give_bytes(size_t bytes)
{
    char text[1001];
    memset(text, 'z', bytes);
    text[bytes] = '\0';
    give(text);
}

static void say_messages(const char *call, int count)
{
    say(call, count);
    for (int i = 0; i < count; i++)
        printf("%u %#x\n", messages[i].msg_len, (unsigned)messages[i].msg_hdr.msg_flags);
}

static void changed_within_what_came(void)
{
    datagrams();
    for (int i = 0; i < 20; i++) {
        make_room(4);
        give_bytes(1000);
        give_bytes(1000);
        say_messages("recvmmsg", recvmmsg(near, messages, 2, MSG_TRUNC, NULL));
        printf("%d %d\n", real || memcmp(data[0], "zzzz", 4) != 0, memcmp(data[1], "zzzz", 4) != 0);
        give_bytes(1000);
        make_room(4);
        say("recvmsg", recvmsg(near, &messages[0].msg_hdr, MSG_TRUNC));
        printf("%d %d\n", real || memcmp(data[0], "zzzz", 4) != 0, data[0][4]);
    }
}

/* One of AF_UNIX delivers what a TCP socket would throw away. */
static void changed_in_a_stream(void)
{
    unix_connected();
    make_room(4);
    give("zzzz");
    say("recv", recv(near, data[0], 4, MSG_TRUNC));
    printf("%d\n", real || memcmp(data[0], "zzzz", 4) != 0);
}

/* A datagram comes that is so short, or a rule shortens the first of several. */
static void short_first_message(void)
{
    datagrams();
    make_room(100);
    give_bytes(real ? 2 : 100);
    if (!real)
        give_bytes(100);
    say_messages("recvmmsg", recvmmsg(near, messages, MESSAGES, MSG_TRUNC | MSG_DONTWAIT, NULL));
    printf("%zu %zu\n", strlen(data[0]), strlen(data[1]));
}

/* The first has less room than the rule would leave it, and is cut off as ever. */
static void short_second_message(void)
{
    datagrams();
    make_room(100);
    parts[0].iov_len = 4;
    give_bytes(100);
    give_bytes(real ? 3 : 100);
    say_messages("recvmmsg", recvmmsg(near, messages, MESSAGES, MSG_TRUNC | MSG_DONTWAIT, NULL));
    printf("%zu %zu\n", strlen(data[0]), strlen(data[1]));
}

/* A datagram each 100 ms. */
static pid_t keep_giving(void)
{
    fflush(stdout);
    pid_t pid = fork();
    while (pid == 0) {
        usleep(100000);
        send(far, "hello", 5, 0);
    }
    return pid;
}

static void several_within(struct timespec timeout, int flags)
{
    datagrams();
    make_room(100);
    pid_t pid = keep_giving();
    errno = 0;
    int count = recvmmsg(near, messages, MESSAGES, flags, &timeout);
    printf("errno %d\n", errno);
    say("recvmmsg", count < 1 ? count : count < MESSAGES ? 1 : MESSAGES);
    printf("%u %s\n", messages[0].msg_len, timeout.tv_sec > 5 ? "left" : "over");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void several_within_a_time_out(void)
{
    several_within((struct timespec){.tv_nsec = 150000000}, 0);
    several_within((struct timespec){0}, 0);
    several_within((struct timespec){.tv_sec = 60}, MSG_WAITFORONE);
    several_within((struct timespec){.tv_nsec = -1}, 0);
    say("recvmmsg", recvmmsg(near, messages, MESSAGES, 0, (void *)8));
}

/* A peer that has sent ten bytes and then resets, or a rule that says so. */
static void reset_behind_ten_bytes(void)
{
    connected();
    make_room(3);
    give("0123456789");
    if (real)
        reset_by_peer();
    signal(SIGPIPE, SIG_IGN);
    send(near, "x", 1, 0); /* which takes the error */
}

static void say_what_came(int count)
{
    say_messages("recvmmsg", count);
    for (int i = 0; i < MESSAGES; i++)
        printf("'%s' ", data[i]);
    printf("\n");
}

static void unread_bytes(void)
{
    struct timespec none = {0};
    reset_behind_ten_bytes();
    say_what_came(recvmmsg(near, messages, 2, MSG_PEEK, NULL));
    say("recv", recv(near, data[0], 3, MSG_OOB));
    say("recv", recv(near, data[0], 3, MSG_ERRQUEUE));
    make_room(3);
    parts[0].iov_len = 0;
    errno = 0;
    say_what_came(recvmmsg(near, messages, 3, 0, NULL));
    printf("errno %d\n", errno);
    make_room(1);
    say_what_came(recvmmsg(near, messages, 3, 0, &none));
    say_what_came(recvmmsg(near, messages, 2, MSG_TRUNC, NULL));
    make_room(9);
    say_what_came(recvmmsg(near, messages, 3, 0, NULL));
    say_what_came(recvmmsg(near, messages, 3, 0, NULL));
}

/* What is wrong with a further message is the next call's to tell; nothing is lost. */
static void unread_bytes_for_a_wrong_message(void)
{
    struct iovec *const wrong[] = {(void *)8, (void *)-1, NULL};
    reset_behind_ten_bytes();
    for (int i = 0; i < 3; i++) {
        int error;
        socklen_t length = sizeof error;
        make_room(3);
        messages[1].msg_hdr.msg_iov = wrong[i];
        say_what_came(recvmmsg(near, messages, 3, 0, NULL));
        getsockopt(near, SOL_SOCKET, SO_ERROR, &error, &length);
    }
    say("recv", recv(near, data[0], 3, MSG_PEEK));
    say("recvmmsg", recvmmsg(near, messages, 3, MSG_PEEK, (void *)8));
}

/* The kernel sends what comes before a hole in memory, in chunks of the little buffer; it
 * is changed, and what is wrong is told as ever. */
static void changed_before_a_hole(void)
{
    char *end = (char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096;
    struct iovec holes[] = {{end - 2, 2}, {data[0], 0}, {end, 9}, {data[0], 0}, {data[0], 9}};
    int least = 1, changed = 0;
    char got[4096];

    munmap(end, 4096);
    unix_connected();
    setsockopt(near, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    for (int i = 0; i < 20; i++) {
        ssize_t sent = send(near, end - 3000, 4000, MSG_DONTWAIT);
        say("send", sent);
        say("recv", recv(far, got, sizeof got, 0));
        changed += sent > 0 && memcmp(got, end - 3000, (size_t)sent) != 0;
    }
    printf("%d\n", real || changed > 0);
    say("writev", writev(near, holes, 5));
    say("send", send(near, end, 9, 0));
}

/* A vector that is full, and has a first entry of which not all is copied. */
static void full_vector(void)
{
    static char long_entry[5000];
    static struct iovec many[IOV_MAX];
    datagrams();
    for (int i = 0; i < IOV_MAX; i++)
        many[i] = (struct iovec){data[0], 1};
    many[0] = (struct iovec){long_entry, sizeof long_entry};
    say("writev", writev(far, many, IOV_MAX));
    say("writev", writev(far, many, IOV_MAX - 1));
}

static void more_messages_than_a_vector_has_entries(void)
{
    static struct mmsghdr many[1100];
    int size = 1 << 22;
    datagrams();
    setsockopt(near, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    for (int i = 0; i < 1100; i++) {
        many[i].msg_hdr = (struct msghdr){.msg_iov = parts, .msg_iovlen = 1};
        send(far, "", 0, 0);
    }
    say("recvmmsg", recvmmsg(near, many, 1100, MSG_DONTWAIT, NULL));
}

/* The error comes while a second message is waited for, and is kept. */
static void error_behind_the_first_message(void)
{
    connected();
    make_room(100);
    give("hello");
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(near);
        usleep(200000);
        close_hard(far);
        _exit(0);
    }
    close(far);
    say_messages("recvmmsg", recvmmsg(near, messages, 2, 0, NULL));
    say_messages("recvmmsg", recvmmsg(near, messages, 2, 0, NULL));
    say("recv", recv(near, data[0], 1, 0));
    waitpid(pid, NULL, 0);
}

static void signal_behind_the_first_message(void)
{
    connected();
    make_room(100);
    give("hello");
    handle(SA_RESTART, 100000);
    say_messages("recvmmsg", recvmmsg(near, messages, 2, 0, NULL));
}

static void end_behind_the_first_message(void)
{
    connected();
    make_room(100);
    give("hello");
    close(far);
    say_messages("recvmmsg", recvmmsg(near, messages, 3, 0, NULL));
}

static void nothing_behind_the_first_message(void)
{
    struct timeval timeout = {.tv_usec = 50000};
    connected();
    make_room(100);
    give("hello");
    setsockopt(near, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    say_messages("recvmmsg", recvmmsg(near, messages, 3, 0, NULL));
    give("hello");
    say_messages("recvmmsg", recvmmsg(near, messages, 3, MSG_DONTWAIT, NULL));
    fcntl(near, F_SETFL, O_NONBLOCK);
    give("hello");
    say_messages("recvmmsg", recvmmsg(near, messages, 3, 0, NULL));
}

int main(int argc, char **argv)
{
    static const struct pair_case cases[] = {
        {"changed-within-what-came", changed_within_what_came},
        {"changed-in-a-stream", changed_in_a_stream},
        {"short-first-message", short_first_message},
        {"short-second-message", short_second_message},
        {"several-within-a-time-out", several_within_a_time_out},
        {"error-behind-the-first-message", error_behind_the_first_message},
        {"signal-behind-the-first-message", signal_behind_the_first_message},
        {"end-behind-the-first-message", end_behind_the_first_message},
        {"nothing-behind-the-first-message", nothing_behind_the_first_message},
        {"unread-bytes", unread_bytes},
        {"unread-bytes-for-a-wrong-message", unread_bytes_for_a_wrong_message},
        {"changed-before-a-hole", changed_before_a_hole},
        {"full-vector", full_vector},
        {"more-messages-than-a-vector-has-entries", more_messages_than_a_vector_has_entries},
    };
    return run_case(argc, argv, cases, sizeof cases / sizeof *cases);
}
