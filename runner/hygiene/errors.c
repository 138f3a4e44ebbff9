/* What a program does about an error: nothing, or it does not live to do it. */
#include "hygiene/memory.h"

#include <errno.h>

/* Errors that ask to try again, and those that a caller provokes to learn something. */
static bool is_passing(int error)
{
    return error == 0 || error == EAGAIN || error == EINTR || error == EINPROGRESS || error == EALREADY ||
           error == EISCONN || error == ENOBUFS || error == ENOMEM || error == EMSGSIZE;
}

static bool can_fail_for_good(enum sf_family family)
{
    return family == SF_FAMILY_BIND || family == SF_FAMILY_LISTEN || family == SF_FAMILY_CONNECT ||
           family == SF_FAMILY_SEND || family == SF_FAMILY_RECV;
}

/* Is this the program going on as if nothing had happened? Reading on behind a send that failed
 * is right (the peer may have said why), as is another connect. */
static bool goes_on(const struct sf_traced *call, const struct sf_seen *failed)
{
    enum sf_family family = sf_traced_family(call);

    switch ((enum sf_family)sf_call_families[failed->call]) {
    case SF_FAMILY_BIND:
        return family == SF_FAMILY_LISTEN;
    case SF_FAMILY_LISTEN:
        return family == SF_FAMILY_ACCEPT;
    case SF_FAMILY_CONNECT:
        return family == SF_FAMILY_SEND || family == SF_FAMILY_RECV;
    case SF_FAMILY_SEND:
        return family == SF_FAMILY_SEND;
    case SF_FAMILY_RECV:
        return family == SF_FAMILY_SEND || family == SF_FAMILY_RECV;
    default:
        return false;
    }
}

/* A call that succeeds puts right what failed before: a second bind, connect or listen. */
static bool is_repaired(const struct sf_traced *call, const struct sf_seen *failed)
{
    return call->record->error == 0 && sf_call_families[call->record->call] == sf_call_families[failed->call];
}

/* On a stream an error of a read or a send is the end; on datagram sockets each is about one of
 * them. Another thread may not have heard of it yet. */
static void look_at_failure(const struct sf_look *look)
{
    struct sf_socket_memory *memory = look->memory;
    enum sf_family family = sf_traced_family(look->call);
    bool moves = family == SF_FAMILY_SEND || family == SF_FAMILY_RECV;

    if (memory->has_failed && memory->failed.tid == look->seen.tid && goes_on(look->call, &memory->failed)) {
        sf_hygiene_note(look->hygiene, SF_HABIT_ERROR_IGNORED, look->call->record->program, &memory->failed,
                        memory->socket, look->call);
        memory->has_failed = false;
    }
    if (memory->has_failed && is_repaired(look->call, &memory->failed))
        memory->has_failed = false;
    if (can_fail_for_good(family) && !is_passing(look->seen.error) &&
        (!moves || sf_traced_is_stream(look->call))) {
        memory->failed = look->seen;
        memory->has_failed = true;
    }
}

/* A fault that ends nothing, a short read or a wait, strikes nobody. */
static bool is_blow(const struct sf_look *look)
{
    const struct sf_seen *seen = &look->seen;
    bool is_end = sf_traced_family(look->call) == SF_FAMILY_RECV && seen->result == 0 && seen->asked > 0;
    return look->memory->has_failed || (seen->rule != SF_NO_RULE && (seen->error || is_end));
}

/* It was got over where the socket works again. */
static void look_at_blow(const struct sf_look *look)
{
    struct sf_socket_memory *memory = look->memory;
    enum sf_family family = sf_traced_family(look->call);
    bool moves = family == SF_FAMILY_SEND || family == SF_FAMILY_RECV;

    if (is_blow(look)) {
        if (!memory->was_struck)
            memory->struck = look->seen;
        memory->was_struck = true;
    } else if (can_fail_for_good(family) && look->seen.error == 0 && (!moves || look->seen.result > 0)) {
        memory->was_struck = false;
    }
}

void sf_look_at_errors(const struct sf_look *look)
{
    if (!look->memory)
        return;
    /* A signal that kills leaves the call that raised it without an end. */
    if (sf_traced_family(look->call) == SF_FAMILY_SEND && look->call->is_unfinished)
        sf_hygiene_note(look->hygiene, SF_HABIT_SIGPIPE, look->call->record->program, &look->seen,
                        look->call->socket, NULL);
    if (look->call->is_unfinished)
        return;
    look_at_failure(look);
    look_at_blow(look);
}
