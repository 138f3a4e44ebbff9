#include "explore/finding.h"

#include "base/arena.h"

#include <string.h>

static const char *symptom_text(struct sf_arena *arena, const struct sf_explored *finding)
{
    const char *at = *finding->shown_at ? sf_arena_printf(arena, " in %s", finding->shown_at) : "";
    switch (finding->kind) {
    case SF_SYMPTOM_CRASH:
        return strncmp(finding->detail, "SIG", 3) == 0
                   ? sf_arena_printf(arena, "is killed by %s", finding->detail)
                   : sf_arena_printf(arena, "is reported by its sanitizer (%s)", finding->detail);
    case SF_SYMPTOM_SPIN:
        return sf_arena_printf(arena, "goes round in a loop%s (%s)", at, finding->detail);
    case SF_SYMPTOM_SERVICE_DOWN:
        return sf_arena_printf(arena, "serves no more (%s)", finding->detail);
    case SF_SYMPTOM_HANG:
        return sf_arena_printf(arena, "does not end%s%s (%s)", *at ? ", waiting" : "", at, finding->detail);
    case SF_SYMPTOM_SILENT:
        return "ends as if all were well, but with other output";
    case SF_SYMPTOM_FRAGILE:
        return sf_arena_printf(arena, "fails (%s)", finding->detail);
    case SF_SYMPTOM_LEAK:
        return sf_arena_printf(arena, "leaks (%s)", finding->detail);
    default:
        return "";
    }
}

const char *sf_explored_sentence(struct sf_arena *arena, const struct sf_explored *finding)
{
    const char *place = *finding->place ? sf_arena_printf(arena, ", in %s,", finding->place) : "";
    const char *whose = !finding->struck ? "a"
                        : strcmp(finding->struck, finding->program) == 0
                            ? "its"
                            : sf_arena_printf(arena, "%s's", finding->struck);
    const char *what = strcmp(finding->site, "link") == 0
                           ? sf_arena_printf(arena, "connection %u", finding->nth)
                           : sf_arena_printf(arena, "%s %u", finding->site, finding->nth);
    return sf_arena_printf(arena, "%s %s when %s %s%s meets %s", finding->program,
                           symptom_text(arena, finding), whose, what, place, finding->fault);
}
