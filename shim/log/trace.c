#include "log/trace.h"

#include "engine/hash.h"
#include "log/tally.h"

#include <pthread.h>

static __thread uint32_t lane, lane_of; /* of this thread, by its id: a forked child has another */
static pthread_key_t thread_end;        /* its destructor is told of the end of a thread, however that came */
static __thread bool has_presence;

/* One that was cancelled is in its call no more. */
static void end_thread(void *presence)
{
    sf_trace_leave(presence);
}

bool sf_trace_reserve(void)
{
    return pthread_key_create(&thread_end, end_thread) == 0;
}

void sf_trace_forget(void)
{
    has_presence = false;
}

static struct sf_presence *presence(void)
{
    if (!sf_tally)
        sf_tally_claim();
    if (!sf_tally)
        return NULL;
    struct sf_presence *here = sf_trace_presence(sf_shim.trace, (uint32_t)(sf_tally - sf_shim.tallies));
    if (__builtin_expect(!has_presence, 0)) /* keys of such low numbers need no memory */
        has_presence = pthread_setspecific(thread_end, here) == 0;
    return here;
}

void sf_trace_enter(struct sf_call *call, uint64_t asked)
{
    struct sf_presence *here = presence();

    call->presence = here;
    if (!here)
        return;
    atomic_store_explicit(&here->begin_ns, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    here->pid = call->self.pid;
    here->tid = call->self.tid;
    here->program = sf_shim.program;
    here->call = call->info.call;
    here->fd = call->fd;
    here->socket = call->number & ~SF_NUMBER_NAMED;
    here->return_address = (uintptr_t)call->return_address;
    here->asked = asked;
    atomic_store_explicit(&here->begin_ns, call->begin_ns, memory_order_release);
}

void sf_trace_end(void)
{
    if (sf_shim.trace && !sf_is_vfork_child())
        sf_trace_leave(presence());
}

bool sf_trace_take(uint32_t tid, uint32_t bytes, uint32_t calls, struct sf_lane_room *room)
{
    if (lane_of != tid) {
        lane_of = tid;
        lane = (uint32_t)sf_hash_mix(tid);
    }
    if (sf_lane_take(sf_shim.trace, tid, &lane, bytes, room))
        return true;
    atomic_fetch_add_explicit(&sf_shim.trace->dropped, calls, memory_order_relaxed);
    return false;
}
