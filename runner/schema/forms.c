/* Forms of values, as JSON Schema. Texts that hold `${` may become anything. */
#include "schema/schema.h"

#include <string.h>

#define REF(name) "{\"$ref\": \"#/$defs/" name "\"}"
#define EITHER(...) "{\"anyOf\": [" __VA_ARGS__ "]}"
#define TEXT_LIKE(pattern) "{\"type\": \"string\", \"pattern\": \"" pattern "|[$][{]\"}"
#define ONE_OR_LIST(item) EITHER(item ", {\"type\": \"array\", \"minItems\": 1, \"items\": " item "}")
#define MAPPING_OF(item) "{\"type\": \"object\", \"additionalProperties\": " item "}"
#define TIME "[0-9]+([.][0-9]+)?(ns|us|ms|s|m|h)"
#define NUMBER "[0-9]+"
#define BYTES NUMBER "(B|[kKMG]B|[KMG]iB)?"
#define BOUND(unit) "^(<|<=|>|>=)" unit "$|^" unit "[.][.]" unit "$"

static const struct {
    const char *name, *json;
} forms[] = {
    {"text", "{\"type\": [\"string\", \"number\", \"boolean\"]}"},
    {"line", EITHER("{\"type\": \"string\", \"minLength\": 1, \"pattern\": \"^[^\\\\n]*$\"}, "
                    "{\"type\": [\"number\", \"boolean\"]}")},
    {"texts", ONE_OR_LIST(REF("text"))},
    {"texts_by_name", MAPPING_OF(REF("text"))},
    {"regex", REF("text")},
    {"flag", EITHER("{\"type\": \"boolean\"}, " TEXT_LIKE("^(true|false)$"))},
    {"true", EITHER("{\"const\": true}, " TEXT_LIKE("^true$"))},
    {"fraction",
     EITHER("{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}, " TEXT_LIKE("^[01]([.][0-9]+)?$"))},
    {"range",
     EITHER("{\"type\": \"integer\", \"minimum\": 1}, " TEXT_LIKE("^" NUMBER "([.][.](" NUMBER ")?)?$"))},
    {"partial", EITHER(REF("range") ", {\"const\": \"random\"}")},
    {"duration", TEXT_LIKE("^" TIME "$")},
    {"delays", EITHER(REF("duration") ", " REF("delay"))},
    {"size", EITHER("{\"type\": \"integer\", \"minimum\": 0}, " TEXT_LIKE("^" BYTES "$"))},
    {"rate", TEXT_LIKE("^(" BYTES "|" NUMBER "[kMG]bit)/s$")},
    {"end_signal", EITHER(REF("signal") ", {\"const\": \"none\"}")},
    {"count", EITHER("{\"type\": \"integer\", \"minimum\": 0}, " TEXT_LIKE("^" NUMBER "$|" BOUND(NUMBER)))},
    {"elapsed", TEXT_LIKE(BOUND(TIME))},
    {"exit", EITHER(REF("status") ", {\"enum\": [\"nonzero\", \"any\"]}, {\"type\": \"array\", \"minItems\": "
                                  "1, \"items\": " REF("status") "}")},
    {"status",
     EITHER("{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 255}, " TEXT_LIKE("^[0-9]{1,3}$"))},
    {"exactly", EITHER(ONE_OR_LIST(REF("text")) ", {\"type\": \"object\"}")},
    {"calls", "{\"type\": \"object\", \"propertyNames\": " REF("family") ", \"additionalProperties\": " REF(
                  "count") "}"},
    {"hygiene", EITHER("{\"const\": \"clean\"}, " ONE_OR_LIST(REF("habit")))},
    {"call", ONE_OR_LIST(REF("call_name"))},
    {"error", EITHER(REF("error_name") ", " TEXT_LIKE("^$"))},
    {"states", ONE_OR_LIST(REF("state"))},
    {"partition", "{\"type\": \"array\", \"minItems\": 2, \"items\": {\"type\": \"array\", \"minItems\": 1, "
                  "\"items\": " REF("text") "}}"},
    {"run", EITHER("{\"type\": [\"string\", \"number\", \"boolean\"], \"minLength\": 1}, "
                   "{\"type\": \"array\", \"minItems\": 1, \"items\": " REF("text") "}")},
    {"programs", "{\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": " EITHER(
                     REF("program") ", " REF("run")) "}"},
    {"faults", "{\"type\": \"array\", \"items\": " REF("rule") "}"},
    {"expects", "{\"type\": \"object\", \"properties\": {\"faults\": " MAPPING_OF(
                    REF("count")) "}, \"additionalProperties\": " REF("expect") "}"},
    {"matrix", MAPPING_OF("{\"type\": \"array\", \"minItems\": 1, \"items\": " REF("text") "}")},
};
enum { FORMS = sizeof forms / sizeof *forms };

const char *sf_schema_form(const char *name)
{
    for (size_t i = 0; i < FORMS; i++)
        if (strcmp(forms[i].name, name) == 0)
            return forms[i].json;
    return NULL;
}

size_t sf_schema_forms(const char *const **names)
{
    static const char *list[FORMS];
    for (size_t i = 0; i < FORMS; i++)
        list[i] = forms[i].name;
    *names = list;
    return FORMS;
}
