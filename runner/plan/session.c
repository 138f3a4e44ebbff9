#include "plan/session.h"
#include "engine/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

/* Sparse: what no process touches takes no memory. */
#define TALLIES 1024u
#define EXECS 1024u
#define SOCKETS 65536u
#define SOCKETS_BYTES_MAX (UINT64_C(1) << 30)
#define EVENTS_BYTES (UINT64_C(16) << 20)
#define LINE 64u

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

/* Reserve an area on cache lines of its own; returns its offset. */
static uint64_t reserve(uint64_t *end, uint64_t count, uint64_t size)
{
    uint64_t at = *end;
    *end = round_up(at + count * size, LINE);
    return at;
}

static void lay_out(struct sf_session *session, const struct sf_plan *plan)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t stride = round_up(sizeof(struct sf_socket) + sf_selection_words(plan) * sizeof(uint64_t) +
                                   plan->rule_count * sizeof(struct sf_socket_rule),
                               LINE);
    session->socket_count = SOCKETS;
    while (session->socket_count * stride > SOCKETS_BYTES_MAX)
        session->socket_count /= 2;
    session->socket_stride = (uint32_t)stride;
    session->tally_count = TALLIES;
    session->exec_count = EXECS;
    session->events_bytes = EVENTS_BYTES;

    uint64_t end = round_up(sizeof *session, LINE);
    session->plan_bytes = plan->total_bytes;
    session->plan_at = reserve(&end, 1, plan->total_bytes);
    end = round_up(end, page);
    session->shared_at = end;
    session->control_at = reserve(&end, 1, sizeof(struct sf_control));
    session->programs_at = reserve(&end, plan->program_count, sizeof(struct sf_program_state));
    session->rules_at = reserve(&end, plan->rule_count, sizeof(struct sf_rule_state));
    session->calls_at = reserve(&end, (uint64_t)plan->rule_count * plan->program_count, sizeof(uint32_t));
    session->tallies_at = reserve(&end, TALLIES, sizeof(struct sf_tally));
    session->execs_at = reserve(&end, EXECS, sizeof(struct sf_exec));
    session->sockets_at = reserve(&end, session->socket_count, stride);
    session->events_at = reserve(&end, 1, sizeof(struct sf_event_log) + EVENTS_BYTES);
    session->total_bytes = round_up(end, page);
}

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

static void fill(struct sf_session_memory *memory, const struct sf_session *header, const struct sf_plan *plan)
{
    *memory->session = *header;
    map_views(memory);
    memcpy((char *)memory->session + header->plan_at, plan, plan->total_bytes);
    for (uint32_t i = 0; i < plan->program_count; i++) {
        memory->tallies[i].program = i;
        memory->tallies[i].claimed = 1;
    }
    uint32_t families = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++)
        families |= sf_plan_rules(plan)[i].families;
    memory->control->families = families;
    memory->control->plan_at = header->plan_at;
    memory->control->generation = 1;
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
    struct sf_session header = {.magic = SF_SESSION_MAGIC, .version = SF_SESSION_VERSION};
    struct sf_session_memory *memory = calloc(1, sizeof *memory);
    if (!memory)
        return NULL;
    memory->fd = -1;
    lay_out(&header, plan);
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
    fill(memory, &header, plan);
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
