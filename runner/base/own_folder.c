#include "base/own_folder.h"

#include "base/arena.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *sf_own_folder(struct sf_arena *arena)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0)
        return NULL;
    path[length] = '\0';
    *strrchr(path, '/') = '\0';
    return sf_arena_strdup(arena, path);
}
