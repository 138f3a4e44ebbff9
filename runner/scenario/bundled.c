#include "scenario/bundled.h"

#include "base/arena.h"
#include "base/own_folder.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *sf_bundled_folder(struct sf_arena *arena)
{
    const char *folder = sf_own_folder(arena);
    const char *candidates[] = {
        SF_BIN_TO_DATA "/sockfault/scenarios", /* an installation, wherever it was put */
        "../../build/../scenarios",            /* the source, of build/VARIANT alone */
    };
    char path[PATH_MAX];
    for (size_t i = 0; folder && i < sizeof candidates / sizeof candidates[0]; i++)
        if (realpath(sf_arena_printf(arena, "%s/%s", folder, candidates[i]), path))
            return sf_arena_strdup(arena, path);
    return SF_DATADIR "/sockfault/scenarios";
}

const char *sf_bundled_find(struct sf_arena *arena, const char *name)
{
    if (strchr(name, '/'))
        return NULL;
    const char *path = sf_arena_printf(arena, "%s/%s.yaml", sf_bundled_folder(arena), name);
    return access(path, R_OK) == 0 ? path : NULL;
}

const char **sf_bundled_names(struct sf_arena *arena, size_t *count)
{
    const char **names = NULL;
    DIR *folder = opendir(sf_bundled_folder(arena));
    *count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        const char *end = strrchr(entry->d_name, '.');
        if (!end || strcmp(end, ".yaml") != 0)
            continue;
        const char **slot = sf_arena_push(arena, &names, count, sizeof *names);
        *slot = sf_arena_strndup(arena, entry->d_name, (size_t)(end - entry->d_name));
    }
    if (folder)
        closedir(folder);
    return names;
}
