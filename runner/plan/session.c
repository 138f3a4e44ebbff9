#include "plan/session.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Point the runner's views at the areas. */
static void map_views(struct sf_session_memory *memory)
{
    char *base = (char *)memory->session;
    const struct sf_session *session = memory->session;
    memory->plan = (const void *)(base + session->plan_at);
    memory->control = (void *)(base + session->control_at);
    memory->programs = (void *)(base + session->programs_at);
    memory->rules = (void *)(base + session->rules_at);
    memory->tallies = (void *)(base + session->tallies_at);
    memory->execs = (void *)(base + session->execs_at);
    memory->events = (void *)(base + session->events_at);
    memory->trace = session->trace_at ? (void *)(base + session->trace_at) : NULL;
}

/* The limit on file sizes is meant for other files, but bounds this one as well. */
static int resize(int fd, uint64_t bytes)
{
    struct sigaction before, ignore = {.sa_handler = SIG_IGN};
    struct rlimit limit;
    bool raised = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes;
    if (raised) {
        struct rlimit more = {bytes, bytes > limit.rlim_max ? bytes : limit.rlim_max};
        raised = setrlimit(RLIMIT_FSIZE, &more) == 0;
    }
    sigaction(SIGXFSZ, &ignore, &before); /* EFBIG says enough */
    int result = ftruncate(fd, (off_t)bytes);
    int error = errno;
    sigaction(SIGXFSZ, &before, NULL);
    if (raised)
        setrlimit(RLIMIT_FSIZE, &limit);
    errno = error;
    return result;
}

static int make_memory(uint64_t bytes)
{
    int fd = memfd_create("sockfault-session", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (resize(fd, bytes) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int hold(int domain, const void *address, socklen_t length)
{
    int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, address, length) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* A port on which connections are refused for as long as the session lives: it
 * is taken, and nobody listens. */
static uint32_t hold_refused(int held[3])
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    socklen_t length = sizeof v4;

    held[0] = hold(AF_INET, &v4, sizeof v4);
    if (held[0] < 0 || getsockname(held[0], (struct sockaddr *)&v4, &length) != 0)
        return 0;
    v6.sin6_port = v4.sin_port;
    held[1] = hold(AF_INET6, &v6, sizeof v6);
    int name = 1 + sprintf(local.sun_path + 1, SF_REFUSED_PREFIX "%u", ntohs(v4.sin_port));
    held[2] = hold(AF_UNIX, &local, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)name));
    return ntohs(v4.sin_port);
}

static const struct sf_silence_calls own_calls = {
    .socket = socket,
    .bind = bind,
    .listen = listen,
    .connect = connect,
    .getsockname = getsockname,
    .setsockopt = setsockopt,
    .close = close,
};

struct sf_session_memory *sf_session_create(const struct sf_plan *plan, const struct sf_trace_wish *wish)
{
    struct sf_session header = {0};
    struct sf_session_memory *memory = sf_memory_new(sizeof *memory);
    memory->fd = memory->refused[0] = memory->refused[1] = memory->refused[2] = -1;
    memory->silence = (struct sf_silence){-1, -1};
    sf_session_lay_out(&header, plan, wish, (uint64_t)sysconf(_SC_PAGESIZE));
    if (getrandom(header.id, sizeof header.id, 0) != (ssize_t)sizeof header.id)
        goto fail;
    if (getrandom(header.wire_key, sizeof header.wire_key, 0) != (ssize_t)sizeof header.wire_key)
        goto fail;
    for (unsigned i = 0; i < sizeof header.id; i++)
        snprintf(memory->id + (size_t)2 * i, 3, "%02x", header.id[i]);
    header.refused_port = hold_refused(memory->refused);
    if (sf_plan_wants_silence(plan) &&
        !(header.silent_port = sf_silence_hold(&own_calls, &memory->silence)))
        goto fail;
    memory->fd = make_memory(header.total_bytes);
    if (memory->fd < 0)
        goto fail;
    void *base = mmap(NULL, header.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
    if (base == MAP_FAILED)
        goto fail;
    memory->session = base;
    sf_session_fill(base, &header, plan, wish);
    map_views(memory);
    return memory;

fail:;
    int error = errno;
    sf_session_free(memory);
    errno = error;
    return NULL;
}

void sf_session_free(struct sf_session_memory *session)
{
    if (!session)
        return;
    if (session->session)
        munmap(session->session, session->session->total_bytes);
    for (unsigned i = 0; i < sizeof session->refused / sizeof *session->refused; i++)
        if (session->refused[i] >= 0)
            close(session->refused[i]);
    sf_silence_release(&own_calls, &session->silence);
    if (session->fd >= 0)
        close(session->fd);
    free(session);
}
