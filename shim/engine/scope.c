#include "engine/scope.h"

#include <stddef.h>
#include <string.h>

/* fnmatch(3) reads the locale: here `*` matches any run and `?` one byte. */
static bool glob_matches(const char *glob, const char *text, const char *end)
{
    const char *star = NULL, *resume = NULL;
    while (text < end) {
        if (*glob == '*') {
            star = ++glob;
            resume = text;
        } else if (*glob == '?' || (*glob && *glob == *text)) {
            glob++;
            text++;
        } else if (star) {
            glob = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}

static bool prefix_matches(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
    uint32_t whole = bits / 8, rest = bits % 8;
    for (uint32_t i = 0; i < whole; i++)
        if (a[i] != b[i])
            return false;
    return rest == 0 || (uint8_t)((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static bool is_mapped_ipv4(const uint8_t *ip)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return prefix_matches(ip, prefix, 96);
}

static bool pattern_matches(const struct sf_plan *plan, const struct sf_plan_pattern *pattern,
                            const struct sf_addr *address)
{
    switch (pattern->kind) {
    case SF_PATTERN_ANY:
        return true;
    case SF_PATTERN_UNIX:
        return address->domain == SF_DOMAIN_UNIX &&
               glob_matches(sf_plan_string(plan, pattern->glob_at), address->path,
                            address->path + address->path_len);
    case SF_PATTERN_EXE: /* no address */
        return false;
    default:
        /* The port first: it is what most often differs. */
        if (pattern->port != 0 && pattern->port != address->port)
            return false;
        if (!(address->domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6)))
            return false;
        /* An IPv6 socket that talks to an IPv4 host is asked for by either. */
        if (!(pattern->domains & address->domain) &&
            !(pattern->domains & SF_DOMAIN_INET && is_mapped_ipv4(address->ip)))
            return false;
        return prefix_matches(pattern->address, address->ip, pattern->prefix_len);
    }
}

static bool any_matches(const struct sf_plan *plan, uint32_t first, uint32_t count,
                        const struct sf_addr *address)
{
    const struct sf_plan_pattern *pattern = sf_plan_patterns(plan) + first;
    if (count == 0)
        return true;
    if (!address || address->domain == 0)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (pattern_matches(plan, &pattern[i], address))
            return true;
    return false;
}

bool sf_peer_matches(const struct sf_plan *plan, const struct sf_plan_rule *rule,
                     const struct sf_addr *address)
{
    return any_matches(plan, rule->peer, rule->peer_count, address);
}

static bool exe_matches(const struct sf_plan *plan, const struct sf_plan_rule *rule, const char *path)
{
    const struct sf_plan_pattern *pattern = sf_plan_patterns(plan) + rule->exe;
    const char *end = path + strlen(path), *name = end;

    while (name > path && name[-1] != '/')
        name--;
    for (uint32_t i = 0; i < rule->exe_count; i++) {
        const char *glob = sf_plan_string(plan, pattern[i].glob_at);
        if (glob_matches(glob, path, end) || glob_matches(glob, name, end))
            return true;
    }
    return rule->exe_count == 0;
}

void sf_exe_exclude(const struct sf_plan *plan, const char *path, uint64_t *excluded)
{
    for (unsigned i = 0; i < sf_selection_words(plan); i++)
        excluded[i] = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (!exe_matches(plan, &sf_plan_rules(plan)[i], path))
            excluded[i / 64] |= UINT64_C(1) << (i % 64);
}

bool sf_scope_selects(const struct sf_plan *plan, uint32_t index, const struct sf_scope *scope)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(plan)[index];

    if (scope->excluded && scope->excluded[index / 64] >> (index % 64) & 1)
        return false;
    if (scope->program != SF_PROGRAM_ANY && !(rule->programs >> scope->program & 1))
        return false;
    /* Netlink, packet and other sockets carry no program's traffic; what they
     * deliver comes whole, and a short read there is nothing that happens. */
    if (scope->domain == SF_DOMAIN_OTHER)
        return false;
    if ((rule->domains && !(rule->domains & scope->domain)) ||
        (rule->types && !(rule->types & scope->type)) || (rule->roles && !(rule->roles & scope->role)))
        return false;
    if (!any_matches(plan, rule->local, rule->local_count, scope->local))
        return false;
    if (scope->type == SF_TYPE_DGRAM && (!scope->peer || scope->peer->domain == 0))
        return true; /* sf_verdict_decide looks at each datagram's own address */
    return sf_peer_matches(plan, rule, scope->peer);
}

void sf_ports_collect(const struct sf_plan *plan, uint32_t program, struct sf_ports *ports)
{
    const struct sf_plan_rule *rules = sf_plan_rules(plan);
    const struct sf_plan_pattern *patterns = sf_plan_patterns(plan);

    *ports = (struct sf_ports){0};
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        if (!(rules[i].programs >> program & 1))
            continue;
        ports->any |= rules[i].peer_count == 0;
        for (uint32_t at = rules[i].peer; at < rules[i].peer + rules[i].peer_count; at++) {
            ports->any |= patterns[at].kind != SF_PATTERN_INET || patterns[at].port == 0;
            ports->bits[patterns[at].port / 64 % 16] |= UINT64_C(1) << (patterns[at].port % 64);
        }
    }
}

uint32_t sf_scope_select(const struct sf_plan *plan, const struct sf_scope *scope, uint64_t *selected)
{
    const struct sf_plan_rule *rules = sf_plan_rules(plan);
    uint32_t families = 0;

    for (unsigned i = 0; i < sf_selection_words(plan); i++)
        selected[i] = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        if (!sf_scope_selects(plan, i, scope))
            continue;
        selected[i / 64] |= UINT64_C(1) << (i % 64);
        families |= sf_rule_families(&rules[i]);
    }
    return families;
}
