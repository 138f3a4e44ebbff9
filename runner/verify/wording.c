#include "verify/wording.h"

#include "base/address.h"
#include "base/arena.h"
#include "base/memory.h"
#include "launch/meant.h"
#include "scenario/states.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sf_word_signal(struct sf_arena *arena, int signal)
{
    const char *name = sigabbrev_np(signal);
    if (name)
        return sf_arena_printf(arena, "SIG%s", name);
    if (signal == SIGRTMIN)
        return "SIGRTMIN";
    if (signal > SIGRTMIN && signal <= SIGRTMAX)
        return sf_arena_printf(arena, "SIGRTMIN+%d", signal - SIGRTMIN);
    return sf_arena_printf(arena, "signal %d", signal);
}

void sf_duration_print(char text[static SF_DURATION_TEXT_BYTES], uint64_t ns)
{
    uint64_t seconds = ns / 1000000000 + (ns % 1000000000 >= 500000000);
    if (ns < 1000)
        snprintf(text, SF_DURATION_TEXT_BYTES, "%" PRIu64 "ns", ns);
    else if (ns < 999500)
        snprintf(text, SF_DURATION_TEXT_BYTES, "%.3gus", (double)ns / 1e3);
    else if (ns < 999500000)
        snprintf(text, SF_DURATION_TEXT_BYTES, "%.3gms", (double)ns / 1e6);
    else if (ns < 60 * UINT64_C(1000000000))
        snprintf(text, SF_DURATION_TEXT_BYTES, "%.3gs", (double)ns / 1e9);
    else if (seconds % 60 == 0)
        snprintf(text, SF_DURATION_TEXT_BYTES, "%" PRIu64 "m", seconds / 60);
    else
        snprintf(text, SF_DURATION_TEXT_BYTES, "%" PRIu64 "m%" PRIu64 "s", seconds / 60, seconds % 60);
}

const char *sf_word_duration(struct sf_arena *arena, uint64_t ns)
{
    char text[SF_DURATION_TEXT_BYTES];
    sf_duration_print(text, ns);
    return sf_arena_strdup(arena, text);
}

const char *sf_word_count(struct sf_arena *arena, uint64_t count, const char *noun)
{
    return sf_arena_printf(arena, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

/* NULL: it has no address to tell. */
static const char *word_address(struct sf_arena *arena, const struct sf_addr *address)
{
    char text[SF_ADDRESS_TEXT_BYTES];
    bool is_named = address->domain == SF_DOMAIN_UNIX ? address->path_len > 0 : address->port > 0;
    return is_named && sf_address_print(text, address) ? sf_arena_strdup(arena, text) : NULL;
}

static const char *word_ends(struct sf_arena *arena, const struct sf_leak *leak)
{
    const char *local = word_address(arena, &leak->local), *peer = word_address(arena, &leak->peer);
    if (peer)
        return sf_arena_printf(arena, "%s to %s", local ? local : "one", peer);
    if (local)
        return local;
    return leak->local.domain == SF_DOMAIN_UNIX    ? "a Unix socket without a name"
           : leak->local.domain == SF_DOMAIN_OTHER ? "one of another family"
                                                   : "one without an address";
}

static const char *word_leak(struct sf_arena *arena, const struct sf_leak *leak)
{
    const char *ends = word_ends(arena, leak), *state = leak->state ? sf_state_name(leak->state) : NULL;
    return state ? sf_arena_printf(arena, "%s (%s)", ends, state) : ends;
}

const char *sf_word_leaks(struct sf_arena *arena, const struct sf_leaks *leaks)
{
    const char *text = "";
    unsigned told = 0;
    for (unsigned i = 0; i < SF_LEAKS_NAMED; i++) {
        if (!(leaks->named >> i & 1))
            continue;
        text = sf_arena_printf(arena, "%s%s%s", text, told++ ? ", " : "", word_leak(arena, &leaks->list[i]));
    }
    if (told && leaks->count > told)
        text = sf_arena_printf(arena, "%s, and %" PRIu32 " more", text, leaks->count - told);
    return text;
}

const char *sf_word_escaped(struct sf_arena *arena, const struct sf_scenario *scenario,
                            const struct sf_session_memory *session, size_t program, bool meant,
                            unsigned *count)
{
    const struct sf_exec *exec = NULL, *first = NULL;
    *count = 0;
    while ((exec = sf_session_escaped(session, (uint32_t)program, exec))) {
        if (meant && !sf_exec_is_meant(scenario, exec))
            continue;
        first = first ? first : exec;
        ++*count;
    }
    if (!first)
        return NULL;
    const char *more = *count == 1 ? "" : sf_arena_printf(arena, " and %u more", *count - 1);
    return sf_arena_printf(arena, "%.*s (pid %u)%s", (int)strnlen(first->path, sizeof first->path),
                           first->path, first->pid, more);
}

const char *sf_word_rule(struct sf_arena *arena, const char *id)
{
    static const char unnamed[] = "rule-";
    const char *number = id + strlen(unnamed);
    if (strncmp(id, unnamed, strlen(unnamed)) == 0 && number[strspn(number, "0123456789")] == '\0')
        id = number;
    return sf_arena_printf(arena, "rule %s", id);
}

unsigned sf_utf8_length(const char *data, uint64_t bytes)
{
    const unsigned char *at = (const unsigned char *)data;
    if (bytes == 0 || (at[0] >= 0x80 && at[0] < 0xc2) || at[0] > 0xf4)
        return 0;
    unsigned length = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (length > bytes)
        return 0;
    for (unsigned i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    /* Overlong forms, surrogates and what lies beyond U+10FFFF. */
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

/* One character, printable; `special` are those that have a letter of their own.
 * Returns the bytes of `data` it stands for. */
static unsigned put_escaped(FILE *out, const char *data, uint64_t bytes, const char *special)
{
    static const char escaped[] = "\n\t\r\"\\", letters[] = "ntr\"\\";
    unsigned char byte = (unsigned char)*data;
    if (byte && strchr(special, byte)) {
        fprintf(out, "\\%c", letters[strchr(escaped, byte) - escaped]);
        return 1;
    }
    unsigned length = sf_utf8_length(data, bytes);
    /* C1 controls are two bytes of valid UTF-8, yet terminals act on them. */
    if (length == 0 || byte < 0x20 || byte == 0x7f || (byte == 0xc2 && (unsigned char)data[1] < 0xa0)) {
        fprintf(out, "\\x%02x", byte);
        return 1;
    }
    fwrite(data, 1, length, out);
    return length;
}

/* At most `limit` bytes from `from` on, printable. A quoted text can be told
 * from any other; a line is for reading. */
static const char *escape(struct sf_arena *arena, const char *data, uint64_t bytes, uint64_t from,
                          uint64_t limit, bool quoted)
{
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *out = open_memstream(&text, &text_bytes);
    if (!out)
        sf_out_of_memory();
    /* Start on a whole character. */
    while (from > 0 && from < bytes && ((unsigned char)data[from] & 0xc0) == 0x80)
        from--;
    uint64_t at = from;
    const char *quote = quoted ? "\"" : "";
    fprintf(out, "%s%s", from > 0 ? "..." : "", quote);
    while (at < bytes && at - from < limit)
        at += put_escaped(out, data + at, bytes - at, quoted ? "\n\t\r\"\\" : "\r");
    fprintf(out, "%s%s", quote, at < bytes ? "..." : "");
    fclose(out);
    char *kept = sf_arena_strndup(arena, text, text_bytes);
    free(text);
    return kept;
}

const char *sf_word_excerpt(struct sf_arena *arena, const char *data, uint64_t bytes, uint64_t from,
                            uint64_t limit)
{
    return escape(arena, data, bytes, from, limit, true);
}

const char *sf_word_line(struct sf_arena *arena, const char *data, uint64_t bytes, uint64_t limit)
{
    return escape(arena, data, bytes, 0, limit, false);
}

/* What a sanitizer says in the end stands before what it says last. */
static bool is_summary(const char *line, uint64_t bytes)
{
    static const char start[] = "SUMMARY: ", kind[] = "Sanitizer: ";
    return bytes > sizeof start && memcmp(line, start, sizeof start - 1) == 0 &&
           memmem(line, bytes, kind, sizeof kind - 1);
}

/* The line that ends before `end`, blank lines left out; its start to *start. Returns its end. */
static uint64_t find_line(const char *text, uint64_t end, uint64_t *start)
{
    while (end > 0 && strchr(" \t\r\n", text[end - 1]))
        end--;
    *start = end;
    while (*start > 0 && text[*start - 1] != '\n')
        (*start)--;
    return end;
}

const char *sf_word_last_words(struct sf_arena *arena, const struct sf_output *output, uint64_t limit)
{
    const char *tail = output->tail;
    uint64_t first, last = find_line(tail, output->tail_bytes, &first);
    uint64_t start = first, end = last;
    while (end > 0 && !is_summary(tail + start, end - start))
        end = find_line(tail, start, &start);
    if (end > 0) {
        first = start;
        last = end;
    }
    uint64_t bytes = last - first;
    return bytes == 0 || bytes > limit ? "" : sf_word_line(arena, tail + first, bytes, limit);
}
