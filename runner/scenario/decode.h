/* From nodes to fields, by tables: one row a key.
 *
 * A row says where a key's value goes and what it may be; a type says how it is
 * read and what is allowed, in words. To add a key is to add a row. Nothing
 * here knows what a scenario is. */
#ifndef SF_SCENARIO_DECODE_H
#define SF_SCENARIO_DECODE_H

#include "base/arena.h"
#include "scenario/node.h"
#include "scenario/scenario.h"

struct sf_variable {
    const char *name, *value;
    const char *in_name; /* … and what it is in the scenario's name, see is_naming */
};

struct sf_decoder {
    struct sf_arena *arena;
    struct sf_diagnostics *diagnostics;
    const char *file;
    const struct sf_bindings *bindings; /* never NULL */
    struct sf_variable *variables;      /* of the scenario, in the order of the file */
    size_t variable_count;
    size_t nodes;                 /* of the document */
    size_t combinations;          /* that the matrix makes of it */
    const char *combination;      /* "chunk=7, host=b"; NULL: there is no matrix */
    size_t replaced_bytes;        /* what texts with every `${…}` replaced take altogether */
    size_t stretches;             /* of calls that rules name one by one */
    bool is_naming;               /* ports and folders stay as they are: they are others elsewhere */
    bool is_filled;               /* one of these has been replaced */
    bool has_ports;               /* ${port.NAME} and ${dir} mean something here */
    struct sf_scenario *scenario; /* as far as it is known */
    const char **programs;        /* the names that rules may use */
    size_t program_count;
};

struct sf_key;

struct sf_type {
    const char *allowed; /* "a duration such as …"; NULL: said by the row's numbers or names */
    /* Read `value` into the row's field of `object`; what is wrong is reported. */
    void (*decode)(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                   void *object);
    const char *schema; /* a form of schema/forms.c, of which editors know the like; NULL: the row's numbers or names */
};

struct sf_choice {
    const char *name; /* NULL ends a list */
    int value;
};

#define SF_BETWEEN(low, high) .min = (low), .max = (high)

enum {
    SF_KEY_REQUIRED = 1,
    SF_KEY_FIRST = 2 /* others need it: decoded before them */
};

struct sf_key {
    const char *name;
    const struct sf_type *type;
    size_t offset;                   /* of the field */
    size_t count_offset;             /* of the number of elements, where the field is an array */
    uint64_t min, max;               /* of numbers and ranges */
    const struct sf_choice *choices; /* of sf_type_choice… */
    unsigned flags;
};

struct sf_table {
    const char *what; /* "a rule" */
    const struct sf_key *keys;
    size_t count;
    bool extensible; /* keys that begin with x- are ignored */
};
#define SF_TABLE(what_, keys_)                                                                               \
    {                                                                                                        \
        .what = (what_), .keys = (keys_), .count = sizeof(keys_) / sizeof *(keys_)                           \
    }

static inline void *sf_key_field(const struct sf_key *key, void *object)
{
    return (char *)object + key->offset;
}

/* Decode a mapping: the rows that come first, then the others, in the order of
 * the table; a row may rely on those before it. Unknown keys and missing ones
 * are reported. False when the node is no mapping, which is reported too. */
bool sf_mapping_decode(struct sf_decoder *decoder, const struct sf_table *table, const struct sf_node *node,
                       void *object);

/* Is one of the unknown keys of a mapping probably this one? It was reported, so
 * to say that this one is missing would be noise. */
bool sf_key_misspelt(const struct sf_table *table, const struct sf_node *mapping, const char *name);

struct sf_place sf_node_place(const struct sf_decoder *decoder, const struct sf_node *node);

/* "KEY must be ALLOWED, not VALUE", with `hint` (may be "") behind it. */
void sf_value_reject(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                     const char *hint);

/* A scalar's text with every `${…}` replaced, in the decoder's arena. NULL when it
 * is none, or names a variable that there is not; that is reported (as `key`'s). */
const char *sf_text_decode(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value);

/* No control characters; it may be empty. */
bool sf_text_is_line(const char *text);

/* Is it a mapping, whose keys the user chose? Otherwise reports that `what` must be one. */
bool sf_mapping_check(struct sf_decoder *decoder, const struct sf_node *node, const char *what);

/* The place among `names` of a name that the user wrote, or -1: then "no WHAT
 * 'x', there are …" has been reported. */
ptrdiff_t sf_name_find(struct sf_decoder *decoder, struct sf_place place, const char *what, const char *name,
                       const char *const *names, size_t count);

/* Replace every `${…}` of a text; NULL after an error. */
const char *sf_text_expand(struct sf_decoder *decoder, struct sf_place place, const char *text);

/* A path that the user wrote, in the decoder's arena: a relative one is meant
 * from the scenario's folder on. */
const char *sf_path_resolve(struct sf_decoder *decoder, const char *path);

/* The name stands for something by itself (`dir`, …) and cannot be a variable's. */
bool sf_variable_reserved(const char *name);

extern const struct sf_type sf_type_text;     /* const char * */
extern const struct sf_type sf_type_line;     /* const char *: one line, not empty */
extern const struct sf_type sf_type_flag;     /* bool */
extern const struct sf_type sf_type_u16;      /* uint16_t, min..max */
extern const struct sf_type sf_type_u32;      /* uint32_t, min..max */
extern const struct sf_type sf_type_u64;      /* uint64_t, min..max */
extern const struct sf_type sf_type_range;    /* uint32_t[2]; open end: UINT32_MAX */
extern const struct sf_type sf_type_fraction; /* double, 0 to 1 */
extern const struct sf_type sf_type_duration; /* uint64_t, from `min` on */
extern const struct sf_type sf_type_size;     /* uint64_t, from `min` on */
extern const struct sf_type sf_type_rate;     /* uint64_t, bytes a second, from `min` on */
extern const struct sf_type sf_type_signal;   /* int */
extern const struct sf_type sf_type_choice;   /* int */
extern const struct sf_type sf_type_mask;     /* uint8_t */
extern const struct sf_type sf_type_count;    /* struct sf_comparison of numbers */
extern const struct sf_type sf_type_elapsed;  /* struct sf_comparison of durations */
extern const struct sf_type sf_type_item;     /* struct sf_text_item */
extern const struct sf_type sf_type_items;    /* struct sf_text_item *, one or a list */
extern const struct sf_type sf_type_regex;    /* struct sf_text_item, which sf_regex_compile takes */

#endif
