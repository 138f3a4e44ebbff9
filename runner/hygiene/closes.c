/* Closes: one too many, one of what belongs to another thread, and none. */
#include "hygiene/memory.h"

#include "trace/states.h"

#include <errno.h>
#include <string.h>

enum { DESCRIPTOR_MAX = 1048575 }; /* that the shim follows */

static void remember(struct sf_descriptor_memory *descriptor, const struct sf_look *look)
{
    descriptor->closed[1] = descriptor->closed[0];
    descriptor->closed_socket[1] = descriptor->closed_socket[0];
    descriptor->closed[0] = look->seen;
    descriptor->closed_socket[0] = look->call->socket->number;
}

/* Its own second close of the number has hit a socket that another thread had opened since,
 * and this thread finds it gone. */
static bool is_hit(const struct sf_look *look, const struct sf_descriptor_memory *descriptor)
{
    const struct sf_seen *last = &descriptor->closed[0];
    const struct sf_seen *opened = &look->hygiene->sockets[descriptor->closed_socket[0]].opened;

    return descriptor->closed_socket[1] && last->tid == descriptor->closed[1].tid &&
           last->tid != look->seen.tid && opened->tid == look->seen.tid &&
           opened->end_ns > descriptor->closed[1].end_ns;
}

/* Who closes all numbers, one by one, means none of them. */
static bool is_in_row(const struct sf_look *look, struct sf_thread_memory *thread)
{
    bool is_next =
        sf_traced_family(look->call) == SF_FAMILY_CLOSE && look->seen.fd == thread->stale_close + 1;
    if (is_next && thread->of_stale)
        sf_hygiene_retract(look->hygiene, thread->of_stale);
    thread->of_stale = NULL;
    thread->stale_close = sf_traced_family(look->call) == SF_FAMILY_CLOSE ? look->seen.fd : -2;
    return is_next;
}

/* The number is none of an open file. It is a broken habit where it had a socket once. */
static void look_at_bad(const struct sf_look *look, struct sf_descriptor_memory *descriptor,
                        struct sf_thread_memory *thread)
{
    struct sf_followed *socket;

    if (is_in_row(look, thread) || !descriptor->closed_socket[0])
        return;
    socket = look->hygiene->sockets[descriptor->closed_socket[0]].socket;
    if (is_hit(look, descriptor))
        sf_hygiene_note(look->hygiene, SF_HABIT_CLOSED_ANOTHERS, look->call->record->program,
                        &descriptor->closed[0], socket, look->call);
    else if (sf_traced_family(look->call) == SF_FAMILY_CLOSE)
        thread->of_stale = sf_hygiene_note(look->hygiene, SF_HABIT_CLOSED_TWICE, look->call->record->program,
                                           &look->seen, socket, NULL);
    descriptor->closed_socket[0] = 0; /* once */
}

/* Is its use over? A close of another process, which has it too, says nothing about the one that
 * opened it. */
static void look_at_use(const struct sf_look *look)
{
    struct sf_socket_memory *memory = look->memory;
    enum sf_family family = sf_traced_family(look->call);
    const struct sf_seen *seen = &look->seen;
    bool is_close = sf_call_closes(seen->call);

    if (sf_traced_opened(look->call)) {
        memory->opened = *seen;
        memory->opened.fd = seen->call == SF_CALL_socketpair ? -1 : (int32_t)seen->result;
        sf_memory_of_site(look->hygiene, seen->pid, seen->return_address);
    }
    if (seen->pid == memory->opened.pid && (is_close || !memory->socket->closed_ns))
        memory->is_closed = is_close;
    if (is_close || look->call->is_unfinished)
        return;
    memory->last_use_ns = seen->end_ns;
    if (family == SF_FAMILY_SHUTDOWN && seen->error == 0)
        memory->is_over = true;
    if (family == SF_FAMILY_RECV && seen->result == 0 && seen->asked > 0 && sf_traced_is_stream(look->call))
        memory->is_over = true;
}

void sf_look_at_closes(const struct sf_look *look)
{
    const struct sf_trace_call *record = look->call->record;

    if (look->memory)
        look_at_use(look);
    if (look->call->listener) /* taking connections is what it is for */
        sf_memory_of_socket(look->hygiene, look->call->listener)->last_use_ns = record->end_ns;
    if (record->fd < 0 || record->fd > DESCRIPTOR_MAX || look->call->is_unfinished)
        return;
    bool is_close = sf_traced_family(look->call) == SF_FAMILY_CLOSE;
    if (!is_close && record->error != EBADF)
        return;
    struct sf_process_memory *process = sf_memory_of_process(look->hygiene, record->pid);
    struct sf_descriptor_memory *descriptor = sf_memory_of_descriptor(process, record->fd);
    if (record->error == EBADF && !look->call->socket)
        look_at_bad(look, descriptor, sf_memory_of_thread(process, record->tid));
    else if (is_close && look->memory)
        remember(descriptor, look);
}

static bool is_same_place(const struct sf_seen *one, const struct sf_seen *other)
{
    return one->pid == other->pid && one->call == other->call && one->return_address == other->return_address;
}

static bool is_left(const struct sf_socket_memory *memory)
{
    return memory->socket && memory->opened.end_ns && !memory->is_closed;
}

static bool is_same_peer(const struct sf_addr *one, const struct sf_addr *other)
{
    return one->domain == other->domain && one->port == other->port &&
           memcmp(one->ip, other->ip, sizeof one->ip) == 0;
}

static bool is_of_one_kind(const struct sf_socket_memory *one, const struct sf_socket_memory *other)
{
    return other->socket && other->opened.end_ns && is_same_place(&one->opened, &other->opened) &&
           one->opened.tid == other->opened.tid && is_same_peer(&one->socket->peer, &other->socket->peer);
}

/* A thread that opens one behind the other to the same peer, and comes back to none of the earlier ones,
 * has forgotten them: two, for one may be kept for later. */
static bool is_forgotten(const struct sf_hygiene *hygiene, const struct sf_socket_memory *memory)
{
    uint64_t last_opened_ns = 0;
    unsigned idle = 0;

    for (size_t i = 0; i < hygiene->socket_count; i++)
        if (is_of_one_kind(memory, &hygiene->sockets[i]) &&
            hygiene->sockets[i].opened.end_ns > last_opened_ns)
            last_opened_ns = hygiene->sockets[i].opened.end_ns;
    for (size_t i = 0; i < hygiene->socket_count && idle < 2; i++)
        idle += is_left(&hygiene->sockets[i]) && is_of_one_kind(memory, &hygiene->sockets[i]) &&
                hygiene->sockets[i].last_use_ns < last_opened_ns;
    return memory->last_use_ns < last_opened_ns && idle == 2;
}

/* Should it have been closed before the end? One that is held to the end of the program is in use, and
 * its end closes it; a listener always is. */
static bool is_due(const struct sf_hygiene *hygiene, const struct sf_socket_memory *memory)
{
    if (memory->socket->state == SF_STATE_LISTEN)
        return false;
    return memory->was_struck || memory->is_over || is_forgotten(hygiene, memory);
}

static void note_left(struct sf_hygiene *hygiene, const struct sf_socket_memory *memory, bool due)
{
    enum sf_habit habit = memory->was_struck ? SF_HABIT_UNCLOSED_AFTER_FAULT : SF_HABIT_UNCLOSED;
    struct sf_warning *warning =
        sf_hygiene_note(hygiene, habit, memory->socket->program, &memory->opened, memory->socket, NULL);

    if (!warning)
        return;
    /* Another process has closed it: what became of it since is not known. */
    warning->state = memory->socket->closed_ns ? SF_STATE_NONE : memory->socket->state;
    warning->is_due = due;
    if (!memory->was_struck)
        return;
    warning->then_call = memory->struck.call;
    warning->error = memory->struck.error;
    warning->rule = memory->struck.rule;
}

/* Those that are due come first. Of either the first ones tell enough: how many there were the kernel
 * knows. */
void sf_look_at_rests(struct sf_hygiene *hygiene)
{
    enum { NOTED_MAX = 64, LOOKED_AT_MAX = 1000 };
    const struct sf_socket_memory *others[NOTED_MAX];
    size_t due = 0, other = 0, looked_at = 0;

    for (size_t i = 0; i < hygiene->socket_count && due < NOTED_MAX && looked_at < LOOKED_AT_MAX; i++) {
        const struct sf_socket_memory *memory = &hygiene->sockets[i];
        if (!is_left(memory))
            continue;
        looked_at++;
        if (is_due(hygiene, memory)) {
            note_left(hygiene, memory, true);
            due++;
        } else if (other < NOTED_MAX) {
            others[other++] = memory;
        }
    }
    for (size_t i = 0; i < other; i++)
        note_left(hygiene, others[i], false);
}
