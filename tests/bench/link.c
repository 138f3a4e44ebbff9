/* Uses TCP connections to a server of its own and says how long that took.
 *
 *   link round-trip|bulk|connect ROUNDS       the median in nanoseconds; of bulk the mean of a MiB
 *   link relay-round-trip|relay-bulk ROUNDS   through the least relay that can be: what any wire costs
 *   link round-trip ROUNDS MICROSECONDS       with so long a pause before each, so that all have fallen asleep
 *   link hold COUNT                           so many connections, idle, until stdin ends
 *
 * The same program runs bare and with the wire between, so nothing here knows what is measured. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1u << 20)
#define ROUNDS_MAX 100000u

static char bytes[MIB];
static double times_ns[ROUNDS_MAX];
static struct sockaddr_in server;

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void must(long result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

/* One connection after the other: `echo` sends back what it gets. Others are left open. */
static void serve(int listener, int is_echo, int is_one_by_one)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL), yes = 1;
        ssize_t got = is_one_by_one;
        must(fd, "accept");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        while (got > 0 && (got = read(fd, bytes, sizeof bytes)) > 0)
            if (is_echo)
                must(write(fd, bytes, (size_t)got), "write");
        if (is_one_by_one)
            close(fd);
    }
}

/* On a port of its own, which is the server's from now on. */
static int listen_somewhere(void)
{
    socklen_t length = sizeof server;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    must(bind(listener, (struct sockaddr *)&server, sizeof server), "bind");
    must(getsockname(listener, (struct sockaddr *)&server, &length), "getsockname");
    must(listen(listener, SOMAXCONN), "listen");
    return listener;
}

static pid_t start_server(int is_echo, int is_one_by_one)
{
    int listener = listen_somewhere();
    pid_t pid = fork();
    must(pid, "fork");
    if (pid == 0)
        serve(listener, is_echo, is_one_by_one);
    close(listener);
    return pid;
}

static int call_server(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    must(fd, "socket");
    must(connect(fd, (struct sockaddr *)&server, sizeof server), "connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

/* Bytes of one round trip after the other, by no call more than needed. */
static void relay_in_turns(int near, int far)
{
    for (ssize_t got; (got = read(near, bytes, sizeof bytes)) > 0;) {
        must(write(far, bytes, (size_t)got), "write");
        got = read(far, bytes, sizeof bytes);
        must(write(near, bytes, (size_t)got), "write");
    }
}

static void relay_one_way(int near, int far)
{
    int ends[2];
    must(pipe(ends), "pipe");
    must(fcntl(ends[1], F_SETPIPE_SZ, MIB), "F_SETPIPE_SZ");
    for (ssize_t got; (got = splice(near, NULL, ends[1], NULL, MIB, SPLICE_F_MOVE)) > 0;)
        while (got > 0) {
            ssize_t given = splice(ends[0], NULL, far, NULL, (size_t)got, SPLICE_F_MOVE);
            must(given, "splice");
            got -= given;
        }
    shutdown(far, SHUT_WR);
    must(read(far, bytes, 1), "read");
}

static pid_t start_relay(int is_one_way)
{
    struct sockaddr_in behind = server;
    int listener = listen_somewhere();
    pid_t pid = fork();
    must(pid, "fork");
    if (pid == 0) {
        int near = accept(listener, NULL, NULL), yes = 1;
        must(near, "accept");
        server = behind;
        setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        (is_one_way ? relay_one_way : relay_in_turns)(near, call_server());
        _exit(0);
    }
    close(listener);
    return pid;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(unsigned rounds)
{
    qsort(times_ns, rounds, sizeof *times_ns, compare);
    return times_ns[rounds / 2];
}

static double round_trips(unsigned rounds, unsigned pause_us)
{
    int fd = call_server();
    for (unsigned i = 0; i < rounds; i++) {
        if (pause_us > 0)
            usleep(pause_us);
        double began = now_ns();
        must(write(fd, bytes, 1), "write");
        must(read(fd, bytes, 1), "read");
        times_ns[i] = now_ns() - began;
    }
    return median(rounds);
}

static double bulk(unsigned rounds)
{
    int fd = call_server();
    double began = now_ns();
    for (uint64_t left = (uint64_t)rounds * MIB; left > 0;) {
        ssize_t sent = write(fd, bytes, left < MIB ? (size_t)left : MIB);
        must(sent, "write");
        left -= (uint64_t)sent;
    }
    shutdown(fd, SHUT_WR);
    must(read(fd, bytes, 1), "read"); /* until it has all */
    return (now_ns() - began) / rounds;
}

static double connects(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        double began = now_ns();
        int fd = call_server();
        times_ns[i] = now_ns() - began;
        close(fd);
    }
    return median(rounds);
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
    const char *what = argc >= 3 ? argv[1] : "";
    unsigned rounds = argc >= 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    unsigned pause_us = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    int is_hold = strcmp(what, "hold") == 0, is_relayed = strncmp(what, "relay-", 6) == 0;
    what += is_relayed ? 6 : 0;

    if (rounds == 0 || rounds > ROUNDS_MAX)
        return 2;
    pid_t pid = start_server(strcmp(what, "round-trip") == 0, !is_hold), relay = 0;
    if (is_relayed)
        relay = start_relay(strcmp(what, "bulk") == 0);
    if (is_hold) {
        for (unsigned i = 0; i < rounds; i++)
            call_server();
        puts("held");
        fflush(stdout);
        must(read(STDIN_FILENO, bytes, 1), "read");
    } else {
        printf("%.0f\n", strcmp(what, "bulk") == 0      ? bulk(rounds)
                         : strcmp(what, "connect") == 0 ? connects(rounds)
                                                        : round_trips(rounds, pause_us));
    }
    end(pid);
    if (is_relayed)
        end(relay);
    return 0;
}
