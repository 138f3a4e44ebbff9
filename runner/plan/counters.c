/* What the session holds once its programs ran: calls, escapes, events. */
#include "plan/session.h"

#include <string.h>

void sf_session_calls(const struct sf_session_memory *session, unsigned program,
                      uint64_t calls[static SF_FAMILY_COUNT])
{
    memset(calls, 0, SF_FAMILY_COUNT * sizeof calls[0]);
    for (uint32_t i = 0; i < session->session->tally_count; i++) {
        const struct sf_tally *tally = &session->tallies[i];
        if (tally->program == program)
            for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
                calls[family] += tally->calls[family];
    }
}

const struct sf_exec *sf_session_escaped(const struct sf_session_memory *session, uint32_t program,
                                         const struct sf_exec *previous)
{
    const struct sf_exec *exec = previous ? previous + 1 : session->execs;
    for (; exec < session->execs + session->session->exec_count; exec++)
        if (exec->state == SF_EXEC_PENDING && (program == UINT32_MAX || exec->program == program))
            return exec;
    return NULL;
}

/* Is there a whole record `at` bytes behind the log's head? Its length alone
 * would not do: what lies behind a hole is found by trying. */
static bool is_complete(const struct sf_session_memory *session, const struct sf_event *event, uint64_t room)
{
    uint32_t bytes = atomic_load_explicit(&event->bytes, memory_order_acquire);
    uint64_t least = sizeof *event + event->rule_count * sizeof event->rules[0];
    uint64_t most = sizeof *event + SF_EVENT_RULES_MAX * sizeof event->rules[0];
    return bytes >= least && bytes <= most && bytes <= room && event->version == SF_EVENT_VERSION &&
           (event->producer == SF_PRODUCER_SHIM || event->producer == SF_PRODUCER_WIRE) &&
           (event->kind == SF_EVENT_CALL || event->kind == SF_EVENT_BEGUN || event->kind == SF_EVENT_LINK) &&
           event->program < session->plan->program_count && event->call < SF_CALL_COUNT;
}

struct sf_socket *sf_session_socket(const struct sf_session *session, uint64_t record)
{
    uint64_t at = record - session->sockets_at;
    if (record < session->sockets_at || at % session->socket_stride != 0 ||
        at / session->socket_stride >= session->socket_count)
        return NULL;
    return (void *)((char *)session + record);
}

const struct sf_event *sf_session_event(const struct sf_session_memory *session,
                                        const struct sf_event *previous)
{
    const char *records = (const char *)(session->events + 1);
    uint64_t end = atomic_load_explicit(&session->events->reserved_bytes, memory_order_acquire);
    if (end > session->session->events_bytes)
        end = session->session->events_bytes;
    uint64_t at = previous ? (uint64_t)((const char *)previous - records) + (previous->bytes + 7) / 8 * 8 : 0;
    /* A producer that died left a hole of unknown length: look behind it. */
    for (; at + sizeof(struct sf_event) <= end; at += 8) {
        const struct sf_event *event = (const void *)(records + at);
        if (is_complete(session, event, end - at))
            return event;
    }
    return NULL;
}
