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

/* programs: those of the document, or the one of `run`. */
void sf_save_programs(const struct sf_writer *writer);

/* expect: of what is still there. */
void sf_save_expect(const struct sf_writer *writer);

#endif
