/* What a program makes of a send that took less than it was given. */
#include "hygiene/memory.h"

/* Programs that do other things meanwhile come back for the rest; who ends the direction does
 * not. Another process, such as a parent, or another descriptor, closes a copy alone. That the peer
 * is gone, or has said that it wants no more, is a reason to give up. */
static bool gives_up(const struct sf_look *look)
{
    enum sf_family family = sf_traced_family(look->call);
    const struct sf_seen *sent = &look->memory->short_send;
    bool is_its_own = look->seen.pid == sent->pid && look->seen.fd == sent->fd;
    return (family == SF_FAMILY_SHUTDOWN || (family == SF_FAMILY_CLOSE && is_its_own)) &&
           !look->memory->has_failed && look->call->state_before != SF_STATE_CLOSE_WAIT;
}

void sf_look_at_sends(const struct sf_look *look)
{
    struct sf_socket_memory *memory = look->memory;

    if (!memory || look->call->is_unfinished || !sf_traced_is_stream(look->call))
        return;
    if (memory->is_short && gives_up(look)) {
        struct sf_warning *warning =
            sf_hygiene_note(look->hygiene, SF_HABIT_SHORT_SEND, look->call->record->program,
                            &memory->short_send, memory->socket, look->call);
        if (warning) {
            warning->count = (uint64_t)memory->short_send.result;
            warning->of = memory->short_send.asked;
        }
        memory->is_short = false;
    }
    if (sf_traced_family(look->call) != SF_FAMILY_SEND || look->seen.result < 0)
        return;
    memory->is_short = (uint64_t)look->seen.result < look->seen.asked;
    memory->short_send = look->seen;
}
