/* Which programs and sockets a rule selects. */
#include "scenario/draft.h"
#include "scenario/pattern.h"
#include "scenario/peer.h"

#include <string.h>

/* Warn of a rule that names a program which it cannot reach. */
static void warn_unwrapped(struct sf_decoder *decoder, const struct sf_node *item,
                           const struct sf_program *program)
{
    if (!program->wrap)
        sf_warning(decoder->diagnostics, sf_node_place(decoder, item),
                   "no rule reaches %s: it says wrap: false", program->name);
}

static void decode_programs(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                            void *object)
{
    struct sf_draft *draft = sf_draft_of(object);
    const char *only = decoder->bindings->program_name;
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    draft->rule.programs = 0;
    for (size_t i = 0; i < items.count; i++) {
        const char *text = sf_text_decode(decoder, key, items.list[i]);
        if (!text)
            continue;
        if (only && strcmp(text, only) == 0) {
            draft->rule.programs = 1;
            continue;
        }
        ptrdiff_t index = sf_name_find(decoder, sf_node_place(decoder, items.list[i]), "program", text,
                                       decoder->programs, decoder->program_count);
        if (index < 0 || only)
            continue;
        draft->rule.programs |= UINT64_C(1) << index;
        warn_unwrapped(decoder, items.list[i], &decoder->scenario->programs[index]);
    }
    draft->foreign = !draft->rule.programs;
}

void sf_patterns_decode(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object, sf_pattern_parser *parse, sf_pattern_adviser *hint)
{
    struct sf_pattern **patterns = sf_key_field(key, object);
    size_t *count = (size_t *)((char *)object + key->count_offset);
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count; i++) {
        const char *text = sf_text_decode(decoder, key, items.list[i]);
        struct sf_pattern *pattern = sf_arena_push(decoder->arena, patterns, count, sizeof *pattern);
        pattern->place = sf_node_place(decoder, items.list[i]);
        if (text && !parse(decoder, text, pattern))
            sf_value_reject(decoder, key, items.list[i], hint ? hint(decoder, text) : "");
    }
}

static void decode_peer(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    struct sf_draft *draft = sf_draft_of(object);
    sf_patterns_decode(decoder, key, value, object, sf_peer_parse, sf_peer_hint);
    for (size_t i = 0; i < draft->rule.peer_count && !draft->foreign; i++)
        if (draft->rule.peers[i].kind == SF_PATTERN_PROGRAM)
            sf_peer_check(decoder, &draft->rule.peers[i]);
}

static bool parse_local(const struct sf_decoder *decoder, const char *text, struct sf_pattern *pattern)
{
    return sf_pattern_parse(decoder->arena, text, pattern);
}

static void decode_local(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    sf_patterns_decode(decoder, key, value, object, parse_local, sf_local_hint);
}

static bool parse_exe(const struct sf_decoder *decoder, const char *text, struct sf_pattern *pattern)
{
    (void)decoder;
    *pattern =
        (struct sf_pattern){.place = pattern->place, .text = text, .kind = SF_PATTERN_EXE, .glob = text};
    return *text != '\0';
}

static void decode_exe(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                       void *object)
{
    sf_patterns_decode(decoder, key, value, object, parse_exe, NULL);
}

const struct sf_type sf_type_programs = {"the name of a program or a list of names",
                                         decode_programs, "texts"};
const struct sf_type sf_type_exe = {
    "the base name or path of an executable, with * and ?, or a list of these", decode_exe, "texts"};

#define ADDRESSES                                                                                  \
    "ADDRESS:PORT such as \"127.0.0.1:80\", \"10.0.0.0/8:*\", \"[fd00::/8]:*\" or \"*:443\", " \
    "HOST:PORT such as \"db.internal:5432\", unix:GLOB, "
const struct sf_type sf_type_peer = {ADDRESSES "the name of a program, or \"*\"", decode_peer, "texts"};
const struct sf_type sf_type_local = {ADDRESSES "or \"*\"", decode_local, "texts"};
