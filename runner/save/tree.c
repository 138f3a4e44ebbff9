#include "save/tree.h"

struct sf_node *sf_tree_text(struct sf_arena *arena, const char *text)
{
    struct sf_node *node = sf_arena_alloc(arena, sizeof *node);
    *node = (struct sf_node){.kind = SF_NODE_SCALAR, .text = text};
    return node;
}

static struct sf_node *node_new(struct sf_arena *arena, enum sf_node_kind kind)
{
    struct sf_node *node = sf_arena_alloc(arena, sizeof *node);
    node->kind = kind;
    return node;
}

struct sf_node *sf_tree_list(struct sf_arena *arena)
{
    return node_new(arena, SF_NODE_LIST);
}

struct sf_node *sf_tree_mapping(struct sf_arena *arena)
{
    return node_new(arena, SF_NODE_MAPPING);
}

void sf_tree_add(struct sf_arena *arena, struct sf_node *list, const struct sf_node *item)
{
    const struct sf_node **slot = sf_arena_push(arena, &list->items, &list->count, sizeof *slot);
    *slot = item;
}

void sf_tree_set(struct sf_arena *arena, struct sf_node *mapping, const char *key,
                 const struct sf_node *value)
{
    struct sf_pair *slot = sf_arena_push(arena, &mapping->pairs, &mapping->count, sizeof *slot);
    *slot = (struct sf_pair){sf_tree_text(arena, key), value};
}
