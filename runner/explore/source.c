/* Where the source of a finding lies, as reports name it. */
#include "explore/report.h"

#include "base/arena.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *sf_source_root(struct sf_arena *arena)
{
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here))
        return "/";
    char *root = sf_arena_strdup(arena, here);
    for (char *end = root + strlen(root); end > root; end = strrchr(root, '/')) {
        *end = '\0';
        if (access(sf_arena_printf(arena, "%s/.git", root), F_OK) == 0) /* a file in a worktree */
            return root;
    }
    return sf_arena_strdup(arena, here);
}

/* Without "." and "..": of a file that is not there nothing better can be known. */
static const char *clean(struct sf_arena *arena, const char *path)
{
    if (*path != '/')
        return strncmp(path, "./", 2) == 0 ? path + 2 : path;
    char *clean = sf_arena_alloc(arena, strlen(path) + 2), *at = clean;
    for (const char *part = path + 1, *end; *part; part = *end ? end + 1 : end) {
        end = strchrnul(part, '/');
        size_t length = (size_t)(end - part);
        if (length == 2 && memcmp(part, "..", 2) == 0) {
            while (at > clean && *--at != '/')
                ;
        } else if (length > 0 && (length != 1 || *part != '.')) {
            *at++ = '/';
            at = mempcpy(at, part, length);
        }
    }
    *at = '\0';
    return clean;
}

const char *sf_source_from(struct sf_arena *arena, const char *path, const char *folder)
{
    char real[PATH_MAX];
    const char *file = realpath(path, real) ? sf_arena_strdup(arena, real) : clean(arena, path);
    size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
    bool is_below = strncmp(file, folder, length) == 0 && file[length] == '/';
    return is_below ? file + length + 1 : file;
}
