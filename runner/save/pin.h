/* Texts that must mean the same in another file and another folder. */
#ifndef SF_SAVE_PIN_H
#define SF_SAVE_PIN_H

#include "scenario/node.h"

struct sf_arena;

/* A text that is meant as it stands: every "${" becomes "$${". */
const char *sf_pin_literal(struct sf_arena *arena, const char *text);

/* A text of a scenario in `folder`: ${scenario_dir} becomes that, the rest stays. */
const char *sf_pin_text(struct sf_arena *arena, const char *text, const char *folder);

/* The same of all texts below a node; keys are no such texts. */
const struct sf_node *sf_pin_node(struct sf_arena *arena, const struct sf_node *node, const char *folder);

/* A path of a scenario in `folder`, relative to `base`, as an absolute one. */
const struct sf_node *sf_pin_path(struct sf_arena *arena, const struct sf_node *path, const char *folder,
                                  const char *base);

#endif
