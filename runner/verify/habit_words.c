/* What a warning says: the call, what came of it, where it stands. */
#include "verify/wording.h"

#include "base/address.h"
#include "base/arena.h"
#include "scenario/states.h"

#include <inttypes.h>
#include <string.h>

static const char *word_call(struct sf_arena *arena, uint16_t call, int fd)
{
    if (call >= SF_CALL_COUNT)
        return "a call";
    const char *name = sf_call_names[call];
    return fd >= 0 ? sf_arena_printf(arena, "%s(%d)", name, fd) : name;
}

static const char *word_peer(struct sf_arena *arena, const struct sf_warning *warning)
{
    char text[SF_ADDRESS_TEXT_BYTES];
    if (warning->peer_name[0])
        return sf_arena_strdup(arena, warning->peer_name);
    return sf_address_print(text, &warning->peer) ? sf_arena_strdup(arena, text) : "its peer";
}

static const char *word_error(struct sf_arena *arena, int error)
{
    const char *name = strerrorname_np(error);
    return name ? name : sf_arena_printf(arena, "error %d", error);
}

/* "one to 127.0.0.1:80" of a connection; of others their own address. */
static const char *word_socket(struct sf_arena *arena, const struct sf_warning *warning)
{
    char text[SF_ADDRESS_TEXT_BYTES];
    if (warning->peer_name[0] || warning->peer.domain)
        return sf_arena_printf(arena, "the connection to %s", word_peer(arena, warning));
    return sf_address_print(text, &warning->local) ? sf_arena_printf(arena, "the socket %s", text)
                                                   : "a socket";
}

/* What is left behind: " (descriptor 4, CLOSE_WAIT)". */
static const char *word_left(struct sf_arena *arena, const struct sf_warning *warning)
{
    const char *state = warning->state ? sf_state_name(warning->state) : NULL;
    if (warning->fd < 0)
        return state ? sf_arena_printf(arena, " (%s)", state) : "";
    return sf_arena_printf(arena, " (descriptor %d%s%s)", warning->fd, state ? ", " : "", state ? state : "");
}

static const char *word_unclosed(struct sf_arena *arena, const struct sf_warning *warning)
{
    const char *socket =
        sf_arena_printf(arena, "%s%s", word_socket(arena, warning), word_left(arena, warning));
    if (warning->habit == SF_HABIT_UNCLOSED || warning->then_call >= SF_CALL_COUNT)
        return sf_arena_printf(arena, "%s was never closed", socket);
    const char *call = sf_call_names[warning->then_call];
    return warning->error ? sf_arena_printf(arena, "%s was never closed after %s had failed with %s", socket,
                                            call, word_error(arena, warning->error))
                          : sf_arena_printf(arena, "%s was never closed after a fault at %s", socket, call);
}

static const char *word_what(struct sf_arena *arena, const struct sf_warning *warning)
{
    const char *call = word_call(arena, warning->call, warning->fd);
    const char *peer = word_peer(arena, warning);
    const char *then = word_call(arena, warning->then_call, -1);

    switch (warning->habit) {
    case SF_HABIT_UNCLOSED:
    case SF_HABIT_UNCLOSED_AFTER_FAULT:
        return word_unclosed(arena, warning);
    case SF_HABIT_ERROR_IGNORED:
        return sf_arena_printf(arena, "%s failed with %s, and the program went on with %s", call,
                               word_error(arena, warning->error), then);
    case SF_HABIT_NO_TIMEOUT:
        return sf_arena_printf(arena, "%s waited %s for %s, which was silent, and has no time-out", call,
                               sf_word_duration(arena, warning->count), peer);
    case SF_HABIT_READ_AS_MESSAGE:
        return sf_arena_printf(arena, "%s brought %s from %s and left more to be read, and the program went on with %s",
                               call, sf_word_count(arena, warning->count, "byte"), peer, then);
    case SF_HABIT_SHORT_SEND:
        return sf_arena_printf(arena, "%s took %" PRIu64 " of %s, and the rest was never sent", call,
                               warning->count, sf_word_count(arena, warning->of, "byte"));
    case SF_HABIT_TRUNCATED_DATAGRAM:
        return sf_arena_printf(arena, "%s had room for %s of a longer datagram, whose rest is lost", call,
                               sf_word_count(arena, warning->count, "byte"));
    case SF_HABIT_TINY_READS:
        return sf_arena_printf(arena, "%s asked for 1 byte, %" PRIu64 " times in a row", call,
                               warning->count);
    case SF_HABIT_SIGPIPE:
        return sf_arena_printf(arena, "%s to %s, which had closed, killed the program by SIGPIPE", call,
                               peer);
    case SF_HABIT_BUSY_LOOP:
        return sf_arena_printf(arena, "%" PRIu64 " calls in %s brought nothing, %s the last of them",
                               warning->count, sf_word_duration(arena, warning->of), call);
    case SF_HABIT_CLOSED_TWICE:
        return sf_arena_printf(arena, "%s found nothing to close: the socket was closed before", call);
    case SF_HABIT_CLOSED_ANOTHERS:
        return sf_arena_printf(arena, "%s, a second one, hit a socket that another thread had opened since",
                               call);
    case SF_HABIT_COUNT:
        break;
    }
    return "unknown habit";
}

const char *sf_word_habit(struct sf_arena *arena, const struct sf_scenario *scenario,
                          const struct sf_warning *warning)
{
    const char *text = word_what(arena, warning);
    if (warning->rule < scenario->rule_count)
        text = sf_arena_printf(arena, "%s, under %s", text,
                               sf_word_rule(arena, scenario->rules[warning->rule].id));
    if (warning->site[0])
        text = sf_arena_printf(arena, "%s, in %.*s", text, (int)sizeof warning->site, warning->site);
    return warning->times > 1 ? sf_arena_printf(arena, "%s (%" PRIu32 " times)", text, warning->times) : text;
}
