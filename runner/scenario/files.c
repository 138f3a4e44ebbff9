#include "scenario/files.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_WRITER_MS = 2000, STEP_MS = 10 };

const char *sf_file_name(const char *path)
{
    return strcmp(path, SF_STDIN) == 0 ? SF_STDIN_NAME : path;
}

static bool is_scenario(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static void unreadable(const char *path, struct sf_diagnostics *diagnostics)
{
    sf_error(diagnostics, (struct sf_place){.file = sf_file_name(path)}, "%s", strerror(errno));
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not by locale: the same everywhere */
}

static void add_path(struct sf_arena *arena, const char *path, struct sf_files *files)
{
    const char **slot = sf_arena_push(arena, &files->paths, &files->count, sizeof *slot);
    *slot = sf_arena_strdup(arena, path);
}

/* What a folder has by the name of a scenario, which only a file can be. */
static void add_found(struct sf_arena *arena, const char *path, struct sf_files *files,
                      struct sf_diagnostics *diagnostics)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        if (!S_ISDIR(status.st_mode)) /* a link to one */
            sf_error(diagnostics, (struct sf_place){.file = path}, "this is no file");
        return;
    }
    add_path(arena, path, files);
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
        if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
            add_folder(arena, path, files, diagnostics);
        else if (is_scenario(entries[i]->d_name))
            add_found(arena, path, files, diagnostics);
        free(entries[i]);
    }
    free(entries);
}

/* What was read once is gone. */
static void add_stdin(struct sf_arena *arena, struct sf_files *files, struct sf_diagnostics *diagnostics)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->paths[i], SF_STDIN) == 0) {
            sf_error(diagnostics, (struct sf_place){.file = SF_STDIN_NAME}, "it is given twice");
            return;
        }
    }
    add_path(arena, SF_STDIN, files);
}

void sf_files_add(struct sf_arena *arena, const char *path, struct sf_files *files,
                  struct sf_diagnostics *diagnostics)
{
    struct stat status;
    if (strcmp(path, SF_STDIN) == 0) {
        add_stdin(arena, files, diagnostics);
    } else if (stat(path, &status) < 0) {
        unreadable(path, diagnostics);
    } else if (S_ISDIR(status.st_mode)) {
        size_t count = files->count, errors = diagnostics->errors;
        add_folder(arena, path, files, diagnostics);
        if (files->count == count && diagnostics->errors == errors)
            sf_error(diagnostics, (struct sf_place){.file = path}, "no *.yaml or *.yml in this folder");
    } else if (S_ISSOCK(status.st_mode)) {
        sf_error(diagnostics, (struct sf_place){.file = path}, "this is a socket, not a file");
    } else {
        add_path(arena, path, files);
    }
}

static bool is_pipe(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* Read on, from whatever can be read. A pipe is waited for as long as someone may
 * write to it; one by a name that has no writer yet, for FIRST_WRITER_MS. */
static ssize_t read_more(int fd, bool is_first, char *to, size_t room)
{
    unsigned left_ms = is_first && fd != STDIN_FILENO && is_pipe(fd) ? FIRST_WRITER_MS : 0;
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        ssize_t got = read(fd, to, room);
        if (got > 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || (got == 0 && left_ms == 0))
            return got;
        if (got == 0) {
            poll(NULL, 0, STEP_MS);
            left_ms -= STEP_MS;
        } else if (errno == EAGAIN) {
            poll(&wait, 1, -1);
        }
    }
}

const char *sf_file_read(struct sf_arena *arena, const char *path, size_t limit_bytes, size_t *bytes,
                         struct sf_diagnostics *diagnostics)
{
    struct sf_place place = {.file = sf_file_name(path)};
    bool is_stdin = strcmp(path, SF_STDIN) == 0;
    const char *text = NULL;
    char *buffer = NULL;
    size_t filled = 0, room = 0;
    /* A FIFO that nobody writes to must not hold us up. */
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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
        ssize_t got = read_more(fd, filled == 0, buffer + filled, room - filled);
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
    if (filled == 0 && is_pipe(fd)) {
        sf_error(diagnostics, place, "nothing came through this pipe");
        goto out;
    }
    text = sf_arena_strndup(arena, buffer, filled);
    *bytes = filled;
out:
    free(buffer);
    if (fd >= 0 && !is_stdin)
        close(fd);
    return text;
}
