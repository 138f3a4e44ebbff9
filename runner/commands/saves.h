/* The file of --save. */
#ifndef SF_COMMANDS_SAVES_H
#define SF_COMMANDS_SAVES_H

#include "commands/options.h"
#include "save/save.h"

/* One scenario that ran. */
struct sf_save_entry {
    const char *name;
    const struct sf_saved *saved;
};

/* Why this file must not be written to: it is the scenario of `source`. NULL: it may,
 * or none is asked for. */
const char *sf_saves_conflict(struct sf_arena *arena, const struct sf_options *options, const char *source);

/* Open it, before anything is started. Returns NULL, or why it cannot be written. */
const char *sf_saves_open(struct sf_arena *arena, struct sf_options *options);

/* Write and close it, if it was opened. What is not saved, or not as it was, is said on
 * stderr and in the file. Returns 0, or 125 when something is not saved. */
int sf_saves_write(struct sf_arena *arena, struct sf_options *options, const char *command,
                   const struct sf_save_entry *entries, size_t count);

#endif
