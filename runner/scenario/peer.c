#include "scenario/peer.h"

#include "scenario/pattern.h"

#include <string.h>

#define NOT_HERE UINT32_MAX /* a program of the file, which `run` does not start */

/* The index of the program that a text names; -1: it names none. */
static int64_t find_program(const struct sf_decoder *decoder, const char *text)
{
    const char *only = decoder->bindings->program_name;
    if (only && strcmp(text, only) == 0)
        return 0;
    for (size_t i = 0; i < decoder->program_count; i++)
        if (strcmp(decoder->programs[i], text) == 0)
            return only ? NOT_HERE : (int64_t)i;
    return -1;
}

bool sf_peer_find(const struct sf_decoder *decoder, const char *text, struct sf_pattern *pattern)
{
    int64_t program = find_program(decoder, text);
    if (program < 0)
        return false;
    *pattern = (struct sf_pattern){.place = pattern->place,
                                   .text = sf_arena_strdup(decoder->arena, text),
                                   .kind = SF_PATTERN_PROGRAM,
                                   .program = (uint32_t)program};
    return true;
}

bool sf_peer_parse(const struct sf_decoder *decoder, const char *text, struct sf_pattern *pattern)
{
    bool is_name = !strchr(text, ':') && strcmp(text, "*") != 0;
    return (is_name && sf_peer_find(decoder, text, pattern)) ||
           sf_pattern_parse(decoder->arena, text, pattern);
}

const char *sf_peer_hint(const struct sf_decoder *decoder, const char *text)
{
    const char *slip =
        sf_suggestion(decoder->diagnostics->arena, text, decoder->programs, decoder->program_count);
    return *slip && !strchr(text, ':') ? slip : sf_pattern_hint(text);
}

void sf_peer_check(struct sf_decoder *decoder, const struct sf_pattern *peer)
{
    if (peer->program == NOT_HERE) {
        sf_error(decoder->diagnostics, peer->place,
                 "run starts %s alone: nobody learns the addresses of %s, so this peer would select nothing",
                 decoder->bindings->program_name, peer->text);
        return;
    }
    const struct sf_program *program =
        decoder->bindings->program_name ? NULL : &decoder->scenario->programs[peer->program];
    if (program && !program->wrap && program->ready.kind != SF_READY_PORT)
        sf_error(decoder->diagnostics, peer->place,
                 "nobody learns the addresses of %s, which says wrap: false; "
                 "ready: {port: N} would tell where it listens",
                 program->name);
}

const char *sf_local_hint(const struct sf_decoder *decoder, const char *text)
{
    if (find_program(decoder, text) >= 0)
        return sf_arena_printf(decoder->diagnostics->arena, " (its sockets are what program: %s selects)",
                               text);
    return sf_pattern_hint(text);
}
