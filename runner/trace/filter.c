#include "trace/filter.h"

#include "base/arena.h"
#include "engine/scope.h"
#include "scenario/calls.h"
#include "scenario/pattern.h"

#include <stdlib.h>
#include <string.h>

static const char *add_call(struct sf_arena *arena, struct sf_trace_filter *filter, const char *name)
{
    uint32_t families = 0;
    bool found = sf_calls_find(name, &filter->calls, &families);
    return found ? NULL : sf_arena_printf(arena, "--call: %s", sf_calls_unknown(arena, name));
}

const char *sf_trace_filter_calls(struct sf_arena *arena, struct sf_trace_filter *filter, const char *text)
{
    const char *problem = NULL;
    filter->by_call = true;
    for (const char *at = text; !problem; at++) {
        size_t length = strcspn(at, ",");
        problem = add_call(arena, filter, sf_arena_strndup(arena, at, length));
        at += length;
        if (!*at)
            break;
    }
    return problem;
}

const char *sf_trace_filter_program(struct sf_arena *arena, struct sf_trace_filter *filter, const char *text)
{
    if (!*text)
        return "--program: a name is needed";
    if (filter->program_count == SF_FILTER_PROGRAMS_MAX)
        return "--program: 64 are allowed";
    const char **slot =
        sf_arena_push(arena, &filter->programs, &filter->program_count, sizeof *filter->programs);
    *slot = sf_arena_strdup(arena, text);
    return NULL;
}

const char *sf_trace_filter_peer(struct sf_arena *arena, struct sf_trace_filter *filter, const char *text)
{
    struct sf_pattern pattern = {.kind = SF_PATTERN_PROGRAM, .text = sf_arena_strdup(arena, text)};
    bool is_name = *text && !strpbrk(text, ":*/?[");
    if (!is_name && !sf_pattern_parse(arena, pattern.text, &pattern))
        return sf_arena_printf(arena,
                               "--peer: %s is no pattern%s: allowed are HOST:PORT, each may be *, "
                               "CIDR:PORT, unix:GLOB, or the name of a program",
                               sf_quoted(arena, text), sf_pattern_hint(text));
    pattern.text = sf_arena_strdup(arena, text);
    *(struct sf_pattern *)sf_arena_push(arena, &filter->peers, &filter->peer_count, sizeof pattern) = pattern;
    return NULL;
}

static bool has_program(const struct sf_scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->program_count; i++)
        if (strcmp(scenario->programs[i].name, name) == 0)
            return true;
    return false;
}

const char *sf_trace_filter_meet(struct sf_trace_filter *filter, const struct sf_scenario *scenario)
{
    const char *stranger = NULL;
    for (size_t i = filter->program_count; i-- > 0;) {
        if (has_program(scenario, filter->programs[i]))
            filter->met |= UINT64_C(1) << i;
        if (!(filter->met >> i & 1))
            stranger = filter->programs[i];
    }
    return stranger;
}

void sf_trace_filter_close(struct sf_trace_filter *filter)
{
    struct sf_rule rule = {.id = "peer",
                           .peers = filter->peers,
                           .peer_count = filter->peer_count,
                           .probability = 1,
                           .fault = SF_FAULT_PARTIAL,
                           .bytes_min = 1,
                           .bytes_max = 1};
    struct sf_scenario scenario = {.file = "", .name = "", .rules = &rule, .rule_count = 1};
    if (filter->peer_count)
        filter->plan = sf_plan_compile(&scenario);
}

void sf_trace_filter_free(struct sf_trace_filter *filter)
{
    free(filter->plan);
    filter->plan = NULL;
}

/* Names are told by the trace, not by the session's directory. */
static bool fits_name(const struct sf_trace_filter *filter, size_t index, const struct sf_addr *address,
                      const char *name)
{
    const struct sf_pattern *pattern = &filter->peers[index];
    const struct sf_plan_pattern *compiled = sf_plan_patterns(filter->plan) + index;
    if (!name)
        return false;
    if (pattern->kind == SF_PATTERN_PROGRAM)
        return strcmp(pattern->text, name) == 0;
    return pattern->kind == SF_PATTERN_HOST && (pattern->port == 0 || pattern->port == address->port) &&
           sf_host_matches(filter->plan, compiled, name);
}

static bool fits_peer(const struct sf_trace_filter *filter, const struct sf_addr *address, const char *name)
{
    static const struct sf_names none;
    if (!address || address->domain == 0)
        return false;
    for (size_t i = 0; i < filter->peer_count; i++)
        if (fits_name(filter, i, address, name))
            return true;
    struct sf_addr plain = *address;
    plain.owner = SF_OWNER_NONE;
    return sf_peer_matches(filter->plan, sf_plan_rules(filter->plan), &plain, &none);
}

static bool fits_program(const struct sf_trace_filter *filter, const char *program)
{
    for (size_t i = 0; i < filter->program_count; i++)
        if (strcmp(filter->programs[i], program) == 0)
            return true;
    return filter->program_count == 0;
}

bool sf_trace_filter_shows(const struct sf_trace_filter *filter, const struct sf_traced *call)
{
    const struct sf_followed *socket = call->socket;
    if (filter->by_call && !sf_call_set_has(&filter->calls, (enum sf_call_id)call->record->call))
        return false;
    if (!fits_program(filter, call->program))
        return false;
    if (filter->peer_count == 0)
        return true;
    return fits_peer(filter, call->address, socket ? socket->peer_name : NULL) ||
           fits_peer(filter, socket ? &socket->peer : NULL, socket ? socket->peer_name : NULL);
}

bool sf_trace_filter_shows_socket(const struct sf_trace_filter *filter, const char *program,
                                  const struct sf_followed *socket)
{
    if (!filter)
        return true;
    return fits_program(filter, program) &&
           (filter->peer_count == 0 || fits_peer(filter, &socket->peer, socket->peer_name));
}
