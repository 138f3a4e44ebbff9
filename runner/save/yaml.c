#include "save/yaml.h"

#include "base/memory.h"
#include "verify/wording.h"

#include <string.h>
#include <yaml.h>

enum { FLOW_COLUMNS_MAX = 80 };

/* The text grows in a block of its own: the arena would keep each size of it. */
struct output {
    char *text;
    size_t bytes, room;
};

static int take(void *context, unsigned char *data, size_t bytes)
{
    struct output *output = context;
    if (output->bytes + bytes > SF_FILE_BYTES_MAX)
        return 0;
    if (output->bytes + bytes > output->room) {
        size_t room = 2 * (output->bytes + bytes);
        char *larger = realloc(output->text, room);
        if (!larger)
            sf_out_of_memory();
        output->text = larger;
        output->room = room;
    }
    memcpy(output->text + output->bytes, data, bytes);
    output->bytes += bytes;
    return 1;
}

/* Plain, these would be read as null. */
static bool is_null_word(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        if (strcmp(text, nulls[i]) == 0)
            return true;
    return false;
}

static yaml_scalar_style_t style_of(const char *text)
{
    if (is_null_word(text))
        return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    return strchr(text, '\n') ? YAML_LITERAL_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE; /* where it can be that */
}

/* A list of a few words stands on one line. */
static bool fits_a_line(const struct sf_node *list)
{
    size_t columns = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != SF_NODE_SCALAR || strchr(list->items[i]->text, '\n'))
            return false;
        columns += strlen(list->items[i]->text) + 2;
    }
    return columns <= FLOW_COLUMNS_MAX;
}

/* libyaml deletes an event that it was given, taken or not. */
static bool emit(yaml_emitter_t *emitter, yaml_event_t *event)
{
    return yaml_emitter_emit(emitter, event) != 0;
}

static bool write_node(yaml_emitter_t *emitter, const struct sf_node *node);

static bool write_text(yaml_emitter_t *emitter, const char *text)
{
    yaml_event_t event;
    if (!yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1,
                                      style_of(text)))
        sf_out_of_memory();
    return emit(emitter, &event);
}

static bool write_list(yaml_emitter_t *emitter, const struct sf_node *list)
{
    yaml_event_t event;
    bool written = true;
    if (!yaml_sequence_start_event_initialize(
            &event, NULL, NULL, 1, fits_a_line(list) ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE))
        sf_out_of_memory();
    written = emit(emitter, &event);
    for (size_t i = 0; written && i < list->count; i++)
        written = write_node(emitter, list->items[i]);
    yaml_sequence_end_event_initialize(&event);
    return written && emit(emitter, &event);
}

static bool write_mapping(yaml_emitter_t *emitter, const struct sf_node *mapping)
{
    yaml_event_t event;
    bool written = true;
    if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE))
        sf_out_of_memory();
    written = emit(emitter, &event);
    for (size_t i = 0; written && i < mapping->count; i++)
        written =
            write_text(emitter, mapping->pairs[i].key->text) && write_node(emitter, mapping->pairs[i].value);
    yaml_mapping_end_event_initialize(&event);
    return written && emit(emitter, &event);
}

static bool write_node(yaml_emitter_t *emitter, const struct sf_node *node)
{
    if (node->kind == SF_NODE_LIST)
        return write_list(emitter, node);
    return node->kind == SF_NODE_MAPPING ? write_mapping(emitter, node) : write_text(emitter, node->text);
}

static bool write_document(yaml_emitter_t *emitter, const struct sf_node *root)
{
    yaml_event_t event;
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    if (!emit(emitter, &event))
        return false;
    if (!yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 0))
        sf_out_of_memory();
    if (!emit(emitter, &event) || !write_node(emitter, root))
        return false;
    yaml_document_end_event_initialize(&event, 1);
    return emit(emitter, &event) && yaml_emitter_flush(emitter);
}

/* Some text of the tree that is not UTF-8; NULL: there is none. */
static const char *find_foreign(const struct sf_node *node)
{
    const char *found = NULL;
    if (node->kind == SF_NODE_SCALAR) {
        size_t length = strlen(node->text), at = 0;
        unsigned valid = 1;
        for (; at < length && valid; at += valid)
            valid = sf_utf8_length(node->text + at, length - at);
        return valid ? NULL : node->text;
    }
    for (size_t i = 0; i < node->count && !found; i++) {
        if (node->kind == SF_NODE_MAPPING)
            found = find_foreign(node->pairs[i].key);
        if (!found)
            found = find_foreign(node->kind == SF_NODE_MAPPING ? node->pairs[i].value : node->items[i]);
    }
    return found;
}

static bool equal(const struct sf_node *a, const struct sf_node *b)
{
    if (a->kind != b->kind || (a->kind != SF_NODE_SCALAR && a->count != b->count))
        return false;
    if (a->kind == SF_NODE_SCALAR)
        return strcmp(a->text, b->text) == 0;
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == SF_NODE_LIST
                ? !equal(a->items[i], b->items[i])
                : !equal(a->pairs[i].key, b->pairs[i].key) || !equal(a->pairs[i].value, b->pairs[i].value))
            return false;
    }
    return true;
}

static bool reads_back(const struct output *output, const struct sf_node *root)
{
    struct sf_arena *arena = sf_arena_new();
    struct sf_diagnostics diagnostics = {.arena = arena};
    const struct sf_source source = {.file = "", .text = output->text, .bytes = output->bytes};
    size_t count;
    struct sf_document **documents = sf_documents_parse(arena, &source, &count, &diagnostics);
    bool same = count == 1 && diagnostics.errors == 0 && equal(documents[0]->root, root);
    sf_arena_free(arena);
    return same;
}

const char *sf_yaml_write(struct sf_arena *arena, const struct sf_node *root, const char **problem)
{
    yaml_emitter_t emitter;
    struct output output = {0};
    const char *text = NULL, *foreign = find_foreign(root);
    if (foreign) {
        const char *line = sf_word_line(arena, foreign, strlen(foreign), 100);
        *problem = sf_arena_printf(arena, "YAML takes no text that is not UTF-8: %s", line);
        return NULL;
    }
    if (!yaml_emitter_initialize(&emitter))
        sf_out_of_memory();
    yaml_emitter_set_output(&emitter, take, &output);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1); /* a line end within a word would be one more thing to get right */
    if (!write_document(&emitter, root))
        *problem = emitter.error == YAML_WRITER_ERROR ? "it would be larger than a scenario file may be"
                                                      : sf_arena_strdup(arena, emitter.problem);
    else if (!reads_back(&output, root))
        *problem = "what was written would not be read as the same";
    else
        text = sf_arena_strndup(arena, output.text, output.bytes);
    yaml_emitter_delete(&emitter);
    free(output.text);
    return text;
}
