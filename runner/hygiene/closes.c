/* Closes: one too many, one of what belongs to another thread, and none. */
#include "hygiene/memory.h"

#include "trace/states.h"

#include <errno.h>

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

/* The number is none of an open file. It is a broken habit where it had a socket once. */
static void look_at_bad(const struct sf_look *look, struct sf_descriptor_memory *descriptor)
{
    struct sf_followed *socket;

    if (!descriptor->closed_socket[0])
        return;
    socket = look->hygiene->sockets[descriptor->closed_socket[0]].socket;
    if (is_hit(look, descriptor))
        sf_hygiene_note(look->hygiene, SF_HABIT_CLOSED_ANOTHERS, look->call->record->program,
                        &descriptor->closed[0], socket, look->call);
    else if (sf_traced_family(look->call) == SF_FAMILY_CLOSE)
        sf_hygiene_note(look->hygiene, SF_HABIT_CLOSED_TWICE, look->call->record->program, &look->seen,
                        socket, NULL);
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
    if (record->fd < 0 || record->fd > DESCRIPTOR_MAX || look->call->is_unfinished)
        return;
    bool is_close = sf_traced_family(look->call) == SF_FAMILY_CLOSE;
    if (!is_close && record->error != EBADF)
        return;
    struct sf_process_memory *process = sf_memory_of_process(look->hygiene, record->pid);
    struct sf_descriptor_memory *descriptor = sf_memory_of_descriptor(process, record->fd);
    if (record->error == EBADF && !look->call->socket)
        look_at_bad(look, descriptor);
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

/* Whoever opens one there leaves it behind when done: one of them is over, or came to nothing more
 * once the next was opened. A connection that is held to the end of the program is in use, and
 * its end closes it. */
static bool is_due(const struct sf_hygiene *hygiene, const struct sf_seen *opened)
{
    uint64_t first_idle_ns = UINT64_MAX, last_opened_ns = 0;

    for (size_t i = 0; i < hygiene->socket_count; i++) {
        const struct sf_socket_memory *memory = &hygiene->sockets[i];
        if (!memory->socket || !memory->opened.end_ns || !is_same_place(&memory->opened, opened))
            continue;
        if (memory->opened.end_ns > last_opened_ns)
            last_opened_ns = memory->opened.end_ns;
        if (!is_left(memory))
            continue;
        if (memory->is_over)
            return true;
        if (memory->last_use_ns < first_idle_ns)
            first_idle_ns = memory->last_use_ns;
    }
    return first_idle_ns < last_opened_ns;
}

static void note_left(struct sf_hygiene *hygiene, const struct sf_socket_memory *memory)
{
    enum sf_habit habit = memory->was_struck ? SF_HABIT_UNCLOSED_AFTER_FAULT : SF_HABIT_UNCLOSED;
    struct sf_warning *warning =
        sf_hygiene_note(hygiene, habit, memory->socket->program, &memory->opened, memory->socket, NULL);

    if (!warning)
        return;
    /* Another process has closed it: what became of it since is not known. */
    warning->state = memory->socket->closed_ns ? SF_STATE_NONE : memory->socket->state;
    warning->is_due = memory->was_struck || is_due(hygiene, &memory->opened);
    if (!memory->was_struck)
        return;
    warning->then_call = memory->struck.call;
    warning->error = memory->struck.error;
    warning->rule = memory->struck.rule;
}

void sf_look_at_rests(struct sf_hygiene *hygiene)
{
    for (size_t i = 0; i < hygiene->socket_count; i++)
        if (is_left(&hygiene->sockets[i]))
            note_left(hygiene, &hygiene->sockets[i]);
}
