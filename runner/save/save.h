/* From what happened to a scenario that makes it happen again.
 *
 * The document that ran is written anew, its variables, ports and fresh folders still
 * variables. Rules that fired name the calls at which they did, and draw what they drew;
 * those that did not fire are left out, with what is expected of them. The seed, the
 * values of the matrix and of --set, and all paths are pinned, so that it runs by itself
 * from any folder. */
#ifndef SF_SAVE_SAVE_H
#define SF_SAVE_SAVE_H

#include "plan/session.h"
#include "scenario/node.h"

struct sf_arena;

/* What ran, as it was written. */
struct sf_save_source {
    const struct sf_document *document; /* NULL: rules of the command line alone */
    size_t combination;                 /* of its matrix */
    const struct sf_override *overrides;
    size_t override_count;
    uint64_t timeout_ns; /* in place of the document's; 0: that stays */

    /* Of `run`: the document lent its rules, and the scenario's one program is of the
     * command line. Otherwise NULL: the document's own. */
    const struct sf_node *const *rules; /* one for each rule of the scenario, in its order */
};

struct sf_saved {
    const char *text;    /* a YAML document, from its `---` on; NULL: there is none … */
    const char *problem; /* … because of this, a sentence */
    const char **notes;  /* sentences: in what it differs from what happened */
    size_t note_count;
    bool is_idle; /* no rule fired, so it has none */
    size_t nodes; /* what it adds to a file, see SF_NODES_MAX */
};

/* Never NULL, and in the arena. To be called once the programs have ended: `session` is
 * what they left behind. Reads the environment and the current folder. */
struct sf_saved *sf_save(struct sf_arena *arena, const struct sf_save_source *source,
                         const struct sf_scenario *scenario, const struct sf_session_memory *session);

#endif
