#include "save/pin.h"

#include "base/arena.h"
#include "save/tree.h"

#include <string.h>

static const char folder_variable[] = "${scenario_dir}";

const char *sf_pin_literal(struct sf_arena *arena, const char *text)
{
    const char *literal = "", *open;
    for (; (open = strstr(text, "${")); text = open + 2)
        literal = sf_arena_printf(arena, "%s%.*s$${", literal, (int)(open - text), text);
    return *literal ? sf_arena_printf(arena, "%s%s", literal, text) : text;
}

/* As sf_text_expand looks for them: "$${" is no variable. */
const char *sf_pin_text(struct sf_arena *arena, const char *text, const char *folder)
{
    const size_t length = strlen(folder_variable);
    const char *pinned = "", *from = text, *open;
    for (const char *at = text; (open = strstr(at, "${")); at = open + 2) {
        if ((open > at && open[-1] == '$') || strncmp(open, folder_variable, length) != 0)
            continue;
        pinned = sf_arena_printf(arena, "%s%.*s%s", pinned, (int)(open - from), from,
                                 sf_pin_literal(arena, folder));
        from = open + length;
    }
    return from == text ? text : sf_arena_printf(arena, "%s%s", pinned, from);
}

const struct sf_node *sf_pin_node(struct sf_arena *arena, const struct sf_node *node, const char *folder)
{
    if (node->kind == SF_NODE_SCALAR)
        return sf_tree_text(arena, sf_pin_text(arena, node->text, folder));
    struct sf_node *pinned = node->kind == SF_NODE_LIST ? sf_tree_list(arena) : sf_tree_mapping(arena);
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == SF_NODE_LIST)
            sf_tree_add(arena, pinned, sf_pin_node(arena, node->items[i], folder));
        else
            sf_tree_set(arena, pinned, node->pairs[i].key->text,
                        sf_pin_node(arena, node->pairs[i].value, folder));
    }
    return pinned;
}

const struct sf_node *sf_pin_path(struct sf_arena *arena, const struct sf_node *path, const char *folder,
                                  const char *base)
{
    return sf_tree_text(arena, sf_arena_printf(arena, "%s/%s", sf_pin_literal(arena, base),
                                               sf_pin_text(arena, path->text, folder)));
}
