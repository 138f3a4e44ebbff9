#include "commands/page.h"

#include "base/arena.h"
#include "base/own_folder.h"

#include <unistd.h>

void sf_page_show(const char *name, int section)
{
    struct sf_arena *arena = sf_arena_new();
    const char *folder = sf_own_folder(arena);
    const char *paths[] = {
        sf_arena_printf(arena, "%s/man/%s.%d", folder, name, section), /* of a build */
        sf_arena_printf(arena, "%s/" SF_BIN_TO_MAN "/man%d/%s.%d", folder, section, name, section),
        sf_arena_printf(arena, "%s/" SF_BIN_TO_MAN "/man%d/%s.%d.gz", folder, section, name, section),
    };
    for (size_t i = 0; folder && i < sizeof paths / sizeof *paths; i++)
        if (access(paths[i], R_OK) == 0)
            execlp("man", "man", "-l", paths[i], (char *)NULL);
    sf_arena_free(arena);
}
