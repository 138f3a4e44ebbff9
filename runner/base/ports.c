#include "base/ports.h"

#include "base/arena.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LOWEST 10240u /* below live the services that people know by number */
#define ENOUGH 1024u

struct range {
    unsigned first, last;
};

/* The larger part of what the kernel leaves alone when it picks ports itself. */
static struct range free_range(void)
{
    unsigned low = 32768, high = 60999;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (file) {
        if (fscanf(file, "%u %u", &low, &high) != 2 || low > high || high > 65535)
            low = 32768, high = 60999;
        fclose(file);
    }
    if (low >= LOWEST + ENOUGH)
        return (struct range){LOWEST, low - 1};
    if (high + ENOUGH <= 65535)
        return (struct range){high + 1, 65535};
    return (struct range){LOWEST, 65535};
}

/* Bind without SO_REUSEADDR: a port with a connection in TIME_WAIT fails too,
 * as it would for a server that does not set it. */
static bool can_bind(int domain, int type, uint16_t port)
{
    union {
        struct sockaddr_storage whole;
        struct sockaddr any;
        struct sockaddr_in inet;
        struct sockaddr_in6 inet6;
    } address = {.whole.ss_family = (sa_family_t)domain};
    int fd = socket(domain, type | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) /* no IPv6 here: no program can use it either */
        return errno == EAFNOSUPPORT;
    if (domain == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        address.inet6.sin6_port = htons(port);
    } else {
        address.inet.sin_port = htons(port);
    }
    bool bound =
        bind(fd, &address.any, domain == AF_INET6 ? sizeof address.inet6 : sizeof address.inet) == 0 ||
        (domain == AF_INET6 && errno == EADDRNOTAVAIL);
    close(fd);
    return bound;
}

static bool is_free(uint16_t port)
{
    return can_bind(AF_INET, SOCK_STREAM, port) && can_bind(AF_INET, SOCK_DGRAM, port) &&
           can_bind(AF_INET6, SOCK_STREAM, port) && can_bind(AF_INET6, SOCK_DGRAM, port);
}

/* A name in the network namespace, as ports are, that goes with its process. */
static int reserve(uint16_t port)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "sockfault-port-%u", port);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address,
                        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* From a random place on, so that runners do not walk behind each other. */
static struct sf_port search(void)
{
    struct range range = free_range();
    unsigned size = range.last - range.first + 1, start = 0;
    if (getrandom(&start, sizeof start, 0) < 0)
        start = (unsigned)getpid();
    for (unsigned i = 0; i < size; i++) {
        uint16_t port = (uint16_t)(range.first + (start % size + i) % size);
        int fd = reserve(port);
        if (fd >= 0 && is_free(port))
            return (struct sf_port){.number = port, .reservation = fd};
        if (fd >= 0)
            close(fd);
    }
    return (struct sf_port){.reservation = -1};
}

uint16_t sf_port_find(void *context, const char *name)
{
    struct sf_port_set *set = context;
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->list[i].name, name) == 0)
            return set->list[i].number;
    struct sf_port *port = sf_arena_push(set->arena, &set->list, &set->count, sizeof *port);
    *port = search();
    port->name = sf_arena_strdup(set->arena, name);
    return port->number;
}

void sf_port_set_release(struct sf_port_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->list[i].reservation >= 0)
            close(set->list[i].reservation);
    set->count = 0;
}
