#include "scenario/files.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_scenario(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static void unreadable(const char *path, struct sf_diagnostics *diagnostics)
{
    sf_error(diagnostics, (struct sf_place){.file = path}, "%s", strerror(errno));
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not by locale: the same everywhere */
}

static void add_folder(struct sf_arena *arena, const char *folder, struct sf_files *files,
                       struct sf_diagnostics *diagnostics)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, visible, by_name);
    if (count < 0) {
        if (errno == ENOMEM)
            sf_out_of_memory();
        unreadable(folder, diagnostics);
        return;
    }
    size_t folder_bytes = strlen(folder);
    const char *slash = folder_bytes && folder[folder_bytes - 1] == '/' ? "" : "/";
    for (int i = 0; i < count; i++) {
        const char *path = sf_arena_printf(arena, "%s%s%s", folder, slash, entries[i]->d_name);
        struct stat status;
        /* Links to folders are not followed, as find does not: they may lead back. */
        if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
            add_folder(arena, path, files, diagnostics);
        } else if (is_scenario(entries[i]->d_name)) {
            const char **slot = sf_arena_push(arena, &files->paths, &files->count, sizeof *slot);
            *slot = path;
        }
        free(entries[i]);
    }
    free(entries);
}

void sf_files_add(struct sf_arena *arena, const char *path, struct sf_files *files,
                  struct sf_diagnostics *diagnostics)
{
    struct stat status;
    if (stat(path, &status) < 0) {
        unreadable(path, diagnostics);
    } else if (S_ISDIR(status.st_mode)) {
        size_t count = files->count, errors = diagnostics->errors;
        add_folder(arena, path, files, diagnostics);
        if (files->count == count && diagnostics->errors == errors)
            sf_error(diagnostics, (struct sf_place){.file = path}, "no *.yaml or *.yml in this folder");
    } else {
        const char **slot = sf_arena_push(arena, &files->paths, &files->count, sizeof *slot);
        *slot = sf_arena_strdup(arena, path);
    }
}

const char *sf_file_read(struct sf_arena *arena, const char *path, size_t limit_bytes, size_t *bytes,
                         struct sf_diagnostics *diagnostics)
{
    struct sf_place place = {.file = path};
    const char *text = NULL;
    char *buffer = NULL;
    size_t filled = 0, room = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        unreadable(path, diagnostics);
        goto out;
    }
    for (;;) {
        if (filled == room) {
            room = room ? 2 * room : 16384;
            char *larger = realloc(buffer, room);
            if (!larger)
                sf_out_of_memory();
            buffer = larger;
        }
        ssize_t got = read(fd, buffer + filled, room - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            unreadable(path, diagnostics);
            goto out;
        }
        if (got == 0)
            break;
        filled += (size_t)got;
        if (filled > limit_bytes) {
            sf_error(diagnostics, place, "the file is larger than %zu MiB", limit_bytes >> 20);
            goto out;
        }
    }
    text = sf_arena_strndup(arena, buffer, filled);
    *bytes = filled;
out:
    free(buffer);
    if (fd >= 0)
        close(fd);
    return text;
}
