#include "log/event.h"

#include "apply/clock.h"

#include <sys/syscall.h>

static struct sf_event *reserve(uint32_t bytes)
{
    struct sf_event_log *log = sf_shim.events;
    uint64_t at = atomic_fetch_add_explicit(&log->reserved_bytes, bytes, memory_order_relaxed);

    if (at + bytes > sf_shim.session->events_bytes) {
        atomic_fetch_add_explicit(&log->dropped, 1, memory_order_relaxed);
        return NULL;
    }
    return (struct sf_event *)(void *)((char *)(log + 1) + at);
}

void sf_event_log_call(const struct sf_call *call, int64_t result, int error)
{
    uint32_t bytes =
        (uint32_t)(sizeof(struct sf_event) + call->verdict.rule_count * sizeof(uint32_t) + 7) & ~7u;
    struct sf_event *event = reserve(bytes);

    if (!event)
        return;
    event->version = SF_EVENT_VERSION;
    event->producer = SF_PRODUCER_SHIM;
    event->kind = SF_EVENT_CALL;
    event->rule_count = call->verdict.rule_count;
    event->time_ns = sf_clock_now_ns();
    event->return_address = (uintptr_t)call->return_address;
    event->pid = (uint32_t)getpid();
    event->tid = (uint32_t)sf_real.syscall(SYS_gettid);
    event->program = sf_shim.program;
    event->call = call->info.call;
    event->fd = call->fd;
    event->socket = call->socket ? call->socket->number : 0;
    event->asked = call->info.len;
    event->result = result;
    event->error = error;
    for (uint32_t i = 0; i < call->verdict.rule_count; i++)
        event->rules[i] = call->verdict.rules[i];
    atomic_store_explicit(&event->bytes, bytes, memory_order_release);
}
