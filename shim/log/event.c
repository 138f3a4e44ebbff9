#include "log/event.h"

#include "apply/clock.h"
#include "engine/record.h"
#include "log/self.h"

static struct sf_event *reserve(uint32_t bytes)
{
    return sf_record_reserve(sf_shim.events, sf_shim.session->events_bytes, bytes);
}

static uint32_t bytes_of(const struct sf_call *call)
{
    return (uint32_t)(sizeof(struct sf_event) + call->verdict.rule_count * sizeof(struct sf_firing));
}

/* What is known of the call before it is made. */
static void describe(struct sf_event *event, const struct sf_call *call)
{
    const struct sf_self self = sf_self_here();

    event->version = SF_EVENT_VERSION;
    event->producer = SF_PRODUCER_SHIM;
    event->time_ns = sf_clock_now_ns();
    event->return_address = (uintptr_t)call->return_address;
    event->pid = self.pid;
    event->tid = self.tid;
    event->program = sf_shim.program;
    event->call = call->info.call;
    event->fd = call->fd;
    event->socket = call->socket ? call->socket->number : 0;
    event->asked = call->info.len;
}

void sf_event_begin_call(struct sf_call *call)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    uint32_t bytes = bytes_of(call);
    struct sf_event *event = reserve(bytes);

    call->is_begun = true;
    call->event = event;
    if (!event)
        return;
    describe(event, call);
    event->kind = SF_EVENT_BEGUN;
    for (uint32_t i = 0; i < call->verdict.rule_count; i++)
        if (sf_rule_acts_before(&rules[call->verdict.rules[i].rule]))
            event->rules[event->rule_count++] = call->verdict.rules[i];
    atomic_store_explicit(&event->bytes, bytes, memory_order_release);
}

void sf_event_end_call(const struct sf_call *call, int64_t result, int error)
{
    uint32_t bytes = bytes_of(call);
    struct sf_event *event = call->is_begun ? call->event : reserve(bytes);

    if (!event)
        return;
    if (call->is_begun)
        event->time_ns = sf_clock_now_ns();
    else
        describe(event, call);
    event->result = result;
    event->error = error;
    for (uint32_t i = 0; i < call->verdict.rule_count; i++)
        event->rules[i] = call->verdict.rules[i];
    /* Whoever is killed here leaves a record of what acted before the call. */
    atomic_thread_fence(memory_order_release);
    event->rule_count = call->verdict.rule_count;
    event->kind = SF_EVENT_CALL;
    if (!call->is_begun)
        atomic_store_explicit(&event->bytes, bytes, memory_order_release);
}
