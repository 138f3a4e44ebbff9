#include "engine/scope.h"

#include <stddef.h>
#include <string.h>

static char as_it_is(char byte)
{
    return byte;
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* fnmatch(3) reads the locale: here `*` matches any run and `?` one byte. `fold` is
 * applied to each byte of the text. */
static bool glob_matches(const char *glob, const char *text, const char *end, char (*fold)(char))
{
    const char *star = NULL, *resume = NULL;
    while (text < end) {
        if (*glob == '*') {
            star = ++glob;
            resume = text;
        } else if (*glob == '?' || (*glob && *glob == fold(*text))) {
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

bool sf_host_matches(const struct sf_plan *plan, const struct sf_plan_pattern *pattern, const char *host)
{
    size_t length = strlen(host);
    if (length > 0 && host[length - 1] == '.')
        length--;
    return glob_matches(sf_plan_string(plan, pattern->glob_at), host, host + length, lower);
}

/* Was the program told this address for the pattern's name? */
static bool was_told(const struct sf_plan *plan, const struct sf_plan_pattern *pattern,
                     const struct sf_addr *address, const struct sf_names *names)
{
    if (!names->directory || (pattern->port != 0 && pattern->port != address->port) ||
        !(address->domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6)))
        return false;
    uint64_t key = sf_key_of_name(sf_plan_string(plan, pattern->glob_at), names->program, address->ip);
    return sf_directory_find(names->directory, key) != SF_OWNER_NONE;
}

static bool pattern_matches(const struct sf_plan *plan, const struct sf_plan_pattern *pattern,
                            const struct sf_addr *address, const struct sf_names *names)
{
    switch (pattern->kind) {
    case SF_PATTERN_ANY:
        return true;
    case SF_PATTERN_PROGRAM:
        return address->owner == sf_owner_of_program(pattern->program);
    case SF_PATTERN_HOST:
        return was_told(plan, pattern, address, names);
    case SF_PATTERN_UNIX:
        return address->domain == SF_DOMAIN_UNIX &&
               glob_matches(sf_plan_string(plan, pattern->glob_at), address->path,
                            address->path + address->path_len, as_it_is);
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
            !(pattern->domains & SF_DOMAIN_INET && sf_ip_is_mapped(address->ip)))
            return false;
        return prefix_matches(pattern->address, address->ip, pattern->prefix_len);
    }
}

static bool any_matches(const struct sf_plan *plan, uint32_t first, uint32_t count,
                        const struct sf_addr *address, const struct sf_names *names)
{
    const struct sf_plan_pattern *pattern = sf_plan_patterns(plan) + first;
    if (count == 0)
        return true;
    if (!address || address->domain == 0)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (pattern_matches(plan, &pattern[i], address, names))
            return true;
    return false;
}

bool sf_peer_matches(const struct sf_plan *plan, const struct sf_plan_rule *rule,
                     const struct sf_addr *address, const struct sf_names *names)
{
    return any_matches(plan, rule->peer, rule->peer_count, address, names);
}

bool sf_peer_is_open(const struct sf_plan *plan, const struct sf_plan_rule *rule, const struct sf_addr *peer)
{
    const struct sf_plan_pattern *pattern = sf_plan_patterns(plan) + rule->peer;

    /* A Unix socket has its name before others can connect to it. */
    if (peer->owner != SF_OWNER_NONE || !(peer->domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6)))
        return false;
    for (uint32_t i = 0; i < rule->peer_count; i++)
        if (pattern[i].kind == SF_PATTERN_PROGRAM)
            return true;
    return false;
}

bool sf_partition_cuts(const struct sf_plan *plan, const struct sf_plan_rule *rule, uint32_t program,
                       const struct sf_addr *address)
{
    const struct sf_plan_pattern *here = NULL, *there = NULL, *pattern = sf_plan_patterns(plan) + rule->peer;

    for (uint32_t i = 0; i < rule->peer_count; i++) {
        here = pattern[i].program == program ? &pattern[i] : here;
        there = sf_owner_of_program(pattern[i].program) == address->owner ? &pattern[i] : there;
    }
    return here && there && here->group != there->group;
}

/* Does a rule mean the look-up of this name? One without `peer` means all. */
static bool asks_for(const struct sf_plan *plan, const struct sf_plan_rule *rule, const char *host)
{
    const struct sf_plan_pattern *patterns = sf_plan_patterns(plan);

    for (uint32_t at = rule->peer; at < rule->peer + rule->peer_count; at++)
        if (patterns[at].kind == SF_PATTERN_HOST && sf_host_matches(plan, &patterns[at], host))
            return true;
    return rule->peer_count == 0;
}

bool sf_exe_matches(const char *glob, const char *path)
{
    const char *end = path + strlen(path), *name = end;

    while (name > path && name[-1] != '/')
        name--;
    return glob_matches(glob, path, end, as_it_is) || glob_matches(glob, name, end, as_it_is);
}

static bool names_exe(const struct sf_plan *plan, const struct sf_plan_rule *rule, const char *path)
{
    const struct sf_plan_pattern *pattern = sf_plan_patterns(plan) + rule->exe;

    for (uint32_t i = 0; i < rule->exe_count; i++)
        if (sf_exe_matches(sf_plan_string(plan, pattern[i].glob_at), path))
            return true;
    return false;
}

void sf_exe_exclude(const struct sf_plan *plan, const char *file, const char *called, uint64_t *excluded)
{
    for (unsigned i = 0; i < sf_selection_words(plan); i++)
        excluded[i] = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const struct sf_plan_rule *rule = &sf_plan_rules(plan)[i];
        if (rule->exe_count && !names_exe(plan, rule, file) && !names_exe(plan, rule, called))
            excluded[i / 64] |= UINT64_C(1) << (i % 64);
    }
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
    if (!any_matches(plan, rule->local, rule->local_count, scope->local, &scope->names))
        return false;
    if (scope->host)
        return asks_for(plan, rule, scope->host);
    if (scope->type == SF_TYPE_DGRAM &&
        (!scope->peer || scope->peer->domain == 0 || sf_peer_is_open(plan, rule, scope->peer)))
        return true; /* sf_verdict_decide looks at each datagram's own address */
    return sf_peer_matches(plan, rule, scope->peer, &scope->names);
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
            bool has_port = patterns[at].kind == SF_PATTERN_INET || patterns[at].kind == SF_PATTERN_HOST;
            ports->any |= !has_port || patterns[at].port == 0;
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
        families |= sf_rule_families_on(&rules[i], scope->type);
    }
    return families;
}
