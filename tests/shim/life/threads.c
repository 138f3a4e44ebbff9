/* Calls that do not come back as they went: closed under their feet, jumped out of,
 * cancelled; and very many numbers. */
#include "life.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_t start(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, run, argument) == 0, "pthread_create");
    return thread;
}

static bool is_waiting(pid_t thread)
{
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    int fd = open(path, O_RDONLY);
    must(fd >= 0 && read(fd, text, sizeof text - 1) > 0, path);
    close(fd);
    return strstr(text, ") S ") != NULL;
}

struct reader {
    const char *name;
    int fd;
    _Atomic pid_t thread;
};

static void *read_one(void *argument)
{
    struct reader *reader = argument;
    reader->thread = gettid();
    say(reader->name, reader->fd);
    return NULL;
}

static pthread_t begin_read(struct reader *reader)
{
    pthread_t thread = start(read_one, reader);
    while (reader->thread == 0 || !is_waiting(reader->thread))
        usleep(1000);
    return thread;
}

/* A read that waits in the kernel goes on with the socket that it began with, though its number
 * is closed, and a file's by then; one that a rule delays reads what has the number behind that. */
static void close_under(const char *name, int i)
{
    struct reader reader = {.name = name, .fd = near[i]};
    pthread_t thread = begin_read(&reader);
    close(near[i]);
    int file = open("/dev/zero", O_RDONLY);
    must(file == near[i], "the number is another's");
    say("other-file", file);
    must(write(far[i], "0123456789", BYTES) == BYTES, "write");
    pthread_join(thread, NULL);
    say("other-file", file);
    close(file);
}

void case_closers(void)
{
    connect_all();
    close_under("meant-while-it-waits", 1);
    close_under("other-while-it-waits", 0);
    connect_pair(&near[0], &far[0]);
    say_refilled("other-new", 0, near[0]);
}

static atomic_bool is_over;

/* By number, so that no sanitizer minds that the number is closed meanwhile. */
static void *ask_often(void *number)
{
    int type;
    socklen_t length = sizeof type;
    while (!is_over)
        syscall(SYS_getsockopt, *(int *)number, SOL_SOCKET, SO_TYPE, &type, &length);
    return NULL;
}

/* A number that is a file's and a socket's by turns, while other threads ask what it is: the
 * answer about the one may come when it is the other. */
void case_stale(void)
{
    int number = dup(0), ends[2], whole = 0, rounds = 0;
    char data[BYTES];

    close(number);
    pthread_t threads[] = {start(ask_often, &number), start(ask_often, &number)};
    for (double end = now() + 1; now() < end; rounds++) {
        must(open("/dev/zero", O_RDONLY) == number && read(number, data, BYTES) == BYTES, "file");
        close(number);
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && ends[0] == number, "socketpair");
        must(write(ends[1], "0123456789", BYTES) == BYTES, "write");
        whole += read(number, data, BYTES) != 1;
        close(number);
        close(ends[1]);
    }
    is_over = true;
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    printf("%s\n", whole ? "some were not met" : "all were met");
    fprintf(stderr, "%d of %d\n", whole, rounds);
}

static int shut_by_handler[2];

static void shut_both(int number)
{
    (void)number;
    shutdown(shut_by_handler[0], SHUT_RD);
    shutdown(shut_by_handler[1], SHUT_WR);
}

/* A rule sends a signal, whose handler shuts the socket: that is behind the decision to sleep,
 * and before the sleep. */
void case_shutters(void)
{
    const struct sigaction action = {.sa_handler = shut_both, .sa_flags = SA_RESTART};
    double began = now();
    char byte = 'x';

    sigaction(SIGUSR1, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    connect_all();
    shut_by_handler[0] = shut_by_handler[1] = near[0];
    ssize_t got = read(near[0], &byte, 1);
    shut_by_handler[0] = shut_by_handler[1] = near[1];
    ssize_t sent = send(near[1], &byte, 1, 0);
    printf("%zd %zd %s\n", got, sent, now() - began < 5 ? "at once" : "late");
}

static sigjmp_buf back;
static volatile sig_atomic_t is_armed;

static void jump(int number)
{
    (void)number;
    if (is_armed) {
        is_armed = 0;
        siglongjmp(back, 1);
    }
}

static void set_storm(int us)
{
    const struct itimerval time = {.it_interval.tv_usec = us, .it_value.tv_usec = us};
    must(setitimer(ITIMER_REAL, &time, NULL) == 0, "setitimer");
}

/* What a handler may jump out of: calls on a socket, on a copy of it, and on a new one. */
static void call_often(int round)
{
    char data[BYTES];
    int ends[2];

    switch (round % 6) {
    case 0:
        (void)!recv(MEANT, data, sizeof data, MSG_DONTWAIT);
        break;
    case 1:
        (void)!write(far[1], "0123456789", BYTES);
        break;
    case 2:
        (void)!dup2(MEANT, 200);
        (void)!read(200, data, sizeof data);
        break;
    case 3:
        close(200);
        break;
    case 4: /* waits until it is jumped out of */
        (void)!read(near[2], data, sizeof data);
        break;
    default:
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {
            (void)!send(ends[0], "x", 1, 0);
            (void)!recv(ends[1], data, 1, 0);
            close(ends[0]);
            close(ends[1]);
        }
    }
}

void case_storm(void)
{
    const struct sigaction action = {.sa_handler = jump};
    static volatile int jumps;
    static volatile int round;

    connect_all();
    int numbers[] = {near[0], MEANT, near[2], far[0], far[1], far[2]};
    sigaction(SIGALRM, &action, NULL);
    set_storm(150);
    for (double end = now() + 2; now() < end; round++) {
        if (sigsetjmp(back, 1) == 0) {
            is_armed = 1;
            call_often(round);
            is_armed = 0;
        } else {
            jumps++;
        }
    }
    set_storm(0);
    must(jumps > 100, "there was no storm");
    for (int fd = 3; fd < 1000; fd++) { /* what the jumps have left open */
        bool is_kept = false;
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            is_kept |= numbers[i] == fd;
        if (!is_kept)
            close(fd);
    }
    say_refilled("meant-behind-the-storm", 1, MEANT);
    say_refilled("other-behind-the-storm", 0, near[0]);
    int next = dup(0);
    close(next);
    say_reused("other-behind-the-storm", next);
}

static void close_it(void *argument)
{
    close(*(int *)argument);
}

static void *wait_for_ever(void *argument)
{
    struct reader *reader = argument;
    char data[BYTES];
    pthread_cleanup_push(close_it, &reader->fd);
    reader->thread = gettid();
    for (;;)
        (void)!read(reader->fd, data, sizeof data);
    pthread_cleanup_pop(1);
    return NULL;
}

/* Threads that wait on the meant connection and on another, cancelled in it; each closes
 * its number, which is a file's next. */
void case_cancelled(void)
{
    connect_all();
    for (int i = 0; i < 100; i++) {
        struct reader reader = {.fd = dup(near[i % 2])};
        void *result;
        pthread_t thread = start(wait_for_ever, &reader);
        while (reader.thread == 0 || (i < 50 && !is_waiting(reader.thread)))
            usleep(100);
        pthread_cancel(thread);
        must(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED, "cancel");
        int file = open("/dev/zero", O_RDONLY);
        must(file == reader.fd, "it was not closed");
        say("other-file", file);
        close(file);
    }
    say_refilled("meant-behind-all", 1, MEANT);
    say_refilled("other-behind-all", 0, near[0]);
}

enum { PARTS = 500, CALLS = 10 };

static ssize_t results[CALLS];
static int set;

/* Calls with as much to describe as there is; MEANT has enough to read. */
static void call_all(int number)
{
    static char data[PARTS];
    static struct iovec parts[PARTS];
    struct mmsghdr messages[1] = {{.msg_hdr = {.msg_iov = parts, .msg_iovlen = PARTS}}};
    struct epoll_event event;
    (void)number;

    for (int i = 0; i < PARTS; i++)
        parts[i] = (struct iovec){data + i, 1};
    results[0] = readv(MEANT, parts, PARTS);
    results[1] = recvmsg(MEANT, &messages[0].msg_hdr, 0);
    results[2] = recvmmsg(MEANT, messages, 1, 0, NULL) == 1 ? (ssize_t)messages[0].msg_len : -1;
    results[3] = read(MEANT, data, sizeof data);
    results[4] = writev(MEANT, parts, PARTS);
    results[5] = sendmsg(MEANT, &messages[0].msg_hdr, 0);
    results[6] = sendmmsg(MEANT, messages, 1, 0) == 1 ? (ssize_t)messages[0].msg_len : -1;
    results[7] = write(MEANT, data, sizeof data);
    results[8] = epoll_wait(set, &event, 1, 0);
    results[9] = close(MEANT);
}

/* A handler on a stack of its own, no larger than is usual. */
void case_small_stack(void)
{
    enum { STACK = 8192, PAGE = 4096 };
    char *room = mmap(NULL, PAGE + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const stack_t alternate = {.ss_sp = room + PAGE, .ss_size = STACK};
    const struct sigaction action = {.sa_handler = call_all, .sa_flags = SA_ONSTACK};

    static const char data[CALLS * PARTS];
    signal(SIGPIPE, SIG_IGN);
    connect_all();
    must(write(far[1], data, sizeof data) == sizeof data, "write");
    set = epoll_create1(0);
    must(epoll_ctl(set, EPOLL_CTL_ADD, MEANT, &(struct epoll_event){.events = EPOLLIN}) == 0, "epoll_ctl");
    must(room != MAP_FAILED && mprotect(room, PAGE, PROT_NONE) == 0, "mmap");
    must(sigaltstack(&alternate, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0, "sigaltstack");
    raise(SIGUSR1);
    for (int i = 0; i < CALLS; i++)
        printf("%zd%c", results[i], i < CALLS - 1 ? ' ' : '\n');
}

/* As many numbers as there may be: half of them the meant connection's, a tenth sockets of
 * their own. */
void case_many(void)
{
    struct rlimit limit, most = {1 << 20, 1 << 20};
    double began = now();

    must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    if (setrlimit(RLIMIT_NOFILE, &most) != 0)
        most.rlim_cur = limit.rlim_cur = limit.rlim_max,
        must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    connect_all();
    int last = (int)most.rlim_cur - 1, sockets = 0, fd;
    refill(1);
    must(dup2(MEANT, last) == last, "dup2");
    say("meant-by-the-highest-number", last);
    while ((fd = sockets < last / 10 ? socket(AF_UNIX, SOCK_DGRAM, 0) : fcntl(MEANT, F_DUPFD, 0)) >= 0)
        sockets += sockets < last / 10;
    must(errno == EMFILE, "dup");
    say_refilled("meant-by-the-second-highest", 1, last - 1);
    pid_t child = fork();
    if (child == 0) {
        say_refilled("meant-in-the-child", 1, last - 2);
        _exit(0);
    }
    await(child);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    closefrom(last - 2);
    say_reused("other-at-the-end", last);
    printf("numbers %d sockets %d\n", last + 1, sockets);
    fprintf(stderr, "%.2f s, %ld MiB\n", now() - began, usage.ru_maxrss / 1024);
}
