#include "scenario/node.h"

#include <string.h>

const struct sf_node *sf_node_get(const struct sf_node *mapping, const char *key)
{
    for (size_t i = 0; i < mapping->count; i++) {
        if (strcmp(mapping->pairs[i].key->text, key) == 0)
            return mapping->pairs[i].value;
    }
    return NULL;
}

struct sf_items sf_node_items(const struct sf_node *const *node)
{
    if ((*node)->kind == SF_NODE_LIST)
        return (struct sf_items){(*node)->items, (*node)->count};
    return (struct sf_items){node, 1};
}
