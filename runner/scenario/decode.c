#include "scenario/decode.h"

#include "scenario/tables.h"

#include <inttypes.h>
#include <string.h>

enum { KEYS_COMPARED_MAX = 1000 };

struct sf_place sf_node_place(const struct sf_decoder *decoder, const struct sf_node *node)
{
    return (struct sf_place){decoder->file, node->line, node->column};
}

static const char *allowed_number(struct sf_arena *arena, const struct sf_key *key)
{
    if (key->max == UINT64_MAX)
        return sf_arena_printf(arena, "a number from %" PRIu64 " on", key->min);
    return sf_arena_printf(arena, "a number from %" PRIu64 " to %" PRIu64, key->min, key->max);
}

static const char *allowed_choice(struct sf_arena *arena, const struct sf_choice *choices)
{
    char *text = NULL;
    for (const struct sf_choice *choice = choices; choice->name; choice++)
        text = text ? sf_arena_printf(arena, "%s%s%s", text, choice[1].name ? ", " : " or ", choice->name)
                    : sf_arena_strdup(arena, choice->name);
    return text;
}

static const char *allowed(struct sf_arena *arena, const struct sf_key *key)
{
    if (key->choices)
        return allowed_choice(arena, key->choices);
    if (!key->max)
        return key->type->allowed;
    const char *number = allowed_number(arena, key);
    return key->type->allowed ? sf_arena_printf(arena, "%s, or %s", number, key->type->allowed) : number;
}

void sf_value_reject(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                     const char *hint)
{
    struct sf_arena *arena = decoder->diagnostics->arena;
    const char *got = "a mapping";
    if (sf_diagnostics_full(decoder->diagnostics)) {
        sf_error(decoder->diagnostics, sf_node_place(decoder, value), "%s", key->name);
        return;
    }
    if (value->kind == SF_NODE_LIST) {
        got = value->count ? "a list" : "an empty list";
    } else if (value->kind == SF_NODE_SCALAR) {
        const char *text = sf_text_expand(decoder, sf_node_place(decoder, value), value->text);
        got = sf_quoted(arena, text ? text : value->text);
    }
    sf_error(decoder->diagnostics, sf_node_place(decoder, value), "%s must be %s, not %s%s", key->name,
             allowed(arena, key), got, hint);
}

const char *sf_text_decode(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value)
{
    if (value->kind == SF_NODE_SCALAR)
        return sf_text_expand(decoder, sf_node_place(decoder, value), value->text);
    if (value->kind != SF_NODE_BAD)
        sf_value_reject(decoder, key, value, "");
    return NULL;
}

static const char **key_names(struct sf_arena *arena, const struct sf_table *table)
{
    const char **names = sf_arena_alloc(arena, table->count * sizeof *names);
    for (size_t i = 0; i < table->count; i++)
        names[i] = table->keys[i].name;
    return names;
}

static bool in_table(const struct sf_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->keys[i].name, name) == 0)
            return true;
    }
    return table->extensible && strncmp(name, "x-", 2) == 0;
}

static void report_unknown(struct sf_decoder *decoder, const struct sf_table *table,
                           const struct sf_node *mapping)
{
    struct sf_arena *arena = decoder->diagnostics->arena;
    const char **names = key_names(arena, table);
    for (size_t i = 0; i < mapping->count; i++) {
        const struct sf_node *key = mapping->pairs[i].key;
        if (in_table(table, key->text))
            continue;
        if (sf_diagnostics_full(decoder->diagnostics)) {
            sf_error(decoder->diagnostics, sf_node_place(decoder, key), "unknown key");
            continue;
        }
        const char *way_out = sf_suggestion(arena, key->text, names, table->count);
        if (!*way_out)
            way_out = sf_key_home(arena, key->text);
        sf_error(decoder->diagnostics, sf_node_place(decoder, key), "unknown key %s in %s, allowed are %s%s",
                 sf_quoted(arena, key->text), table->what, sf_names_join(arena, names, table->count),
                 way_out);
    }
}

static void reject_other(struct sf_decoder *decoder, const struct sf_node *node, const char *what,
                         const char *keys)
{
    const char *got =
        node->kind == SF_NODE_LIST ? "a list" : sf_quoted(decoder->diagnostics->arena, node->text);
    sf_error(decoder->diagnostics, sf_node_place(decoder, node), "%s must be a mapping%s%s, not %s", what,
             *keys ? " with the keys " : "", keys, got);
}

bool sf_mapping_check(struct sf_decoder *decoder, const struct sf_node *node, const char *what)
{
    if (node->kind != SF_NODE_MAPPING && node->kind != SF_NODE_BAD)
        reject_other(decoder, node, what, "");
    return node->kind == SF_NODE_MAPPING;
}

bool sf_key_misspelt(const struct sf_table *table, const struct sf_node *mapping, const char *name)
{
    if (mapping->count > KEYS_COMPARED_MAX)
        return true; /* among so many unknown keys one error more or less tells nothing */
    for (size_t i = 0; i < mapping->count; i++) {
        const char *key = mapping->pairs[i].key->text;
        if (!in_table(table, key) && sf_nearest(key, &name, 1))
            return true;
    }
    return false;
}

static void decode_rows(struct sf_decoder *decoder, const struct sf_table *table, const struct sf_node *node,
                        void *object, bool first)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct sf_key *key = &table->keys[i];
        const struct sf_node *value = sf_node_get(node, key->name);
        if (!(key->flags & SF_KEY_FIRST) == first)
            continue;
        if (value && value->kind != SF_NODE_BAD)
            key->type->decode(decoder, key, value, object);
        else if (!value && (key->flags & SF_KEY_REQUIRED) && !sf_key_misspelt(table, node, key->name))
            sf_error(decoder->diagnostics, sf_node_place(decoder, node), "%s needs the key %s", table->what,
                     key->name);
    }
}

bool sf_mapping_decode(struct sf_decoder *decoder, const struct sf_table *table, const struct sf_node *node,
                       void *object)
{
    if (node->kind == SF_NODE_BAD)
        return false;
    if (node->kind != SF_NODE_MAPPING) {
        struct sf_arena *arena = decoder->diagnostics->arena;
        reject_other(decoder, node, table->what, sf_names_join(arena, key_names(arena, table), table->count));
        return false;
    }
    report_unknown(decoder, table, node);
    decode_rows(decoder, table, node, object, true);
    decode_rows(decoder, table, node, object, false);
    return true;
}

ptrdiff_t sf_name_find(struct sf_decoder *decoder, struct sf_place place, const char *what, const char *name,
                       const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return (ptrdiff_t)i;
    }
    struct sf_arena *arena = decoder->diagnostics->arena;
    if (!count || sf_diagnostics_full(decoder->diagnostics))
        sf_error(decoder->diagnostics, place, "no %s %s, there are none", what, sf_quoted(arena, name));
    else
        sf_error(decoder->diagnostics, place, "no %s %s, known are %s%s", what, sf_quoted(arena, name),
                 sf_names_join(arena, names, count), sf_suggestion(arena, name, names, count));
    return -1;
}
