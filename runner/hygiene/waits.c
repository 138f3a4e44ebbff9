/* Waits that nothing bounds, and loops that do not wait. */
#include "hygiene/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define IDLE_CALLS 1000u
#define IDLE_NS UINT64_C(50000000)    /* a shorter one bridges a moment: some programs mean to */
#define IDLE_PACE_NS UINT64_C(100000) /* who takes longer from call to call has other work, or no CPU */
#define WAIT_NS UINT64_C(1000000)     /* a call that took as long may have waited */
#define CALLS_TO_WAIT 100u            /* who waits does so every few calls; the others had no CPU */

/* What the program says of its waiting on the socket. That of a listener is inherited. */
static void learn(const struct sf_look *look)
{
    const struct sf_trace_call *record = look->call->record;

    if (record->error || !look->memory)
        return;
    if (record->call == SF_CALL_setsockopt &&
        (record->argument == ((uint32_t)SOL_SOCKET << 16 | SO_RCVTIMEO) ||
         record->argument == ((uint32_t)SOL_SOCKET << 16 | SO_SNDTIMEO)))
        look->memory->is_bounded = true;
    if (((record->call == SF_CALL_fcntl || record->call == SF_CALL_fcntl64) && record->argument == F_SETFL) ||
        (record->call == SF_CALL_ioctl && record->argument == (uint32_t)FIONBIO))
        look->memory->is_nonblocking = true;
    if (record->flags & SF_TRACE_WAITED) {
        look->memory->is_bounded |= (record->flags & SF_TRACE_BOUNDED) != 0;
        look->memory->is_nonblocking |= (record->flags & SF_TRACE_NONBLOCKING) != 0;
    }
}

/* A socket that takes requests waits for them as long as it likes: a listener, and one of datagrams that
 * has not asked first. */
static bool takes_requests(const struct sf_socket_memory *memory)
{
    return memory->socket->type == SF_TYPE_DGRAM && (!memory->has_moved || memory->first == SF_FAMILY_RECV);
}

/* The peer said nothing until TCP gave it up, or the program ended in the call: when that was is
 * for others to say. */
static void look_at_bound(const struct sf_look *look)
{
    enum sf_family family = sf_traced_family(look->call);
    const struct sf_trace_call *record = look->call->record;

    if (family != SF_FAMILY_RECV && family != SF_FAMILY_SEND && family != SF_FAMILY_CONNECT)
        return;
    if (!look->memory || look->memory->is_bounded || look->memory->is_nonblocking ||
        takes_requests(look->memory))
        return;
    uint64_t waited_ns = record->end_ns - record->begin_ns;
    if (!look->call->is_unfinished && (record->error != ETIMEDOUT || waited_ns < SF_SILENCE_NS))
        return;
    struct sf_warning *warning = sf_hygiene_note(look->hygiene, SF_HABIT_NO_TIMEOUT, record->program,
                                                 &look->seen, look->call->socket, NULL);
    if (!warning || (look->call->is_unfinished && warning->times > 1))
        return;
    warning->count = look->call->is_unfinished ? 0 : waited_ns;
    warning->of = record->begin_ns;
    warning->gone_ns = look->call->gone_ns;
}

/* Nothing moved, and nothing was waited for. */
static bool brought_nothing(const struct sf_traced *call)
{
    const struct sf_trace_call *record = call->record;

    switch (sf_traced_family(call)) {
    case SF_FAMILY_RECV:
        return record->error == EAGAIN || (record->result == 0 && record->asked > 0);
    case SF_FAMILY_SEND:
    case SF_FAMILY_ACCEPT:
    case SF_FAMILY_CONNECT:
        return record->error != 0 && record->error != EINPROGRESS;
    case SF_FAMILY_POLL: /* what was ready shows by what is done about it */
    case SF_FAMILY_OPTION:
        return true;
    default:
        return false;
    }
}

/* Only what took long has waited, if it could; a time-out that is over says that it did. A
 * thread that was given no CPU in the midst of a call looks alike, but not at every few calls. */
static bool has_waited(const struct sf_traced *call, struct sf_thread_memory *thread)
{
    const struct sf_trace_call *record = call->record;
    bool is_poll = sf_traced_family(call) == SF_FAMILY_POLL;
    bool could = is_poll ? record->argument != 0 : !(record->flags & SF_TRACE_NONBLOCKING);
    uint32_t calls = thread->calls_since_wait++;

    if (record->end_ns - record->begin_ns < WAIT_NS || !could)
        return false;
    thread->calls_since_wait = 0;
    return calls < CALLS_TO_WAIT || record->result == 0 || record->error == EAGAIN;
}

static void look_at_pace(const struct sf_look *look)
{
    const struct sf_trace_call *record = look->call->record;
    struct sf_process_memory *process = sf_memory_of_process(look->hygiene, record->pid);
    struct sf_thread_memory *thread = sf_memory_of_thread(process, record->tid);
    uint64_t since_ns = record->end_ns - thread->last_ns;

    thread->last_ns = record->end_ns;
    if (!brought_nothing(look->call) || has_waited(look->call, thread)) {
        thread->idle_calls = 0;
        thread->busy_ns = 0;
        return;
    }
    if (thread->idle_calls++ && since_ns < IDLE_PACE_NS)
        thread->busy_ns += since_ns;
    if (thread->idle_calls < IDLE_CALLS || thread->busy_ns < IDLE_NS)
        return;
    struct sf_warning *warning = sf_hygiene_note(look->hygiene, SF_HABIT_BUSY_LOOP, record->program,
                                                 &look->seen, look->call->socket, NULL);
    if (warning && warning->times == 1) {
        warning->count = thread->idle_calls;
        warning->of = thread->busy_ns;
    }
    thread->idle_calls = 0;
    thread->busy_ns = 0;
}

static void note_first(struct sf_socket_memory *memory, const struct sf_look *look)
{
    enum sf_family family = sf_traced_family(look->call);
    bool moves = family == SF_FAMILY_SEND || family == SF_FAMILY_RECV;
    if (memory->has_moved || !moves || look->call->record->error || look->call->is_unfinished)
        return;
    memory->has_moved = true;
    memory->first = family;
}

void sf_look_at_waits(const struct sf_look *look)
{
    learn(look);
    if (look->memory)
        note_first(look->memory, look);
    look_at_bound(look);
    if (!look->call->is_unfinished)
        look_at_pace(look);
}
