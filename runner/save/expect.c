#include "save/writer.h"

#include "save/pin.h"
#include "save/tree.h"

#include <string.h>

static const struct sf_node *save_output(const struct sf_writer *writer, const struct sf_node *value,
                                         const struct sf_text_expectation *expect)
{
    struct sf_node *saved = sf_tree_mapping(writer->arena);
    for (size_t i = 0; i < value->count; i++) {
        const struct sf_pair *pair = &value->pairs[i];
        bool is_path = strcmp(pair->key->text, "equals_file") == 0 && expect->is_file_relative;
        sf_tree_set(writer->arena, saved, pair->key->text,
                    is_path ? sf_pin_path(writer->arena, pair->value, writer->folder, writer->folder)
                            : sf_pin_node(writer->arena, pair->value, writer->folder));
    }
    return saved;
}

static const struct sf_node *save_expectation(const struct sf_writer *writer, const char *name,
                                              const struct sf_node *value)
{
    size_t index = 0;
    while (strcmp(writer->scenario->programs[index].name, name) != 0)
        index++;
    const struct sf_program_expectation *expect = &writer->scenario->expect[index];
    struct sf_node *saved = sf_tree_mapping(writer->arena);
    for (size_t i = 0; i < value->count; i++) {
        const struct sf_pair *pair = &value->pairs[i];
        const char *key = pair->key->text;
        const struct sf_text_expectation *output = strcmp(key, "stdout") == 0   ? &expect->out
                                                   : strcmp(key, "stderr") == 0 ? &expect->err
                                                                                : NULL;
        sf_tree_set(writer->arena, saved, key,
                    output ? save_output(writer, pair->value, output)
                           : sf_pin_node(writer->arena, pair->value, writer->folder));
    }
    return saved;
}

/* How often rules fire is expected of those that are there. */
static const struct sf_node *save_counts(const struct sf_writer *writer, const struct sf_node *value)
{
    struct sf_node *saved = sf_tree_mapping(writer->arena);
    for (size_t i = 0; i < value->count; i++) {
        const char *id = value->pairs[i].key->text;
        for (size_t at = 0; at < writer->scenario->rule_count; at++)
            if (writer->saved[at] && strcmp(writer->scenario->rules[at].id, id) == 0)
                sf_tree_set(writer->arena, saved, id,
                            sf_pin_node(writer->arena, value->pairs[i].value, writer->folder));
    }
    return saved;
}

void sf_save_expect(const struct sf_writer *writer)
{
    const struct sf_node *expect = sf_node_get(writer->source->document->root, "expect");
    struct sf_node *saved = sf_tree_mapping(writer->arena);
    for (size_t i = 0; expect && i < expect->count; i++) {
        const char *key = expect->pairs[i].key->text;
        const struct sf_node *value = expect->pairs[i].value;
        bool is_counts = strcmp(key, "faults") == 0;
        const struct sf_node *kept =
            is_counts ? save_counts(writer, value) : save_expectation(writer, key, value);
        if (!is_counts || kept->count)
            sf_tree_set(writer->arena, saved, key, kept);
    }
    if (saved->count)
        sf_tree_set(writer->arena, writer->root, "expect", saved);
}
