/* The JSON report: section 3 of the contract, and more keys behind its own. */
#include "explore/report.h"

#include "base/arena.h"
#include "base/json.h"

#include <limits.h>
#include <unistd.h>

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *seconds_of(uint64_t ns)
{
    uint64_t ms = (ns + 500000) / 1000000;
    return json_real((double)ms / 1e3);
}

/* From here, as the reproducer is named. */
static json_t *json_of_source(const struct sf_explored *finding)
{
    char here[PATH_MAX];
    if (!*finding->source || !getcwd(here, sizeof here))
        return json_null();
    struct sf_arena *arena = sf_arena_new();
    json_t *source = json_string(sf_source_from(arena, finding->source, here));
    sf_arena_free(arena);
    return source;
}

static json_t *json_of_finding(const struct sf_explored *finding)
{
    json_t *object = json_object();
    unsigned line = sf_explored_line(finding);
    json_object_set_new(object, "kind", json_string(sf_symptom_names[finding->kind]));
    json_object_set_new(object, "site", json_string(finding->site));
    json_object_set_new(object, "nth", json_integer(finding->nth));
    json_object_set_new(object, "fault", json_string(finding->fault));
    json_object_set_new(object, "detail", json_string(finding->detail));
    json_object_set_new(object, "reproducer", text_or_null(finding->reproducer));
    json_object_set_new(object, "program", json_string(finding->program));
    json_object_set_new(object, "struck", text_or_null(finding->struck));
    json_object_set_new(object, "place", *finding->place ? json_string(finding->place) : json_null());
    json_object_set_new(object, "source", json_of_source(finding));
    json_object_set_new(object, "line", line ? json_integer(line) : json_null());
    json_object_set_new(object, "shown_at",
                        *finding->shown_at ? json_string(finding->shown_at) : json_null());
    json_object_set_new(object, "rule", json_string(finding->rules));
    json_object_set_new(object, "alike", json_integer(finding->alike));
    json_object_set_new(object, "seed", json_integer((json_int_t)finding->seed));
    json_object_set_new(object, "known", json_boolean(finding->is_known));
    json_object_set_new(object, "group", json_string(finding->group));
    return object;
}

static json_t *json_of_list(const struct sf_explored_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, json_of_finding(&list->list[i]));
    return array;
}

static json_t *json_of_program(const struct sf_baseline_program *program)
{
    json_t *object = json_object(), *calls = json_object();
    json_object_set_new(object, "exit", program->is_service ? json_null() : json_integer(program->code));
    json_object_set_new(object, "duration_s", seconds_of(program->duration_ns));
    json_object_set_new(object, "cpu_s", seconds_of(program->cpu_ns));
    json_object_set_new(object, "leaked_sockets",
                        program->leaked < 0 ? json_null() : json_integer((json_int_t)program->leaked));
    json_object_set_new(object, "output_varies", json_boolean(sf_pattern_varies(program->out)));
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
        if (program->calls[family])
            json_object_set_new(calls, sf_family_names[family],
                                json_integer((json_int_t)program->calls[family]));
    json_object_set_new(object, "calls", calls);
    return object;
}

static json_t *json_of_baseline(const struct sf_exploration *exploration)
{
    const struct sf_baseline *baseline = &exploration->baseline;
    json_t *object = json_object(), *programs = json_object();
    json_object_set_new(object, "runs", json_integer(baseline->runs));
    json_object_set_new(object, "duration_s", seconds_of(baseline->duration_ns));
    json_object_set_new(object, "calls", json_integer((json_int_t)baseline->site_count));
    for (unsigned i = 0; i < baseline->program_count; i++)
        json_object_set_new(programs, baseline->programs[i].name, json_of_program(&baseline->programs[i]));
    json_object_set_new(object, "programs", programs);
    if (exploration->problem)
        json_object_set_new(object, "problem", json_string(exploration->problem));
    return object;
}

int sf_explored_json(FILE *out, const struct sf_exploration *exploration)
{
    json_t *root = json_object();
    json_object_set_new(root, "format", json_integer(1));
    json_object_set_new(root, "tool", json_string("sockfault " SF_VERSION));
    json_object_set_new(root, "runs", json_integer((json_int_t)exploration->runs));
    json_object_set_new(root, "sites", json_integer((json_int_t)exploration->baseline.place_used));
    json_object_set_new(root, "duration_s", seconds_of(exploration->duration_ns));
    if (exploration->failure)
        json_object_set_new(root, "failure", json_string(exploration->failure));
    if (exploration->signal)
        json_object_set_new(root, "interrupted", json_true());
    json_object_set_new(root, "baseline", json_of_baseline(exploration));
    json_object_set_new(root, "findings", json_of_list(&exploration->findings));
    json_object_set_new(root, "unstable", json_of_list(&exploration->unstable));
    return sf_json_put(root, out);
}
