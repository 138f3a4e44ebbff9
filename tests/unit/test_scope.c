/* Scopes: which sockets a rule may select. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine.h"

#include <arpa/inet.h>
#include <stdio.h>

static struct sf_addr address(const char *text, uint16_t port)
{
    struct sf_addr to = {.port = port};
    if (text[0] == '/' || text[0] == '@') {
        to.domain = SF_DOMAIN_UNIX;
        to.path_len = (uint8_t)strlen(text);
        memcpy(to.path, text, to.path_len);
    } else if (strchr(text, ':')) {
        to.domain = SF_DOMAIN_INET6;
        assert_int_equal(inet_pton(AF_INET6, text, to.ip), 1);
    } else {
        to.domain = SF_DOMAIN_INET;
        to.ip[10] = to.ip[11] = 0xff;
        assert_int_equal(inet_pton(AF_INET, text, to.ip + 12), 1);
    }
    return to;
}

/* Does "call: recv, SCOPE, delay: 1ms" select a socket like this? */
static bool selects(const char *scope_text, struct sf_scope scope)
{
    struct engine engine;
    uint64_t selected[1];
    char rule[200];
    snprintf(rule, sizeof rule, "call: recv, %s, delay: 1ms", scope_text);
    ENGINE(&engine, 1, rule);
    uint32_t families = sf_scope_select(engine.plan, &scope, selected);
    assert_int_equal(families, selected[0] ? 1u << SF_FAMILY_RECV : 0);
    engine_free(&engine);
    return selected[0] == 1;
}

static bool peer_selects(const char *pattern, const char *peer, uint16_t port)
{
    struct sf_addr at = address(peer, port);
    char scope[160];
    snprintf(scope, sizeof scope, "peer: \"%s\"", pattern);
    return selects(scope, (struct sf_scope){.domain = at.domain, .type = SF_TYPE_STREAM, .peer = &at});
}

static void peer_pattern_selects_what_it_says(void **state)
{
    static const struct {
        const char *pattern, *peer;
        uint16_t port;
        bool selects;
    } cases[] = {
        {"127.0.0.1:80", "127.0.0.1", 80, true},
        {"127.0.0.1:80", "127.0.0.1", 81, false},
        {"127.0.0.1:80", "127.0.0.2", 80, false},
        {"127.0.0.1:80", "::1", 80, false},
        {"127.0.0.1:80", "::ffff:127.0.0.1", 80, true}, /* through an IPv6 socket */
        {"127.0.0.1:*", "127.0.0.1", 9, true},
        {"*:80", "10.1.2.3", 80, true},
        {"*:80", "fd00::1", 80, true},
        {"*:80", "/run/x.sock", 0, false},
        {"10.0.0.0/8:443", "10.255.0.1", 443, true},
        {"10.0.0.0/8:443", "11.0.0.1", 443, false},
        {"10.0.0.0/9:443", "10.127.0.1", 443, true},
        {"10.0.0.0/9:443", "10.128.0.1", 443, false},
        {"0.0.0.0/0:*", "9.9.9.9", 1, true},
        {"[fd00::/8]:*", "fdff::1", 7, true},
        {"[fd00::/8]:*", "fe00::1", 7, false},
        {"[::1]:80", "::1", 80, true},
        {"[::1]:80", "127.0.0.1", 80, false},
        {"unix:/run/x*.sock", "/run/xyz.sock", 0, true},
        {"unix:/run/x*.sock", "/run/y.sock", 0, false},
        {"unix:/run/x*.sock", "/run/x.sock.old", 0, false},
        {"unix:/run/x*.sock", "127.0.0.1", 80, false},
        {"*", "/anything", 0, true},
        {"*", "::1", 1, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (peer_selects(cases[i].pattern, cases[i].peer, cases[i].port) != cases[i].selects)
            fail_msg("peer %s and socket %s port %u: expected %s", cases[i].pattern, cases[i].peer,
                     cases[i].port, cases[i].selects ? "selected" : "left alone");
}

/* The rule's program is client, the first. */
static void program_selects_the_addresses_that_are_its(void **state)
{
    struct sf_addr at = address("127.0.0.1", 80), path = address("/run/x", 0);
    struct sf_scope scope = {.domain = SF_DOMAIN_INET, .type = SF_TYPE_STREAM, .peer = &at};
    (void)state;
    assert_false(selects("peer: client", scope));
    at.owner = sf_owner_of_program(1);
    assert_false(selects("peer: client", scope));
    at.owner = sf_owner_of_program(0);
    assert_true(selects("peer: client", scope));
    assert_true(selects("peer: ['*:81', client]", scope));
    assert_false(selects("peer: '*:81'", scope));
    path.owner = sf_owner_of_program(0);
    scope = (struct sf_scope){.domain = SF_DOMAIN_UNIX, .type = SF_TYPE_STREAM, .peer = &path};
    assert_true(selects("peer: client", scope));
}

static _Atomic uint64_t entries[64];
static const struct sf_directory directory = {entries, 64};

/* Somebody connects a datagram socket to an address that a program has only later. */
static void a_datagrams_peer_that_nobody_is_may_yet_be_the_program(void **state)
{
    struct sf_addr at = address("127.0.0.1", 80), path = address("/run/x", 0);
    struct sf_scope scope = {.domain = SF_DOMAIN_INET, .type = SF_TYPE_DGRAM, .peer = &at};
    struct engine engine;
    struct connection connection;
    (void)state;
    ENGINE(&engine, 1, "call: recv, peer: client, delay: 1ms");
    connection_open(&engine, &connection, scope);
    assert_int_equal(connection.selected[0], 1);
    assert_int_equal(decide_on(&engine, &connection, SF_CALL_recv, 10).kind, SF_PASS);
    engine_free(&engine);
    assert_false(selects("peer: '*:81'", scope));
    at.owner = sf_owner_of_program(1);
    assert_false(selects("peer: client", scope));
    scope = (struct sf_scope){.domain = SF_DOMAIN_UNIX, .type = SF_TYPE_DGRAM, .peer = &path};
    assert_false(selects("peer: client", scope)); /* there is none without its name */
}

static void told(const char *name, uint32_t program, const char *ip)
{
    struct sf_addr at = address(ip, 0);
    assert_true(sf_directory_enter(&directory, sf_key_of_name(name, program, at.ip),
                                   sf_owner_of_program(program), false));
}

static void host_selects_addresses_that_the_program_was_told(void **state)
{
    static const struct {
        const char *pattern, *peer;
        uint16_t port;
        uint32_t program;
        bool selects;
    } cases[] = {
        {"db.internal:5432", "10.0.0.5", 5432, 0, true},
        {"DB.Internal.:5432", "10.0.0.5", 5432, 0, true},
        {"db.internal:*", "10.0.0.5", 1, 0, true},
        {"db.internal:5432", "10.0.0.5", 5433, 0, false},
        {"db.internal:5432", "10.0.0.6", 5432, 0, false},
        {"db.internal:5432", "10.0.0.5", 5432, 1, false}, /* another program asked */
        {"db.internal:5432", "::ffff:10.0.0.5", 5432, 0, true},
        {"db.internal:5432", "fd00::5", 5432, 0, true},
        {"*.internal:5432", "10.0.0.5", 5432, 0, false}, /* nobody looked up what it says */
        {"db.internal:*", "/run/x", 0, 0, false},
    };
    (void)state;
    told("db.internal", 0, "10.0.0.5");
    told("db.internal", 0, "fd00::5");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sf_addr at = address(cases[i].peer, cases[i].port);
        char text[100];
        snprintf(text, sizeof text, "peer: '%s'", cases[i].pattern);
        struct sf_scope scope = {.domain = at.domain,
                                 .type = SF_TYPE_STREAM,
                                 .peer = &at,
                                 .names = {&directory, cases[i].program}};
        if (selects(text, scope) != cases[i].selects)
            fail_msg("peer %s and socket %s port %u of program %u: expected %s", cases[i].pattern,
                     cases[i].peer, cases[i].port, cases[i].program,
                     cases[i].selects ? "selected" : "left alone");
        scope.names.directory = NULL;
        assert_false(selects(text, scope));
    }
}

static void look_up_is_selected_by_its_name(void **state)
{
    static const struct {
        const char *scope, *host;
        bool selects;
    } cases[] = {
        {"peer: 'db.internal:5432'", "db.internal", true},
        {"peer: 'db.internal:5432'", "DB.internal.", true},
        {"peer: 'db.internal:5432'", "db.internal.net", false},
        {"peer: 'db.internal:5432'", "xdb.internal", false},
        {"peer: 'db.internal:5432'", ".", false},
        {"peer: 'db.internal:5432'", "", false},
        {"peer: '*.internal:*'", "a.b.internal", true},
        {"peer: 'db?.internal:*'", "db7.internal", true},
        {"peer: ['127.0.0.1:80', 'db.internal:1']", "db.internal", true},
        {"peer: '*:*'", "db.internal", false}, /* an address, and there is none */
        {"peer: client", "client", false},
        {"connection: 1..", "db.internal", true},
        {"local: '*'", "db.internal", false},
        {"peer: 'db.internal:1', role: client", "db.internal", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (selects(cases[i].scope, (struct sf_scope){.host = cases[i].host}) != cases[i].selects)
            fail_msg("%s and the look-up of '%s': expected %s", cases[i].scope, cases[i].host,
                     cases[i].selects ? "selected" : "left alone");
}

/* The first look, by the port alone, leaves out nothing that a rule may select. */
static void ports_let_through_what_has_no_port(void **state)
{
    static const struct {
        const char *peer;
        uint16_t port;
        bool may;
    } cases[] = {
        {"'127.0.0.1:80'", 80, true}, {"'127.0.0.1:80'", 81, false}, {"'db.internal:80'", 80, true},
        {"'db.internal:80'", 81, false}, {"'db.internal:*'", 81, true}, {"client", 81, true},
        {"'unix:/x'", 0, true}, {"'*'", 81, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct engine engine;
        struct sf_ports ports;
        char rule[100];
        struct sf_addr peer = address("127.0.0.1", cases[i].port);
        snprintf(rule, sizeof rule, "call: recv, peer: %s, delay: 1ms", cases[i].peer);
        ENGINE(&engine, 1, rule);
        sf_ports_collect(engine.plan, 0, &ports);
        if (sf_ports_may_select(&ports, &peer) != cases[i].may)
            fail_msg("peer %s and port %u: expected %s", cases[i].peer, cases[i].port,
                     cases[i].may ? "a closer look" : "none");
        engine_free(&engine);
    }
}

static void rule_with_a_peer_leaves_unconnected_streams_alone(void **state)
{
    (void)state;
    assert_false(
        selects("peer: \"*:80\"", (struct sf_scope){.domain = SF_DOMAIN_INET, .type = SF_TYPE_STREAM}));
}

static void rule_with_a_peer_may_select_any_datagram(void **state)
{
    (void)state;
    assert_true(
        selects("peer: \"*:80\"", (struct sf_scope){.domain = SF_DOMAIN_INET, .type = SF_TYPE_DGRAM}));
}

static void family_type_and_role_must_all_fit(void **state)
{
    struct sf_scope tcp = {.domain = SF_DOMAIN_INET, .type = SF_TYPE_STREAM, .role = SF_ROLE_CLIENT};
    (void)state;
    assert_true(selects("family: inet", tcp));
    assert_false(selects("family: inet6", tcp));
    assert_false(selects("family: unix", tcp));
    assert_true(selects("type: stream", tcp));
    assert_false(selects("type: dgram", tcp));
    assert_true(selects("role: client", tcp));
    assert_false(selects("role: server", tcp));
    assert_false(selects("family: inet, type: stream, role: server", tcp));
    tcp.role = 0;
    assert_false(selects("role: client", tcp));
}

static void sockets_that_carry_no_traffic_are_left_alone(void **state)
{
    (void)state;
    assert_false(
        selects("connection: 1..", (struct sf_scope){.domain = SF_DOMAIN_OTHER, .type = SF_TYPE_OTHER}));
}

static void own_address_must_fit(void **state)
{
    struct sf_addr own = address("127.0.0.1", 4000);
    struct sf_scope scope = {.domain = SF_DOMAIN_INET, .type = SF_TYPE_STREAM, .local = &own};
    (void)state;
    assert_true(selects("local: \"*:4000\"", scope));
    assert_false(selects("local: \"*:4001\"", scope));
    scope.local = NULL;
    assert_false(selects("local: \"*:4000\"", scope));
}

static void executable_is_meant_by_path_or_base_name(void **state)
{
    static const struct {
        const char *glob, *file, *called;
        bool meant;
    } cases[] = {
        {"curl", "/usr/bin/curl", "/bin/curl", true},
        {"/usr/bin/*", "/usr/bin/curl", "./curl", true},
        {"cur?", "/usr/bin/curl", "/bin/curl", true},
        {"bin/curl", "/usr/bin/curl", "/bin/curl", false},
        {"wget", "/usr/bin/curl", "/bin/curl", false},
        {"python3", "/usr/bin/python3.11", "/usr/bin/python3", true},
        {"/opt/*", "/usr/bin/python3.11", "/opt/script", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct engine engine;
        uint64_t excluded[1];
        char rule[100];
        snprintf(rule, sizeof rule, "call: recv, exe: '%s', delay: 1ms", cases[i].glob);
        ENGINE(&engine, 1, rule);
        sf_exe_exclude(engine.plan, cases[i].file, cases[i].called, excluded);
        assert_int_equal(excluded[0], !cases[i].meant);
        struct sf_scope scope = {.domain = SF_DOMAIN_INET, .type = SF_TYPE_STREAM, .excluded = excluded};
        assert_int_equal(sf_scope_select(engine.plan, &scope, (uint64_t[1]){0}) != 0, cases[i].meant);
        engine_free(&engine);
    }
}

static void rule_of_another_program_does_not_select(void **state)
{
    struct engine engine;
    uint64_t selected[1];
    struct sf_scope scope = {.program = 1, .domain = SF_DOMAIN_INET, .type = SF_TYPE_STREAM};
    (void)state;
    ENGINE(&engine, 1, "call: recv, program: client, delay: 1ms", "call: recv, delay: 1ms");
    sf_scope_select(engine.plan, &scope, selected);
    assert_int_equal(selected[0], 2);
    scope.program = 0;
    sf_scope_select(engine.plan, &scope, selected);
    assert_int_equal(selected[0], 3);
    engine_free(&engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_pattern_selects_what_it_says),
        cmocka_unit_test(program_selects_the_addresses_that_are_its),
        cmocka_unit_test(a_datagrams_peer_that_nobody_is_may_yet_be_the_program),
        cmocka_unit_test(host_selects_addresses_that_the_program_was_told),
        cmocka_unit_test(look_up_is_selected_by_its_name),
        cmocka_unit_test(ports_let_through_what_has_no_port),
        cmocka_unit_test(rule_with_a_peer_leaves_unconnected_streams_alone),
        cmocka_unit_test(rule_with_a_peer_may_select_any_datagram),
        cmocka_unit_test(family_type_and_role_must_all_fit),
        cmocka_unit_test(sockets_that_carry_no_traffic_are_left_alone),
        cmocka_unit_test(own_address_must_fit),
        cmocka_unit_test(executable_is_meant_by_path_or_base_name),
        cmocka_unit_test(rule_of_another_program_does_not_select),
    };
    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
