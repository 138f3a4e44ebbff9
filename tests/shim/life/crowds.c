/* More sockets, one after the other, than there are places for: what has ended gives its
 * place back, and what has not keeps it. All pairs are of Unix sockets. */
#include "life.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CROWD = 100000 }; /* there are 65,536 places */

/* Open a pair, and make a call on both ends, so that a rule's record has them. */
static void open_used(int pair[2], int type)
{
    char byte;
    must(socketpair(AF_UNIX, SOCK_STREAM | type, 0, pair) == 0, "socketpair");
    must(write(pair[0], "x", 1) == 1 && read(pair[1], &byte, 1) == 1, "first");
    must(write(pair[1], "x", 1) == 1 && read(pair[0], &byte, 1) == 1, "second");
}

static void pass_by(void (*end)(int fd))
{
    for (int i = 0; i < CROWD / 2; i++) {
        int pair[2];
        open_used(pair, 0);
        end(pair[0]);
        end(pair[1]);
    }
}

static void end_by_close(int fd)
{
    close(fd);
}

static void end_by_stream(int fd)
{
    must(fclose(fdopen(fd, "w")) == 0, "fclose");
}

static void end_by_freopen(int fd)
{
    FILE *stream = freopen("/dev/null", "r", fdopen(fd, "w"));
    must(stream && fclose(stream) == 0, "freopen");
}

void case_crowd_of_streams(void)
{
    pass_by(end_by_stream);
    pass_by(end_by_freopen);
    printf("all passed\n");
}

/* A connection that one process has used and then leaves alone, while children that got it
 * close it and go. */
void case_crowd_around(void)
{
    connect_all();
    say_refilled("meant-before", 1, MEANT);
    pid_t child = fork();
    if (child == 0) {
        closefrom(3);
        _exit(0);
    }
    await(child);
    child = fork();
    if (child == 0)
        exit(0);
    await(child);
    child = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): programs do so */
    if (child == 0) {
        close(MEANT); /* NOLINT(clang-analyzer-unix.Vfork) */
        execl("/bin/true", "true", NULL);
        _exit(1);
    }
    await(child);
    pass_by(end_by_close);
    say_refilled("meant-behind-the-crowd", 1, MEANT);
}

/* What the exec itself closes: `life child GENERATIONS crowd`. */
void crowd_of_generations(int left)
{
    struct rlimit limit = {2100, 2100};
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    for (int i = 0; i < 1000; i++) {
        int pair[2];
        open_used(pair, SOCK_CLOEXEC);
    }
    if (left > 0) {
        execv(self, child_arguments(left - 1, "crowd"));
        must(false, "execv");
    }
    closefrom(3);
    printf("all passed\n");
}

void case_crowd_of_generations(void)
{
    crowd_of_generations(35);
}

/* A number that is known to be no socket's, ends within libc, and is one's when it comes again. */
void case_from_others(void)
{
    connect_all();
    for (int raw = 0; raw < 2; raw++) {
        int process = (int)syscall(SYS_pidfd_open, getpid(), 0);
        DIR *folder = opendir("/");
        int number = dirfd(folder);
        char byte;
        must(process >= 0 && read(number, &byte, 1) == -1, "opendir");
        closedir(folder);
        int fd = raw ? (int)syscall(SYS_pidfd_getfd, process, MEANT, 0) : pidfd_getfd(process, MEANT, 0);
        must(fd == number, "the number is not the next");
        say_refilled("meant-of-another", 1, fd);
        close(fd);
        close(process);
    }
}
