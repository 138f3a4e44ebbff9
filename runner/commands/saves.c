#include "commands/saves.h"

#include "base/arena.h"
#include "base/output.h"
#include "scenario/files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *sf_saves_conflict(struct sf_arena *arena, const struct sf_options *options, const char *source)
{
    struct stat target, read;
    bool is_stdin = strcmp(source, SF_STDIN_NAME) == 0;
    if (!options->save || stat(options->save, &target) != 0 ||
        (is_stdin ? fstat(STDIN_FILENO, &read) : stat(source, &read)) != 0 ||
        target.st_dev != read.st_dev || target.st_ino != read.st_ino)
        return NULL;
    return sf_arena_printf(arena, "--save: %s is a scenario that is run: name another file", options->save);
}

static const char *unwritable(struct sf_arena *arena, const struct sf_options *options, int error)
{
    return sf_arena_printf(arena, "--save: cannot write to %s: %s", options->save, strerror(error));
}

const char *sf_saves_open(struct sf_arena *arena, struct sf_options *options)
{
    if (!options->save)
        return NULL;
    options->save_file = sf_output_open(options->save);
    return options->save_file ? NULL : unwritable(arena, options, errno);
}

/* One entry's document, with what must be known of it above. False: it is not saved. */
static bool write_entry(struct sf_arena *arena, const struct sf_options *options, const char *command,
                        const struct sf_save_entry *entry)
{
    const struct sf_saved *saved = entry->saved;
    FILE *out = options->save_file;
    if (!saved->text) {
        const char *name = sf_quoted(arena, entry->name);
        fprintf(stderr, "sockfault %s: --save: %s is not saved: %s\n", command, name, saved->problem);
        fprintf(out, "# %s is not saved: %s\n", name, saved->problem);
        return false;
    }
    for (size_t i = 0; i < saved->note_count; i++) {
        fprintf(stderr, "sockfault %s: --save: %s\n", command, saved->notes[i]);
        fprintf(out, "# %s.\n", saved->notes[i]);
    }
    if (saved->is_idle)
        fputs("# No fault fired: there are none.\n", out);
    fputs(saved->text, out);
    return true;
}

/* A file of scenarios can be too large to be read as one. */
static const char *find_excess(struct sf_arena *arena, const struct sf_save_entry *entries, size_t count)
{
    size_t bytes = 4096, nodes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += entries[i].saved->text ? strlen(entries[i].saved->text) + 4096 : 0;
        nodes += entries[i].saved->nodes;
    }
    if (bytes <= SF_FILE_BYTES_MAX && nodes <= SF_NODES_MAX)
        return NULL;
    return sf_arena_printf(arena, "--save: %zu scenarios are more than one file can hold: choose some",
                           count);
}

static void tell_idle(struct sf_arena *arena, const struct sf_options *options, const char *command,
                      const struct sf_save_entry *entries, size_t count)
{
    size_t idle = 0;
    const char *first = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!entries[i].saved->is_idle)
            continue;
        first = idle++ ? first : sf_quoted(arena, entries[i].name);
    }
    if (options->verbosity < 0)
        return;
    if (count == 0)
        fprintf(stderr, "sockfault %s: --save: nothing ran, and %s holds no scenario\n", command,
                options->save);
    else if (idle == 1)
        fprintf(stderr, "sockfault %s: --save: no fault fired in %s, which is saved without any\n", command,
                first);
    else if (idle > 1)
        fprintf(stderr,
                "sockfault %s: --save: no fault fired in %zu scenarios, which are saved without any\n",
                command, idle);
}

int sf_saves_write(struct sf_arena *arena, struct sf_options *options, const char *command,
                   const struct sf_save_entry *entries, size_t count)
{
    FILE *out = options->save_file;
    bool complete = true;
    if (!out)
        return 0;
    const char *problem = find_excess(arena, entries, count);
    fputs("# Saved by sockfault " SF_VERSION ": the faults that fired, to fire again.\n", out);
    if (problem)
        fprintf(out, "# %s\n", problem);
    else if (count == 0)
        fputs("# Nothing ran.\n", out);
    for (size_t i = 0; i < count && !problem; i++)
        complete &= write_entry(arena, options, command, &entries[i]);
    int error = sf_output_close(out);
    if (error)
        problem = unwritable(arena, options, error);
    options->save_file = NULL;
    if (problem)
        fprintf(stderr, "sockfault %s: %s\n", command, problem);
    else
        tell_idle(arena, options, command, entries, count);
    return problem || !complete ? SF_EXIT_INTERNAL : 0;
}
