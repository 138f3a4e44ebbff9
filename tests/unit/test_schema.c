/* The JSON Schema has what the reader has: each key, each form of values, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schema/schema.h"
#include "scenario/tables.h"

#include <stdio.h>
#include <string.h>

static json_t *schema;

static int setup(void **state)
{
    (void)state;
    schema = sf_schema_new();
    return schema ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(schema);
    return 0;
}

static json_t *definition(const char *name)
{
    return json_object_get(json_object_get(schema, "$defs"), name);
}

static void each_key_is_there_and_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < SF_TABLES; i++) {
        json_t *keys = json_object_get(definition(sf_tables[i].name), "properties");
        assert_int_equal(json_object_size(keys), sf_tables[i].table->count);
        for (size_t at = 0; at < sf_tables[i].table->count; at++) {
            const char *key = sf_tables[i].table->keys[at].name;
            if (!sf_schema_about(sf_tables[i].name, key))
                fail_msg("schema/about.c says nothing of %s.%s", sf_tables[i].name, key);
            assert_non_null(json_object_get(json_object_get(keys, key), "description"));
        }
    }
}

static void find_references(json_t *value)
{
    static const char prefix[] = "#/$defs/";
    const char *key;
    json_t *item;
    size_t index;
    if (json_is_string(json_object_get(value, "$ref"))) {
        const char *to = json_string_value(json_object_get(value, "$ref"));
        assert_int_equal(strncmp(to, prefix, sizeof prefix - 1), 0);
        if (!definition(to + sizeof prefix - 1))
            fail_msg("nothing defines %s", to);
    }
    json_object_foreach(value, key, item) find_references(item);
    json_array_foreach(value, index, item) find_references(item);
}

static void each_reference_leads_somewhere(void **state)
{
    (void)state;
    find_references(schema);
}

static void each_form_is_used(void **state)
{
    (void)state;
    const char *const *forms;
    size_t count = sf_schema_forms(&forms);
    char *text = json_dumps(schema, 0);
    for (size_t i = 0; i < count; i++) {
        char reference[80];
        snprintf(reference, sizeof reference, "#/$defs/%s\"", forms[i]);
        if (!strstr(text, reference))
            fail_msg("nothing uses the form %s", forms[i]);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_key_is_there_and_told, setup, teardown),
        cmocka_unit_test_setup_teardown(each_reference_leads_somewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(each_form_is_used, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
