#include "sockets/name.h"

#include "load/shim.h"
#include "sockets/address.h"

#include <netinet/in.h>
#include <string.h>

/* Under the pattern, not the name: a `*` in it stands for many names. */
static void enter(const struct sf_plan_pattern *pattern, const char *host, const uint8_t ip[16])
{
    if (pattern->kind != SF_PATTERN_HOST || !sf_host_matches(sf_shim.plan, pattern, host))
        return;
    uint64_t key = sf_key_of_name(sf_plan_string(sf_shim.plan, pattern->glob_at), sf_shim.program, ip);
    if (!sf_directory_enter(&sf_shim.directory, key, sf_owner_of_program(sf_shim.program), false))
        atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_DIRECTORY, memory_order_relaxed);
}

void sf_name_told(const char *host, const struct sockaddr *address, socklen_t length)
{
    const struct sf_plan_rule *rule = sf_shim.has_hosts ? sf_plan_rules(sf_shim.plan) : NULL;
    const struct sf_plan_rule *end = rule ? rule + sf_shim.plan->rule_count : NULL;
    const struct sf_plan_pattern *patterns = rule ? sf_plan_patterns(sf_shim.plan) : NULL;
    struct sf_addr told;

    if (!rule && !sf_shim.trace)
        return;
    sf_address_from(&told, address, length);
    if (!(told.domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6)))
        return;
    if (sf_shim.trace) /* as it was asked for, for those who read the trace; rules come first */
        sf_directory_enter(&sf_shim.directory, sf_key_of_name(host, sf_shim.program, told.ip),
                           sf_owner_of_program(sf_shim.program), true);
    for (; rule < end; rule++) {
        if (!(rule->programs >> sf_shim.program & 1))
            continue;
        for (uint32_t i = 0; i < rule->peer_count; i++)
            enter(&patterns[rule->peer + i], host, told.ip);
        for (uint32_t i = 0; i < rule->local_count; i++)
            enter(&patterns[rule->local + i], host, told.ip);
    }
}

void sf_name_told_bytes(const char *host, int family, const void *bytes)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (family == AF_INET) {
        memcpy(&v4.sin_addr, bytes, sizeof v4.sin_addr);
        sf_name_told(host, (const struct sockaddr *)&v4, sizeof v4);
    } else {
        memcpy(&v6.sin6_addr, bytes, sizeof v6.sin6_addr);
        sf_name_told(host, (const struct sockaddr *)&v6, sizeof v6);
    }
}
