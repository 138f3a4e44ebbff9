#include "plan/session.h"

#include "base/memory.h"
#include "engine/hash.h"
#include "plan/counts.h"

#include <string.h>

/* Where the next piece of each table goes. The image is sized beforehand. */
struct writer {
    struct sf_plan *plan;
    uint32_t pattern_count, stretch_count, string_bytes;
};

static uint32_t put_bytes(struct writer *writer, const void *from, size_t bytes)
{
    uint32_t at = writer->string_bytes;
    memcpy((char *)writer->plan + writer->plan->strings_at + at, from, bytes);
    writer->string_bytes += (uint32_t)bytes;
    return at;
}

static uint32_t put_string(struct writer *writer, const char *text)
{
    return put_bytes(writer, text, strlen(text) + 1);
}

static void put_pattern(struct writer *writer, const struct sf_pattern *from)
{
    struct sf_plan_pattern *to =
        (struct sf_plan_pattern *)((char *)writer->plan + writer->plan->patterns_at) +
        writer->pattern_count++;
    to->kind = from->kind;
    to->domains = from->domains;
    to->port = from->port;
    to->prefix_len = from->prefix_len;
    memcpy(to->address, from->address, sizeof to->address);
    to->program = from->program;
    if (from->glob)
        to->glob_at = put_string(writer, from->glob);
}

static uint32_t put_patterns(struct writer *writer, const struct sf_pattern *patterns, size_t count)
{
    uint32_t first = writer->pattern_count;
    for (size_t i = 0; i < count; i++)
        put_pattern(writer, &patterns[i]);
    return first;
}

static uint32_t put_stretches(struct writer *writer, const struct sf_exactly *exactly)
{
    uint32_t first = writer->stretch_count;
    struct sf_stretch *to = (struct sf_stretch *)((char *)writer->plan + writer->plan->stretches_at) + first;
    if (exactly->count)
        memcpy(to, exactly->list, exactly->count * sizeof *to);
    writer->stretch_count += (uint32_t)exactly->count;
    return first;
}

/* How many of the 2^53 draws make a rule fire. What is possible at all keeps
 * one chance, however small. */
static uint64_t threshold(double probability)
{
    if (probability >= 1)
        return SF_PROBABILITY_ALWAYS;
    uint64_t draws = (uint64_t)(probability * (double)SF_PROBABILITY_ALWAYS);
    return draws == 0 && probability > 0 ? 1 : draws;
}

/* Whose bytes must be counted: those of the direction that the rule's calls have. */
static uint32_t watched_families(const struct sf_rule *rule)
{
    uint32_t in = 1u << SF_FAMILY_RECV, out = 1u << SF_FAMILY_SEND;
    if (!rule->after_bytes && !rule->match)
        return 0;
    return rule->families & ~(in | out) ? in | out : rule->families;
}

static void put_trigger(struct writer *writer, struct sf_plan_rule *to, const struct sf_rule *from)
{
    to->nth_first = from->nth_first;
    to->nth_last = from->nth_last;
    to->every = from->every;
    to->times = from->times;
    to->probability = threshold(from->probability);
    to->after_ns = from->after_ns;
    to->until_ns = from->until_ns;
    to->after_bytes = from->after_bytes;
    if (from->match) {
        to->match_bytes = (uint32_t)from->match_bytes;
        to->match_at = put_bytes(writer, from->match, from->match_bytes);
        put_bytes(writer, "", 1); /* the pool ends with a NUL, whatever bytes a match holds */
    }
    to->states = from->states;
    to->exists = from->exists != NULL;
    if (from->exists)
        to->exists_at = put_string(writer, from->exists);
    to->site = from->site != NULL;
    if (from->site)
        to->site_at = put_string(writer, from->site);
    to->watches = watched_families(from);
    to->stretch = put_stretches(writer, &from->exactly);
    to->stretch_count = (uint32_t)from->exactly.count;
}

/* Each of the programs that a partition names knows the group that it is in. */
static void put_groups(struct writer *writer, const struct sf_plan_rule *to, const struct sf_link *from)
{
    struct sf_plan_pattern *peers =
        (struct sf_plan_pattern *)((char *)writer->plan + writer->plan->patterns_at) + to->peer;
    for (uint32_t i = 0; i < to->peer_count; i++)
        for (size_t group = 0; group < from->group_count; group++)
            if (from->groups[group] >> peers[i].program & 1)
                peers[i].group = (uint32_t)group;
}

/* A rate is that of each connection unless the rule says whose. */
static void put_link(struct sf_plan_rule *to, const struct sf_rule *from)
{
    const struct sf_link *link = &from->link;
    to->link = (struct sf_plan_link){.directions = link->directions,
                                     .fault = link->fault,
                                     .distribution = (uint32_t)link->distribution,
                                     .unreachable = (uint32_t)link->unreachable,
                                     .jitter_ns = link->jitter_ns,
                                     .bytes_per_s = link->bytes_per_s,
                                     .is_shared = link->is_per_written,
                                     .datagrams = link->datagrams};
    if (link->fault == SF_LINK_SYN_TIMEOUT)
        to->delay_ns = link->syn_timeout_ns;
    /* Without a type it is for the sockets that the fault is for. */
    if (to->types == 0)
        to->types = sf_link_faults[link->fault].types;
    if (to->domains == 0)
        to->domains = sf_link_faults[link->fault].domains;
}

static void put_rule(struct writer *writer, struct sf_plan_rule *to, const struct sf_rule *from)
{
    to->id_at = put_string(writer, from->id);
    to->draws = sf_hash_text(from->id);
    to->line = from->place.line;
    to->flags = (from->force ? SF_RULE_FORCE : 0) | (from->optional ? SF_RULE_OPTIONAL : 0) |
                (from->is_caught ? SF_RULE_CAUGHT : 0) | (from->exactly.place.file ? SF_RULE_EXACTLY : 0);
    to->families = from->families;
    to->calls = from->calls;
    to->programs = from->programs;
    to->peer = put_patterns(writer, from->peers, from->peer_count);
    to->peer_count = (uint32_t)from->peer_count;
    to->local = put_patterns(writer, from->locals, from->local_count);
    to->local_count = (uint32_t)from->local_count;
    to->exe = put_patterns(writer, from->exes, from->exe_count);
    to->exe_count = (uint32_t)from->exe_count;
    to->domains = from->domains;
    to->types = from->types;
    to->roles = from->roles;
    to->per = (uint8_t)from->per;
    to->connection_first = from->connection_first;
    to->connection_last = from->connection_last;
    put_trigger(writer, to, from);
    to->fault = from->fault;
    to->error = from->error;
    to->delay_ns = from->delay_ns;
    to->bytes_min = from->bytes_min;
    to->bytes_max = from->bytes_max;
    to->bits = from->bits;
    to->signal = from->signal;
    to->answer = put_patterns(writer, from->answers, from->answer_count);
    to->answer_count = (uint32_t)from->answer_count;
    if (from->kind != SF_RULE_CALL)
        put_link(to, from);
    put_groups(writer, to, &from->link);
}

static uint64_t round8(uint64_t bytes)
{
    return (bytes + 7) & ~UINT64_C(7);
}

static uint64_t glob_bytes(const struct sf_pattern *patterns, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += patterns[i].glob ? strlen(patterns[i].glob) + 1 : 0;
    return bytes;
}

/* Count what the scenario takes and lay the tables out one behind the other. */
static void lay_out(struct sf_plan *plan, const struct sf_scenario *scenario)
{
    uint64_t patterns = 0, stretches = 0, strings = 0;
    for (size_t i = 0; i < scenario->program_count; i++)
        strings += strlen(scenario->programs[i].name) + 1;
    for (size_t i = 0; i < scenario->rule_count; i++) {
        const struct sf_rule *rule = &scenario->rules[i];
        strings += strlen(rule->id) + 1;
        stretches += rule->exactly.count;
        patterns += rule->peer_count + rule->local_count + rule->exe_count + rule->answer_count;
        strings += glob_bytes(rule->peers, rule->peer_count) + glob_bytes(rule->locals, rule->local_count) +
                   glob_bytes(rule->exes, rule->exe_count) + (rule->match ? rule->match_bytes + 1 : 0) +
                   (rule->exists ? strlen(rule->exists) + 1 : 0) + (rule->site ? strlen(rule->site) + 1 : 0);
    }
    plan->program_count = (uint32_t)scenario->program_count;
    plan->rule_count = (uint32_t)scenario->rule_count;
    plan->pattern_count = (uint32_t)patterns;
    plan->stretch_count = (uint32_t)stretches;
    plan->string_bytes = (uint32_t)strings;
    uint64_t at = round8(sizeof *plan);
    plan->programs_at = (uint32_t)at;
    at = round8(at + plan->program_count * sizeof(struct sf_plan_program));
    plan->rules_at = (uint32_t)at;
    at = round8(at + plan->rule_count * sizeof(struct sf_plan_rule));
    plan->patterns_at = (uint32_t)at;
    at = round8(at + patterns * sizeof(struct sf_plan_pattern));
    plan->stretches_at = (uint32_t)at;
    at = round8(at + stretches * sizeof(struct sf_stretch));
    plan->strings_at = (uint32_t)at;
    plan->total_bytes = round8(at + strings);
}

struct sf_plan *sf_plan_compile(const struct sf_scenario *scenario)
{
    struct sf_plan header = {.magic = SF_PLAN_MAGIC, .version = SF_PLAN_VERSION, .seed = scenario->seed};
    lay_out(&header, scenario);
    struct sf_plan *plan = sf_memory_new(header.total_bytes);
    *plan = header;
    struct writer writer = {.plan = plan};
    for (size_t i = 0; i < scenario->program_count; i++) {
        struct sf_plan_program *program = (struct sf_plan_program *)((char *)plan + plan->programs_at) + i;
        program->name_at = put_string(&writer, scenario->programs[i].name);
        program->wrap = scenario->programs[i].wrap;
        if (scenario->programs[i].ready.kind == SF_READY_PORT)
            program->ready_port = scenario->programs[i].ready.port;
    }
    for (size_t i = 0; i < scenario->rule_count; i++)
        put_rule(&writer, (struct sf_plan_rule *)((char *)plan + plan->rules_at) + i, &scenario->rules[i]);
    sf_counts_share(plan);
    plan->checksum = sf_plan_checksum(plan);
    return plan;
}
