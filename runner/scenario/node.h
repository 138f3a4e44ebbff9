/* What YAML says, before anything is made of it: scalars, lists and mappings
 * with their places.
 *
 * The tree is shared, not copied: an alias is the same node again, a merged
 * key the same pair. It is therefore no larger than the file, whatever its
 * aliases multiply to, and a reader of it must not walk all of it blindly. */
#ifndef SF_SCENARIO_NODE_H
#define SF_SCENARIO_NODE_H

#include "scenario/scenario.h"

#include <stddef.h>

enum sf_node_kind {
    SF_NODE_BAD, /* an error was reported for it: say no more */
    SF_NODE_SCALAR,
    SF_NODE_LIST,
    SF_NODE_MAPPING
};

struct sf_pair {
    const struct sf_node *key; /* a scalar */
    const struct sf_node *value;
};

struct sf_node {
    enum sf_node_kind kind;
    unsigned line, column;
    size_t count; /* of items or pairs */
    union {
        const char *text; /* without `${…}` replaced */
        const struct sf_node **items;
        struct sf_pair *pairs; /* each key once, in the order of the file */
    };
};

struct sf_document {
    const char *file;
    const struct sf_node *root;
    size_t nodes; /* how much work it is to decode, aliases left aside */
    bool broken; /* errors were reported while it was read */
};

/* Limits against files that are made to hurt. */
#define SF_FILE_BYTES_MAX (16u << 20)
#define SF_NODES_MAX      1000000u /* of a file, merged keys included */
#define SF_DEPTH_MAX      64u

/* Read YAML from memory, as sf_documents_read does from a file. `file` is what
 * places name. With `braces` the text is the inside of a flow mapping. */
struct sf_source {
    const char *file;
    const char *text;
    size_t bytes;
    bool braces;
};
struct sf_document **sf_documents_parse(struct sf_arena *arena, const struct sf_source *source, size_t *count,
                                        struct sf_diagnostics *diagnostics);

/* A rule of the command line, braces left off or not; NULL: it is not one YAML document. */
const struct sf_node *sf_rule_parse_argument(struct sf_arena *arena, const char *file, const char *text,
                                             struct sf_diagnostics *diagnostics);

/* The value of a key, or NULL. */
const struct sf_node *sf_node_get(const struct sf_node *mapping, const char *key);

/* The value of a valid matrix' `index`th key in one of its combinations. */
const struct sf_node *sf_matrix_choice(const struct sf_node *matrix, size_t combination, size_t index);

/* A list's items; of anything else the node itself, as a list of one. */
struct sf_items {
    const struct sf_node *const *list;
    size_t count;
};
struct sf_items sf_node_items(const struct sf_node *const *node);

#endif
