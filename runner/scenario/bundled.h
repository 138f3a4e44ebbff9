/* The scenarios that come with sockfault. */
#ifndef SF_SCENARIO_BUNDLED_H
#define SF_SCENARIO_BUNDLED_H

#include <stddef.h>

struct sf_arena;

/* Where they are: in the source tree for a command that runs from its build/,
 * otherwise where they were installed. */
const char *sf_bundled_folder(struct sf_arena *arena);

/* The path of the one with this name (its file without .yaml), NULL: none. */
const char *sf_bundled_find(struct sf_arena *arena, const char *name);

/* The names of all of them, in the order of the folder; NULL where there are none. */
const char **sf_bundled_names(struct sf_arena *arena, size_t *count);

#endif
