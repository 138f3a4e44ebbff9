#include "abi/session.h"

#include "abi/event.h"
#include "abi/trace.h"

#include <string.h>

/* Sparse: what no process touches takes no memory. */
#define TALLIES 1024u
#define EXECS 1024u
#define SOCKETS 65536u
#define SOCKETS_BYTES_MAX (UINT64_C(1) << 30)
#define DIRECTORY 65536u
#define EVENTS_BYTES (UINT64_C(16) << 20)
#define KEPT_BYTES (UINT64_C(64) << 20)
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

static uint64_t trace_bytes(void)
{
    return sizeof(struct sf_trace) + SF_LANES * (sizeof(struct sf_lane) + SF_LANE_BYTES) +
           TALLIES * sizeof(struct sf_presence);
}

void sf_session_lay_out(struct sf_session *session, const struct sf_plan *plan,
                        const struct sf_trace_wish *wish, uint64_t page)
{
    memcpy(session->magic, SF_SESSION_MAGIC, sizeof session->magic);
    session->version = SF_SESSION_VERSION;
    uint64_t stride = round_up(sizeof(struct sf_socket) + sf_selection_words(plan) * sizeof(uint64_t) +
                                   plan->rule_count * sizeof(struct sf_socket_rule),
                               LINE);
    session->socket_count = SOCKETS;
    while (session->socket_count * stride > SOCKETS_BYTES_MAX)
        session->socket_count /= 2;
    session->socket_stride = (uint32_t)stride;
    session->tally_count = TALLIES;
    session->exec_count = EXECS;
    session->directory_count = DIRECTORY;
    session->events_bytes = EVENTS_BYTES;
    session->kept_bytes = KEPT_BYTES;

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
    session->directory_at = reserve(&end, DIRECTORY, sizeof(uint64_t));
    session->arrivals_at = reserve(&end, 1, sizeof(struct sf_arrivals));
    session->events_at = reserve(&end, 1, sizeof(struct sf_event_log) + EVENTS_BYTES);
    session->kept_at = reserve(&end, 1, KEPT_BYTES);
    if (wish)
        session->trace_at = reserve(&end, 1, trace_bytes());
    session->total_bytes = round_up(end, page);
}

void sf_session_fill(void *memory, const struct sf_session *header, const struct sf_plan *plan,
                     const struct sf_trace_wish *wish)
{
    char *base = memory;
    struct sf_tally *tallies = (void *)(base + header->tallies_at);
    struct sf_control *control = (void *)(base + header->control_at);
    const struct sf_plan_rule *rules = sf_plan_rules(plan);

    memcpy(base, header, sizeof *header);
    memcpy(base + header->plan_at, plan, plan->total_bytes);
    for (uint32_t i = 0; i < plan->program_count; i++) {
        tallies[i].program = i;
        tallies[i].claimed = 1;
    }
    uint32_t families = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++)
        families |= sf_rule_families(&rules[i]);
    control->families = families;
    control->plan_at = header->plan_at;
    control->generation = 1;
    if (wish)
        ((struct sf_trace *)(void *)(base + header->trace_at))->data_bytes = wish->data_bytes;
}
