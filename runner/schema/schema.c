#include "schema/schema.h"

#include "base/arena.h"
#include "hygiene/warning.h"
#include "scenario/calls.h"
#include "scenario/errors.h"
#include "scenario/faults.h"
#include "scenario/link.h"
#include "scenario/signals.h"
#include "scenario/states.h"
#include "scenario/tables.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Our own JSON: that it is none is a mistake of ours, at the first test. */
static json_t *load(const char *json)
{
    json_error_t error;
    json_t *value = json_loads(json, JSON_DECODE_ANY, &error);
    if (!value) {
        fprintf(stderr, "schema: %s in %s\n", error.text, json);
        abort();
    }
    return value;
}

static json_t *reference(const char *name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/$defs/%s", name));
}

/* One of these names, or a text that `${…}` makes one. */
static json_t *one_of(const char *const *names, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    return json_pack("{s:[{s:o}, {s:s, s:s}]}", "anyOf", "enum", list, "type", "string", "pattern", "[$][{]");
}

static json_t *choices_of(const struct sf_key *key)
{
    const char *names[SF_KEY_CHOICES_MAX];
    return one_of(names, sf_key_choices(key, names));
}

static json_t *one_or_list(json_t *one)
{
    return json_pack("{s:[O, {s:s, s:i, s:o}]}", "anyOf", one, "type", "array", "minItems", 1, "items", one);
}

static json_t *number_of(const struct sf_key *key)
{
    json_t *number = json_pack("{s:s, s:I}", "type", "integer", "minimum", (json_int_t)key->min);
    if (key->max && key->max <= INT64_MAX)
        json_object_set_new(number, "maximum", json_integer((json_int_t)key->max));
    return json_pack("{s:[o, {s:s, s:s}]}", "anyOf", number, "type", "string", "pattern", "^[0-9]+$|[$][{]");
}

static json_t *value_of(const struct sf_key *key)
{
    if (key->type->schema)
        return reference(key->type->schema);
    if (key->type == &sf_type_mask)
        return one_or_list(choices_of(key));
    return key->choices ? choices_of(key) : number_of(key);
}

static json_t *table_of(const struct sf_named_table *named)
{
    json_t *keys = json_object(), *needed = json_array();
    struct sf_arena *arena = sf_arena_new();
    for (size_t i = 0; i < named->table->count; i++) {
        const struct sf_key *key = &named->table->keys[i];
        json_t *value = value_of(key);
        json_object_set_new(value, "description", json_string(sf_schema_describe(arena, named, key)));
        json_object_set_new(keys, key->name, value);
        if (key->flags & SF_KEY_REQUIRED)
            json_array_append_new(needed, json_string(key->name));
    }
    sf_arena_free(arena);
    json_t *object =
        json_pack("{s:s, s:o, s:b}", "type", "object", "properties", keys, "additionalProperties", 0);
    if (named->table->extensible)
        json_object_set_new(object, "patternProperties", load("{\"^x-\": {}}"));
    if (json_array_size(needed))
        json_object_set(object, "required", needed);
    json_decref(needed);
    return object;
}

static json_t *required(const char *key)
{
    return json_pack("{s:[s]}", "required", key);
}

/* A rule with this place has one of its faults, and no other. */
static json_t *place_of(const char *place, json_t *faults)
{
    return json_pack("{s:o, s:{s:o}}", "if", required(place), "then", "oneOf", faults);
}

/* A rule has one place. */
static json_t *rule_of(const struct sf_named_table *named)
{
    json_t *rule = table_of(named), *call_faults = json_array(), *link_faults = json_array();
    for (size_t i = 0; i < SF_FAULT_COUNT; i++)
        json_array_append_new(call_faults, required(sf_faults[i].name));
    for (size_t i = 0; i < SF_LINK_FAULT_COUNT; i++)
        json_array_append_new(link_faults, required(sf_link_faults[i].name));
    json_object_set_new(rule, "oneOf",
                        json_pack("[o, o, o]", required("call"), required("link"), required("partition")));
    json_object_set_new(rule, "allOf",
                        json_pack("[o, o]", place_of("call", call_faults), place_of("link", link_faults)));
    return rule;
}

/* A program is ready by one sign. */
static json_t *ready_of(const struct sf_named_table *named)
{
    json_t *ready = table_of(named);
    json_object_set_new(ready, "oneOf",
                        json_pack("[o, o, o]", required("port"), required("output"), required("file")));
    return ready;
}

/* TERM and SIGTERM, each of them, and real-time ones. */
static json_t *signals(void)
{
    const char *names[SF_SIGNALS_MAX];
    size_t count = sf_signal_names(names);
    json_t *all = one_of(names, count);
    json_t *list = json_object_get(json_array_get(json_object_get(all, "anyOf"), 0), "enum");
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_sprintf("SIG%s", names[i]));
    json_array_append_new(json_object_get(all, "anyOf"),
                          json_pack("{s:s, s:s}", "type", "string", "pattern", SF_SIGNAL_REAL_TIME));
    return all;
}

static void add_names(json_t *definitions)
{
    const char *names[SF_CALL_NAMES_MAX], *states[SF_STATES_MAX];
    struct sf_error_names errors, eais;
    size_t calls = sf_calls_names(names), state_count = sf_state_names(states);
    json_object_set_new(definitions, "call_name", one_of(names, calls));
    json_object_set_new(definitions, "family", one_of(sf_family_names, SF_FAMILY_COUNT));
    json_object_set_new(definitions, "state", one_of(states, state_count));
    json_object_set_new(definitions, "habit", one_of(sf_habit_names, SF_HABIT_COUNT));
    sf_errno_names(&errors);
    sf_eai_names(&eais);
    json_t *all = one_of(errors.names, errors.count);
    json_t *list = json_object_get(json_array_get(json_object_get(all, "anyOf"), 0), "enum");
    for (size_t i = 0; i < eais.count; i++)
        json_array_append_new(list, json_string(eais.names[i]));
    json_object_set_new(definitions, "error_name", all);
    json_object_set_new(definitions, "signal", signals());
}

json_t *sf_schema_new(void)
{
    const char *const *forms;
    json_t *definitions = json_object();
    size_t count = sf_schema_forms(&forms);
    for (size_t i = 0; i < count; i++)
        json_object_set_new(definitions, forms[i], load(sf_schema_form(forms[i])));
    add_names(definitions);
    for (size_t i = 0; i < SF_TABLES; i++) {
        const char *name = sf_tables[i].name;
        json_object_set_new(definitions, name,
                            strcmp(name, "rule") == 0    ? rule_of(&sf_tables[i])
                            : strcmp(name, "ready") == 0 ? ready_of(&sf_tables[i])
                                                         : table_of(&sf_tables[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "$schema", "http://json-schema.org/draft-07/schema#",
                     "title", "sockfault scenario", "description",
                     "A scenario of sockfault " SF_VERSION ": docs/reference/language.md.", "$ref",
                     "#/$defs/scenario", "$defs", definitions);
}
