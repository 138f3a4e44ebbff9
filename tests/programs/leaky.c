/* Opens sockets, closes some of them or none, and ends.
 *
 *   leaky STEP… END
 *
 * The table below says what there is. `last` is the number that came last, `before` what it doubles. */
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int last = -1, before = -1;

static void must(int holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    _exit(99);
}

static void open_socket(void)
{
    last = socket(AF_INET, SOCK_STREAM, 0);
    must(last >= 0, "socket");
}

static void open_pair(void)
{
    int pair[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    last = pair[1];
}

static void open_connection(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    must(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 1) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
             connect(client, (struct sockaddr *)&address, length) == 0,
         "connect");
    last = accept(listener, NULL, NULL);
    must(last >= 0, "accept");
}

static void double_it(void)
{
    before = last;
    last = dup(last);
}

static void double_it_by_dup2(void)
{
    before = last;
    last = dup2(last, 100);
}

static void double_it_by_dup3(void)
{
    before = last;
    last = dup3(last, 101, O_CLOEXEC);
}

static void double_it_by_fcntl(void)
{
    before = last;
    last = fcntl(last, F_DUPFD_CLOEXEC, 102);
}

static void double_it_onto_stdin(void)
{
    dup2(last, 0);
}

static void put_a_file_there(void)
{
    dup2(open("/dev/null", O_RDONLY), last);
}

static void open_many(void)
{
    for (int i = 0; i < 300; i++) {
        open_socket();
        must(dup(last) >= 0, "dup");
    }
}

static void close_it(void)
{
    close(last);
}

static void close_what_it_doubles(void)
{
    close(before);
}

static void close_it_unseen(void)
{
    fclose(fdopen(last, "r"));
}

static void close_all(void)
{
    close_range(3, ~0u, 0);
}

static void fail_to_close_all(void)
{
    must(close_range(3, ~0u, 1 << 30) != 0, "close_range");
}

static void close_it_later(void)
{
    atexit(close_it);
    must(at_quick_exit(close_it) == 0, "at_quick_exit");
}

static void end_at_once(void)
{
    _exit(0);
}

static void end_in_a_handler(void)
{
    atexit(end_at_once);
}

static ssize_t end_instead(void *unused, const char *text, size_t bytes)
{
    (void)unused, (void)text, (void)bytes;
    _exit(0);
}

static void end_at_flush(void)
{
    fputs("x", fopencookie(NULL, "w", (cookie_io_functions_t){.write = end_instead}));
}

static void await(pid_t child)
{
    int status;
    must(child > 0 && waitpid(child, &status, 0) == child && status == 0, "child");
}

static void fork_child(void (*act)(void))
{
    pid_t child = fork();
    if (child == 0) {
        if (act)
            act();
        exit(0);
    }
    await(child);
}

static void child_opens(void)
{
    fork_child(open_socket);
}

static void child_inherits(void)
{
    fork_child(NULL);
}

/* NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork): programs do so */
/* As Python's subprocess does. */
static void vfork_and_execute(void)
{
    pid_t child = vfork();
    if (child == 0) {
        dup2(last, 0);
        closefrom(3);
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    await(child);
}

static void vfork_and_end(void)
{
    pid_t child = vfork();
    if (child == 0) {
        socket(AF_INET, SOCK_STREAM, 0);
        _exit(0);
    }
    await(child);
}
/* NOLINTEND(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork) */

union rights {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

#define MESSAGE(rights, byte)                                     \
    struct msghdr message = {.msg_iov = &(struct iovec){byte, 1}, \
                             .msg_iovlen = 1,                     \
                             .msg_control = &(rights),            \
                             .msg_controllen = sizeof(rights)}

static int way[2];

static void send_one(void)
{
    union rights rights = {.head = {.cmsg_len = CMSG_LEN(sizeof last), .cmsg_level = SOL_SOCKET}};
    char byte = 'x';
    open_socket();
    rights.head.cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(&rights.head), &last, sizeof last);
    MESSAGE(rights, &byte);
    must(sendmsg(way[1], &message, 0) == 1, "sendmsg");
    close(last);
}

/* A number that was our own socket's becomes another process's. */
static void receive_one(void)
{
    union rights rights;
    char byte;
    int spare = socket(AF_INET, SOCK_STREAM, 0);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0, "socketpair");
    fork_child(send_one);
    fclose(fdopen(spare, "r"));
    MESSAGE(rights, &byte);
    must(recvmsg(way[0], &message, 0) == 1, "recvmsg");
    memcpy(&last, CMSG_DATA(&rights.head), sizeof last);
    must(last == spare, "the number is another");
    close(way[0]);
    close(way[1]);
}

/* … or one that libc opens for itself, as for syslog. */
static void open_as_libc(void)
{
    int (*libc_socket)(int, int, int);
    *(void **)&libc_socket = dlsym(dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), "socket");
    int spare = socket(AF_INET, SOCK_STREAM, 0);
    close(spare);
    must(libc_socket(AF_INET, SOCK_STREAM, 0) == spare, "the number is another");
}

static void end_by_exit(void)
{
    exit(0);
}

static void end_by__Exit(void)
{
    _Exit(0);
}

static void end_quickly(void)
{
    quick_exit(0);
}

static void end_by_number(void)
{
    syscall(SYS_exit_group, 0);
}

static void *let_another_be_last(void *main_thread)
{
    pthread_join(*(pthread_t *)main_thread, NULL);
    return NULL;
}

static void start_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, run, argument) == 0, "pthread_create");
}

static void end_with_the_last_thread(void)
{
    static pthread_t self;
    self = pthread_self();
    start_thread(let_another_be_last, &self);
    pthread_exit(NULL);
}

static void end_with_a_thread_alone(void)
{
    syscall(SYS_exit, 0);
}

static void *end_the_process(void *unused)
{
    (void)unused;
    usleep(100000);
    syscall(SYS_exit_group, 0);
    return NULL;
}

/* This thread's end is not the process's, which closes all before it ends. */
static void *close_and_end(void *unused)
{
    usleep(100000);
    close_all();
    return end_the_process(unused);
}

static void end_one_thread_first(void)
{
    start_thread(close_and_end, NULL);
    syscall(SYS_exit, 0);
}

static void handle(int number)
{
    (void)number;
    _exit(0);
}

static void end_in_a_signal_handler(void)
{
    signal(SIGALRM, handle);
    raise(SIGALRM);
}

static void end_by_kill(void)
{
    raise(SIGKILL);
}

static void execute(void)
{
    execl("/bin/true", "true", (char *)NULL);
}

static const struct {
    const char *name;
    void (*act)(void);
} steps[] = {
    {"socket", open_socket},         /* one */
    {"pair", open_pair},             /* two */
    {"connection", open_connection}, /* three: a listener and both ends */
    {"many", open_many},             /* 300, each with a second number */
    {"dup", double_it},
    {"dup2", double_it_by_dup2},
    {"dup3", double_it_by_dup3},
    {"fcntl", double_it_by_fcntl},
    {"stdin", double_it_onto_stdin},
    {"file", put_a_file_there},
    {"close", close_it},
    {"close-before", close_what_it_doubles},
    {"fclose", close_it_unseen},
    {"close-all", close_all},
    {"close-none", fail_to_close_all},
    {"close-at-exit", close_it_later},
    {"end-at-exit", end_in_a_handler},
    {"end-at-flush", end_at_flush}, /* behind all handlers */
    {"child-opens", child_opens},
    {"child-inherits", child_inherits},
    {"vfork", vfork_and_execute},
    {"vfork-ends", vfork_and_end},
    {"received", receive_one},
    {"libc", open_as_libc},
    /* ends */
    {"exit", end_by_exit},
    {"_exit", end_at_once},
    {"_Exit", end_by__Exit},
    {"quick_exit", end_quickly},
    {"exit_group", end_by_number},
    {"thread", end_with_the_last_thread},
    {"thread-alone", end_with_a_thread_alone},
    {"thread-first", end_one_thread_first},
    {"signal", end_in_a_signal_handler},
    {"kill", end_by_kill},
    {"exec", execute},
};

int main(int argc, char **argv)
{
    size_t count = sizeof steps / sizeof *steps;
    for (int i = 1; i < argc; i++) {
        size_t at = 0;
        if (strcmp(argv[i], "return") == 0)
            return 0;
        while (at < count && strcmp(argv[i], steps[at].name) != 0)
            at++;
        if (at == count)
            break;
        steps[at].act();
    }
    fprintf(stderr, "usage: leaky STEP… END\n");
    return 2;
}
