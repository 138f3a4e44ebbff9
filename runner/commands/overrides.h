/* --set KEY=VALUE must mean something. */
#ifndef SF_COMMANDS_OVERRIDES_H
#define SF_COMMANDS_OVERRIDES_H

#include "commands/options.h"

struct sf_arena;

/* Go through the overrides from the `*index`th on and stop behind the first that is
 * none of these variables: "variable 'sise' (did you mean size?)". NULL: all others
 * are known. */
const char *sf_override_unknown(struct sf_arena *arena, const struct sf_options *options, size_t *index,
                                const char *const *variables, size_t count);

#endif
