#include "abi/plan.h"

#include <stddef.h>
#include <string.h>

/* Each step is a bijection of the state, so two images that differ in one
 * word never have the same checksum. */
static uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * UINT64_C(0x9fb21c651e98df25);
    return state ^ (state >> 32);
}

uint64_t sf_plan_checksum(const struct sf_plan *plan)
{
    const char *image = (const char *)plan;
    uint64_t state = UINT64_C(0x5346504c414e0001);
    for (uint64_t at = 0; at + 8 <= plan->total_bytes; at += 8) {
        uint64_t word;
        memcpy(&word, image + at, 8);
        state = mix(state, at == offsetof(struct sf_plan, checksum) ? 0 : word);
    }
    return state;
}

static int array_fits(const struct sf_plan *plan, uint32_t at, uint64_t count, uint64_t size)
{
    return at >= sizeof *plan && at % 8 == 0 && at + count * size <= plan->total_bytes;
}

/* 0, 0 means any; otherwise both count from 1. */
static int range_holds(uint32_t first, uint32_t last)
{
    return first <= last && (first > 0 || last == 0);
}

static const char *verify_header(const struct sf_plan *plan, uint64_t bytes)
{
    if (memcmp(plan->magic, SF_PLAN_MAGIC, sizeof plan->magic) != 0)
        return "this is not a plan";
    if (plan->version != SF_PLAN_VERSION)
        return "the plan was made by another version of sockfault";
    if (plan->total_bytes != bytes || bytes % 8 != 0)
        return "the plan is truncated or has something behind its end";
    if (plan->checksum != sf_plan_checksum(plan))
        return "the plan is damaged: its checksum is wrong";
    if (plan->program_count == 0 || plan->program_count > SF_PLAN_PROGRAMS_MAX)
        return "the plan is damaged: its number of programs is out of range";
    if (plan->rule_count > SF_PLAN_RULES_MAX)
        return "the plan is damaged: it has too many rules";
    if (!array_fits(plan, plan->programs_at, plan->program_count, sizeof(struct sf_plan_program)) ||
        !array_fits(plan, plan->rules_at, plan->rule_count, sizeof(struct sf_plan_rule)) ||
        !array_fits(plan, plan->patterns_at, plan->pattern_count, sizeof(struct sf_plan_pattern)) ||
        !array_fits(plan, plan->stretches_at, plan->stretch_count, sizeof(struct sf_stretch)) ||
        !array_fits(plan, plan->strings_at, plan->string_bytes, 1))
        return "the plan is damaged: a table lies outside of it";
    /* With a NUL at the end of the pool, each offset into it is a string. */
    if (plan->string_bytes == 0 || *sf_plan_string(plan, plan->string_bytes - 1) != '\0')
        return "the plan is damaged: its strings have no end";
    return NULL;
}

static const char *verify_program(const struct sf_plan *plan, const struct sf_plan_program *program)
{
    if (program->name_at >= plan->string_bytes)
        return "the plan is damaged: a program's name lies outside of the strings";
    if (program->wrap > 1)
        return "the plan is damaged: a program's switch is out of range";
    if (program->ready_port > UINT16_MAX)
        return "the plan is damaged: a program's port is out of range";
    return NULL;
}

static int calls_hold(const struct sf_plan_rule *rule)
{
    uint32_t families = 0;
    for (unsigned i = 0; i < SF_CALL_WORDS; i++)
        for (uint64_t left = rule->calls.word[i]; left; left &= left - 1) {
            unsigned call = i * 64 + (unsigned)__builtin_ctzll(left);
            if (call >= SF_CALL_COUNT || sf_call_families[call] >= SF_FAMILY_COUNT)
                return 0;
            families |= UINT32_C(1) << sf_call_families[call];
        }
    return families == rule->families;
}

static int programs_hold(const struct sf_plan *plan, uint64_t programs)
{
    return programs == UINT64_MAX || plan->program_count == 64 || programs >> plan->program_count == 0;
}

#define ADDRESSES \
    (1u << SF_PATTERN_ANY | 1u << SF_PATTERN_INET | 1u << SF_PATTERN_UNIX | 1u << SF_PATTERN_HOST)

/* Patterns that there are (verified by now), each of one of the kinds (a set of bits) that fit here. */
static int patterns_hold(const struct sf_plan *plan, uint32_t first, uint32_t count, uint32_t kinds)
{
    if ((uint64_t)first + count > plan->pattern_count)
        return 0;
    for (uint32_t i = first; i < first + count; i++)
        if (!(kinds >> sf_plan_patterns(plan)[i].kind & 1))
            return 0;
    return 1;
}

static int stretches_hold(const struct sf_plan *plan, uint32_t first, uint32_t count)
{
    const struct sf_stretch *list = sf_plan_stretches(plan) + first;
    if ((uint64_t)first + count > plan->stretch_count)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].counter > SF_COUNTER_PROGRAM || list[i].first == 0 || list[i].first > list[i].last)
            return 0;
        if (i > 0 && sf_stretch_compare(&list[i - 1], &list[i]) >= 0)
            return 0;
    }
    return 1;
}

static int link_holds(const struct sf_plan_rule *rule)
{
    const struct sf_plan_link *link = &rule->link;
    if (link->directions > (SF_LINK_IN | SF_LINK_OUT) || link->fault >= SF_LINK_FAULT_COUNT ||
        link->distribution >= SF_DISTRIBUTION_COUNT || link->unreachable >= SF_UNREACHABLE_COUNT ||
        link->is_shared > 1 || rule->families || rule->fault || rule->watches)
        return 0;
    switch (link->fault) {
    case SF_LINK_THROTTLE:
        return link->bytes_per_s != 0;
    case SF_LINK_REORDER:
        return link->datagrams > 1;
    case SF_LINK_CHUNK:
        return rule->bytes_min != 0 && rule->bytes_min <= rule->bytes_max;
    case SF_LINK_SYN_TIMEOUT:
        return rule->delay_ns != 0;
    case SF_LINK_CORRUPT:
        return rule->bits != 0;
    default:
        return 1;
    }
}

static const char *verify_rule(const struct sf_plan *plan, const struct sf_plan_rule *rule)
{
    if (rule->id_at >= plan->string_bytes)
        return "the plan is damaged: a rule's name lies outside of the strings";
    if (rule->flags & ~(uint32_t)(SF_RULE_FORCE | SF_RULE_OPTIONAL | SF_RULE_EXACTLY))
        return "the plan is damaged: a rule has an unknown flag";
    if (rule->counts_as >= plan->rule_count || rule->count > SF_COUNTS_MAX)
        return "the plan is damaged: a rule counts as one that there is not";
    if (!calls_hold(rule))
        return "the plan is damaged: a rule names calls that there are not";
    if (!programs_hold(plan, rule->programs))
        return "the plan is damaged: a rule names a program that there is not";
    if (!patterns_hold(plan, rule->peer, rule->peer_count, ADDRESSES | 1u << SF_PATTERN_PROGRAM) ||
        !patterns_hold(plan, rule->local, rule->local_count, ADDRESSES) ||
        !patterns_hold(plan, rule->exe, rule->exe_count, 1u << SF_PATTERN_EXE) ||
        !patterns_hold(plan, rule->answer, rule->answer_count, 1u << SF_PATTERN_INET))
        return "the plan is damaged: a rule names a pattern that there is not or that does not fit";
    if (rule->domains > (SF_DOMAIN_INET | SF_DOMAIN_INET6 | SF_DOMAIN_UNIX | SF_DOMAIN_OTHER) ||
        rule->types > (SF_TYPE_STREAM | SF_TYPE_DGRAM | SF_TYPE_OTHER) ||
        rule->roles > (SF_ROLE_CLIENT | SF_ROLE_SERVER) || rule->per > SF_PER_SCENARIO)
        return "the plan is damaged: a rule's scope is out of range";
    if (!range_holds(rule->connection_first, rule->connection_last) ||
        !range_holds(rule->nth_first, rule->nth_last) || rule->probability > SF_PROBABILITY_ALWAYS ||
        rule->match_bytes > SF_MATCH_BYTES_MAX ||
        (uint64_t)rule->match_at + rule->match_bytes > plan->string_bytes || rule->exists > 1 ||
        rule->exists_at >= plan->string_bytes || rule->site > 1 || rule->site_at >= plan->string_bytes ||
        rule->watches >> SF_FAMILY_COUNT ||
        !stretches_hold(plan, rule->stretch, rule->stretch_count))
        return "the plan is damaged: a rule's trigger is out of range";
    if (sf_rule_is_link(rule))
        return link_holds(rule) ? NULL : "the plan is damaged: a rule's link fault is out of range";
    if (rule->fault >= SF_FAULT_COUNT || (rule->fault == SF_FAULT_ERROR && rule->error == 0) ||
        (rule->fault == SF_FAULT_CORRUPT && rule->bits == 0) ||
        (rule->fault == SF_FAULT_TIMEOUT && rule->delay_ns == 0) ||
        (rule->fault == SF_FAULT_SIGNAL && (rule->signal < 1 || rule->signal > 64)) ||
        (rule->bytes_max != 0 && (rule->bytes_min == 0 || rule->bytes_min > rule->bytes_max)))
        return "the plan is damaged: a rule's fault is out of range";
    return NULL;
}

static const char *verify_pattern(const struct sf_plan *plan, const struct sf_plan_pattern *pattern)
{
    switch (pattern->kind) {
    case SF_PATTERN_ANY:
        return NULL;
    case SF_PATTERN_INET:
        if (pattern->prefix_len > 128 || pattern->domains == 0 ||
            pattern->domains > (SF_DOMAIN_INET | SF_DOMAIN_INET6))
            return "the plan is damaged: an address pattern is out of range";
        return NULL;
    case SF_PATTERN_UNIX:
    case SF_PATTERN_EXE:
    case SF_PATTERN_HOST:
        if (pattern->glob_at >= plan->string_bytes)
            return "the plan is damaged: a pattern lies outside of the strings";
        return NULL;
    case SF_PATTERN_PROGRAM:
        if (pattern->program >= plan->program_count || pattern->group >= SF_PLAN_PROGRAMS_MAX)
            return "the plan is damaged: a pattern names a program that there is not";
        return NULL;
    default:
        return "the plan is damaged: a pattern is of an unknown kind";
    }
}

const char *sf_plan_verify(const void *image, uint64_t bytes)
{
    const struct sf_plan *plan = image;
    if (bytes < sizeof *plan)
        return "the plan is truncated: it is shorter than its header";
    const char *problem = verify_header(plan, bytes);
    for (uint32_t i = 0; !problem && i < plan->program_count; i++)
        problem = verify_program(plan, sf_plan_programs(plan) + i);
    for (uint32_t i = 0; !problem && i < plan->pattern_count; i++)
        problem = verify_pattern(plan, sf_plan_patterns(plan) + i);
    for (uint32_t i = 0; !problem && i < plan->rule_count; i++)
        problem = verify_rule(plan, sf_plan_rules(plan) + i);
    return problem;
}
