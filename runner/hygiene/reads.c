/* What a program makes of the bytes that a read brought. */
#include "hygiene/memory.h"

#include <sys/socket.h>

#define TINY_READS 64u   /* of one byte, in a row: no protocol asks for that many by design */
#define MESSAGE_BYTES 4u /* no message of a protocol is as short as that */

/* Does the program act on what it has? It may wait, and look at the socket's options. */
static bool acts(enum sf_family family)
{
    return family == SF_FAMILY_SEND || family == SF_FAMILY_CLOSE || family == SF_FAMILY_SHUTDOWN;
}

/* The rest of a message was left behind a short read, the only one since the last send, and what
 * comes next on the socket is no read. Who has read on may know what the rest is, and need
 * none of it. A send may answer a message that is whole, with another one behind it; so it tells
 * only where what came is too short for any, and nothing came before. */
static bool is_taken_for_all(const struct sf_socket_memory *memory, enum sf_family family)
{
    bool is_end = family == SF_FAMILY_CLOSE || family == SF_FAMILY_SHUTDOWN;
    return memory->reads == 1 && !memory->began_late &&
           (is_end || memory->cut_read.result <= (int64_t)MESSAGE_BYTES);
}

static void look_at_cut(const struct sf_look *look)
{
    struct sf_socket_memory *memory = look->memory;
    enum sf_family family = sf_traced_family(look->call);

    if (memory->is_cut && acts(family)) {
        if (is_taken_for_all(memory, family) && !memory->has_failed) {
            struct sf_warning *warning =
                sf_hygiene_note(look->hygiene, SF_HABIT_READ_AS_MESSAGE, look->call->record->program,
                                &memory->cut_read, memory->socket, look->call);
            if (warning)
                warning->count = (uint64_t)memory->cut_read.result;
        }
        memory->is_cut = false;
    }
    if (family == SF_FAMILY_SEND) {
        memory->reads = 0;
        memory->began_late = memory->has_rest;
    }
    if (family != SF_FAMILY_RECV)
        return;
    memory->is_cut = false;
    if (look->seen.error)
        return;
    memory->reads++;
    memory->has_rest = memory->is_cut = look->call->record->flags & SF_TRACE_LEFT && look->seen.result > 0;
    memory->cut_read = look->seen;
}

static void look_at_size(const struct sf_look *look)
{
    struct sf_socket_memory *memory = look->memory;
    bool is_tiny = sf_traced_family(look->call) == SF_FAMILY_RECV && look->seen.asked == 1 &&
                   look->seen.result == 1 && !(look->call->record->argument & MSG_PEEK);

    memory->tiny_reads = is_tiny ? memory->tiny_reads + 1 : 0;
    if (memory->tiny_reads != TINY_READS)
        return;
    struct sf_warning *warning = sf_hygiene_note(
        look->hygiene, SF_HABIT_TINY_READS, look->call->record->program, &look->seen, memory->socket, NULL);
    if (warning)
        warning->count = TINY_READS;
}

/* Who peeks, or asks for the length, means to find out what room is needed; who gives none at
 * all, to throw it away. */
static void look_at_datagram(const struct sf_look *look)
{
    const struct sf_trace_call *record = look->call->record;
    if (!(record->flags & SF_TRACE_TRUNCATED) || record->argument & (MSG_PEEK | MSG_TRUNC) ||
        record->asked == 0)
        return;
    struct sf_warning *warning = sf_hygiene_note(look->hygiene, SF_HABIT_TRUNCATED_DATAGRAM, record->program,
                                                 &look->seen, look->call->socket, NULL);
    if (warning)
        warning->count = record->asked;
}

void sf_look_at_reads(const struct sf_look *look)
{
    if (!look->memory || look->call->is_unfinished)
        return;
    if (sf_traced_is_stream(look->call)) {
        look_at_cut(look);
        look_at_size(look);
    } else if (sf_traced_family(look->call) == SF_FAMILY_RECV) {
        look_at_datagram(look);
    }
}
