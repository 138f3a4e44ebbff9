/* The JSON report: section 3 of the contract, keys in its order. */
#include "report/report.h"

#include "base/json.h"
#include "base/memory.h"
#include "verify/wording.h"

#include <stdlib.h>
#include <string.h>

static const char *const end_names[] = {
    [SF_END_NOT_STARTED] = "not_started", [SF_END_EXITED] = "exited",   [SF_END_SIGNALED] = "signaled",
    [SF_END_TIMEOUT] = "timeout",         [SF_END_STOPPED] = "stopped", [SF_END_FAILED] = "failed"};

/* Programs write what they like, JSON is UTF-8: each byte that is none becomes
 * U+FFFD, three bytes long. */
static json_t *bytes_of(const char *data, uint64_t bytes)
{
    char *text = sf_memory_new(3 * bytes);
    size_t length = 0;
    for (uint64_t at = 0; at < bytes;) {
        unsigned valid = sf_utf8_length(data + at, bytes - at);
        memcpy(text + length, valid ? data + at : "\xef\xbf\xbd", valid ? valid : 3);
        length += valid ? valid : 3;
        at += valid ? valid : 1;
    }
    json_t *value = json_stringn(text, length);
    free(text);
    return value;
}

static json_t *text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

static json_t *seconds_of(uint64_t ns)
{
    uint64_t ms = (ns + 500000) / 1000000; /* three digits say enough */
    return json_real((double)ms / 1e3);
}

static json_t *json_of_failures(const struct sf_findings *findings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < findings->count; i++) {
        const struct sf_finding *finding = &findings->list[i];
        json_t *entry = json_object();
        json_object_set_new(entry, "what", text_of(finding->what));
        json_object_set_new(entry, "want", text_of(finding->want));
        json_object_set_new(entry, "got", text_of(finding->got));
        json_object_set_new(entry, "line", json_integer(finding->place.line));
        json_object_set_new(entry, "message", text_of(finding->message));
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *json_of_calls(const struct sf_report_program *program)
{
    if (program->calls_unknown == SF_FAMILIES_ALL)
        return json_null();
    json_t *object = json_object();
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
        if (program->calls_unknown >> family & 1)
            json_object_set_new(object, sf_family_names[family], json_null());
        else if (program->calls[family])
            json_object_set_new(object, sf_family_names[family],
                                json_integer((json_int_t)program->calls[family]));
    return object;
}

static json_t *text_or_null(const char *text)
{
    return text ? text_of(text) : json_null();
}

static json_t *json_of_habits(const struct sf_report_program *program)
{
    json_t *list = json_array();
    for (size_t i = 0; i < program->habit_count; i++) {
        const struct sf_report_habit *habit = &program->habits[i];
        json_t *entry = json_object();
        json_object_set_new(entry, "warning", text_of(habit->warning));
        json_object_set_new(entry, "message", text_of(habit->message));
        json_object_set_new(entry, "times", json_integer(habit->times));
        json_object_set_new(entry, "call", text_or_null(habit->call));
        json_object_set_new(entry, "fd", habit->fd >= 0 ? json_integer(habit->fd) : json_null());
        json_object_set_new(entry, "connection",
                            habit->connection ? json_integer(habit->connection) : json_null());
        json_object_set_new(entry, "peer", text_or_null(habit->peer));
        json_object_set_new(entry, "state", text_or_null(habit->state));
        json_object_set_new(entry, "site", text_or_null(habit->site));
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *json_of_program(struct sf_arena *arena, const struct sf_report_program *program)
{
    const struct sf_exit *exit = &program->exit;
    bool exited = (exit->end == SF_END_EXITED || exit->end == SF_END_STOPPED) && exit->signal == 0;
    json_t *object = json_object();
    json_object_set_new(object, "end", json_string(end_names[exit->end]));
    json_object_set_new(object, "exit", exited ? json_integer(exit->code) : json_null());
    json_object_set_new(object, "signal",
                        exit->signal ? json_string(sf_word_signal(arena, exit->signal)) : json_null());
    json_object_set_new(object, "duration_s", seconds_of(exit->duration_ns));
    json_object_set_new(object, "stdout", bytes_of(exit->out.tail, exit->out.tail_bytes));
    json_object_set_new(object, "stderr", bytes_of(exit->err.tail, exit->err.tail_bytes));
    json_object_set_new(object, "calls", json_of_calls(program));
    json_object_set_new(object, "leaked_sockets",
                        program->leaked_sockets < 0 ? json_null() : json_integer(program->leaked_sockets));
    if (program->has_hygiene)
        json_object_set_new(object, "hygiene",
                            program->hygiene_unknown && program->habit_count == 0 ? json_null()
                                                                                  : json_of_habits(program));
    return object;
}

static json_t *json_of_rules(const struct sf_report_scenario *scenario)
{
    json_t *list = json_array();
    for (size_t i = 0; i < scenario->rule_count; i++) {
        const struct sf_report_rule *rule = &scenario->rules[i];
        json_t *entry = json_object();
        json_object_set_new(entry, "id", text_of(rule->id));
        json_object_set_new(entry, "line", json_integer(rule->line));
        json_object_set_new(entry, "fired", json_integer((json_int_t)rule->fired));
        json_object_set_new(entry, "illegal", json_integer((json_int_t)rule->illegal));
        if (rule->forced)
            json_object_set_new(entry, "forced", json_true());
        if (rule->illegal_reason)
            json_object_set_new(entry, "illegal_reason", text_of(rule->illegal_reason));
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *json_of_scenario(const struct sf_report_scenario *scenario)
{
    json_t *object = json_object(), *programs = json_object();
    json_object_set_new(object, "name", text_of(scenario->name));
    json_object_set_new(object, "file", text_of(scenario->file));
    json_object_set_new(object, "line", json_integer(scenario->line));
    json_object_set_new(object, "result", json_string(sf_result_names[scenario->result]));
    if (scenario->reason)
        json_object_set_new(object, "reason", text_of(scenario->reason));
    json_object_set_new(object, "seed", json_integer((json_int_t)scenario->seed));
    json_object_set_new(object, "duration_s", seconds_of(scenario->duration_ns));
    json_object_set_new(object, "failures", json_of_failures(&scenario->findings));
    for (size_t i = 0; i < scenario->program_count; i++)
        json_object_set_new(programs, scenario->programs[i].name,
                            json_of_program(scenario->arena, &scenario->programs[i]));
    json_object_set_new(object, "programs", programs);
    json_object_set_new(object, "faults", json_of_rules(scenario));
    return object;
}

static json_t *json_of_summary(const struct sf_report_run *run)
{
    json_t *object = json_object();
    json_object_set_new(object, "total", json_integer((json_int_t)run->count));
    for (enum sf_result result = SF_PASSED; result <= SF_INVALID; result++)
        json_object_set_new(object, sf_result_names[result],
                            json_integer((json_int_t)sf_report_count(run, result)));
    json_object_set_new(object, "duration_s", seconds_of(run->duration_ns));
    return object;
}

int sf_json_write(FILE *out, const struct sf_report_run *run)
{
    json_t *root = json_object(), *scenarios = json_array();
    json_object_set_new(root, "format", json_integer(1));
    json_object_set_new(root, "tool", json_string("sockfault " SF_VERSION));
    json_object_set_new(root, "summary", json_of_summary(run));
    if (run->failure)
        json_object_set_new(root, "failure", text_of(run->failure));
    for (size_t i = 0; i < run->count; i++)
        json_array_append_new(scenarios, json_of_scenario(run->scenarios[i]));
    json_object_set_new(root, "scenarios", scenarios);
    return sf_json_put(root, out);
}
