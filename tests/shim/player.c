/* Plays a script of socket calls and prints what each gives: tests of rules say in a
 * line what happens and what comes of it.
 *
 *   player 'stream a b; send b hello; recv a 3'      prints "5 hel"
 *
 *   stream|stream6|unix|seqpacket|datagram A B   two connected ends, A by connect, B by accept
 *   pair A B            two ends by socketpair
 *   listen L; accept B L; connect A L; refused A      refused: where nobody listens
 *   send A TEXT; recv A BYTES; peek A BYTES; close A; shutdown A; option A
 *   socket; bind; poll A MS; look NAME                look: getaddrinfo
 *   nonblock A; handler; timeout A MS                 of SIGALRM, without SA_RESTART
 *   touch PATH; remove PATH; sleep MS; mark; since MS since: `late` when so much has passed
 *   fork                what follows is done by a child, waited for
 *
 * A result is a number, what was received (`-`: nothing), or the name of an errno. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int sockets[128]; /* by letter */
static double marked;

static void say(const char *word)
{
    static bool is_first = true;
    printf("%s%s", is_first ? "" : " ", word);
    is_first = false;
    fflush(stdout);
}

static void say_result(long result)
{
    char number[32];
    snprintf(number, sizeof number, "%ld", result);
    say(result < 0 ? strerrorname_np(errno) : number);
}

/* Of calls that are only there for the others: nothing is said, but they must work. */
static int work(int result)
{
    if (result < 0) {
        say(strerrorname_np(errno));
        exit(1);
    }
    return result;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int *at(const char *letter)
{
    return &sockets[(unsigned char)letter[0] % 128];
}

static int listener_of(int domain, int type, struct sockaddr_storage *address, socklen_t *length)
{
    const struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = work(socket(domain, type, 0));
    *length = sizeof *address;
    work(domain == AF_INET    ? bind(fd, (const void *)&v4, sizeof v4)
         : domain == AF_INET6 ? bind(fd, (const void *)&v6, sizeof v6)
                              : bind(fd, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)));
    work(getsockname(fd, (void *)address, length));
    if (type != SOCK_DGRAM)
        work(listen(fd, 8));
    return fd;
}

static void open_ends(const char *kind, const char *near, const char *far)
{
    struct sockaddr_storage address, own;
    socklen_t length, own_length = sizeof own;
    int domain = strcmp(kind, "stream6") == 0                                  ? AF_INET6
                 : strcmp(kind, "unix") == 0 || strcmp(kind, "seqpacket") == 0 ? AF_UNIX
                                                                               : AF_INET;
    int type = strcmp(kind, "datagram") == 0    ? SOCK_DGRAM
               : strcmp(kind, "seqpacket") == 0 ? SOCK_SEQPACKET
                                                : SOCK_STREAM;
    int listener = listener_of(domain, type, &address, &length);

    *at(near) = work(socket(domain, type, 0));
    work(connect(*at(near), (void *)&address, length));
    *at(far) = listener;
    if (type == SOCK_DGRAM) {
        work(getsockname(*at(near), (void *)&own, &own_length));
        work(connect(listener, (void *)&own, own_length));
    } else {
        *at(far) = work(accept(listener, NULL, NULL));
    }
}

static void connect_to(const char *name, int listener)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    *at(name) = work(socket(AF_INET, SOCK_STREAM, 0));
    work(getsockname(listener, (void *)&address, &length));
    say_result(connect(*at(name), (void *)&address, length));
}

/* A port that is held, and that nobody listens on. */
static void refused(const char *name)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int deaf = work(socket(AF_INET, SOCK_STREAM, 0));
    work(bind(deaf, (void *)&address, sizeof address));
    connect_to(name, deaf);
}

static void receive(int fd, size_t bytes, int flags)
{
    char data[4096];
    ssize_t got = recv(fd, data, bytes < sizeof data ? bytes : sizeof data - 1, flags);
    if (got < 0) {
        say_result(got);
        return;
    }
    data[got] = '\0';
    say(got ? data : "-");
}

static void look(const char *name)
{
    struct addrinfo *answer = NULL;
    char text[INET_ADDRSTRLEN];
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    int error = getaddrinfo(name, "80", &hints, &answer);
    if (error) {
        say(error == EAI_AGAIN ? "EAI_AGAIN" : error == EAI_NONAME ? "EAI_NONAME" : gai_strerror(error));
        return;
    }
    say(inet_ntop(AF_INET, &((struct sockaddr_in *)answer->ai_addr)->sin_addr, text, sizeof text));
    freeaddrinfo(answer);
}

static void on_signal(int number)
{
    say(number == SIGUSR1 ? "USR1" : number == SIGUSR2 ? "USR2" : "ALRM");
}

static void set_time_out(int fd, int ms)
{
    const struct timeval time = {.tv_usec = ms * 1000};
    work(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    work(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time));
}

static void wait_ms(int ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

static void fork_here(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        return;
    waitpid(pid, &status, 0);
    _exit(status != 0);
}

static bool play_call(const char *call, const char *a, const char *b)
{
    int value, *fd = at(a);
    socklen_t length = sizeof value;

    if (strcmp(call, "send") == 0)
        say_result(send(*fd, b, strlen(b), MSG_NOSIGNAL));
    else if (strcmp(call, "recv") == 0)
        receive(*fd, (size_t)atoi(b), 0);
    else if (strcmp(call, "peek") == 0)
        receive(*fd, (size_t)atoi(b), MSG_PEEK);
    else if (strcmp(call, "close") == 0)
        say_result(close(*fd));
    else if (strcmp(call, "shutdown") == 0)
        say_result(shutdown(*fd, SHUT_WR));
    else if (strcmp(call, "option") == 0)
        say_result(getsockopt(*fd, SOL_SOCKET, SO_TYPE, &value, &length));
    else if (strcmp(call, "connect") == 0)
        connect_to(a, *at(b));
    else if (strcmp(call, "refused") == 0)
        refused(a);
    else if (strcmp(call, "accept") == 0)
        say((*fd = accept(*at(b), NULL, NULL)) < 0 ? strerrorname_np(errno) : "0");
    else if (strcmp(call, "socket") == 0)
        say(socket(AF_INET, SOCK_STREAM, 0) < 0 ? strerrorname_np(errno) : "0");
    else if (strcmp(call, "bind") == 0)
        say_result(bind(work(socket(AF_INET, SOCK_STREAM, 0)), &(struct sockaddr){.sa_family = AF_INET},
                        sizeof(struct sockaddr_in)));
    else if (strcmp(call, "poll") == 0)
        say_result(poll(&(struct pollfd){.fd = *fd, .events = POLLIN}, 1, atoi(b)));
    else if (strcmp(call, "look") == 0)
        look(a);
    else
        return false;
    return true;
}

static void play_setting(const char *what, const char *a, const char *b)
{
    int pair[2];
    struct sockaddr_storage address;
    socklen_t length;

    if (strcmp(what, "pair") == 0) {
        work(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
        *at(a) = pair[0];
        *at(b) = pair[1];
    } else if (strcmp(what, "listen") == 0) {
        *at(a) = listener_of(AF_INET, SOCK_STREAM, &address, &length);
    } else if (strcmp(what, "nonblock") == 0) {
        work(fcntl(*at(a), F_SETFL, O_NONBLOCK));
    } else if (strcmp(what, "timeout") == 0) {
        set_time_out(*at(a), atoi(b));
    } else if (strcmp(what, "handler") == 0) {
        const struct sigaction action = {.sa_handler = on_signal};
        sigaction(SIGALRM, &action, NULL);
        sigaction(SIGUSR1, &action, NULL);
        sigaction(SIGUSR2, &action, NULL);
    } else if (strcmp(what, "touch") == 0) {
        close(work(open(a, O_CREAT | O_WRONLY, 0600)));
    } else if (strcmp(what, "remove") == 0) {
        work(unlink(a));
    } else if (strcmp(what, "sleep") == 0) {
        wait_ms(atoi(a));
    } else if (strcmp(what, "mark") == 0) {
        marked = now();
    } else if (strcmp(what, "since") == 0) {
        say(now() - marked >= atoi(a) / 1000.0 ? "late" : "early");
    } else if (strcmp(what, "fork") == 0) {
        fork_here();
    } else {
        open_ends(what, a, b);
    }
}

int main(int argc, char **argv)
{
    char *rest, *step, what[32], a[256], b[2048];

    if (argc != 2)
        return 2;
    for (step = strtok_r(argv[1], ";", &rest); step; step = strtok_r(NULL, ";", &rest)) {
        *a = *b = '\0';
        if (sscanf(step, "%31s %255s %2047s", what, a, b) >= 1 && !play_call(what, a, b))
            play_setting(what, a, b);
    }
    printf("\n");
    return 0;
}
