/* Descriptors that go to other processes by birth: fork, vfork, exec, spawn. */
#include "life.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *const nothing[] = {NULL};

static void spawn(const char *name, int fd, const posix_spawn_file_actions_t *actions,
                  char *const *environment)
{
    pid_t child;
    must(posix_spawn(&child, self, actions, NULL, child_arguments(fd, name), environment) == 0, name);
    await(child);
}

/* What the actions do to numbers is the kernel's and the child's, not the parent's. */
void case_spawned(void)
{
    posix_spawn_file_actions_t actions;

    connect_all();
    refill(1);
    spawn("meant-spawned", MEANT, NULL, environ);
    refill(1);
    spawn("meant-spawned-with-nothing", MEANT, NULL, nothing);

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, MEANT, 0);
    posix_spawn_file_actions_adddup2(&actions, MEANT, near[0]); /* over another */
    posix_spawn_file_actions_addclosefrom_np(&actions, near[0] + 1);
    refill(1);
    spawn("meant-by-dup2", 0, &actions, nothing);
    refill(1);
    spawn("meant-by-dup2-over-another", near[0], &actions, environ);
    spawn("closed-in-the-child", MEANT, &actions, environ);
    posix_spawn_file_actions_destroy(&actions);

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, MEANT);
    posix_spawn_file_actions_addopen(&actions, MEANT, "/dev/zero", O_RDONLY, 0);
    spawn("other-by-open", MEANT, &actions, environ);
    posix_spawn_file_actions_adddup2(&actions, near[0], MEANT);
    refill(0);
    spawn("other-by-dup2-over-meant", MEANT, &actions, nothing);
    posix_spawn_file_actions_destroy(&actions);
    say_refilled("meant-in-the-parent", 1, MEANT);
    say_refilled("other-in-the-parent", 0, near[0]);
}

static void execute(const char *name, int fd, char *const *environment)
{
    pid_t child = fork();
    if (child == 0) {
        execve(self, child_arguments(fd, name), environment);
        _exit(1);
    }
    await(child);
}

void case_executed(void)
{
    connect_all();
    refill(1);
    execute("meant-executed", MEANT, environ);
    refill(1);
    execute("meant-executed-with-nothing", MEANT, nothing);
    fcntl(MEANT, F_SETFD, FD_CLOEXEC);
    execute("closed-on-exec", MEANT, environ);
    say_refilled("meant-in-the-parent", 1, MEANT);
    int copy = fcntl(MEANT, F_DUPFD, 70);
    refill(1);
    execute("meant-by-a-copy-without-the-flag", copy, nothing);
    refill(0);
    execute("other-executed", near[0], nothing);

    /* An exec that fails leaves all as it was. */
    pid_t child = fork();
    if (child == 0) {
        must(execl("/nowhere/nothing", "nothing", NULL) == -1 && errno == ENOENT, "execl");
        say_refilled("meant-behind-a-failed-exec", 1, MEANT);
        _exit(0);
    }
    await(child);

    char command[4200];
    snprintf(command, sizeof command, "exec env -i '%s' child %d meant-by-env-i", self, copy);
    refill(1);
    must(system(command) == 0, "system");

    refill(1);
    if (geteuid() == 0 && (child = fork()) == 0) {
        must(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
        execve(self, child_arguments(copy, "meant-by-another-user"), nothing);
        _exit(1);
    }
    if (geteuid() == 0)
        await(child);
}

/* A daemon: nobody waits for it, and it has a session of its own. What it opens comes
 * behind what was open when it was born. */
void case_detached(void)
{
    int done[2];
    char byte;

    connect_pair(&near[0], &far[0]);
    must(pipe(done) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        if (fork() != 0)
            _exit(0);
        setsid();
        int client, server;
        connect_pair(&client, &server);
        must(write(server, "0123456789", BYTES) == BYTES, "write");
        say_refilled("other-inherited", 0, near[0]);
        say("meant-opened-by-the-daemon", client);
        must(write(done[1], "x", 1) == 1, "write");
        _exit(0);
    }
    await(child);
    must(read(done[0], &byte, 1) == 1, "read");
    connect_pair(&near[2], &far[2]);
    say_refilled("other-opened-later", 2, near[2]);
}

/* NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork) */
static void vfork_once(void (*act)(void), int status)
{
    int got;
    pid_t child = vfork();
    if (child == 0) {
        act();
        _exit(status);
    }
    must(waitpid(child, &got, 0) == child && got == status << 8, "vfork");
}

static void close_numbers(void)
{
    close(MEANT);
    close(near[0]);
}

static void swap_numbers(void)
{
    dup2(near[0], MEANT);
    dup2(near[2], near[0]);
}

static void close_rest(void)
{
    closefrom(3);
    must(open("/dev/zero", O_RDONLY) == 3, "open");
}

static void read_swapped(void)
{
    swap_numbers();
    say("other-in-the-child", MEANT);
}

static void execute_swapped(void)
{
    dup2(MEANT, near[0]);
    execve(self, child_arguments(near[0], "meant-by-vfork-and-exec"), nothing);
}

void case_vforked(void)
{
    void (*const acts[])(void) = {close_numbers, swap_numbers, close_rest};

    connect_all();
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        vfork_once(acts[i], 3);
        say_refilled("meant-in-the-parent", 1, MEANT);
        say_refilled("other-in-the-parent", 0, near[0]);
    }
    refill(0);
    vfork_once(read_swapped, 0);
    say_refilled("meant-behind-the-child", 1, MEANT);
    refill(1);
    vfork_once(execute_swapped, 0);
    say_refilled("other-behind-the-child", 0, near[0]);
}
/* NOLINTEND(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork) */

enum { FORKERS = 64, ROUNDS = 4 };

static _Atomic int wrong, forked;
static atomic_bool is_over;

static bool is_read(int fd, ssize_t want)
{
    char data[BYTES];
    return read(fd, data, sizeof data) == want;
}

/* Its connection is one of many in no order; the rule fails the first read on each. */
static bool meets_it_once(int client, int server)
{
    char data[BYTES];
    bool is_met = read(client, data, sizeof data) == -1 && errno == EIO;
    must(write(server, "0123456789", BYTES) == BYTES, "write");
    return is_met && is_read(client, BYTES);
}

/* The child of a child has it, too, and closes it in the middle of everything. */
static bool child_meets_it(int client, int server)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        if (fork() == 0) {
            close(client);
            close(server);
            _exit(0);
        }
        bool is_met = meets_it_once(client, server);
        wait(NULL);
        _exit(!is_met);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void *fork_often(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        int client, server;
        connect_pair(&client, &server);
        wrong += !child_meets_it(client, server);
        must(write(server, "0123456789", BYTES) == BYTES, "write");
        wrong += !is_read(client, BYTES); /* it was met by the child */
        close(client);
        close(server);
        forked++;
    }
    return unused;
}

/* Numbers that are files', pipes' and sockets' by turns, while the others fork. */
static void *disturb(void *unused)
{
    while (!is_over) {
        int ends[2], file = open("/dev/zero", O_RDONLY);
        must(pipe(ends) == 0 && write(ends[1], "0123456789", BYTES) == BYTES, "pipe");
        wrong += !is_read(file, BYTES) + !is_read(ends[0], BYTES);
        close(ends[0]);
        close(file);
        close(ends[1]);
    }
    return unused;
}

void case_forks(void)
{
    pthread_t threads[FORKERS], other;

    must(pthread_create(&other, NULL, disturb, NULL) == 0, "thread");
    for (int i = 0; i < FORKERS; i++)
        must(pthread_create(&threads[i], NULL, fork_often, NULL) == 0, "thread");
    for (int i = 0; i < FORKERS; i++)
        pthread_join(threads[i], NULL);
    is_over = true;
    pthread_join(other, NULL);
    printf("forked %d wrong %d\n", forked, wrong);
}
