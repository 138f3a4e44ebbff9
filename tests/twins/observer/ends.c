/* The two ends, and the calls that make and end them. */
#include "observer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

struct ends ends = {.near = -1, .far = -1, .listener = -1};

static const struct {
    const char *name;
    int domain, type;
} kinds[] = {
    {"tcp", AF_INET, SOCK_STREAM},          {"tcp6", AF_INET6, SOCK_STREAM}, {"unix", AF_UNIX, SOCK_STREAM},
    {"seqpacket", AF_UNIX, SOCK_SEQPACKET}, {"udp", AF_INET, SOCK_DGRAM},    {"udp6", AF_INET6, SOCK_DGRAM},
    {"unix-dgram", AF_UNIX, SOCK_DGRAM},
};

static int bind_loopback(int fd)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr unnamed = {.sa_family = AF_UNIX}; /* the kernel finds a name */

    if (ends.domain == AF_INET)
        return bind(fd, (void *)&v4, sizeof v4);
    if (ends.domain == AF_INET6)
        return bind(fd, (void *)&v6, sizeof v6);
    return bind(fd, &unnamed, sizeof unnamed.sa_family);
}

void make_ends(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, kind) == 0) {
            ends.domain = kinds[i].domain;
            ends.type = kinds[i].type;
        }
    must(ends.type ? 0 : -1, kind);
    must(ends.near = socket(ends.domain, ends.type, 0), "socket");
    must(ends.listener = socket(ends.domain, ends.type, 0), "socket");
    must(bind_loopback(ends.listener), "bind");
    if (ends.type != SOCK_DGRAM)
        must(listen(ends.listener, 5), "listen");
    ends.target_bytes = sizeof ends.target;
    must(getsockname(ends.listener, (void *)&ends.target, &ends.target_bytes), "getsockname");
}

/* Of datagram sockets the listener is the far end itself. */
static int accept_near(int listener)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;

    if (ends.type != SOCK_DGRAM)
        return accept(listener, NULL, NULL);
    if (ends.domain == AF_UNIX)
        must(bind_loopback(ends.near), "bind");
    must(getsockname(ends.near, (void *)&name, &length), "getsockname");
    must(connect(listener, (void *)&name, length), "connect");
    return listener;
}

void connect_ends(void)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    must(connect(ends.near, (void *)&ends.target, ends.target_bytes), "connect");
    must(getsockname(ends.near, (void *)&name, &length), "getsockname");
    ends.port = ((struct sockaddr_in *)&name)->sin_port;
    must(ends.far = accept_near(ends.listener), "accept");
}

static void act_connect(struct step *step)
{
    tell_result(step, connect(step->fd, (void *)&ends.target, ends.target_bytes));
}

/* By and by. */
static void act_connect_late(struct step *step)
{
    pause_ms(LATER_MS);
    act_connect(step);
}

/* The accepted one is far. */
static void act_accept(struct step *step)
{
    int fd = accept_near(ends.listener);
    if (fd >= 0)
        ends.far = fd;
    tell_result(step, fd < 0 ? -1 : 0);
}

/* And who it says has come. */
static void act_accept_named(struct step *step)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    int fd = accept(ends.listener, (void *)&name, &length);
    if (fd >= 0)
        ends.far = fd;
    tell_result(step, fd < 0 ? -1 : 0);
    if (fd >= 0)
        tell_name(step, 0, &name, length);
}

static void act_accept4(struct step *step)
{
    int fd = accept4(ends.listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        ends.far = fd;
    tell_result(step, fd < 0 ? -1 : 0);
}

/* Whom near connects to: at another address; of AF_UNIX, a path. */
static void act_aim(struct step *step)
{
    struct sockaddr_in *v4 = (void *)&ends.target;
    struct sockaddr_in6 *v6 = (void *)&ends.target;
    struct sockaddr_un path = {.sun_family = AF_UNIX};

    if (ends.domain == AF_UNIX) {
        strncpy(path.sun_path, step->argument, sizeof path.sun_path - 1);
        memcpy(&ends.target, &path, sizeof path);
        ends.target_bytes = sizeof path;
    } else if (ends.domain == AF_INET)
        must(inet_pton(AF_INET, step->argument, &v4->sin_addr) - 1, "aim");
    else
        must(inet_pton(AF_INET6, step->argument, &v6->sin6_addr) - 1, "aim");
}

static void act_socket(struct step *step)
{
    int fd = socket(ends.domain, ends.type, 0);
    tell_result(step, fd < 0 ? -1 : 0);
    if (fd >= 0)
        close(fd);
}

/* Of another socket, to a free port; `taken`: to the listener's address; `elsewhere`: to
 * one of another machine. */
static void act_bind(struct step *step)
{
    int fd = socket(ends.domain, ends.type, 0);
    struct sockaddr_storage other = ends.target;
    struct sockaddr_in *v4 = (void *)&other; /* sin6_port is in the same place */

    must(fd, "socket");
    v4->sin_port = 0;
    if (!step->argument)
        tell_result(step, bind_loopback(fd));
    else if (strcmp(step->argument, "taken") == 0)
        tell_result(step, bind(fd, (void *)&ends.target, ends.target_bytes));
    else if (ends.domain == AF_INET6)
        ((struct sockaddr_in6 *)&other)->sin6_addr.s6_addr[0] = 0x20;
    else
        v4->sin_addr.s_addr = htonl(0xc0000201); /* RFC 5737 */
    if (step->argument && strcmp(step->argument, "elsewhere") == 0)
        tell_result(step, bind(fd, (void *)&other, ends.target_bytes));
    close(fd);
}

static void act_listen(struct step *step)
{
    tell_result(step, listen(step->fd, 5));
}

/* Near shares the address of one that listens already: ip(7), EADDRINUSE; `free`: of none. */
static void act_listen_at(struct step *step)
{
    int other = socket(ends.domain, ends.type, 0), on = 1;
    struct sockaddr_storage name;
    socklen_t length = sizeof name;

    must(other, "socket");
    must(setsockopt(step->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    must(setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    must(bind_loopback(step->fd), "bind");
    must(getsockname(step->fd, (void *)&name, &length), "getsockname");
    must(bind(other, (void *)&name, length), "bind");
    if (strcmp(step->argument, "taken") == 0)
        must(listen(other, 5), "listen");
    tell_result(step, listen(step->fd, 5));
    close(other);
}

/* The listener's reads end: accept(2) gives EINVAL. */
static void act_shutdown_listener(struct step *step)
{
    tell_result(step, shutdown(ends.listener, SHUT_RD));
}

static void act_shutdown(struct step *step)
{
    int how = !step->argument ? SHUT_WR : strcmp(step->argument, "rd") == 0 ? SHUT_RD : SHUT_RDWR;
    tell_result(step, shutdown(step->fd, how));
    pause_ms(step->fd == ends.far ? SETTLE_MS : 0);
}

static void act_close(struct step *step)
{
    bool is_far = step->fd == ends.far;
    tell_result(step, close(step->fd));
    *(is_far ? &ends.far : &ends.near) = -1;
    pause_ms(is_far ? SETTLE_MS : 0);
}

static void act_dissolve(struct step *step)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    tell_result(step, connect(step->fd, &none, sizeof none));
}

static void act_nonblock(struct step *step)
{
    must(fcntl(step->fd, F_SETFL, O_NONBLOCK), "fcntl");
}

static void act_nonblock_listener(struct step *step)
{
    (void)step;
    must(fcntl(ends.listener, F_SETFL, O_NONBLOCK), "fcntl");
}

const struct word end_words[] = {
    {"connect-late", act_connect_late},
    {"connect", act_connect},
    {"accept", act_accept},
    {"accept4", act_accept4},
    {"aim", act_aim},
    {"socket", act_socket},
    {"bind", act_bind},
    {"accept-named", act_accept_named},
    {"listen-at", act_listen_at},
    {"shutdown-listener", act_shutdown_listener},
    {"listen", act_listen},
    {"shutdown", act_shutdown},
    {"close", act_close},
    {"dissolve", act_dissolve},
    {"nonblock", act_nonblock},
    {"nonblock-listener", act_nonblock_listener},
    {NULL, NULL},
};
