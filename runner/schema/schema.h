/* The JSON Schema of the scenario language (draft 7, which editors know), for editors: made from the reader's
 * own tables, so that a key that one knows the other knows.
 *
 * YAML resolves types, the language does not: `nth: 3` and `nth: "3"` are one, and any scalar may hold
 * `${…}`. What hangs on other keys (which faults a call can meet, which programs there are) is the reader's
 * to say. */
#ifndef SF_SCHEMA_SCHEMA_H
#define SF_SCHEMA_SCHEMA_H

#include "scenario/tables.h"

#include <jansson.h>

/* The caller drops the reference. */
json_t *sf_schema_new(void);

/* A form of values by its name, as types name it (sf_type.schema), in JSON; NULL: there is none. */
const char *sf_schema_form(const char *name);

/* All forms: those with a text, then those that are made from tables. */
size_t sf_schema_forms(const char *const **names);

/* What a key means, in a sentence or two; NULL: nobody has said. */
const char *sf_schema_about(const char *table, const char *key);

/* That, and what its value may be. Of the arena. */
const char *sf_schema_describe(struct sf_arena *arena, const struct sf_named_table *table,
                               const struct sf_key *key);

/* The names that a key takes, where it takes names. Returns how many. */
enum { SF_KEY_CHOICES_MAX = 16 };
size_t sf_key_choices(const struct sf_key *key, const char *names[static SF_KEY_CHOICES_MAX]);

#endif
