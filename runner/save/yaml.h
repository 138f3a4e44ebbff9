/* Trees of nodes as YAML. */
#ifndef SF_SAVE_YAML_H
#define SF_SAVE_YAML_H

#include "base/arena.h"
#include "scenario/node.h"

/* The tree as one document, from its `---` on. What is written has been read back and
 * is the same tree. NULL: there is no such text, `problem` says why as a sentence (text
 * that is not UTF-8, more than the reader takes). */
const char *sf_yaml_write(struct sf_arena *arena, const struct sf_node *root, const char **problem);

#endif
