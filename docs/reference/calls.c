/* Makes socket calls, one a step, and prints what each gives: the examples of this
 * reference show with it what a program sees.
 *
 *   gcc -o calls calls.c
 *   calls KIND STEP…        calls tcp give=hello recv poll
 *
 * KIND is tcp, tcp6, udp, unix (a stream), seqpacket or unix-dgram. There are two ends,
 * both in this process: `near`, which connects, and `far`. What a step needs and no step
 * before it has made is made first, and nothing is printed of that.
 *
 *   connect accept send[=BYTES] recv[=BYTES] peek waitall=BYTES shutdown close
 *   poll[=MS] select        what near is ready for, after 300 ms at most
 *   watch edge[=MS]         put near into an edge-triggered epoll set; wait for an event
 *   error                   SO_ERROR, which takes the pending error
 *   names                   getpeername and getsockname
 *   socket bind listen      of a socket of their own
 *   lookup=NAME             getaddrinfo
 *   nonblock timeout=MS     O_NONBLOCK; SO_RCVTIMEO and SO_SNDTIMEO
 *   handler restart         of SIGALRM, without and with SA_RESTART
 *   alarm=MS sleep=MS       SIGALRM after so long; wait so long
 *   took=MS                 did the call before last at least so long?
 *   give=TEXT               far sends it, and it has arrived
 *   reset deaf              far resets the connection; nobody listens any more
 *
 * Steps are calls on near; `far.recv` and its like are on far. A line is the step and
 * its result or errno; then what was received, and the signals that came meanwhile. */
#define _GNU_SOURCE 1
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
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int domain, type, listener = -1, near = -1, far = -1, set = -1;
static bool has_connected;
static struct sockaddr_storage address; /* where far, or its listener, is */
static socklen_t address_length;
static volatile sig_atomic_t signals[NSIG];
static double began, took;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void on_signal(int number)
{
    signals[number] = signals[number] + 1;
}

static void handle(int number, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(number, &action, NULL);
}

static void must(int result)
{
    if (result < 0) {
        perror("calls");
        exit(1);
    }
}

static void end_line(void)
{
    for (int number = 1; number < NSIG; number++) {
        if (signals[number])
            printf(" SIG%s", sigabbrev_np(number));
        signals[number] = 0;
    }
    printf("\n");
}

/* The result of a call, and what it has received. */
static void say(long result, const char *bytes)
{
    took = now() - began;
    if (result < 0)
        printf(" %s", strerrorname_np(errno));
    else
        printf(" %ld", result);
    if (bytes && result > 0) {
        printf(" ");
        for (long i = 0; i < result && i < 40; i++)
            printf(bytes[i] >= ' ' && bytes[i] <= '~' ? "%c" : "\\x%02x", (unsigned char)bytes[i]);
    }
}

static void say_events(long result, unsigned events)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{POLLIN, "IN"},   {POLLOUT, "OUT"}, {POLLRDHUP, "RDHUP"},
                 {POLLERR, "ERR"}, {POLLHUP, "HUP"}, {POLLNVAL, "NVAL"}};
    say(result, NULL);
    for (size_t i = 0; result > 0 && i < sizeof names / sizeof *names; i++)
        if (events & names[i].bit)
            printf(" %s", names[i].name);
}

static void say_address(const void *name)
{
    const struct sockaddr_in *v4 = name;
    const struct sockaddr_in6 *v6 = name;
    char text[INET6_ADDRSTRLEN] = "none";
    if (v4->sin_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    else if (v4->sin_family == AF_INET6)
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    printf(" %s", text);
}

/* ---- the two ends ---------------------------------------------------------- */

static int bind_loopback(int fd)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr unnamed = {.sa_family = AF_UNIX}; /* the kernel finds a name */
    if (domain == AF_INET)
        return bind(fd, (void *)&v4, sizeof v4);
    if (domain == AF_INET6)
        return bind(fd, (void *)&v6, sizeof v6);
    return bind(fd, &unnamed, sizeof unnamed.sa_family);
}

static void make_near(void)
{
    if (near >= 0)
        return;
    near = socket(domain, type, 0);
    must(near);
    listener = socket(domain, type, 0);
    must(listener);
    must(bind_loopback(listener));
    if (type != SOCK_DGRAM)
        must(listen(listener, 5));
    address_length = sizeof address;
    must(getsockname(listener, (void *)&address, &address_length));
}

static int do_connect(void)
{
    make_near();
    has_connected = true;
    return connect(near, (void *)&address, address_length);
}

/* Of datagram sockets the listener is the far end itself. */
static int do_accept(void)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;

    if (!has_connected && do_connect() != 0)
        must(errno == EINPROGRESS ? 0 : -1);
    if (type != SOCK_DGRAM)
        return far = accept(listener, NULL, NULL);
    if (domain == AF_UNIX)
        must(bind_loopback(near));
    must(getsockname(near, (void *)&name, &length));
    must(connect(listener, (void *)&name, length));
    return far = listener;
}

static void be_accepted(void)
{
    if (far < 0)
        must(do_accept());
}

/* ---- steps: fd is near, or far where the word began with `far.` ------------ */

static void step_connect(int fd, const char *argument)
{
    (void)fd, (void)argument;
    say(do_connect(), NULL);
}

static void step_accept(int fd, const char *argument)
{
    (void)fd, (void)argument;
    say(do_accept() < 0 ? -1 : 0, NULL);
}

static void receive(int fd, const char *argument, int flags)
{
    char bytes[4096];
    size_t room = argument ? strtoul(argument, NULL, 10) : 10;
    ssize_t result = recv(fd, bytes, room < sizeof bytes ? room : sizeof bytes, flags);
    say(result, bytes);
}

static void step_recv(int fd, const char *argument)
{
    receive(fd, argument, 0);
}

static void step_peek(int fd, const char *argument)
{
    receive(fd, argument, MSG_PEEK);
}

static void step_waitall(int fd, const char *argument)
{
    receive(fd, argument, MSG_WAITALL);
}

static void step_send(int fd, const char *argument)
{
    char bytes[4096];
    size_t length = argument ? strtoul(argument, NULL, 10) : 1;
    memset(bytes, 'x', sizeof bytes);
    say(send(fd, bytes, length < sizeof bytes ? length : sizeof bytes, 0), NULL);
}

static void step_shutdown(int fd, const char *argument)
{
    (void)argument;
    say(shutdown(fd, SHUT_WR), NULL);
    pause_ms(fd == far ? 50 : 0);
}

static void step_close(int fd, const char *argument)
{
    (void)argument;
    say(close(fd), NULL);
    pause_ms(fd == far ? 50 : 0);
}

static void step_poll(int fd, const char *argument)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
    int result = poll(&wait, 1, argument ? atoi(argument) : 300);
    say_events(result, (unsigned)wait.revents);
}

static void step_select(int fd, const char *argument)
{
    fd_set in, out, except;
    struct timeval time = {.tv_usec = 300000};
    (void)argument;
    FD_ZERO(&in);
    FD_SET(fd, &in);
    out = except = in;
    int result = select(fd + 1, &in, &out, &except, &time);
    say(result, NULL);
    if (result > 0)
        printf("%s%s%s", FD_ISSET(fd, &in) ? " readable" : "", FD_ISSET(fd, &out) ? " writable" : "",
               FD_ISSET(fd, &except) ? " exceptional" : "");
}

static void step_watch(int fd, const char *argument)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};
    (void)argument;
    set = epoll_create1(0);
    must(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
}

static void step_edge(int fd, const char *argument)
{
    struct epoll_event event = {0};
    (void)fd;
    int result = epoll_wait(set, &event, 1, argument ? atoi(argument) : 300);
    say_events(result, event.events);
}

static void step_error(int fd, const char *argument)
{
    int error = 0;
    socklen_t length = sizeof error;
    (void)argument;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        say(-1, NULL);
    else
        printf(" %s", error ? strerrorname_np(error) : "0");
}

static void say_name(int result, const struct sockaddr_storage *name)
{
    if (result != 0)
        say(result, NULL);
    else
        say_address(name);
}

static void step_names(int fd, const char *argument)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    (void)argument;
    say_name(getpeername(fd, (void *)&name, &length), &name);
    length = sizeof name;
    say_name(getsockname(fd, (void *)&name, &length), &name);
}

static void step_socket(int fd, const char *argument)
{
    (void)fd, (void)argument;
    int made = socket(domain, type, 0);
    say(made < 0 ? -1 : 0, NULL);
    if (made >= 0)
        close(made);
}

static void step_bind(int fd, const char *argument)
{
    (void)fd, (void)argument;
    int made = socket(domain, type, 0);
    must(made);
    say(bind_loopback(made), NULL);
    close(made);
}

static void step_listen(int fd, const char *argument)
{
    (void)fd, (void)argument;
    int made = socket(domain, type, 0);
    must(made);
    must(bind_loopback(made));
    say(listen(made, 1), NULL);
    close(made);
}

static void step_lookup(int fd, const char *argument)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    (void)fd;
    int error = getaddrinfo(argument, NULL, &hints, &list);
    if (error == EAI_AGAIN || error == EAI_NONAME)
        printf(" %s", error == EAI_AGAIN ? "EAI_AGAIN" : "EAI_NONAME");
    else if (error)
        printf(" %s", gai_strerror(error));
    for (struct addrinfo *one = list; one; one = one->ai_next)
        say_address(one->ai_addr);
    if (list)
        freeaddrinfo(list);
}

static void step_took(int fd, const char *argument)
{
    (void)fd;
    printf(" %s", took >= atoi(argument) / 1000.0 ? "yes" : "no");
}

static void step_nonblock(int fd, const char *argument)
{
    (void)argument;
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void step_timeout(int fd, const char *argument)
{
    long ms = atoi(argument);
    struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

static void step_handler(int fd, const char *argument)
{
    (void)fd, (void)argument;
    handle(SIGALRM, 0);
}

static void step_restart(int fd, const char *argument)
{
    (void)fd, (void)argument;
    handle(SIGALRM, SA_RESTART);
}

static void step_alarm(int fd, const char *argument)
{
    long ms = atoi(argument);
    struct itimerval timer = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};
    (void)fd;
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void step_sleep(int fd, const char *argument)
{
    (void)fd;
    pause_ms(atoi(argument));
}

static void step_give(int fd, const char *argument)
{
    int before = 0, unread = 0;
    ioctl(fd, FIONREAD, &before);
    must((int)send(far, argument, strlen(argument), MSG_NOSIGNAL));
    for (int tries = 0; unread <= before && tries < 1000; tries++) {
        pause_ms(1);
        ioctl(fd, FIONREAD, &unread);
    }
}

static void step_reset(int fd, const char *argument)
{
    struct linger linger = {.l_onoff = 1};
    (void)fd, (void)argument;
    setsockopt(far, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(far);
    pause_ms(50);
}

static void step_deaf(int fd, const char *argument)
{
    (void)fd, (void)argument;
    close(listener);
}

/* What must be there before a step is taken: near; a connection, unless a connect has
 * failed; both ends. */
enum need { NOTHING, NEAR, CONNECTION, BOTH };

static const struct step {
    const char *name; /* with = where it wants an argument */
    enum need need;
    bool is_silent; /* nothing is printed of it */
    void (*take)(int fd, const char *argument);
} steps[] = {
    {"connect", NEAR, false, step_connect},
    {"accept", NEAR, false, step_accept},
    {"recv", CONNECTION, false, step_recv},
    {"peek", CONNECTION, false, step_peek},
    {"waitall=", CONNECTION, false, step_waitall},
    {"send", CONNECTION, false, step_send},
    {"shutdown", CONNECTION, false, step_shutdown},
    {"close", CONNECTION, false, step_close},
    {"poll", CONNECTION, false, step_poll},
    {"select", CONNECTION, false, step_select},
    {"watch", CONNECTION, true, step_watch},
    {"edge", CONNECTION, false, step_edge},
    {"error", CONNECTION, false, step_error},
    {"names", CONNECTION, false, step_names},
    {"socket", NOTHING, false, step_socket},
    {"bind", NOTHING, false, step_bind},
    {"listen", NOTHING, false, step_listen},
    {"lookup=", NOTHING, false, step_lookup},
    {"took=", NOTHING, false, step_took},
    {"nonblock", NEAR, true, step_nonblock},
    {"timeout=", NEAR, true, step_timeout},
    {"handler", NOTHING, true, step_handler},
    {"restart", NOTHING, true, step_restart},
    {"alarm=", NOTHING, true, step_alarm},
    {"sleep=", NOTHING, true, step_sleep},
    {"give=", BOTH, true, step_give},
    {"reset", BOTH, true, step_reset},
    {"deaf", NEAR, true, step_deaf},
};

static const struct step *find(const char *word)
{
    size_t length = strcspn(word, "=");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        bool wants_argument = strchr(steps[i].name, '=');
        if (strcspn(steps[i].name, "=") == length && strncmp(word, steps[i].name, length) == 0 &&
            (word[length] || !wants_argument))
            return &steps[i];
    }
    fprintf(stderr, "calls: no step %s\n", word);
    exit(2);
}

static void take(const char *word)
{
    bool is_far = strncmp(word, "far.", 4) == 0;
    const struct step *step = find(word + (is_far ? 4 : 0));
    const char *equals = strchr(word, '=');

    if (step->need != NOTHING)
        make_near();
    if (is_far || step->need == BOTH || (step->need == CONNECTION && !has_connected))
        be_accepted();
    if (!step->is_silent)
        printf("%s", word);
    began = now();
    step->take(is_far ? far : near, equals ? equals + 1 : NULL);
    if (!step->is_silent)
        end_line();
}

static const struct {
    const char *name;
    int domain, type;
} kinds[] = {{"tcp", AF_INET, SOCK_STREAM},          {"tcp6", AF_INET6, SOCK_STREAM},
             {"udp", AF_INET, SOCK_DGRAM},           {"unix", AF_UNIX, SOCK_STREAM},
             {"seqpacket", AF_UNIX, SOCK_SEQPACKET}, {"unix-dgram", AF_UNIX, SOCK_DGRAM}};

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    handle(SIGPIPE, SA_RESTART);
    for (size_t i = 0; argc > 1 && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            domain = kinds[i].domain, type = kinds[i].type;
    if (!domain) {
        fprintf(stderr, "usage: calls tcp|tcp6|udp|unix|seqpacket|unix-dgram STEP…\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        take(argv[i]);
    const int made[] = {near, far, far == listener ? -1 : listener, set};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (made[i] >= 0)
            close(made[i]);
    return 0;
}
