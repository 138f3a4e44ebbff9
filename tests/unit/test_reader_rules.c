/* Rules: every key, its good and its bad values. */
#include "reader.h"

#include "scenario/calls.h"
#include "scenario/errors.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FAMILY(name) (1u << SF_FAMILY_##name)

static const struct sf_rule *rule_of(const struct reading *reading)
{
    if (!reading->scenario)
        sf_diagnostics_print(&reading->diagnostics, stderr);
    assert_non_null(reading->scenario);
    return &reading->scenario->rules[0];
}

static void a_bare_rule_has_the_defaults(void **state)
{
    (void)state;
    struct reading *reading = read_rule("call: recv, partial: 1");
    const struct sf_rule *rule = rule_of(reading);
    assert_string_equal(rule->id, "rule-1");
    assert_int_equal(rule->place.line, 4);
    assert_int_equal(rule->place.column, 5);
    assert_int_equal(rule->programs, UINT64_MAX);
    assert_int_equal(rule->peer_count, 0);
    assert_int_equal(rule->domains | rule->types | rule->roles, 0);
    assert_int_equal(rule->connection_first | rule->connection_last, 0);
    assert_int_equal(rule->nth_first | rule->nth_last, 0);
    assert_int_equal(rule->every | rule->times, 0);
    assert_true(rule->probability == 1);
    assert_false(rule->optional || rule->force);
    assert_int_equal(rule->per, SF_PER_CONNECTION);
    assert_int_equal(rule->fault, SF_FAULT_PARTIAL);
    assert_string_equal(rule->fault_text, "partial: 1");
    assert_int_equal(rule->fault_place.column, 18);
    assert_string_equal(rule->place.file, "a.yaml");
    release(reading);
}

static void a_call_is_a_family_a_function_or_a_list(void **state)
{
    (void)state;
    static const struct {
        const char *call;
        uint32_t families;
        enum sf_call_id in, out;
    } rows[] = {
        {"recv", FAMILY(RECV), SF_CALL_recvmsg, SF_CALL_send},
        {"poll", FAMILY(POLL), SF_CALL_epoll_wait, SF_CALL_recv},
        {"recvmsg", FAMILY(RECV), SF_CALL_recvmsg, SF_CALL_recv},
        {"read", FAMILY(RECV), SF_CALL___read_chk, SF_CALL_readv},
        {"recvfrom", FAMILY(RECV), SF_CALL___recvfrom_chk, SF_CALL___recv_chk},
        {"sendfile", FAMILY(SEND), SF_CALL_sendfile64, SF_CALL_send},
        {"pwritev2", FAMILY(SEND), SF_CALL_pwritev64v2, SF_CALL_writev},
        {"preadv2", FAMILY(RECV), SF_CALL_preadv64v2, SF_CALL_readv},
        {"ppoll", FAMILY(POLL), SF_CALL___ppoll_chk, SF_CALL_poll},
        {"splice", FAMILY(SEND) | FAMILY(RECV), SF_CALL_splice_in, SF_CALL_send},
        {"[accept4, connect]", FAMILY(ACCEPT) | FAMILY(CONNECT), SF_CALL_accept4, SF_CALL_accept},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "call: %s, delay: 1ms", rows[i].call);
        struct reading *reading = read_rule(text);
        const struct sf_rule *rule = rule_of(reading);
        assert_int_equal(rule->families, rows[i].families);
        assert_true(sf_call_set_has(&rule->calls, rows[i].in));
        assert_false(sf_call_set_has(&rule->calls, rows[i].out));
        release(reading);
    }
}

static void every_listed_call_is_accepted(void **state)
{
    (void)state;
    const char *names[SF_CALL_NAMES_MAX];
    size_t count = sf_calls_names(names);
    assert_true(count > 40);
    for (size_t i = 0; i < count; i++) {
        struct sf_call_set calls = {{0}};
        uint32_t families = 0;
        assert_true(sf_calls_find(names[i], &calls, &families));
        assert_int_not_equal(families, 0);
        assert_null(strstr(names[i], "64"));
        assert_null(strstr(names[i], "_chk"));
    }
}

static void a_call_of_two_families_is_the_one_that_the_fault_is_for(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        bool in, out;
    } rows[] = {{"call: splice, delay: 1s", true, true},
                {"call: splice, eof: true", true, false},
                {"call: [splice, send], delay: 1s", true, true},
                {"call: [recv, splice], eof: true", true, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_rule(rows[i].rule);
        assert_non_null(reading->scenario);
        const struct sf_rule *rule = rule_of(reading);
        assert_int_equal(sf_call_set_has(&rule->calls, SF_CALL_splice_in), rows[i].in);
        assert_int_equal(sf_call_set_has(&rule->calls, SF_CALL_splice), rows[i].out);
        assert_int_equal(rule->families >> SF_FAMILY_SEND & 1, rows[i].out);
        release(reading);
    }
}

static void calls_that_no_rule_can_name_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"dup2",    "execve",     "fcntl", "getpeername", "__read_chk",
                                        "syscall", "sendfile64", "RECV",  "close_range", "nosuchcall",
                                        ""};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct sf_call_set calls = {{0}};
        uint32_t families = 0;
        assert_false(sf_calls_find(names[i], &calls, &families));
        assert_int_equal(families, 0);
    }
}

static void programs_become_bits(void **state)
{
    (void)state;
    static const struct {
        const char *program;
        uint64_t bits;
    } rows[] = {{"server", 1}, {"client", 2}, {"[client]", 2}, {"[client, server]", 3}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "call: recv, partial: 1, program: %s", rows[i].program);
        struct reading *reading = read_rule(text);
        assert_int_equal(rule_of(reading)->programs, rows[i].bits);
        release(reading);
    }
}

static void selecting_an_unwrapped_program_is_warned_of(void **state)
{
    (void)state;
    struct reading *reading = read_text("name: n\nprograms: {a: {run: 'true', wrap: false}}\n"
                                        "faults: [{call: recv, partial: 1, program: a}]\n");
    assert_non_null(reading->scenario);
    assert_int_equal(reading->diagnostics.count, 1);
    assert_int_equal(reading->diagnostics.list[0].severity, SF_WARNING);
    release(reading);
}

static void fault_that_cannot_be_is_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *warning; /* NULL: none */
    } rows[] = {
        {"call: recv, error: EADDRINUSE",
         "error: EADDRINUSE never happens to recv, so the rule will not fire (force: true lifts that)"},
        {"call: [recv, bind, sendmsg], error: EADDRINUSE",
         "error: EADDRINUSE never happens to send, recv, so the rule will not fire there (force: true lifts "
         "that)"},
        {"call: resolve, error: EAI_OVERFLOW",
         "error: EAI_OVERFLOW never happens to resolve, so the rule will not fire (force: true lifts that)"},
        {"call: send, type: dgram, partial: 1",
         "a datagram is sent whole or not at all, so the rule will not fire (force: true lifts that)"},
        {"call: [send, recv], type: dgram, partial: 1",
         "a datagram is sent whole or not at all, so the rule will not fire there (force: true lifts that)"},
        {"call: [send, recv], reset: true, type: dgram",
         "only a TCP connection can be reset, so the rule will not fire (force: true lifts that)"},
        {"call: [connect, send], family: unix, timeout: 1s",
         "only TCP gives a silent peer up, or a blocking socket with a time-out, so the rule will not fire "
         "there (force: true lifts that)"},
        {"call: recv, delay: 1s, type: dgram, when: {state: CLOSE_WAIT}",
         "only a TCP socket has a state, so the rule will not fire (it says type: dgram)"},
        {"call: recv, delay: 1s, family: unix, when: {state: CLOSE_WAIT}",
         "only a TCP socket has a state, so the rule will not fire (it says family: unix)"},
        {"call: recv, delay: 1s, family: inet, when: {state: CLOSE_WAIT}", NULL},
        {"call: recv, eof: true, type: stream", NULL},
        {"call: recv, family: unix, error: ETIMEDOUT",
         "error: ETIMEDOUT never happens to recv on such sockets, so the rule will not fire (force: true "
         "lifts "
         "that)"},
        {"call: connect, family: inet6, type: stream, again: true",
         "again: true never happens to connect on such sockets, so the rule will not fire (force: true lifts "
         "that)"},
        {"call: connect, type: dgram, interrupt: true",
         "a call that never waits is never interrupted, so the rule will not fire (force: true lifts that)"},
        {"call: recv, type: dgram, eof: true",
         "a datagram socket has no connection, so the rule will not fire (force: true lifts that)"},
        {"call: connect, type: dgram, family: inet, refuse: true",
         "a datagram socket has no connection, so the rule will not fire (force: true lifts that)"},
        {"call: getnameinfo, resolve: 127.0.0.1",
         "the look-up asked for a name, not for an address, so the rule will not fire"},
        {"call: getnameinfo, resolve: 127.0.0.1, force: true",
         "the look-up asked for a name, not for an address, so the rule will not fire"},
        {"call: [sendto, sendfile, splice], corrupt: 1",
         "the bytes passed within the kernel, out of reach, so the rule will not fire at sendfile, splice"},
        {"call: [sendto, sendfile, splice], corrupt: 1, force: true",
         "the bytes passed within the kernel, out of reach, so the rule will not fire at sendfile, splice"},
        {"call: [recv, connect], family: unix, reset: true, force: true",
         "only a TCP connection can be reset, so the rule will not fire there"},
        {"call: listen, peer: '*:80', delay: 1s",
         "peer selects no call of listen: there is no peer before it has been made, so the rule will not fire"},
        {"call: [accept, recv], peer: '*:80', delay: 1s",
         "peer selects no call of accept: there is no peer before it has been made, so the rule will not fire "
         "there"},
        {"call: resolve, peer: ['127.0.0.1:80', '*'], delay: 1s",
         "peer selects no call of resolve: of a look-up only HOST:PORT says which, so the rule will not fire"},
        {"call: [resolve, socket, bind], local: '*:80', delay: 1s",
         "local selects no call of socket, resolve: there is no address of its own, so the rule will not fire "
         "there"},
        {"call: [resolve, connect], peer: ['127.0.0.1:80', 'db:80'], delay: 1s", NULL},
        {"call: [connect, recv, send, close, shutdown, option, poll], peer: '*:80', delay: 1s", NULL},
        {"call: [bind, listen, accept, recv], local: '*:80', delay: 1s", NULL},
        {"call: recv, error: EADDRINUSE, force: true", NULL},
        {"call: recv, error: ETIMEDOUT", NULL},
        {"call: connect, again: true", NULL},
        {"call: connect, type: dgram, refuse: true", NULL},
        {"call: resolve, resolve: 127.0.0.1", NULL},
        {"call: [send, recv], corrupt: 1", NULL},
        {"call: send, type: dgram, partial: 1, force: true", NULL},
        {"call: recv, error: ECONNRESET", NULL},
        {"call: recv, error: EINTR", NULL},
        {"call: resolve, error: EAI_AGAIN", NULL},
        {"call: recv, type: dgram, partial: 1", NULL},
        {"call: send, type: stream, partial: 1", NULL},
        {"call: send, partial: 1", NULL},
        {"call: send, interrupt: true", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_rule(rows[i].rule);
        assert_non_null(reading->scenario);
        assert_int_equal(reading->diagnostics.count, rows[i].warning ? 1 : 0);
        if (rows[i].warning) {
            assert_int_equal(reading->diagnostics.list[0].severity, SF_WARNING);
            assert_string_equal(reading->diagnostics.list[0].message, rows[i].warning);
        }
        release(reading);
    }
}

static void scope_that_no_call_meets_is_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *warning; /* NULL: none */
    } rows[] = {
        {"call: connect, role: server, delay: 1s",
         "role: server selects no call of connect: who connects is a client, so the rule will not fire"},
        {"call: [connect, recv], role: server, delay: 1s",
         "role: server selects no call of connect: who connects is a client, so the rule will not fire there"},
        {"call: accept, role: client, delay: 1s",
         "role: client selects no call of accept: who binds, listens or accepts is a server, so the rule will "
         "not fire"},
        {"call: socket, connection: 2, delay: 1s",
         "connection selects no call of socket: there is none at such a call, so the rule will not fire"},
        {"call: bind, when: {match: x}, delay: 1s",
         "when selects no call of bind: no bytes have passed at such a call, so the rule will not fire"},
        {"call: resolve, when: {state: LISTEN}, delay: 1s",
         "when selects no call of resolve: there is no socket at such a call, so the rule will not fire"},
        {"call: recv, family: unix, when: {state: LISTEN}, delay: 1s, force: true",
         "only a TCP socket has a state, so the rule will not fire (it says family: unix)"},
        {"call: connect, role: client, connection: 2, delay: 1s", NULL},
        {"call: accept, role: server, connection: 2, delay: 1s", NULL},
        {"call: recv, type: stream, when: {state: ESTABLISHED, after_bytes: 1}, delay: 1s", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_rule(rows[i].rule);
        assert_non_null(reading->scenario);
        assert_int_equal(reading->diagnostics.count, rows[i].warning ? 1 : 0);
        if (rows[i].warning)
            assert_string_equal(reading->diagnostics.list[0].message, rows[i].warning);
        release(reading);
    }
}

static void errors_leave_no_room_for_that_warning(void **state)
{
    (void)state;
    struct reading *reading = read_rule("call: recv, error: EADDRINUSE, times: 0");
    assert_int_equal(reading->diagnostics.count, 1);
    release(reading);
    reading = read_rule("call: [recv, resolve], error: EAI_AGAIN");
    assert_int_equal(reading->diagnostics.count, 1);
    release(reading);
}

static void peers_are_patterns(void **state)
{
    (void)state;
    enum { BOTH = SF_DOMAIN_INET | SF_DOMAIN_INET6 };
    static const struct {
        const char *text;
        enum sf_pattern_kind kind;
        unsigned domains, prefix_len, port, byte12; /* address[12]: the first of IPv4 */
    } rows[] = {
        {"*", SF_PATTERN_ANY, 0, 0, 0, 0},
        {"*:*", SF_PATTERN_INET, BOTH, 0, 0, 0},
        {"*:443", SF_PATTERN_INET, BOTH, 0, 443, 0},
        {"127.0.0.1:80", SF_PATTERN_INET, BOTH, 128, 80, 127},
        {"127.0.0.1:*", SF_PATTERN_INET, BOTH, 128, 0, 127},
        {"10.0.0.0/8:443", SF_PATTERN_INET, BOTH, 104, 443, 10},
        {"0.0.0.0/0:65535", SF_PATTERN_INET, BOTH, 96, 65535, 0},
        {"[::1]:80", SF_PATTERN_INET, SF_DOMAIN_INET6, 128, 80, 0},
        {"[fd00::/8]:*", SF_PATTERN_INET, SF_DOMAIN_INET6, 8, 0, 0},
        {"[::/0]:1", SF_PATTERN_INET, SF_DOMAIN_INET6, 0, 1, 0},
        {"[::ffff:9.8.7.6]:1", SF_PATTERN_INET, BOTH, 128, 1, 9},
        {"unix:/run/x*.sock", SF_PATTERN_UNIX, 0, 0, 0, 0},
        {"unix:@abstract", SF_PATTERN_UNIX, 0, 0, 0, 0},
        {"db.internal:5432", SF_PATTERN_HOST, 0, 0, 5432, 0},
        {"localhost:*", SF_PATTERN_HOST, 0, 0, 0, 0},
        {"*.internal:443", SF_PATTERN_HOST, 0, 0, 443, 0},
        {"10.0.0.x:80", SF_PATTERN_HOST, 0, 0, 80, 0},
        {"0-1_2:80", SF_PATTERN_HOST, 0, 0, 80, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "call: recv, partial: 1, peer: '%s'", rows[i].text);
        struct reading *reading = read_rule(text);
        const struct sf_rule *rule = rule_of(reading);
        assert_int_equal(rule->peer_count, 1);
        const struct sf_pattern *peer = &rule->peers[0];
        assert_string_equal(peer->text, rows[i].text);
        assert_int_equal(peer->kind, rows[i].kind);
        assert_int_equal(peer->domains, rows[i].domains);
        assert_int_equal(peer->prefix_len, rows[i].prefix_len);
        assert_int_equal(peer->port, rows[i].port);
        assert_int_equal(peer->address[12], rows[i].byte12);
        assert_int_equal(peer->place.line, 4);
        if (peer->kind == SF_PATTERN_UNIX)
            assert_string_equal(peer->glob, rows[i].text + 5);
        release(reading);
    }
}

static void other_texts_are_no_peers(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       ":",
                                       ":80",
                                       "*:",
                                       "1.2.3.4",
                                       "1.2.3:80",
                                       "*:0",
                                       "*:65536",
                                       "*:http",
                                       "1.2.3.4/33:1",
                                       "1.2.3.4/:1",
                                       "1.2.3.4/-1:1",
                                       "[::1]",
                                       "[::1:80",
                                       "::1:80",
                                       "[::1/129]:1",
                                       "[]:1",
                                       "[1.2.3.4]:1",
                                       "unix:",
                                       "[*]:80",
                                       "host",
                                       "host:",
                                       "host:0",
                                       "host:65536",
                                       "host:http",
                                       "host:80:90",
                                       "[host]:80",
                                       "host/8:80",
                                       "my host:80",
                                       ".internal:80",
                                       "a..b:80",
                                       "10.0.0.*:80",
                                       "10.0.0.256:80",
                                       "h\xc3\xb6st:80",
                                       "1.2.3.4:80 ",
                                       "**:1",
                                       "/run/x",
                                       "[fe80::1%eth0]:80"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "call: recv, partial: 1, peer: ['*', '%s']", rows[i]);
        struct reading *reading = read_rule(text);
        assert_null(reading->scenario);
        assert_true(says(reading, "peer must be ADDRESS:PORT"));
        release(reading);
    }
}

static void host_names_are_kept_as_they_are_compared(void **state)
{
    (void)state;
    static const struct {
        const char *text, *glob;
    } rows[] = {
        {"Db.Internal:5432", "db.internal"}, {"db.internal.:5432", "db.internal"}, {"*.Example.COM:*", "*.example.com"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "call: recv, partial: 1, local: '%s'", rows[i].text);
        struct reading *reading = read_rule(text);
        const struct sf_pattern *local = &rule_of(reading)->locals[0];
        assert_int_equal(local->kind, SF_PATTERN_HOST);
        assert_string_equal(local->glob, rows[i].glob);
        assert_string_equal(local->text, rows[i].text);
        assert_int_equal(local->prefix_len | local->domains, 0);
        release(reading);
    }
}

/* Programs a, b and c (unwrapped, known by its port) and d (unwrapped); one rule with this peer. */
static struct reading *read_peer(const char *scope, const struct sf_bindings *bindings)
{
    char text[400];
    snprintf(text, sizeof text,
             "name: n\nprograms:\n  a: 'true'\n  bee: 'true'\n"
             "  c: {run: 'true', wrap: false, ready: {port: 80}}\n  d: {run: 'true', wrap: false}\n"
             "faults: [{call: recv, partial: 1, %s}]\n",
             scope);
    return read_text_bytes(text, strlen(text), bindings);
}

static void a_bare_word_is_a_program(void **state)
{
    (void)state;
    struct reading *reading = read_peer("peer: [bee, '127.0.0.1:80', c]", NULL);
    const struct sf_rule *rule = rule_of(reading);
    assert_int_equal(rule->peer_count, 3);
    assert_int_equal(rule->peers[0].kind, SF_PATTERN_PROGRAM);
    assert_int_equal(rule->peers[0].program, 1);
    assert_string_equal(rule->peers[0].text, "bee");
    assert_int_equal(rule->peers[1].kind, SF_PATTERN_INET);
    assert_int_equal(rule->peers[2].program, 2);
    release(reading);
}

static void program_that_cannot_be_a_peer_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *scope, *words;
    } rows[] = {
        {"peer: been", "(did you mean bee?)"},
        {"peer: zzzzz", "the name of a program, or \"*\", not 'zzzzz'"},
        {"peer: d", "nobody learns the addresses of d, which says wrap: false"},
        {"local: bee", "its sockets are what program: bee selects"},
        {"peer: bee.example", "the port is missing"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_peer(rows[i].scope, NULL);
        assert_null(reading->scenario);
        assert_true(says(reading, rows[i].words));
        release(reading);
    }
}

static void a_run_knows_no_peer_but_its_own_program(void **state)
{
    (void)state;
    struct sf_bindings bindings = {.program_name = "bee"};
    struct reading *reading = read_peer("peer: bee", &bindings);
    assert_int_equal(rule_of(reading)->peers[0].program, 0);
    release(reading);
    reading = read_peer("program: bee, peer: a", &bindings);
    assert_null(reading->scenario);
    assert_true(says(reading, "run starts bee alone: nobody learns the addresses of a"));
    release(reading);
    reading = read_peer("program: a, peer: c", &bindings); /* a rule for another program is none of ours */
    assert_non_null(reading->scenario);
    assert_int_equal(reading->scenario->rule_count, 0);
    release(reading);
}

static void scopes_are_read(void **state)
{
    (void)state;
    struct reading *reading =
        read_rule("call: recv, partial: 1, family: inet6, type: dgram, role: server, connection: 2..5");
    const struct sf_rule *rule = rule_of(reading);
    assert_int_equal(rule->domains, SF_DOMAIN_INET6);
    assert_int_equal(rule->types, SF_TYPE_DGRAM);
    assert_int_equal(rule->roles, SF_ROLE_SERVER);
    assert_int_equal(rule->connection_first, 2);
    assert_int_equal(rule->connection_last, 5);
    release(reading);
}

static void triggers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *when;
        uint32_t first, last, every;
        double probability;
    } rows[] = {
        {"{}", 0, 0, 0, 1},
        {"{nth: 3}", 3, 3, 0, 1},
        {"{nth: 2..5}", 2, 5, 0, 1},
        {"{nth: 2..}", 2, UINT32_MAX, 0, 1},
        {"{nth: 4294967295}", UINT32_MAX, UINT32_MAX, 0, 1},
        {"{from: 2}", 2, UINT32_MAX, 0, 1},
        {"{to: 5}", 1, 5, 0, 1},
        {"{from: 2, to: 5}", 2, 5, 0, 1},
        {"{every: 4}", 0, 0, 4, 1},
        {"{probability: 0.25}", 0, 0, 0, 0.25},
        {"{probability: 0, every: 2, nth: 1..9}", 1, 9, 2, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "call: recv, partial: 1, times: 9, when: %s", rows[i].when);
        struct reading *reading = read_rule(text);
        const struct sf_rule *rule = rule_of(reading);
        assert_int_equal(rule->nth_first, rows[i].first);
        assert_int_equal(rule->nth_last, rows[i].last);
        assert_int_equal(rule->every, rows[i].every);
        assert_true(rule->probability == rows[i].probability);
        assert_int_equal(rule->times, 9);
        release(reading);
    }
}

static void calls_are_named_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        struct sf_stretch list[4];
        size_t count;
    } rows[] = {
        {"call: recv, partial: 1, when: {exactly: 3}", {{SF_COUNTER_ALL, 0, 3, 3, 0}}, 1},
        {"call: recv, partial: random, when: {exactly: '7=2,1 .. 4'}", {{0}}, 0}, /* no space within */
        {"call: recv, partial: random, when: {exactly: ' 7=2,1..4 , 9..'}",
         {{SF_COUNTER_ALL, 0, 1, 4, 0}, {SF_COUNTER_ALL, 0, 7, 7, 2}, {SF_COUNTER_ALL, 0, 9, UINT32_MAX, 0}},
         3},
        {"call: recv, partial: 1, when: {exactly: {socket 1: 1, connection 2: [3, '1, 2'], connection 1: 5}}",
         {{SF_COUNTER_CONNECTION, 1, 5, 5, 0},
          {SF_COUNTER_CONNECTION, 2, 1, 1, 0},
          {SF_COUNTER_CONNECTION, 2, 2, 2, 0},
          {SF_COUNTER_CONNECTION, 2, 3, 3, 0}},
         4}, /* and the socket behind them */
        {"call: connect, error: EPERM, when: {exactly: {client: 1, server: 2..3}}",
         {{SF_COUNTER_PROGRAM, 0, 2, 3, 0}, {SF_COUNTER_PROGRAM, 1, 1, 1, 0}},
         2},
        {"call: [recv, poll], error: EINTR, per: connection, when: {exactly: {client: 1, connection 9: 1}}",
         {{SF_COUNTER_CONNECTION, 9, 1, 1, 0}, {SF_COUNTER_PROGRAM, 1, 1, 1, 0}},
         2},
        {"link: in, delay: 1ms, when: {after: 1s, exactly: {client: 2, server: 1..3}}",
         {{SF_COUNTER_PROGRAM, 0, 1, 3, 0}, {SF_COUNTER_PROGRAM, 1, 2, 2, 0}},
         2},
        {"link: in, delay: 1ms, per: scenario, when: {exactly: '4'}", {{SF_COUNTER_ALL, 0, 4, 4, 0}}, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_rule(rows[i].rule);
        if (rows[i].count == 0) {
            assert_null(reading->scenario);
        } else {
            const struct sf_exactly *exactly = &rule_of(reading)->exactly;
            assert_int_equal(exactly->count, rows[i].count + (i == 3));
            assert_memory_equal(exactly->list, rows[i].list, rows[i].count * sizeof *rows[i].list);
        }
        release(reading);
    }
    struct reading *reading = read_rule("call: recv, partial: 1");
    assert_null(rule_of(reading)->exactly.place.file);
    release(reading);
}

static void per_follows_the_calls_unless_written(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        enum sf_per per;
    } rows[] = {
        {"call: recv", SF_PER_CONNECTION},
        {"call: send", SF_PER_CONNECTION},
        {"call: close", SF_PER_CONNECTION},
        {"call: shutdown", SF_PER_CONNECTION},
        {"call: option", SF_PER_CONNECTION},
        {"call: [recv, getsockopt]", SF_PER_CONNECTION},
        {"call: socket", SF_PER_PROGRAM},
        {"call: bind", SF_PER_PROGRAM},
        {"call: listen", SF_PER_PROGRAM},
        {"call: connect", SF_PER_PROGRAM},
        {"call: accept", SF_PER_PROGRAM},
        {"call: poll", SF_PER_PROGRAM},
        {"call: resolve", SF_PER_PROGRAM},
        {"call: [recv, connect]", SF_PER_PROGRAM},
        {"call: recv, per: program", SF_PER_PROGRAM},
        {"call: recv, per: scenario", SF_PER_SCENARIO},
        {"call: connect, per: connection", SF_PER_CONNECTION},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "%s, delay: 1ms", rows[i].rule);
        struct reading *reading = read_rule(text);
        assert_int_equal(rule_of(reading)->per, rows[i].per);
        release(reading);
    }
}

static void faults_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        enum sf_fault_kind kind;
        int error;
        uint64_t delay_ns;
        uint32_t min, max;
        const char *text;
    } rows[] = {
        {"call: recv, error: ECONNRESET", SF_FAULT_ERROR, ECONNRESET, 0, 0, 0, "error: ECONNRESET"},
        {"call: recv, error: EWOULDBLOCK", SF_FAULT_ERROR, EAGAIN, 0, 0, 0, "error: EWOULDBLOCK"},
        {"call: bind, error: EOPNOTSUPP", SF_FAULT_ERROR, EOPNOTSUPP, 0, 0, 0, "error: EOPNOTSUPP"},
        {"call: bind, error: ENOTSUP", SF_FAULT_ERROR, ENOTSUP, 0, 0, 0, "error: ENOTSUP"},
        {"call: bind, error: EPERM", SF_FAULT_ERROR, 1, 0, 0, 0, "error: EPERM"},
        {"call: bind, error: EHWPOISON", SF_FAULT_ERROR, 133, 0, 0, 0, "error: EHWPOISON"},
        {"call: resolve, error: EAI_AGAIN", SF_FAULT_ERROR, EAI_AGAIN, 0, 0, 0, "error: EAI_AGAIN"},
        {"call: recv, delay: 1.5s", SF_FAULT_DELAY, 0, 1500000000, 0, 0, "delay: 1.5s"},
        {"call: recv, partial: 7", SF_FAULT_PARTIAL, 0, 0, 7, 7, "partial: 7"},
        {"call: recv, partial: 2..9", SF_FAULT_PARTIAL, 0, 0, 2, 9, "partial: 2..9"},
        {"call: send, partial: random", SF_FAULT_PARTIAL, 0, 0, 1, 0, "partial: random"},
        {"call: [recv, send, accept, connect, poll], interrupt: true", SF_FAULT_INTERRUPT, 0, 0, 0, 0,
         "interrupt: true"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_rule(rows[i].rule);
        const struct sf_rule *rule = rule_of(reading);
        assert_int_equal(rule->fault, rows[i].kind);
        assert_int_equal(rule->error, rows[i].error);
        assert_int_equal(rule->delay_ns, rows[i].delay_ns);
        assert_int_equal(rule->bytes_min, rows[i].min);
        assert_int_equal(rule->bytes_max, rows[i].max);
        assert_string_equal(rule->fault_text, rows[i].text);
        release(reading);
    }
}

static void bad_values_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *words;
    } rows[] = {
        {"call: recv", "needs a fault"},
        {"partial: 1", "needs a place, one of call, link, partition"},
        {"call: recv, partial: 1, interrupt: true", "exactly one"},
        {"call: recv, error: econnreset", "did you mean ECONNRESET?"},
        {"call: recv, error: E", "unknown errno"},
        {"call: recv, error: ERESTARTSYS", "unknown errno"},
        {"call: recv, error: [EAGAIN]", "not a list"},
        {"call: recv, error: EAI_AGAIN", "resolve alone"},
        {"call: resolve, error: EAGAIN", "fail with one of EAI_"},
        {"call: resolve, partial: 1", "partial does nothing to resolve"},
        {"call: close, interrupt: true", "interrupt does nothing to close"},
        {"call: option, interrupt: true", "interrupt does nothing to option"},
        {"call: recv, interrupt: yes", "interrupt must be true"},
        {"call: recv, partial: 0", "partial must be"},
        {"call: recv, partial: 3..1", "partial must be"},
        {"call: recv, partial: 4294967296", "partial must be"},
        {"call: recv, partial: Random", "partial must be"},
        {"call: recv, delay: -1s", "delay must be"},
        {"call: recv, partial: 1, connection: 0", "connection must be"},
        {"call: recv, partial: 1, connection: 1..4294967296", "connection must be"},
        {"call: recv, partial: 1, connection: [1]", "not a list"},
        {"call: recv, partial: 1, family: [inet]", "family must be inet, inet6 or unix"},
        {"call: recv, partial: 1, role: both", "role must be client or server"},
        {"call: recv, partial: 1, times: 4294967296", "times must be"},
        {"call: recv, partial: 1, optional: True", "optional must be true or false"},
        {"call: recv, partial: 1, when: {every: 0}", "every must be"},
        {"call: recv, partial: 1, when: {probability: 1.01}", "probability must be"},
        {"call: recv, partial: 1, when: [3]", "when must be a mapping"},
        {"call: recv, partial: 1, when: {nth: 1, to: 3}", "another form of nth"},
        {"call: recv, partial: 1, program: none", "no program 'none'"},
        {"call: poll, delay: 1s, per: connection", "belong to no connection"},
        {"call: recv, partial: 1, id: ''", "id must be text on one line"},
        {"call: recv, partial: 1, id: [a]", "id must be text on one line, not a list"},
        {"call: recv, blackhole: true", "blackhole is a link fault: write link: both instead of call"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading *reading = read_rule(rows[i].rule);
        if (reading->scenario || !says(reading, rows[i].words)) {
            print_error("%s\n", rows[i].rule);
            sf_diagnostics_print(&reading->diagnostics, stderr);
        }
        assert_null(reading->scenario);
        assert_true(says(reading, rows[i].words));
        release(reading);
    }
}

static void unknown_key_names_what_is_allowed(void **state)
{
    (void)state;
    struct reading *reading = read_rule("call: recv, partail: 1");
    assert_int_equal(reading->diagnostics.errors, 1);
    assert_true(says(reading, "unknown key 'partail' in a rule, allowed are id, call,"));
    assert_true(says(reading, "(did you mean partial?)"));
    release(reading);
}

static void four_thousand_rules_are_the_limit(void **state)
{
    (void)state;
    static const char row[] = "- {call: recv, partial: 1}\n";
    char *text = malloc(64 + (SF_PLAN_RULES_MAX + 1) * sizeof row);
    assert_non_null(text);
    char *end = stpcpy(text, "name: n\nfaults:\n");
    for (unsigned i = 0; i < SF_PLAN_RULES_MAX; i++)
        end = stpcpy(end, row);
    struct reading *reading = read_valid(text);
    assert_int_equal(reading->scenario->rule_count, SF_PLAN_RULES_MAX);
    assert_string_equal(reading->scenario->rules[4095].id, "rule-4096");
    release(reading);
    stpcpy(end, row);
    reading = read_text(text);
    assert_true(says(reading, "at most 4096"));
    release(reading);
    free(text);
}

static void every_errno_of_linux_has_a_name(void **state)
{
    (void)state;
    struct sf_error_names errors;
    sf_errno_names(&errors);
    for (int number = 1; number <= 133; number++) {
        bool found = number == 41 || number == 58; /* Linux left these out */
        for (size_t i = 0; i < errors.count; i++)
            found |= errors.numbers[i] == number;
        assert_true(found);
    }
}

struct argument {
    struct sf_arena *arena;
    struct sf_diagnostics diagnostics;
    struct sf_rule rule;
    bool good;
};

static struct argument *read_argument(const char *text)
{
    struct sf_arena *arena = sf_arena_new();
    struct argument *argument = sf_arena_alloc(arena, sizeof *argument);
    argument->arena = arena;
    argument->diagnostics.arena = arena;
    argument->good = sf_rule_decode_argument(arena, "--fault", text, "curl", &argument->rule,
                                             &argument->diagnostics);
    return argument;
}

static void an_argument_is_a_rule_without_braces(void **state)
{
    (void)state;
    struct argument *argument = read_argument("call: recv, program: curl, partial: 1 # a remark");
    assert_true(argument->good);
    assert_null(argument->rule.id);
    assert_int_equal(argument->rule.programs, 1);
    assert_string_equal(argument->rule.place.file, "--fault");
    assert_int_equal(argument->rule.fault_place.line, 1);
    assert_int_equal(argument->rule.fault_place.column, 28);
    sf_arena_free(argument->arena);
}

static void places_of_an_argument_count_in_its_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line, column;
    } rows[] = {
        {"cal: recv, partial: 1", 1, 1},
        {"call: recv, partail: 1", 1, 13},
        {"call: recv,\npartail: 1", 2, 1},
        {"call: recv, peer: *:80, partial: 1", 1, 19},
        {"call: recv, when: {nth: 2", 1, 26},
        {"call: recv, program: wget, partial: 1", 1, 22},
        {"call: recv, partial: ${port.a}", 1, 23},
        {"call: recv, partial: '${port.a}'", 1, 22},
        {"", 1, 1},
        {"call: recv, partial: 1}\n---\n{call: recv, partial: 1", 1, 1},
        {"call: recv, partial: 1} {", 1, 25},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct argument *argument = read_argument(rows[i].text);
        assert_false(argument->good);
        assert_true(argument->diagnostics.count > 0);
        const struct sf_place *place = &argument->diagnostics.list[0].place;
        assert_string_equal(place->file, "--fault");
        assert_int_equal(place->line, rows[i].line);
        assert_int_equal(place->column, rows[i].column);
        sf_arena_free(argument->arena);
    }
}

static void an_argument_may_have_its_braces(void **state)
{
    (void)state;
    struct argument *argument = read_argument(" {call: recv, partial: 1} # a remark");
    assert_true(argument->good);
    assert_int_equal(argument->rule.fault_place.line, 1);
    assert_int_equal(argument->rule.fault_place.column, 15);
    sf_arena_free(argument->arena);
    argument = read_argument("{call: recv, partail: 1}");
    assert_false(argument->good);
    assert_int_equal(argument->diagnostics.list[0].place.column, 14);
    sf_arena_free(argument->arena);
}

static void what_is_missing_in_an_argument_is_named_as_it_was_typed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned column;
        const char *message;
    } rows[] = {
        {"call: recv; partial: 1", 20, "',' is missing here: commas stand between the keys of a rule"},
        {"call: recv, partial: ${n}", 23, "'${...}' inside '{}' wants quotes: {port: \"${port.web}\"}"},
        {"call: recv, when: {nth: 1", 26, "'}' is missing here"},
        {"call: recv, when: {nth: 1; every: 2}, partial: 1", 33, "',' or '}' is missing here"},
        {"call: [recv, send", 18, "',' or ']' is missing here"},
        {"{call: recv, partial: 1", 24, "',' or '}' is missing here"},
        {"call: recv, partial: 1}", 24, "'}' has no '{' before it"},
        {"{call: recv, partial: 1}}", 25, "'}' has no '{' before it"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct argument *argument = read_argument(rows[i].text);
        assert_false(argument->good);
        assert_int_equal(argument->diagnostics.count, 1);
        assert_string_equal(argument->diagnostics.list[0].message, rows[i].message);
        assert_int_equal(argument->diagnostics.list[0].place.column, rows[i].column);
        sf_arena_free(argument->arena);
    }
}

static void a_run_keeps_the_rules_for_its_program(void **state)
{
    (void)state;
    static const char text[] =
        "name: n\nprograms: {server: {run: broken, wrpa: 1}, client: 'true'}\nfaults:\n"
        "- {id: a, call: recv, partial: 1, program: server}\n"
        "- {id: b, call: recv, partial: 1, program: [server, client]}\n"
        "- {id: c, call: recv, partial: 1}\n"
        "- {call: send, partial: 1, program: client}\n"
        "expect: {nobody: {}}\n";
    struct sf_bindings bindings = {.program_name = "client"};
    struct reading *reading = read_text_bytes(text, sizeof text - 1, &bindings);
    assert_non_null(reading->scenario);
    assert_int_equal(reading->scenario->program_count, 1);
    assert_string_equal(reading->scenario->programs[0].name, "client");
    assert_true(reading->scenario->programs[0].wrap);
    assert_int_equal(reading->scenario->rule_count, 3);
    assert_string_equal(reading->scenario->rules[0].id, "b");
    assert_int_equal(reading->scenario->rules[0].programs, 1);
    assert_int_equal(reading->scenario->rules[1].programs, UINT64_MAX);
    assert_string_equal(reading->scenario->rules[2].id, "rule-4");
    release(reading);
}

/* Whoever says an id has it, wherever it stands. */
static void default_ids_give_way_to_those_that_are_said(void **state)
{
    (void)state;
    static const char text[] = "name: n\nprograms: {p: 'true'}\nfaults:\n"
                               "- {id: rule-2, call: recv, partial: 1}\n"
                               "- {call: recv, partial: 2}\n"
                               "- {call: recv, partial: 3}\n"
                               "- {call: recv, partial: 4}\n"
                               "- {id: rule-4, call: recv, partial: 5}\n"
                               "- {id: rule-7, call: recv, partial: 6}\n"
                               "expect: {faults: {rule-9: 0}}\n";
    static const char *const ids[] = {"rule-2", "rule-8", "rule-3", "rule-9", "rule-4", "rule-7"};
    struct reading *reading = read_text_bytes(text, sizeof text - 1, NULL);
    assert_non_null(reading->scenario);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_string_equal(reading->scenario->rules[i].id, ids[i]);
    release(reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_rule_has_the_defaults),
        cmocka_unit_test(a_call_is_a_family_a_function_or_a_list),
        cmocka_unit_test(every_listed_call_is_accepted),
        cmocka_unit_test(a_call_of_two_families_is_the_one_that_the_fault_is_for),
        cmocka_unit_test(calls_that_no_rule_can_name_are_refused),
        cmocka_unit_test(programs_become_bits),
        cmocka_unit_test(selecting_an_unwrapped_program_is_warned_of),
        cmocka_unit_test(fault_that_cannot_be_is_warned_of),
        cmocka_unit_test(scope_that_no_call_meets_is_warned_of),
        cmocka_unit_test(errors_leave_no_room_for_that_warning),
        cmocka_unit_test(peers_are_patterns),
        cmocka_unit_test(other_texts_are_no_peers),
        cmocka_unit_test(host_names_are_kept_as_they_are_compared),
        cmocka_unit_test(a_bare_word_is_a_program),
        cmocka_unit_test(program_that_cannot_be_a_peer_is_refused),
        cmocka_unit_test(a_run_knows_no_peer_but_its_own_program),
        cmocka_unit_test(scopes_are_read),
        cmocka_unit_test(triggers_are_read),
        cmocka_unit_test(calls_are_named_exactly),
        cmocka_unit_test(per_follows_the_calls_unless_written),
        cmocka_unit_test(faults_are_read),
        cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(unknown_key_names_what_is_allowed),
        cmocka_unit_test(four_thousand_rules_are_the_limit),
        cmocka_unit_test(every_errno_of_linux_has_a_name),
        cmocka_unit_test(an_argument_is_a_rule_without_braces),
        cmocka_unit_test(places_of_an_argument_count_in_its_text),
        cmocka_unit_test(an_argument_may_have_its_braces),
        cmocka_unit_test(what_is_missing_in_an_argument_is_named_as_it_was_typed),
        cmocka_unit_test(a_run_keeps_the_rules_for_its_program),
        cmocka_unit_test(default_ids_give_way_to_those_that_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
