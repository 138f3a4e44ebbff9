#include "scenario/bundled.h"

#include "base/arena.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Cut the last part off a path; returns it, "" when there is none. */
static const char *cut(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return "";
    *slash = '\0';
    return slash + 1;
}

const char *sf_bundled_folder(struct sf_arena *arena)
{
    char path[PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 1);
    if (bytes > 0) {
        path[bytes] = '\0';
        cut(path); /* sockfault */
        cut(path); /* release, or bin */
        const char *moved = sf_arena_printf(arena, "%s/share/sockfault/scenarios", path);
        if (access(moved, X_OK) == 0) /* an installation, wherever it was put */
            return moved;
        if (strcmp(cut(path), "build") == 0)
            return sf_arena_printf(arena, "%s/scenarios", path);
    }
    return SF_DATADIR "/sockfault/scenarios";
}

const char *sf_bundled_find(struct sf_arena *arena, const char *name)
{
    if (strchr(name, '/'))
        return NULL;
    const char *path = sf_arena_printf(arena, "%s/%s.yaml", sf_bundled_folder(arena), name);
    return access(path, R_OK) == 0 ? path : NULL;
}
