/* Every way in which a descriptor comes to be, and every call that reads from
 * it: each route reads up to 10 bytes of 10 and prints what it got.
 *
 *   routes               all of them, one line each: "ROUTE BYTES"
 *   routes child FD      what an executed child does: read from FD, print
 *
 * Natively each line says 10. Under `call: recv, partial: 1` each route to a
 * socket says 1, and files and pipes say 10. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *self;
static int near, far; /* two ends of a TCP connection */

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void connect_pair(int *client, int *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, length) != 0 || listen(listener, 5) != 0 ||
        getsockname(listener, (void *)&address, &length) != 0)
        die("listen");
    *client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(*client, (void *)&address, length) != 0)
        die("connect");
    *server = accept(listener, NULL, NULL);
    close(listener);
}

/* Ten bytes wait at `near`; what the last route left is taken first. */
static void refill(void)
{
    char rest[64];
    while (recv(near, rest, sizeof rest, MSG_DONTWAIT) > 0)
        ;
    if (write(far, "0123456789", 10) != 10)
        die("write");
    while (recv(near, rest, 10, MSG_PEEK | MSG_WAITALL) < 1)
        ;
}

static void say(const char *route, long bytes)
{
    printf("%s %ld\n", route, bytes);
    fflush(stdout);
}

static void say_read(const char *route, int fd)
{
    char buf[10];
    say(route, read(fd, buf, sizeof buf));
}

static void wait_for(pid_t pid)
{
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        die("child");
}

static void duplicates(void)
{
    refill();
    int fd = dup(near);
    say_read("dup", fd);
    close(fd);
    refill();
    fd = dup2(near, 100);
    say_read("dup2", fd);
    close(fd);
    refill();
    fd = dup3(near, 101, O_CLOEXEC);
    say_read("dup3", fd);
    close(fd);
    refill();
    fd = fcntl(near, F_DUPFD, 50);
    say_read("fcntl", fd);
    close(fd);
    refill();
    fd = (int)syscall(SYS_dup, near);
    say_read("syscall-dup", fd);
    syscall(SYS_close, fd);
}

static void passed_over_a_socket(void)
{
    int pair[2], fd = -1;
    char byte = 'x';
    struct iovec part = {&byte, 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};

    /* The number that will be received was known as a file's before. */
    fd = open("/dev/zero", O_RDONLY);
    int known = fd;
    char zero;
    if (read(fd, &zero, 1) != 1)
        die("/dev/zero");
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
        die("socketpair");
    control.header =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &near, sizeof near);
    if (sendmsg(pair[0], &message, 0) != 1)
        die("sendmsg");
    close(known);
    if (recvmsg(pair[1], &message, 0) != 1)
        die("recvmsg");
    memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
    refill();
    say_read("scm-rights", fd);
    close(fd);
    close(pair[0]);
    close(pair[1]);
}

static void inherited(void)
{
    refill();
    pid_t pid = fork();
    if (pid == 0) {
        say_read("fork", near);
        _exit(0);
    }
    wait_for(pid);

    refill();
    pid = fork();
    if (pid == 0) {
        if (fork() == 0) {
            setsid();
            say_read("fork-fork-setsid", near);
            _exit(0);
        }
        wait(NULL);
        _exit(0);
    }
    wait_for(pid);
}

static void executed(void)
{
    char number[16], *argv[] = {(char *)"routes", (char *)"child", number, (char *)"", NULL};
    char *empty[] = {NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;

    snprintf(number, sizeof number, "%d", near);
    refill();
    argv[3] = (char *)"exec";
    if ((pid = fork()) == 0) {
        execv(self, argv);
        _exit(1);
    }
    wait_for(pid);
    refill();
    argv[3] = (char *)"vfork-exec";
    if ((pid = vfork()) == 0) {
        execve(self, argv, environ);
        _exit(1);
    }
    wait_for(pid);
    refill();
    argv[3] = (char *)"exec-empty-environment";
    if ((pid = vfork()) == 0) {
        execve(self, argv, empty);
        _exit(1);
    }
    wait_for(pid);
    refill();
    if ((pid = fork()) == 0) {
        execl(self, "routes", "child", number, "execl", NULL);
        _exit(1);
    }
    wait_for(pid);
    refill();
    if ((pid = fork()) == 0) {
        execle(self, "routes", "child", number, "execle", NULL, empty);
        _exit(1);
    }
    wait_for(pid);
    refill();
    argv[3] = (char *)"posix_spawn";
    if (posix_spawn(&pid, self, NULL, NULL, argv, empty) != 0)
        die("posix_spawn");
    wait_for(pid);
    refill();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, near, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    strcpy(number, "0");
    argv[3] = (char *)"posix_spawn-closefrom";
    if (posix_spawn(&pid, self, &actions, NULL, argv, environ) != 0)
        die("posix_spawn");
    wait_for(pid);
    refill();
    argv[3] = (char *)"closefrom-exec";
    if ((pid = fork()) == 0) {
        dup2(near, 0);
        closefrom(3);
        execve(self, argv, empty);
        _exit(1);
    }
    wait_for(pid);
    refill();
    argv[3] = (char *)"close_range-exec";
    if ((pid = fork()) == 0) {
        dup2(near, 0);
        syscall(SYS_close_range, 3, ~0U, 0);
        execve(self, argv, empty);
        _exit(1);
    }
    wait_for(pid);
    snprintf(number, sizeof number, "%d", near);
    refill();
    argv[3] = (char *)"other-uid";
    if (geteuid() == 0) {
        if ((pid = fork()) == 0) {
            if (setgid(65534) != 0 || setuid(65534) != 0)
                die("setuid");
            execve(self, argv, empty);
            _exit(1);
        }
        wait_for(pid);
    }
    refill();
    char command[4200];
    snprintf(command, sizeof command, "exec '%s' child %d system", self, near);
    if (clearenv() != 0 || system(command) != 0)
        die("system");
}

static void reused(void)
{
    char zeroes[10];
    refill();
    int fd = dup(near);
    say_read("before-fclose", fd);
    FILE *stream = fdopen(fd, "w"); /* nothing is written */
    fclose(stream); /* closes within libc, unseen */
    int file = open("/dev/zero", O_RDONLY);
    if (file != fd)
        die("the number was not reused");
    say("file-after-fclose", read(file, zeroes, sizeof zeroes));
    stream = fdopen(file, "r");
    fclose(stream);
    int other[2];
    connect_pair(&other[0], &other[1]);
    if (write(other[1], "0123456789", 10) != 10)
        die("write");
    char byte;
    while (recv(other[0], &byte, 1, MSG_PEEK) != 1)
        ;
    usleep(1000); /* all ten are there on loopback once one is */
    say_read("socket-after-fclose", other[0]);
    close(other[0]);
    close(other[1]);
}

static void functions(void)
{
    char buf[10];
    struct iovec halves[2] = {{buf, 5}, {buf + 5, 5}};
    struct msghdr message = {.msg_iov = halves, .msg_iovlen = 2};
    struct mmsghdr messages[1] = {{.msg_hdr = message}};

    refill();
    say("recv", recv(near, buf, 10, 0));
    refill();
    say("recvfrom", recvfrom(near, buf, 10, 0, NULL, NULL));
    refill();
    say("recvmsg", recvmsg(near, &message, 0));
    refill();
    say("recvmmsg", recvmmsg(near, messages, 1, 0, NULL) == 1 ? (long)messages[0].msg_len : -1);
    refill();
    say("readv", readv(near, halves, 2));
    refill();
    say("preadv2", preadv2(near, halves, 2, -1, 0));
    refill();
    say("syscall-read", syscall(SYS_read, near, buf, 10));
    refill();
    int pipes[2];
    if (pipe(pipes) != 0)
        die("pipe");
    say("splice", splice(near, NULL, pipes[1], NULL, 10, 0));
    close(pipes[0]);
    close(pipes[1]);
}

static void not_sockets(void)
{
    int pipes[2], file = open("/dev/zero", O_RDONLY);
    if (pipe(pipes) != 0 || write(pipes[1], "0123456789", 10) != 10)
        die("pipe");
    say_read("pipe", pipes[0]);
    say_read("file", file);
    close(pipes[0]);
    close(pipes[1]);
    close(file);
}

int main(int argc, char **argv)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0)
        die("/proc/self/exe");
    path[length] = '\0';
    self = path;
    if (argc == 4) {
        say_read(argv[3], atoi(argv[2]));
        return 0;
    }
    connect_pair(&near, &far);
    functions();
    duplicates();
    passed_over_a_socket();
    inherited();
    not_sockets();
    reused();
    executed();
    return 0;
}
