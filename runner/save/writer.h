/* A document under way, section by section. */
#ifndef SF_SAVE_WRITER_H
#define SF_SAVE_WRITER_H

#include "save/save.h"

struct sf_writer {
    struct sf_arena *arena;
    const struct sf_save_source *source;
    const struct sf_scenario *scenario;
    const char *folder;   /* of the scenario's file */
    const char *here;     /* where relative paths of programs begin */
    struct sf_node *root; /* to put sections into */
    bool *saved;          /* one for each rule: has it fired? */
};

/* timeout: exactly so long. */
void sf_save_timeout(const struct sf_writer *writer, uint64_t ns);

/* What needs no more than to mean the same elsewhere: all but name, seed, vars, matrix, programs, faults
 * and expect; the time-out unless the source gives one. */
void sf_save_others(const struct sf_writer *writer);

/* vars: with the values of --set and of the matrix. */
void sf_save_vars(const struct sf_writer *writer);

/* programs: those of the document, or the one of `run`. */
void sf_save_programs(const struct sf_writer *writer);

/* expect: of what is still there. */
void sf_save_expect(const struct sf_writer *writer);

#endif
