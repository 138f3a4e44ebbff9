/* Trees of nodes that are made, not read. */
#ifndef SF_SAVE_TREE_H
#define SF_SAVE_TREE_H

#include "base/arena.h"
#include "scenario/node.h"

/* All memory belongs to the arena; texts are not copied. */
struct sf_node *sf_tree_text(struct sf_arena *arena, const char *text);
struct sf_node *sf_tree_list(struct sf_arena *arena);
struct sf_node *sf_tree_mapping(struct sf_arena *arena);

/* Append to a list, or a pair to a mapping: the key must not be there yet. */
void sf_tree_add(struct sf_arena *arena, struct sf_node *list, const struct sf_node *item);
void sf_tree_set(struct sf_arena *arena, struct sf_node *mapping, const char *key,
                 const struct sf_node *value);

#endif
