#include "plan/session.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
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
}

static int make_memory(uint64_t bytes)
{
    int fd = memfd_create("sockfault-session", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, (off_t)bytes) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

struct sf_session_memory *sf_session_create(const struct sf_plan *plan)
{
    struct sf_session header = {0};
    struct sf_session_memory *memory = sf_memory_new(sizeof *memory);
    memory->fd = -1;
    sf_session_lay_out(&header, plan, (uint64_t)sysconf(_SC_PAGESIZE));
    if (getrandom(header.id, sizeof header.id, 0) != (ssize_t)sizeof header.id)
        goto fail;
    for (unsigned i = 0; i < sizeof header.id; i++)
        snprintf(memory->id + (size_t)2 * i, 3, "%02x", header.id[i]);
    memory->fd = make_memory(header.total_bytes);
    if (memory->fd < 0)
        goto fail;
    void *base = mmap(NULL, header.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
    if (base == MAP_FAILED)
        goto fail;
    memory->session = base;
    sf_session_fill(base, &header, plan);
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
    if (session->fd >= 0)
        close(session->fd);
    free(session);
}
