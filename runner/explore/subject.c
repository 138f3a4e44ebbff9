#include "explore/subject.h"

#include "base/arena.h"
#include "save/tree.h"

#include <string.h>

static bool has_program(const struct sf_subject *subject, const char *name)
{
    for (unsigned i = 0; i < subject->program_count; i++)
        if (strcmp(subject->programs[i].name, name) == 0)
            return true;
    return false;
}

const char *sf_subject_probe_name(struct sf_arena *arena, const struct sf_subject *subject)
{
    const char *name = sf_arena_printf(arena, "%s-again", subject->programs[subject->probe].name);
    while (has_program(subject, name))
        name = sf_arena_printf(arena, "%s-again", name);
    return name;
}

static const struct sf_node *without(struct sf_arena *arena, const struct sf_node *node, const char *key)
{
    struct sf_node *copy = sf_tree_mapping(arena);
    if (node->kind != SF_NODE_MAPPING)
        return node;
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->pairs[i].key->text, key) != 0)
            sf_tree_set(arena, copy, node->pairs[i].key->text, node->pairs[i].value);
    return copy;
}

static const struct sf_node *with_probe(struct sf_arena *arena, const struct sf_subject *subject,
                                        const struct sf_node *programs)
{
    struct sf_node *all = sf_tree_mapping(arena);
    for (size_t i = 0; i < programs->count; i++)
        sf_tree_set(arena, all, programs->pairs[i].key->text, programs->pairs[i].value);
    sf_tree_set(arena, all, sf_subject_probe_name(arena, subject),
                without(arena, programs->pairs[subject->probe].value, "start_after"));
    return all;
}

const struct sf_document *sf_subject_document(struct sf_arena *arena, const struct sf_subject *subject,
                                              const struct sf_node *rules)
{
    const struct sf_node *root = subject->document->root;
    struct sf_document *document = sf_arena_alloc(arena, sizeof *document);
    struct sf_node *made = sf_tree_mapping(arena);
    for (size_t i = 0; i < root->count; i++) {
        const char *key = root->pairs[i].key->text;
        const struct sf_node *value = root->pairs[i].value;
        if (strcmp(key, "faults") == 0 || strcmp(key, "expect") == 0)
            continue;
        if (strcmp(key, "programs") == 0 && subject->probe < subject->program_count)
            value = with_probe(arena, subject, value);
        sf_tree_set(arena, made, key, value);
    }
    if (rules && rules->count)
        sf_tree_set(arena, made, "faults", rules);
    *document = *subject->document;
    document->root = made;
    return document;
}
