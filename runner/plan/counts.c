#include "plan/counts.h"

#include <stdbool.h>
#include <string.h>

static bool same_pattern(const struct sf_plan *plan, const struct sf_plan_pattern *a,
                         const struct sf_plan_pattern *b)
{
    bool is_glob = a->kind == SF_PATTERN_UNIX || a->kind == SF_PATTERN_EXE || a->kind == SF_PATTERN_HOST;
    return a->kind == b->kind && a->domains == b->domains && a->port == b->port && a->program == b->program &&
           a->group == b->group && a->prefix_len == b->prefix_len &&
           memcmp(a->address, b->address, sizeof a->address) == 0 &&
           (!is_glob || strcmp(sf_plan_string(plan, a->glob_at), sf_plan_string(plan, b->glob_at)) == 0);
}

static bool same_patterns(const struct sf_plan *plan, uint32_t a, uint32_t a_count, uint32_t b,
                          uint32_t b_count)
{
    const struct sf_plan_pattern *patterns = sf_plan_patterns(plan);
    bool same = a_count == b_count;
    for (uint32_t i = 0; same && i < a_count; i++)
        same = same_pattern(plan, &patterns[a + i], &patterns[b + i]);
    return same;
}

/* Place, scope, and what is counted over. */
static bool select_the_same(const struct sf_plan *plan, const struct sf_plan_rule *a,
                            const struct sf_plan_rule *b)
{
    return a->families == b->families && memcmp(&a->calls, &b->calls, sizeof a->calls) == 0 &&
           a->programs == b->programs && a->domains == b->domains && a->types == b->types &&
           a->roles == b->roles && a->per == b->per && a->connection_first == b->connection_first &&
           a->connection_last == b->connection_last &&
           same_patterns(plan, a->peer, a->peer_count, b->peer, b->peer_count) &&
           same_patterns(plan, a->local, a->local_count, b->local, b->local_count) &&
           same_patterns(plan, a->exe, a->exe_count, b->exe, b->exe_count);
}

void sf_counts_share(struct sf_plan *plan)
{
    struct sf_plan_rule *rules = (struct sf_plan_rule *)((char *)plan + plan->rules_at);
    uint16_t shared = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++)
        rules[i].counts_as = (uint16_t)i;
    for (uint32_t i = 0; i < plan->rule_count && shared < SF_COUNTS_MAX; i++) {
        bool is_first = rules[i].count == 0;
        for (uint32_t later = i + 1; is_first && later < plan->rule_count; later++) {
            if (rules[later].count || !select_the_same(plan, &rules[i], &rules[later]))
                continue;
            if (rules[i].count == 0)
                rules[i].count = ++shared;
            rules[later].count = rules[i].count;
            rules[later].counts_as = (uint16_t)i;
        }
    }
}
