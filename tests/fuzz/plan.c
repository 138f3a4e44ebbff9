/* Any bytes as a plan: refused, or safe to decide by. The checksum is mended, so
 * that damage reaches what lies behind it. */
#include "engine/scope.h"
#include "engine/verdict.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool no_fact(void *context, enum sf_fact fact)
{
    (void)context;
    return fact == SF_FACT_NONBLOCKING;
}

static uint32_t no_state(void *context)
{
    (void)context;
    return 1;
}

static bool exists(void *context, const char *path)
{
    (void)context;
    return path[0] == '/';
}

static bool is_site(void *context, uint32_t rule)
{
    const struct sf_plan *plan = context;
    return *sf_plan_string(plan, sf_plan_rules(plan)[rule].site_at) == '_';
}

struct record {
    struct sf_socket socket;
    uint64_t selected[SF_SELECTION_WORDS_MAX];
};

static size_t read_once(void *context, uint8_t *to, size_t room)
{
    size_t *left = context, bytes = *left < room ? *left : room;
    memset(to, 'a', bytes);
    *left -= bytes;
    return bytes;
}

/* Every call on a socket that the plan's rules may select. */
static void walk(const struct sf_plan *plan)
{
    struct record record = {0};
    struct sf_addr peer = {.domain = SF_DOMAIN_UNIX, .path_len = 4, .path = "/run"};
    struct sf_socket_rule *per_rule = calloc(plan->rule_count + 1, sizeof *per_rule);
    struct sf_engine engine = {
        .plan = plan,
        .rules = calloc(plan->rule_count + 1, sizeof *engine.rules),
        .calls = calloc((size_t)plan->rule_count * plan->program_count + 1, sizeof(uint32_t))};
    struct sf_scope scope = {.domain = SF_DOMAIN_UNIX,
                             .type = SF_TYPE_STREAM,
                             .role = SF_ROLE_CLIENT,
                             .peer = &peer,
                             .local = &peer};
    struct sf_selection selection = {
        .selected = record.selected, .per_rule = per_rule, .socket = &record.socket};
    struct sf_ports ports;
    size_t left = 100;

    sf_exe_exclude(plan, "/usr/bin/curl", "./curl", record.selected);
    sf_ports_collect(plan, 0, &ports);
    sf_scope_select(plan, &scope, record.selected);
    sf_bytes_passed(&engine, &selection, SF_FAMILY_RECV, left, read_once, &left);
    for (int call = 0; call < SF_CALL_COUNT; call++) {
        struct sf_call_info info = {.call = call,
                                    .len = 100,
                                    .type = SF_TYPE_STREAM,
                                    .fact = no_fact,
                                    .state = no_state,
                                    .exists = exists,
                                    .site = is_site,
                                    .context = (void *)plan};
        if (sf_call_families[call] == SF_FAMILY_NONE)
            continue;
        struct sf_verdict verdict = sf_verdict_decide(&engine, &selection, &info);
        sf_verdict_settle(&engine, &verdict, 1, true);
    }
    free(engine.rules);
    free((void *)engine.calls);
    free(per_rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct sf_plan *plan = malloc(bytes + sizeof *plan);

    memcpy(plan, data, bytes);
    if (bytes >= sizeof *plan && plan->total_bytes <= bytes)
        plan->checksum = sf_plan_checksum(plan);
    if (!sf_plan_verify(plan, bytes))
        walk(plan);
    free(plan);
    return 0;
}
