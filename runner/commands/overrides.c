#include "commands/overrides.h"

#include "base/arena.h"

#include <string.h>

const char *sf_override_unknown(struct sf_arena *arena, const struct sf_options *options, size_t *index,
                                const char *const *variables, size_t count)
{
    while (*index < options->override_count) {
        const char *name = options->overrides[(*index)++].name;
        bool known = false;
        for (size_t at = 0; at < count && !known; at++)
            known = strcmp(variables[at], name) == 0;
        if (!known)
            return sf_arena_printf(arena, "variable %s%s", sf_quoted(arena, name),
                                   sf_suggestion(arena, name, variables, count));
    }
    return NULL;
}
