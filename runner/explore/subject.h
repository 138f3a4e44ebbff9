/* What is explored: the programs of a scenario, under rules that change from run to run. */
#ifndef SF_EXPLORE_SUBJECT_H
#define SF_EXPLORE_SUBJECT_H

#include "scenario/node.h"

struct sf_subject_program {
    const char *name;
    bool is_service, is_wrapped;
    int stop_signal;
};

struct sf_subject {
    struct sf_arena *arena;
    const struct sf_document *document; /* as it was written; of a command line made from it */
    const struct sf_scenario *scenario; /* decoded, with ports and folders that nobody uses */
    const char *name;
    bool is_command;    /* the document stands for a command line */
    size_t combination; /* of its matrix */
    const struct sf_override *overrides;
    size_t override_count;
    const char *shim_path;
    uint64_t seed;
    uint64_t timeout_ns;
    struct sf_subject_program *programs; /* those of the document, in its order */
    unsigned program_count;
    unsigned probe; /* the program that is run once more behind the others; program_count: none */
};

/* The document with these rules in place of its own, which may be NULL: none. It expects nothing, and its
 * last program is the probe, if there is one. All new memory belongs to the arena. */
const struct sf_document *sf_subject_document(struct sf_arena *arena, const struct sf_subject *subject,
                                              const struct sf_node *rules);

/* What the probe is called: a name that no other program has. */
const char *sf_subject_probe_name(struct sf_arena *arena, const struct sf_subject *subject);

#endif
