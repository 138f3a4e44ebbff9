#include "base/folder.h"

#include "base/arena.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WALK_DESCRIPTORS = 16, OPENING_WALKS_MAX = 256 };

const char *sf_folder_find(void *context)
{
    struct sf_folder *folder = context;
    if (folder->path || folder->error)
        return folder->path;
    const char *parent = getenv("TMPDIR");
    char absolute[PATH_MAX];
    char *path = NULL;
    if (realpath(parent && *parent ? parent : "/tmp", absolute))
        path = mkdtemp(sf_arena_printf(folder->arena, "%s/sockfault-XXXXXX", absolute));
    if (!path)
        folder->error = errno;
    folder->path = path;
    return path;
}

/* Folders that cannot be read: opened, so that the next walk sees what is in them. */
static int open_folder(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)walk;
    if (type == FTW_D && (status->st_mode & S_IRWXU) != S_IRWXU)
        chmod(path, S_IRWXU);
    return type == FTW_DNR && chmod(path, S_IRWXU) == 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    remove(path);
    return 0;
}

void sf_folder_remove(struct sf_folder *folder)
{
    if (!folder->path)
        return;
    for (unsigned i = 0; i < OPENING_WALKS_MAX; i++)
        if (nftw(folder->path, open_folder, WALK_DESCRIPTORS, FTW_PHYS | FTW_MOUNT) <= 0)
            break;
    nftw(folder->path, remove_one, WALK_DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    folder->path = NULL;
}
