/* YAML text -> documents of nodes. */
#include "base/arena.h"
#include "base/memory.h"
#include "scenario/marks.h"
#include "scenario/node.h"
#include "scenario/syntax.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
    struct sf_arena *arena;
    struct sf_diagnostics *diagnostics;
    const struct sf_source *source;
    yaml_parser_t parser;
    struct sf_marks marks;
    void *anchors; /* of the document: tree of struct anchor */
    size_t nodes;
    bool failed; /* nothing further can be read */
};

/* The last anchor of a name. Nodes under construction are known already, so
 * that an alias to what contains it is found out. */
struct anchor {
    const char *name;
    const struct sf_node *node; /* NULL: not yet complete */
};

struct mapping {
    struct sf_pair *pairs;
    size_t count;
    void *keys; /* tree of struct sf_pair, by the key's text */
};

static int compare_anchors(const void *a, const void *b)
{
    return strcmp(((const struct anchor *)a)->name, ((const struct anchor *)b)->name);
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct sf_pair *)a)->key->text, ((const struct sf_pair *)b)->key->text);
}

static void keep(void *node)
{
    (void)node; /* it belongs to the arena */
}

/* Where a mark is in what the user wrote: without the braces around it. */
static struct sf_place place_at(struct reader *reader, const yaml_mark_t *mark)
{
    const struct sf_source *source = reader->source;
    struct sf_place place = {.file = source->file};
    sf_marks_seek(&reader->marks, mark, &place.line, &place.column);
    if (source->braces && reader->marks.at > source->bytes - 2) {
        /* At or behind the closing brace: the end of the line before it. */
        yaml_mark_t end = {.index = reader->marks.index - (reader->marks.at - (source->bytes - 2))};
        sf_marks_seek(&reader->marks, &end, &place.line, &place.column);
    }
    if (source->braces && place.line == 1 && place.column > 1)
        place.column--;
    return place;
}

static struct sf_place place_of(const struct reader *reader, const struct sf_node *node)
{
    return (struct sf_place){reader->source->file, node->line, node->column};
}

/* An error of libyaml's reader, which runs ahead of the parser: only the byte is known. */
static struct sf_place place_of_byte(const struct reader *reader, size_t byte)
{
    struct sf_marks marks = sf_marks_new(reader->source->text, byte);
    struct sf_place place = {.file = reader->source->file};
    yaml_mark_t end = {.index = SIZE_MAX};
    sf_marks_seek(&marks, &end, &place.line, &place.column);
    return place;
}

static void report_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const struct sf_source *source = reader->source;
    struct sf_place place;
    reader->failed = true;
    if (parser->error == YAML_MEMORY_ERROR)
        sf_out_of_memory();
    if (parser->error != YAML_READER_ERROR)
        sf_marks_seek(&reader->marks, &parser->problem_mark, &place.line, &place.column);
    const char *problem = sf_syntax_problem(reader->arena, parser, source, reader->marks.at);
    if (parser->error == YAML_READER_ERROR)
        place = place_of_byte(reader, parser->problem_offset);
    else
        place = place_at(reader, &parser->problem_mark);
    /* Of a token that is wrong as a whole its beginning is more telling. */
    if (parser->context && strncmp(parser->context, "while scanning a", strlen("while scanning a")) == 0)
        place = place_at(reader, &parser->context_mark);
    sf_error(reader->diagnostics, place, "%s", problem);
}

static bool next_event(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return true;
    report_syntax(reader);
    return false;
}

static struct sf_node *node_new(struct reader *reader, enum sf_node_kind kind, const yaml_event_t *event)
{
    struct sf_place place = place_at(reader, &event->start_mark);
    struct sf_node *node = sf_arena_alloc(reader->arena, sizeof *node);
    *node = (struct sf_node){.kind = kind, .line = place.line, .column = place.column};
    if (++reader->nodes > SF_NODES_MAX && !reader->failed) {
        sf_error(reader->diagnostics, place, "the file has more than %u values", SF_NODES_MAX);
        reader->failed = true;
    }
    return node;
}

/* An error that spoils this node alone. */
static void spoil(struct reader *reader, struct sf_node *node, const char *message)
{
    node->kind = SF_NODE_BAD;
    sf_error(reader->diagnostics, place_of(reader, node), "%s", message);
}

static struct anchor *anchor_add(struct reader *reader, const yaml_char_t *name)
{
    if (!name)
        return NULL;
    struct anchor *new = sf_arena_alloc(reader->arena, sizeof *new);
    new->name = sf_arena_strdup(reader->arena, (const char *)name);
    struct anchor **slot = tsearch(new, &reader->anchors, compare_anchors);
    if (!slot)
        sf_out_of_memory();
    (*slot)->node = NULL;
    return *slot;
}

static const struct sf_node *alias_follow(struct reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct anchor wanted = {.name = name};
    struct anchor **found = tfind(&wanted, &reader->anchors, compare_anchors);
    if (found && (*found)->node)
        return (*found)->node;
    struct sf_node *bad = node_new(reader, SF_NODE_BAD, event);
    if (found)
        sf_error(reader->diagnostics, place_of(reader, bad),
                 "alias '*%s' stands inside of what it stands for", name);
    else
        sf_error(reader->diagnostics, place_of(reader, bad),
                 "alias '*%s' has no anchor '&%s' above it; text that begins with '*' wants quotes", name,
                 name);
    return bad;
}

static bool is_null(const yaml_event_t *event)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
        if (strcmp((const char *)event->data.scalar.value, nulls[i]) == 0)
            return true;
    }
    return false;
}

static const struct sf_node *read_scalar(struct reader *reader, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t bytes = event->data.scalar.length;
    struct sf_node *node = node_new(reader, SF_NODE_SCALAR, event);
    node->text = sf_arena_strndup(reader->arena, value, bytes);
    if (event->data.scalar.tag)
        spoil(reader, node, "tags are not allowed; text that begins with '!' wants quotes");
    else if (memchr(value, '\0', bytes))
        spoil(reader, node, "text cannot contain a NUL character");
    else if (is_null(event))
        spoil(reader, node, "a value is missing: null is not allowed, \"\" is empty text");
    else if (!bytes && event->data.scalar.style == YAML_FOLDED_SCALAR_STYLE)
        spoil(reader, node, "text that begins with '>' wants quotes: \">5\"");
    return node;
}

static const struct sf_node *read_node(struct reader *reader, yaml_event_t *event, unsigned depth);

static const struct sf_node *read_list(struct reader *reader, const yaml_event_t *start, unsigned depth)
{
    struct sf_node *list = node_new(reader, SF_NODE_LIST, start);
    struct anchor *anchor = anchor_add(reader, start->data.sequence_start.anchor);
    if (start->data.sequence_start.tag)
        spoil(reader, list, "tags are not allowed");
    const struct sf_node **items = NULL;
    size_t count = 0;
    yaml_event_t event;
    while (!reader->failed && next_event(reader, &event)) {
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        const struct sf_node *item = read_node(reader, &event, depth + 1);
        const struct sf_node **slot = sf_arena_push(reader->arena, &items, &count, sizeof *items);
        *slot = item;
    }
    list->items = items;
    list->count = count;
    if (anchor)
        anchor->node = list;
    return list;
}

/* Adds a pair unless its key is there; returns the pair that has the key. */
static const struct sf_pair *pair_add(struct reader *reader, struct mapping *mapping, struct sf_pair pair)
{
    struct sf_pair *new = sf_arena_alloc(reader->arena, sizeof *new);
    *new = pair;
    struct sf_pair **found = tsearch(new, &mapping->keys, compare_keys);
    if (!found)
        sf_out_of_memory();
    if (*found == new) {
        struct sf_pair *slot = sf_arena_push(reader->arena, &mapping->pairs, &mapping->count, sizeof pair);
        *slot = pair;
    }
    return *found;
}

static void merge_one(struct reader *reader, struct mapping *mapping, const struct sf_node *from)
{
    if (from->kind == SF_NODE_BAD)
        return;
    if (from->kind != SF_NODE_MAPPING) {
        sf_error(reader->diagnostics, place_of(reader, from), "'<<' takes a mapping or a list of mappings");
        return;
    }
    for (size_t i = 0; i < from->count && !reader->failed; i++) {
        if (++reader->nodes > SF_NODES_MAX) {
            sf_error(reader->diagnostics, place_of(reader, from),
                     "the file has more than %u values, merged ones included", SF_NODES_MAX);
            reader->failed = true;
        }
        pair_add(reader, mapping, from->pairs[i]);
    }
}

static bool is_merge(const struct sf_pair *pair)
{
    return strcmp(pair->key->text, "<<") == 0;
}

/* Put what '<<' names in its place: keys of the mapping itself win, then the
 * first of a list. The order is kept, since that of programs and variables matters. */
static void merge(struct reader *reader, struct mapping *mapping)
{
    struct mapping merged = {0};
    struct sf_pair *own = mapping->pairs;
    size_t count = mapping->count;
    for (size_t i = 0; i < count; i++) {
        if (!is_merge(&own[i])) {
            struct sf_pair *slot = sf_arena_push(reader->arena, &merged.pairs, &merged.count, sizeof *slot);
            *slot = own[i];
            continue;
        }
        mapping->pairs = merged.pairs;
        mapping->count = merged.count;
        struct sf_items sources = sf_node_items(&own[i].value);
        for (size_t j = 0; j < sources.count; j++)
            merge_one(reader, mapping, sources.list[j]);
        merged.pairs = mapping->pairs;
        merged.count = mapping->count;
    }
    mapping->pairs = merged.pairs;
    mapping->count = merged.count;
}

static bool is_plain(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* Where a word was meant to be two, as "call:recv" or "call=recv", which YAML takes for a key without a
 * value; NULL: nowhere. */
static const char *find_split(const struct sf_node *key)
{
    const char *sign = key->kind == SF_NODE_SCALAR ? strpbrk(key->text, ":=") : NULL;
    return sign && sign > key->text && sign[1] ? sign : NULL;
}

/* It stands for the key that was meant. */
static struct sf_pair split(struct reader *reader, const struct sf_node *word, const char *sign)
{
    struct sf_node *key = sf_arena_alloc(reader->arena, sizeof *key);
    struct sf_node *value = sf_arena_alloc(reader->arena, sizeof *value);
    *key = *value = *word;
    key->text = sf_arena_strndup(reader->arena, word->text, (size_t)(sign - word->text));
    value->kind = SF_NODE_BAD;
    sf_error(reader->diagnostics, place_of(reader, key), "%s is one word: write %s",
             sf_quoted(reader->arena, word->text),
             sf_quoted(reader->arena, sf_arena_printf(reader->arena, "%s: %s", key->text, sign + 1)));
    return (struct sf_pair){key, value};
}

static void read_pair(struct reader *reader, yaml_event_t *event, struct mapping *mapping, bool *merges,
                      unsigned depth)
{
    bool is_word = is_plain(event);
    struct sf_pair pair = {.key = read_node(reader, event, depth + 1)};
    yaml_event_t value;
    if (reader->failed || !next_event(reader, &value))
        return;
    bool is_alone = is_word && is_plain(&value) && value.data.scalar.length == 0;
    const char *sign = is_alone ? find_split(pair.key) : NULL;
    if (sign) {
        pair = split(reader, pair.key, sign);
        yaml_event_delete(&value);
    } else {
        pair.value = read_node(reader, &value, depth + 1);
    }
    if (pair.key->kind == SF_NODE_BAD)
        return;
    if (pair.key->kind != SF_NODE_SCALAR) {
        sf_error(reader->diagnostics, place_of(reader, pair.key), "a key must be text");
        return;
    }
    const struct sf_pair *known = pair_add(reader, mapping, pair);
    if (known->key != pair.key)
        sf_error(reader->diagnostics, place_of(reader, pair.key), "duplicate key %s, first in line %u",
                 sf_quoted(reader->arena, pair.key->text), known->key->line);
    else if (is_merge(&pair))
        *merges = true;
}

static const struct sf_node *read_mapping(struct reader *reader, const yaml_event_t *start, unsigned depth)
{
    struct sf_node *node = node_new(reader, SF_NODE_MAPPING, start);
    struct anchor *anchor = anchor_add(reader, start->data.mapping_start.anchor);
    if (start->data.mapping_start.tag)
        spoil(reader, node, "tags are not allowed");
    struct mapping mapping = {0};
    bool merges = false;
    yaml_event_t event;
    while (!reader->failed && next_event(reader, &event)) {
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        read_pair(reader, &event, &mapping, &merges, depth);
    }
    if (merges && !reader->failed)
        merge(reader, &mapping);
    tdestroy(mapping.keys, keep);
    node->pairs = mapping.pairs;
    node->count = mapping.count;
    if (anchor)
        anchor->node = node;
    return node;
}

/* The node that begins with `event`, which is deleted. Never NULL; when reading
 * failed, whatever there was. */
static const struct sf_node *read_node(struct reader *reader, yaml_event_t *event, unsigned depth)
{
    const struct sf_node *node;
    if (event->type == YAML_ALIAS_EVENT) {
        node = alias_follow(reader, event);
    } else if (event->type == YAML_SCALAR_EVENT) {
        node = read_scalar(reader, event);
        struct anchor *anchor = anchor_add(reader, event->data.scalar.anchor);
        if (anchor)
            anchor->node = node;
    } else if (depth > SF_DEPTH_MAX) {
        struct sf_node *bad = node_new(reader, SF_NODE_BAD, event);
        sf_error(reader->diagnostics, place_of(reader, bad), "nested more than %u deep", SF_DEPTH_MAX);
        reader->failed = true;
        node = bad;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        node = read_list(reader, event, depth);
    } else {
        node = read_mapping(reader, event, depth);
    }
    yaml_event_delete(event);
    return node;
}

static struct sf_document *read_document(struct reader *reader)
{
    size_t errors = reader->diagnostics->errors, nodes = reader->nodes;
    struct sf_document *document = sf_arena_alloc(reader->arena, sizeof *document);
    document->file = reader->source->file;
    yaml_event_t event;
    if (!next_event(reader, &event))
        return NULL;
    document->root = read_node(reader, &event, 1);
    tdestroy(reader->anchors, keep);
    reader->anchors = NULL;
    document->nodes = reader->nodes - nodes;
    document->broken = reader->diagnostics->errors > errors;
    return reader->failed ? NULL : document;
}

struct sf_document **sf_documents_parse(struct sf_arena *arena, const struct sf_source *source, size_t *count,
                                        struct sf_diagnostics *diagnostics)
{
    struct sf_source text = *source;
    if (source->braces) {
        /* The brace on a line of its own: a comment at the end must not swallow it. */
        text.text = sf_arena_printf(arena, "{%.*s\n}", (int)source->bytes, source->text);
        text.bytes = strlen(text.text);
    }
    struct reader reader = {.arena = arena,
                            .diagnostics = diagnostics,
                            .source = &text,
                            .marks = sf_marks_new(text.text, text.bytes)};
    struct sf_document **documents = NULL;
    *count = 0;
    if (!yaml_parser_initialize(&reader.parser))
        sf_out_of_memory();
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.text, text.bytes);
    bool ended = false;
    while (!ended && !reader.failed) {
        yaml_event_t event;
        if (!next_event(&reader, &event))
            break;
        ended = event.type == YAML_STREAM_END_EVENT;
        bool starts = event.type == YAML_DOCUMENT_START_EVENT;
        yaml_event_delete(&event);
        struct sf_document *document = starts ? read_document(&reader) : NULL;
        if (document) {
            struct sf_document **slot = sf_arena_push(arena, &documents, count, sizeof *documents);
            *slot = document;
        }
    }
    tdestroy(reader.anchors, keep);
    yaml_parser_delete(&reader.parser);
    return documents;
}
