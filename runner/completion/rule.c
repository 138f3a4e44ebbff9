/* Keys and values of a rule on the command line, which is YAML in one line: "call: recv, when: {nth: 3}". */
#include "completion/asking.h"

#include "base/arena.h"
#include "scenario/calls.h"
#include "scenario/errors.h"
#include "scenario/states.h"
#include "schema/schema.h"

#include <stdbool.h>
#include <string.h>

enum { DEPTH_MAX = 8 };

/* A mapping or a list that is open where the text ends. */
struct level {
    const struct sf_named_table *table; /* of its keys; NULL: they are free */
    const char *key;                    /* whose value is being written; NULL: none yet */
    size_t key_bytes;
    bool is_list, is_over; /* is_over: behind a value, where a comma has to come */
};

struct spot {
    struct level levels[DEPTH_MAX];
    size_t depth;
    const char *begin; /* of the key or value that is being written */
};

static const struct sf_named_table *table_named(const char *name, size_t length)
{
    for (size_t i = 0; i < SF_TABLES; i++)
        if (strlen(sf_tables[i].name) == length && strncmp(sf_tables[i].name, name, length) == 0)
            return &sf_tables[i];
    return NULL;
}

/* A list goes on with the values of its key, a mapping has keys of its own. */
static bool open_level(struct spot *spot, bool is_list)
{
    const struct level *outer = &spot->levels[spot->depth - 1];
    struct level inner = *outer;
    if (spot->depth == DEPTH_MAX)
        return false;
    inner.is_list = is_list;
    if (!is_list) {
        inner.table = outer->key ? table_named(outer->key, outer->key_bytes) : NULL;
        inner.key = NULL;
    }
    spot->levels[spot->depth++] = inner;
    return true;
}

static bool close_level(struct spot *spot)
{
    if (spot->depth == 1)
        return false;
    spot->levels[--spot->depth - 1].is_over = true;
    return true;
}

static bool step(struct spot *spot, const char *at)
{
    struct level *level = &spot->levels[spot->depth - 1];
    bool is_right = true;
    if (*at == '{' || *at == '[')
        is_right = open_level(spot, *at == '[');
    else if (*at == '}' || *at == ']')
        is_right = close_level(spot);
    else if (*at == ',' && !level->is_list)
        level->key = NULL, level->is_over = false;
    else if (*at == ':' && !level->is_list && !level->key)
        level->key = spot->begin, level->key_bytes = (size_t)(at - spot->begin);
    else if (*at != ',')
        return true;
    spot->begin = at + 1 + strspn(at + 1, " ");
    return is_right;
}

/* Where the text ends; false: where nothing can be offered, within quotes, say. */
static bool find_spot(const char *text, struct spot *spot)
{
    *spot = (struct spot){.depth = 1, .begin = text + strspn(text, " ")};
    spot->levels[0].table = table_named("rule", strlen("rule"));
    for (const char *at = text; *at; at++) {
        if (*at == '"' || *at == '\'')
            at = strchr(at + 1, *at);
        if (!at || !step(spot, at))
            return false;
    }
    return !spot->levels[spot->depth - 1].is_over;
}

static void offer_keys(const struct asking *asking, const struct sf_named_table *named)
{
    struct sf_arena *arena = sf_arena_new();
    for (size_t i = 0; named && i < named->table->count; i++) {
        const char *key = named->table->keys[i].name;
        offer(asking, sf_arena_printf(arena, "%s:", key), sf_schema_about(named->name, key));
    }
    sf_arena_free(arena);
}

static void offer_errors(const struct asking *asking)
{
    struct sf_error_names errors;
    sf_errno_names(&errors);
    offer_all(asking, errors.names, errors.count);
    sf_eai_names(&errors);
    offer_all(asking, errors.names, errors.count);
}

static void offer_states(const struct asking *asking)
{
    const char *names[SF_STATES_MAX];
    offer_all(asking, names, sf_state_names(names));
}

static void offer_value_of(const struct asking *asking, const struct sf_key *key)
{
    const char *names[SF_KEY_CHOICES_MAX], *form = key->type->schema ? key->type->schema : "";
    if (strcmp(form, "call") == 0)
        offer_calls(asking);
    else if (strcmp(form, "error") == 0)
        offer_errors(asking);
    else if (strcmp(form, "states") == 0)
        offer_states(asking);
    else if (strcmp(form, "true") == 0 || strcmp(form, "flag") == 0)
        offer(asking, "true", NULL);
    offer_all(asking, names, sf_key_choices(key, names));
}

static void offer_values(const struct asking *asking, const struct level *level)
{
    for (size_t i = 0; level->table && i < level->table->table->count; i++) {
        const struct sf_key *key = &level->table->table->keys[i];
        if (strlen(key->name) == level->key_bytes && strncmp(key->name, level->key, level->key_bytes) == 0)
            offer_value_of(asking, key);
    }
}

void offer_rule(struct asking asking)
{
    struct spot spot;
    if (!find_spot(asking.typed, &spot))
        return;
    const struct level *level = &spot.levels[spot.depth - 1];
    asking = asking_from(asking, spot.begin);
    if (!level->key) {
        offer_keys(&asking, level->is_list ? NULL : level->table);
        return;
    }
    asking.gap = spot.begin[-1] == ':' ? " " : ""; /* without it YAML sees no value */
    offer_values(&asking, level);
}
