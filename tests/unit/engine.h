/* An engine over rules as people write them: text → plan → verdicts, with no
 * socket, no clock, no preload. */
#ifndef TESTS_UNIT_ENGINE_H
#define TESTS_UNIT_ENGINE_H

#include "base/arena.h"
#include "engine/scope.h"
#include "engine/verdict.h"
#include "plan/session.h"

#include <stdlib.h>
#include <string.h>

#define RULES_MAX 8
#define PROGRAMS 2

struct engine {
    struct sf_arena *arena;
    struct sf_plan *plan;
    struct sf_engine engine;
    struct sf_rule_state rules[RULES_MAX];
    _Atomic uint32_t calls[RULES_MAX * PROGRAMS];
    /* what the next call meets */
    bool nonblocking, timeout, ready, handler, ended, shut, unconnected, exists, site;
    unsigned site_asked;
    uint32_t state;
    uint64_t elapsed_ns;
};

/* A connection as the shim's records hold it. */
struct connection {
    struct sf_socket socket;
    uint64_t selected[1];
    struct sf_socket_rule per_rule[RULES_MAX];
};

static inline bool engine_fact(void *context, enum sf_fact fact)
{
    const struct engine *engine = context;
    return fact == SF_FACT_NONBLOCKING   ? engine->nonblocking
           : fact == SF_FACT_TIMEOUT     ? engine->timeout
           : fact == SF_FACT_READY       ? engine->ready
           : fact == SF_FACT_ENDED       ? engine->ended
           : fact == SF_FACT_SHUT        ? engine->shut
           : fact == SF_FACT_UNCONNECTED ? engine->unconnected
                                         : engine->handler;
}

static inline uint32_t engine_state(void *context)
{
    return ((struct engine *)context)->state;
}

static inline bool engine_exists(void *context, const char *path)
{
    return ((struct engine *)context)->exists && path[0] == '/';
}

static inline bool engine_site(void *context, uint32_t rule)
{
    struct engine *engine = context;
    engine->site_asked++;
    return engine->site && sf_plan_rules(engine->plan)[rule].site;
}

/* Rules as on the command line; the list ends with NULL. Programs: client, server. */
static inline void engine_make(struct engine *engine, uint64_t seed, const char *const *texts)
{
    static struct sf_program programs[PROGRAMS] = {{.name = "client", .wrap = true},
                                                   {.name = "server", .wrap = true}};
    struct sf_rule rules[RULES_MAX];
    size_t count = 0;

    memset(engine, 0, sizeof *engine);
    engine->arena = sf_arena_new();
    struct sf_diagnostics diagnostics = {.arena = engine->arena};
    for (; texts[count]; count++)
        sf_rule_decode_argument(engine->arena, "rule", texts[count], "client", &rules[count], &diagnostics);
    sf_rules_number(engine->arena, rules, 0, count);
    sf_diagnostics_print(&diagnostics, stderr);
    assert_int_equal(diagnostics.errors, 0);
    struct sf_scenario scenario = {.name = "test",
                                   .seed = seed,
                                   .programs = programs,
                                   .program_count = PROGRAMS,
                                   .rules = rules,
                                   .rule_count = count};
    engine->plan = sf_plan_compile(&scenario);
    assert_null(sf_plan_verify(engine->plan, engine->plan->total_bytes));
    engine->engine = (struct sf_engine){.plan = engine->plan, .rules = engine->rules, .calls = engine->calls};
}

static inline void engine_free(struct engine *engine)
{
    free(engine->plan);
    sf_arena_free(engine->arena);
}

/* Open a connection of program 0: scope, ordinals, as sockets/connection.c does. */
static inline void connection_open(struct engine *engine, struct connection *connection,
                                   struct sf_scope scope)
{
    memset(connection, 0, sizeof *connection);
    connection->socket.domain = scope.domain;
    connection->socket.type = scope.type;
    connection->socket.domain = scope.domain;
    if (scope.peer)
        connection->socket.peer = *scope.peer;
    sf_scope_select(engine->plan, &scope, connection->selected);
    for (uint32_t i = 0; i < engine->plan->rule_count; i++)
        if (connection->selected[0] >> i & 1)
            connection->per_rule[i].connection = ++engine->rules[i].connections;
}

static const struct sf_addr engine_peer = {
    .domain = SF_DOMAIN_INET, .port = 80, .ip = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}};

static inline void connection_open_tcp(struct engine *engine, struct connection *connection)
{
    connection_open(engine, connection,
                    (struct sf_scope){.program = 0,
                                      .domain = SF_DOMAIN_INET,
                                      .type = SF_TYPE_STREAM,
                                      .role = SF_ROLE_CLIENT,
                                      .peer = &engine_peer});
}

/* What is decided of a call on a connection (NULL: of one without a socket). */
static inline struct sf_verdict decide_on(struct engine *engine, struct connection *connection,
                                          enum sf_call_id id, uint64_t len)
{
    uint64_t selected[1];
    struct sf_selection selection = {.selected = selected};
    struct sf_call_info info = {.call = id,
                                .program = 0,
                                .len = len,
                                .elapsed_ns = engine->elapsed_ns,
                                .fact = engine_fact,
                                .state = engine_state,
                                .exists = engine_exists,
                                .site = engine_site,
                                .context = engine};

    if (connection) {
        selection = (struct sf_selection){connection->selected, connection->per_rule, &connection->socket};
        info.domain = connection->socket.domain;
        info.type = connection->socket.type;
        info.domain = connection->socket.domain;
    } else {
        sf_scope_select(engine->plan, &(struct sf_scope){.program = 0}, selected);
    }
    return sf_verdict_decide(&engine->engine, &selection, &info);
}

/* … which then is over. */
static inline void settle(struct engine *engine, struct sf_verdict *verdict, int64_t result)
{
    sf_verdict_count(&engine->engine, verdict, SF_BEFORE_CALL);
    sf_verdict_settle(&engine->engine, verdict, result, true);
    sf_verdict_count(&engine->engine, verdict, SF_AFTER_CALL);
}

/* One call that moves as much as it may. */
static inline struct sf_verdict call_on(struct engine *engine, struct connection *connection,
                                        enum sf_call_id id, uint64_t len)
{
    struct sf_verdict verdict = decide_on(engine, connection, id, len);
    settle(engine, &verdict, verdict.error ? -1 : (int64_t)(verdict.limit < len ? verdict.limit : len));
    return verdict;
}

struct text {
    const char *at;
    size_t left, piece;
};

static inline size_t read_text(void *context, uint8_t *to, size_t room)
{
    struct text *text = context;
    size_t bytes = text->left < text->piece ? text->left : text->piece;
    bytes = bytes < room ? bytes : room;
    memcpy(to, text->at, bytes);
    text->at += bytes;
    text->left -= bytes;
    return bytes;
}

/* Bytes pass on a connection, as one call moved them; handed out in pieces. */
static inline void bytes_pass(struct engine *engine, struct connection *connection, enum sf_family family,
                              const char *bytes, size_t piece)
{
    struct sf_selection selection = {connection->selected, connection->per_rule, &connection->socket};
    struct text text = {bytes, strlen(bytes), piece};
    sf_bytes_passed(&engine->engine, &selection, family, text.left, read_text, &text);
}

#define ENGINE(engine, seed, ...) engine_make(engine, seed, (const char *const[]){__VA_ARGS__, NULL})

#endif
