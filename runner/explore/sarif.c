/* Findings as SARIF, which code hosts show at the line of the source.
 *
 * Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0. */
#include "explore/report.h"

#include "base/arena.h"
#include "base/diagnostic.h"
#include "base/json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const abouts[SF_SYMPTOM_COUNT] = {
    [SF_SYMPTOM_CRASH] = "A fault of the network kills the program.",
    [SF_SYMPTOM_SPIN] = "A fault of the network makes the program go round without a pause.",
    [SF_SYMPTOM_SERVICE_DOWN] = "After a fault of one connection the service serves no other.",
    [SF_SYMPTOM_HANG] = "After a fault of the network the program does not end.",
    [SF_SYMPTOM_SILENT] = "The program ends as if all were well, though its output is not what it should be.",
    [SF_SYMPTOM_FRAGILE] = "What the network does any day makes the program fail.",
    [SF_SYMPTOM_LEAK] = "After a fault the program never closes a connection that is over.",
};

static json_t *message(const char *text)
{
    json_t *object = json_object();
    json_object_set_new(object, "text", json_string(text));
    return object;
}

static json_t *json_of_rules(void)
{
    json_t *list = json_array();
    for (unsigned kind = 1; kind < SF_SYMPTOM_COUNT; kind++) {
        json_t *rule = json_object();
        json_object_set_new(rule, "id", json_string(sf_symptom_names[kind]));
        json_object_set_new(rule, "shortDescription", message(abouts[kind]));
        json_array_append_new(list, rule);
    }
    return list;
}

/* Source: RFC 3986, 2.3; '/' divides. */
static const char *escape(struct sf_arena *arena, const char *path)
{
    char *uri = sf_arena_alloc(arena, 3 * strlen(path) + 1), *at = uri;
    for (; *path; path++) {
        unsigned char byte = (unsigned char)*path;
        bool is_plain = byte < 0x80 && (isalnum(byte) || strchr("-._~/", byte));
        at += sprintf(at, is_plain ? "%c" : "%%%02X", byte);
    }
    return uri;
}

/* Where a file lies, as a URI; relative ones are from the root of the repository. */
static json_t *json_of_file(struct sf_arena *arena, const char *path)
{
    json_t *artifact = json_object();
    const char *from = sf_source_from(arena, path, sf_source_root(arena));
    const char *uri = escape(arena, from);
    bool is_absolute = *from == '/';
    json_object_set_new(artifact, "uri",
                        json_string(is_absolute ? sf_arena_printf(arena, "file://%s", uri) : uri));
    if (!is_absolute)
        json_object_set_new(artifact, "uriBaseId", json_string("%SRCROOT%"));
    return artifact;
}

/* The line of the call where it is known, otherwise the reproducer. */
static json_t *json_of_location(struct sf_arena *arena, const struct sf_exploration *exploration,
                                const struct sf_explored *finding)
{
    const char *file = finding->reproducer ? finding->reproducer : exploration->subject->document->file;
    unsigned line = sf_explored_line(finding);
    json_t *region = json_object(), *physical = json_object(), *location = json_object();
    json_object_set_new(region, "startLine", json_integer(line ? line : 1));
    json_object_set_new(physical, "artifactLocation", json_of_file(arena, line ? finding->source : file));
    json_object_set_new(physical, "region", region);
    json_object_set_new(location, "physicalLocation", physical);
    return location;
}

static json_t *json_of_result(struct sf_arena *arena, const struct sf_exploration *exploration,
                              const struct sf_explored *finding)
{
    json_t *result = json_object(), *locations = json_array(), *prints = json_object(),
           *properties = json_object();
    const char *text = sf_explored_sentence(arena, finding);
    if (finding->reproducer)
        text = sf_arena_printf(arena, "%s. sockfault test %s shows it.", text,
                               sf_shell_word(arena, finding->reproducer));
    json_array_append_new(locations, json_of_location(arena, exploration, finding));
    json_object_set_new(prints, "group/v1", json_string(finding->group));
    json_object_set_new(properties, "rule", json_string(finding->rules));
    json_object_set_new(properties, "reproducer",
                        finding->reproducer ? json_string(finding->reproducer) : json_null());
    json_object_set_new(result, "ruleId", json_string(sf_symptom_names[finding->kind]));
    json_object_set_new(result, "level", json_string("error"));
    json_object_set_new(result, "message", message(text));
    json_object_set_new(result, "locations", locations);
    json_object_set_new(result, "partialFingerprints", prints);
    json_object_set_new(result, "baselineState", json_string(finding->is_known ? "unchanged" : "new"));
    json_object_set_new(result, "properties", properties);
    return result;
}

int sf_explored_sarif(FILE *out, const struct sf_exploration *exploration)
{
    struct sf_arena *arena = sf_arena_new();
    json_t *driver = json_object(), *tool = json_object(), *run = json_object(), *runs = json_array(),
           *results = json_array(), *root = json_object();
    json_object_set_new(driver, "name", json_string("sockfault explore"));
    json_object_set_new(driver, "version", json_string(SF_VERSION));
    json_object_set_new(driver, "rules", json_of_rules());
    json_object_set_new(tool, "driver", driver);
    for (size_t i = 0; i < exploration->findings.count; i++)
        json_array_append_new(results, json_of_result(arena, exploration, &exploration->findings.list[i]));
    json_object_set_new(run, "tool", tool);
    json_object_set_new(run, "results", results);
    json_array_append_new(runs, run);
    json_object_set_new(root, "$schema", json_string("https://json.schemastore.org/sarif-2.1.0.json"));
    json_object_set_new(root, "version", json_string("2.1.0"));
    json_object_set_new(root, "runs", runs);
    int error = sf_json_put(root, out);
    sf_arena_free(arena);
    return error;
}
