/* What each key of the language takes and what it refuses, one row each.
 *
 * A key is named TABLE.KEY; link.KEY is the fault KEY of a link rule. `says` is NULL
 * where the value is good, "warning: …" where it is good with a warning; otherwise
 * every error for it stands in the value's lines and one holds these words. */
#ifndef SF_TESTS_KEY_ROWS_H
#define SF_TESTS_KEY_ROWS_H

#include <stddef.h>

struct key_row {
    const char *key, *value, *says;
};

#define DURATION_ROWS(key) \
    {key, "250us", NULL}, \
    {key, "10ms", NULL}, \
    {key, "1.5s", NULL}, \
    {key, "2m", NULL}, \
    {key, "1ns", NULL}, \
    {key, "1h", NULL}, \
    {key, "010ms", NULL}, \
    {key, "5", "(the unit is missing)"}, \
    {key, "-1s", "must be a duration such as 250us, 10ms, 1.5s or 2m"}, \
    {key, "+1s", "must be a duration"}, \
    {key, "1.s", "must be a duration"}, \
    {key, ".5s", "must be a duration"}, \
    {key, "1e3ms", "must be a duration"}, \
    {key, "0x10ms", "must be a duration"}, \
    {key, "1S", "must be a duration"}, \
    {key, "1d", "must be a duration"}, \
    {key, "1m30s", "must be a duration"}, \
    {key, "1 s", "must be a duration"}, \
    {key, "s", "must be a duration"}, \
    {key, "10000000000000000000s", "must be a duration"}, \
    {key, "[1s]", "must be a duration such as 250us, 10ms, 1.5s or 2m"}

#define LONGER_THAN_0(key) \
    {key, "0s", "(it is too short)"}

#define TRUE_ROWS(key) \
    {key, "true", NULL}, \
    {key, "false", "must be true, not 'false'"}, \
    {key, "True", "must be true"}, \
    {key, "yes", "must be true"}, \
    {key, "1", "must be true"}, \
    {key, "[true]", "must be true, not a list"}

#define FLAG_ROWS(key) \
    {key, "true", NULL}, \
    {key, "false", NULL}, \
    {key, "True", "must be true or false, not 'True'"}, \
    {key, "yes", "must be true or false"}, \
    {key, "0", "must be true or false"}, \
    {key, "[true]", "must be true or false, not a list"}

/* From 1 to 2^32 - 1. */
#define COUNT_ROWS(key) \
    {key, "1", NULL}, \
    {key, "4294967295", NULL}, \
    {key, "007", NULL}, \
    {key, "0", "must be a number from 1 to 4294967295"}, \
    {key, "4294967296", "must be a number"}, \
    {key, "-1", "must be a number"}, \
    {key, "+1", "must be a number"}, \
    {key, "1.0", "must be a number"}, \
    {key, "1e3", "must be a number"}, \
    {key, "0x10", "must be a number"}, \
    {key, "1_000", "must be"}, \
    {key, "many", "must be a number"}, \
    {key, "99999999999999999999999", "must be a number"}, \
    {key, "[1]", "not a list"}

/* N, A..B, A.. from 1 on */
#define RANGE_ROWS(key) \
    {key, "1", NULL}, \
    {key, "2..5", NULL}, \
    {key, "3..3", NULL}, \
    {key, "10..", NULL}, \
    {key, "0", "must be a number from 1 to 4294967295, or a range such as 2..5"}, \
    {key, "0..3", "must be a number"}, \
    {key, "5..2", "must be a number"}, \
    {key, "..5", "must be a number"}, \
    {key, "1...3", "must be a number"}, \
    {key, "1-3", "must be a number"}, \
    {key, "1..4294967296", "must be a number"}, \
    {key, "-1..3", "must be a number"}, \
    {key, "1 .. 3", "must be a number"}, \
    {key, "0x1..3", "must be a number"}, \
    {key, "[1]", "not a list"}

#define SIGNAL_ROWS(key) \
    {key, "TERM", NULL}, \
    {key, "SIGTERM", NULL}, \
    {key, "KILL", NULL}, \
    {key, "SIGUSR1", NULL}, \
    {key, "term", "(did you mean TERM?)"}, \
    {key, "sigterm", "(did you mean TERM?)"}, \
    {key, "SIGTREM", "(did you mean TERM?)"}, \
    {key, "15", "must be a signal such as"}, \
    {key, "SIG", "must be a signal"}, \
    {key, "SIGSIGTERM", "must be a signal"}, \
    {key, "[TERM]", "must be a signal"}

#define LINE_ROWS(key, what) \
    {key, "one", NULL}, \
    {key, "'with spaces: and more'", NULL}, \
    {key, "010", NULL}, \
    {key, "no", NULL}, \
    {key, "''", what}, \
    {key, "\"two\\nlines\"", what}, \
    {key, "\"a\\tb\"", what}, \
    {key, "\"\\x7f\"", what}, \
    {key, "[a]", what}, \
    {key, "'${nosuch}'", "unknown variable 'nosuch'"}

#define REGEX_ROWS(key) \
    {key, "^a+$", NULL}, \
    {key, "'(?m)^done$'", NULL}, \
    {key, "'[0-9]'", NULL}, \
    {key, "'('", "must be a regular expression (PCRE2), not '('"}, \
    {key, "'a*?'", NULL}, \
    {key, "'*'", "must be a regular expression"}, \
    {key, "'(?<x'", "must be a regular expression"}, \
    {key, "[a]", "must be a regular expression (PCRE2), not a list"}

#define ELAPSED_ROWS(key) \
    {key, "'<5s'", NULL}, \
    {key, "'<=1.5s'", NULL}, \
    {key, "'>100ms'", NULL}, \
    {key, "'>=2m'", NULL}, \
    {key, "1s..2s", NULL}, \
    {key, "5s", "(nothing takes exactly so long)"}, \
    {key, "'<5'", "must be a bound such as"}, \
    {key, "'<0s'", "must be a bound"}, \
    {key, "'=5s'", "must be a bound"}, \
    {key, "2s..1s", "must be a bound"}, \
    {key, "'< 5s'", "must be a bound"}, \
    {key, "1s..", "must be a bound"}, \
    {key, "fast", "must be a bound"}, \
    {key, "['<5s']", "not a list"}

/* COMPARISON of numbers */
#define COMPARISON_ROWS(key, before, after) \
    {key, before "3" after, NULL}, \
    {key, before "'<3'" after, NULL}, \
    {key, before "'<=3'" after, NULL}, \
    {key, before "'>3'" after, NULL}, \
    {key, before "'>=3'" after, NULL}, \
    {key, before "2..4" after, NULL}, \
    {key, before "0" after, NULL}, \
    {key, before "007" after, NULL}, \
    {key, before "'<0'" after, "must be a number such as 3"}, \
    {key, before "4..2" after, "must be a number such as"}, \
    {key, before "2.." after, "must be a number such as"}, \
    {key, before "'=3'" after, "must be a number"}, \
    {key, before "'>'" after, "must be a number"}, \
    {key, before "-1" after, "must be a number"}, \
    {key, before "1.5" after, "must be a number"}, \
    {key, before "1e3" after, "must be a number"}, \
    {key, before "0x10" after, "must be a number"}, \
    {key, before "[3]" after, "not a list"}, \
    {key, before "99999999999999999999" after, "must be a number"}

#define PATTERN_ROWS(key) \
    {key, "127.0.0.1:80", NULL}, \
    {key, "'10.0.0.0/8:443'", NULL}, \
    {key, "'[fd00::/8]:*'", NULL}, \
    {key, "'*:443'", NULL}, \
    {key, "'*'", NULL}, \
    {key, "127.0.0.1:*", NULL}, \
    {key, "'*:*'", NULL}, \
    {key, "unix:/run/x*.sock", NULL}, \
    {key, "['[::1]:80', 'unix:@x']", NULL}, \
    {key, "127.0.0.1", "(the port is missing, * is any)"}, \
    {key, "10.0.0.0/8", "(the port is missing"}, \
    {key, "'::1:80'", "(an IPv6 address wants brackets"}, \
    {key, "/run/x", "(a socket's path begins with unix:)"}, \
    {key, "127.0.0.1:0", "must be ADDRESS:PORT"}, \
    {key, "127.0.0.1:65536", "must be ADDRESS:PORT"}, \
    {key, "127.0.0.1:http", "must be ADDRESS:PORT"}, \
    {key, "10.0.0.0/33:1", "must be ADDRESS:PORT"}, \
    {key, "'[fd00::/129]:1'", "must be ADDRESS:PORT"}, \
    {key, "'unix:'", "must be ADDRESS:PORT"}, \
    {key, "[127.0.0.1:80, nothing]", "not 'nothing'"}, \
    {key, "''", "must be ADDRESS:PORT"}, \
    {key, "[::1]:80", "text that begins with '[' wants quotes"}, \
    {key, "*:80", "begins with '*' wants quotes"}

static const struct key_row key_rows[] = {
    /* ---- a scenario ---- */
    LINE_ROWS("scenario.name", "name must be text on one line"),
    {"scenario.name", "null", "null is not allowed"},
    {"scenario.description", "free text", NULL},
    {"scenario.description", "''", NULL},
    {"scenario.description", "|\n  two\n  lines", NULL},
    {"scenario.description", "[a]", "description must be text, not a list"},
    {"scenario.description", "{a: b}", "description must be text, not a mapping"},
    {"scenario.seed", "7", NULL},
    {"scenario.seed", "0", NULL},
    {"scenario.seed", "010", NULL},
    {"scenario.seed", "9223372036854775807", NULL},
    {"scenario.seed", "9223372036854775808", "seed must be a number from 0 to 9223372036854775807"},
    {"scenario.seed", "-1", "seed must be a number"},
    {"scenario.seed", "0x1f", "seed must be a number"},
    {"scenario.seed", "1e3", "seed must be a number"},
    {"scenario.seed", "7.0", "seed must be a number"},
    {"scenario.seed", "1_000", "seed must be a number"},
    {"scenario.seed", "'7 '", "seed must be a number"},
    {"scenario.seed", "seven", "seed must be a number"},
    {"scenario.seed", "[7]", "not a list"},
    DURATION_ROWS("scenario.timeout"),
    LONGER_THAN_0("scenario.timeout"),
    DURATION_ROWS("scenario.run_for"),
    LONGER_THAN_0("scenario.run_for"),
    {"scenario.tags", "smoke", NULL},
    {"scenario.tags", "[smoke, '2 words']", NULL},
    {"scenario.tags", "[]", NULL},
    {"scenario.tags", "[smoke, '']", "tags must be a name or a list of names, not ''"},
    {"scenario.tags", "{smoke: true}", "tags must be a name or a list of names, not a mapping"},
    {"scenario.requires", "redis-cli", NULL},
    {"scenario.requires", "[redis-server, redis-cli]", NULL},
    {"scenario.requires", "[]", NULL},
    {"scenario.requires", "''", "requires must be the name of a command or a list of these, not ''"},
    {"scenario.requires", "[a, [b]]",
     "requires must be the name of a command or a list of these, not a list"},
    {"scenario.matrix", "{chunk: [1, 7, 1000]}", NULL},
    {"scenario.matrix", "{a: [x], b-1: ['', no]}", NULL},
    {"scenario.matrix", "{}", NULL},
    {"scenario.matrix", "{chunk: []}", "each key of matrix must be a list of values, not an empty list"},
    {"scenario.matrix", "{chunk: 7}", "each key of matrix must be a list of values, not '7'"},
    {"scenario.matrix", "{chunk: [[7]]}", "a value of matrix must be text on one line, not a list"},
    {"scenario.matrix", "{chunk: [\"a\\nb\"]}", "a value of matrix must be text on one line"},
    {"scenario.matrix", "{'a b': [1]}", "is no name for a variable"},
    {"scenario.matrix", "{dir: [1]}", "the variable dir is sockfault's own"},
    {"scenario.matrix", "{a: [1], a: [2]}", "duplicate key 'a'"},
    {"scenario.vars", "{key: value, n: 010, e: ''}", NULL},
    {"scenario.vars", "{a: x, b: '${a}y'}", NULL},
    {"scenario.vars", "{}", NULL},
    {"scenario.vars", "{a: '${b}', b: x}", "unknown variable 'b'"},
    {"scenario.vars", "{a: '${a'}", "'${' without '}'"},
    {"scenario.vars", "{a: ~}", "null is not allowed"},
    {"scenario.vars", "{a: [x]}", "vars must be a mapping of names to texts, not a list"},
    {"scenario.vars", "{a.b: x}", "is no name for a variable"},
    {"scenario.vars", "{'': x}", "is no name for a variable"},
    {"scenario.vars", "{scenario_dir: x}", "sockfault's own"},
    {"scenario.vars", "value", "vars must be a mapping, not 'value'"},
    {"scenario.programs", "{client: 'true', server: ['true']}", NULL},
    {"scenario.programs", "{client: {run: 'true'}}", NULL},
    {"scenario.programs", "{}", NULL},
    {"scenario.programs", "{client: ''}", "run must be a command"},
    {"scenario.programs", "{client: []}",
     "run must be a command: a list of words, or text for the shell, not an empty list"},
    {"scenario.programs", "{'a b': 'true'}", "is no name for a program"},
    {"scenario.programs", "{faults: 'true'}", "a program cannot be named faults"},
    {"scenario.programs", "{client: {}}", "a program needs the key run"},
    {"scenario.programs", "{client: 'true', client: 'true'}", "duplicate key 'client'"},
    {"scenario.programs", "[client]", "programs must be a mapping, not a list"},
    {"scenario.faults", "[{call: recv, partial: 1}, {link: in, drop: true}]", NULL},
    {"scenario.faults", "[]", NULL},
    {"scenario.faults", "{call: recv, partial: 1}", "faults must be a list of rules, not a mapping"},
    {"scenario.faults", "none", "faults must be a list of rules, not 'none'"},
    {"scenario.faults", "[partial]", "a rule must be a mapping with the keys id, call, link,"},
    {"scenario.faults", "[{}]", "a rule needs a place, one of call, link, partition"},
    {"scenario.expect", "{client: {exit: 0}, faults: {}}", NULL},
    {"scenario.expect", "{}", NULL},
    {"scenario.expect", "{clinet: {exit: 0}}",
     "no program 'clinet', known are client, server (did you mean client?)"},
    {"scenario.expect", "{client: {contains: x}}", "(it is a key of an output)"},
    {"scenario.expect", "{client: 0}", "must be a mapping with the keys exit,"},
    {"scenario.expect", "[client]", "expect must be a mapping, not a list"},
    {"scenario.expect", "{faults: {rule-9: 1}}", "no rule 'rule-9'"},
    COMPARISON_ROWS("scenario.expect", "{faults: {r: ", "}}"),
    {"scenario.expect", "{faults: []}", "expect.faults must be a mapping"},

    /* ---- a program ---- */
    {"program.run", "echo text for the shell | cat", NULL},
    {"program.run", "[echo, 1, 010, yes, '']", NULL},
    {"program.run", "[\"a b\"]", NULL},
    {"program.run", "''", "run must be a command: a list of words, or text for the shell, not ''"},
    {"program.run", "['']", "run must be a command"},
    {"program.run", "[]",
     "run must be a command: a list of words, or text for the shell, not an empty list"},
    {"program.run", "{sh: x}",
     "run must be a command: a list of words, or text for the shell, not a mapping"},
    {"program.run", "[a, [b]]", "run must be a command"},
    {"program.run", "[a, {b: c}]", "run must be a command"},
    {"program.run", "[a, ~]", "null is not allowed"},
    {"program.ready", "{port: 8080}", NULL},
    {"program.ready", "{output: x, within: 1s}", NULL},
    {"program.ready", "{port: 1, stop: TERM}", "(it is a key of a program)"},
    {"program.ready", "{}", "ready needs one of the keys port, output, file"},
    {"program.ready", "{within: 1s}", "ready needs one of the keys port, output, file"},
    {"program.ready", "{port: 1, file: /x}", "ready takes one of port, output and file"},
    {"program.ready", "8080",
     "ready must be a mapping with the keys port, output, file, within, not '8080'"},
    {"program.env", "{A: 1, b: '', C: a=b}", NULL},
    {"program.env", "{}", NULL},
    {"program.env", "{'': 1}", "is no name for an environment variable"},
    {"program.env", "{A=B: 1}", "is no name for an environment variable"},
    {"program.env", "{\"A\\nB\": 1}", NULL},
    {"program.env", "{A: [1]}", "env must be a mapping of names to texts, not a list"},
    {"program.env", "{A: ~}", "null is not allowed"},
    {"program.env", "[A=1]", "env must be a mapping, not a list"},
    LINE_ROWS("program.cwd", "cwd must be text on one line"),
    {"program.stdin", "text", NULL},
    {"program.stdin", "''", NULL},
    {"program.stdin", "\"a\\nb\\n\"", NULL},
    {"program.stdin", "{file: x}", "stdin must be text, not a mapping"},
    {"program.stdin", "[a]", "stdin must be text, not a list"},
    LINE_ROWS("program.stdin_file", "stdin_file must be the path of a file"),
    DURATION_ROWS("program.start_after"),
    {"program.start_after", "0s", NULL},
    FLAG_ROWS("program.wrap"),
    SIGNAL_ROWS("program.stop"),
    DURATION_ROWS("program.stop_within"),
    LONGER_THAN_0("program.stop_within"),

    /* ---- ready ---- */
    {"ready.port", "1", NULL},
    {"ready.port", "65535", NULL},
    {"ready.port", "080", NULL},
    {"ready.port", "\"${port.web}\"", NULL},
    {"ready.port", "0", "port must be a number from 1 to 65535, not '0'"},
    {"ready.port", "65536", "port must be a number"},
    {"ready.port", "-1", "port must be a number"},
    {"ready.port", "0x50", "port must be a number"},
    {"ready.port", "8e1", "port must be a number"},
    {"ready.port", "http", "port must be a number"},
    {"ready.port", "[80]", "port must be a number from 1 to 65535, not a list"},
    {"ready.port", "'${port.}'", "is no name for a port"},
    REGEX_ROWS("ready.output"),
    LINE_ROWS("ready.file", "file must be text on one line"),
    DURATION_ROWS("ready.within"),
    LONGER_THAN_0("ready.within"),

    /* ---- a rule: place and scope ---- */
    LINE_ROWS("rule.id", "id must be text on one line"),
    {"rule.call", "recv", NULL},
    {"rule.call", "recvmsg", NULL},
    {"rule.call", "[recv, accept4, epoll_wait, writev]", NULL},
    {"rule.call", "resolve", NULL},
    {"rule.call", "option", NULL},
    {"rule.call", "Recv", "(did you mean recv?)"},
    {"rule.call", "recvmsgs", "unknown call 'recvmsgs', allowed are the families socket,"},
    {"rule.call", "fcntl", "unknown call 'fcntl'"},
    {"rule.call", "''", "unknown call ''"},
    {"rule.call", "[]",
     "call must be a family such as recv, a function such as recvmsg, or a list of these, not an empty list"},
    {"rule.call", "[recv, nosuch]", "unknown call 'nosuch'"},
    {"rule.link", "in", NULL},
    {"rule.link", "out", NULL},
    {"rule.link", "both", NULL},
    {"rule.link", "In", "link must be in, out or both, not 'In' (did you mean in?)"},
    {"rule.link", "true", "link must be in, out or both"},
    {"rule.link", "[in, out]", "link must be in, out or both, not a list"},
    {"rule.partition", "[[client], [server]]", NULL},
    {"rule.partition", "[[client], [sever]]", "(did you mean server?)"},
    {"rule.partition", "[[client, client], [server]]", "client is in the partition twice"},
    {"rule.partition", "[[client, server]]", "partition must be a list of two or more groups"},
    {"rule.partition", "[[client], []]",
     "each group of partition must be a list of programs such as [a, b], not an empty list"},
    {"rule.partition", "[client, server]",
     "each group of partition must be a list of programs such as [a, b], not 'client'"},
    {"rule.partition", "client", "partition must be a list of two or more groups"},
    {"rule.partition", "[[client], [[server]]]", "partition must be a list of two or more groups"},
    {"rule.program", "client", NULL},
    {"rule.program", "[client, server]", NULL},
    {"rule.program", "clinet", "no program 'clinet', known are client, server (did you mean client?)"},
    {"rule.program", "[]", "program must be the name of a program or a list of names, not an empty list"},
    {"rule.program", "[client, '']", "no program ''"},
    {"rule.exe", "curl", NULL},
    {"rule.exe", "[/usr/bin/*, 'python3.?']", NULL},
    {"rule.exe", "''", "exe must be the base name or path of an executable"},
    {"rule.exe", "[]",
     "exe must be the base name or path of an executable, with * and ?, or a list of these, not an empty list"},
    PATTERN_ROWS("rule.peer"),
    {"rule.peer", "[]", "not an empty list"},
    PATTERN_ROWS("rule.local"),
    {"rule.local", "[]", "not an empty list"},
    {"rule.family", "inet", NULL},
    {"rule.family", "inet6", NULL},
    {"rule.family", "unix", NULL},
    {"rule.family", "inet4", "family must be inet, inet6 or unix, not 'inet4' (did you mean inet?)"},
    {"rule.family", "AF_INET", "family must be inet, inet6 or unix"},
    {"rule.family", "[inet, inet6]", "family must be inet, inet6 or unix, not a list"},
    {"rule.type", "stream", NULL},
    {"rule.type", "dgram", NULL},
    {"rule.type", "datagram", "type must be stream or dgram, not 'datagram'"},
    {"rule.type", "Stream", "(did you mean stream?)"},
    {"rule.type", "[stream]", "type must be stream or dgram, not a list"},
    {"rule.role", "client", NULL},
    {"rule.role", "server", NULL},
    {"rule.role", "sever", "role must be client or server, not 'sever' (did you mean server?)"},
    {"rule.role", "[client]", "role must be client or server, not a list"},
    RANGE_ROWS("rule.connection"),
    {"rule.when", "{}", NULL},
    {"rule.when", "{nth: 3, every: 2}", NULL},
    {"rule.when", "3", "when must be a mapping with the keys nth,"},
    {"rule.when", "[{nth: 3}]", "when must be a mapping with the keys nth,"},
    {"rule.when", "{nht: 3}", "unknown key 'nht' in when, allowed are nth,"},
    {"rule.when", "{nth: 3, from: 2}", "another form of nth: A..B"},
    {"rule.when", "{times: 3}", "(it is a key of a rule)"},
    {"rule.when", "{from: 3, to: 2}", "from 3 is behind to 2"},
    {"rule.when", "{after: 1s, until: 2s}", NULL},
    {"rule.when", "{after: 2s, until: 1s}", "until is not behind after"},
    {"rule.when", "{after: 1s, until: 1000ms}", "until is not behind after"},
    {"rule.per", "connection", NULL},
    {"rule.per", "program", NULL},
    {"rule.per", "scenario", NULL},
    {"rule.per", "conection",
     "per must be connection, program or scenario, not 'conection' (did you mean connection?)"},
    {"rule.per", "process", "per must be connection, program or scenario"},
    {"rule.per", "[program]", "not a list"},
    COUNT_ROWS("rule.times"),
    FLAG_ROWS("rule.optional"),
    FLAG_ROWS("rule.force"),

    /* ---- a rule: faults of calls ---- */
    {"rule.error", "ECONNRESET", NULL},
    {"rule.error", "EWOULDBLOCK", NULL},
    {"rule.error", "EADDRINUSE", "warning: error: EADDRINUSE never happens to recv"},
    {"rule.error", "ECONRESET",
     "unknown errno 'ECONRESET', allowed are names such as ECONNRESET (did you mean ECONNRESET?)"},
    {"rule.error", "econnreset", "(did you mean ECONNRESET?)"},
    {"rule.error", "104", "unknown errno '104'"},
    {"rule.error", "''", "unknown errno ''"},
    {"rule.error", "EAI_AGAIN", "EAI_AGAIN is an error of resolve alone"},
    {"rule.error", "[EAGAIN]", "error must be the name of an errno such as ECONNRESET, not a list"},
    DURATION_ROWS("rule.delay"),
    LONGER_THAN_0("rule.delay"),
    {"rule.delay", "{mean: 1s}", "delay must be a duration such as 250us, 10ms, 1.5s or 2m, not a mapping"},
    {"rule.partial", "1", NULL},
    {"rule.partial", "1..8", NULL},
    {"rule.partial", "random", NULL},
    {"rule.partial", "4294967295", NULL},
    {"rule.partial", "0",
     "partial must be a number from 1 to 4294967295, or a range such as 1..8, or random, not '0'"},
    {"rule.partial", "0..8", "partial must be"},
    {"rule.partial", "8..1", "partial must be"},
    {"rule.partial", "1..", "partial must be"},
    {"rule.partial", "4294967296", "partial must be"},
    {"rule.partial", "-1", "partial must be"},
    {"rule.partial", "1KiB", "partial must be"},
    {"rule.partial", "50%", "partial must be"},
    {"rule.partial", "rand", "partial must be"},
    {"rule.partial", "[1, 8]",
     "partial must be a number from 1 to 4294967295, or a range such as 1..8, or random, not a list"},
    TRUE_ROWS("rule.interrupt"),
    TRUE_ROWS("rule.again"),
    TRUE_ROWS("rule.refuse"),
    TRUE_ROWS("rule.eof"),
    TRUE_ROWS("rule.reset"),
    DURATION_ROWS("rule.timeout"),
    LONGER_THAN_0("rule.timeout"),
    {"rule.resolve", "127.0.0.1", NULL},
    {"rule.resolve", "[::1, 127.0.0.1]", "begins with '[' wants quotes"},
    {"rule.resolve", "['::1', 127.0.0.1]", NULL},
    {"rule.resolve", "'::1'", NULL},
    {"rule.resolve", "localhost",
     "resolve must be an address such as 127.0.0.1 or ::1, or a list of these, not 'localhost'"},
    {"rule.resolve", "127.0.0.1:80", "resolve must be an address"},
    {"rule.resolve", "10.0.0.0/8", "resolve must be an address"},
    {"rule.resolve", "127.1", "resolve must be an address"},
    {"rule.resolve", "'[::1]'", "resolve must be an address"},
    {"rule.resolve", "''", "resolve must be an address"},
    {"rule.resolve", "[]",
     "resolve must be an address such as 127.0.0.1 or ::1, or a list of these, not an empty list"},
    {"rule.corrupt", "1", NULL},
    {"rule.corrupt", "1000000", NULL},
    {"rule.corrupt", "0", "corrupt must be a number from 1 to 1000000, not '0'"},
    {"rule.corrupt", "1000001", "corrupt must be a number"},
    {"rule.corrupt", "1..3", "corrupt must be a number"},
    {"rule.corrupt", "-1", "corrupt must be a number"},
    {"rule.corrupt", "0x1", "corrupt must be a number"},
    {"rule.corrupt", "[1]", "corrupt must be a number from 1 to 1000000, not a list"},
    SIGNAL_ROWS("rule.signal"),

    /* ---- a rule: faults of links ---- */
    {"rule.throttle", "64KiB/s", NULL},
    {"rule.throttle", "10Mbit/s", NULL},
    {"rule.throttle", "100/s", NULL},
    {"rule.throttle", "8kbit/s", NULL},
    {"rule.throttle", "1Gbit/s", NULL},
    {"rule.throttle", "010kB/s", NULL},
    {"rule.throttle", "0/s", "throttle must be a rate such as 64KiB/s or 10Mbit/s, not '0/s'"},
    {"rule.throttle", "64KiB", "(a rate ends with /s)"},
    {"rule.throttle", "100", "(a rate ends with /s)"},
    {"rule.throttle", "10mbit/s", "throttle must be a rate"},
    {"rule.throttle", "10Mbit/m", "throttle must be a rate"},
    {"rule.throttle", "10Mbps", "throttle must be a rate"},
    {"rule.throttle", "1.5MB/s", "throttle must be a rate"},
    {"rule.throttle", "-1/s", "throttle must be a rate"},
    {"rule.throttle", "1e3/s", "throttle must be a rate"},
    {"rule.throttle", "0x10/s", "throttle must be a rate"},
    {"rule.throttle", "99999999999999999999/s", "throttle must be a rate"},
    {"rule.throttle", "[1/s]", "throttle must be a rate such as 64KiB/s or 10Mbit/s, not a list"},
    {"rule.chunk", "1", NULL},
    {"rule.chunk", "1..8", NULL},
    {"rule.chunk", "0", "chunk must be a number from 1 to 4294967295, or a range such as 1..8, not '0'"},
    {"rule.chunk", "random",
     "chunk must be a number from 1 to 4294967295, or a range such as 1..8, not 'random'"},
    {"rule.chunk", "1..", "chunk must be"},
    {"rule.chunk", "8..1", "chunk must be"},
    {"rule.chunk", "1KiB", "chunk must be"},
    {"rule.chunk", "[1]", "not a list"},
    TRUE_ROWS("rule.close"),
    TRUE_ROWS("rule.blackhole"),
    {"rule.unreachable", "host", NULL},
    {"rule.unreachable", "net", NULL},
    {"rule.unreachable", "true", "unreachable must be host or net, not 'true'"},
    {"rule.unreachable", "network", "unreachable must be host or net"},
    {"rule.unreachable", "nett", "(did you mean net?)"},
    {"rule.unreachable", "[host]", "unreachable must be host or net, not a list"},
    DURATION_ROWS("rule.syn_timeout"),
    LONGER_THAN_0("rule.syn_timeout"),
    TRUE_ROWS("rule.drop"),
    TRUE_ROWS("rule.duplicate"),
    {"rule.reorder", "2", NULL},
    {"rule.reorder", "1000", NULL},
    {"rule.reorder", "1", "reorder must be a number from 2 to 1000, not '1'"},
    {"rule.reorder", "1001", "reorder must be a number"},
    {"rule.reorder", "-3", "reorder must be a number"},
    {"rule.reorder", "2..4", "reorder must be a number"},
    {"rule.reorder", "[2]", "reorder must be a number from 2 to 1000, not a list"},
    {"link.delay", "10ms", NULL},
    {"link.delay", "{mean: 10ms}", NULL},
    {"link.delay", "{mean: 10ms, jitter: 1ms, distribution: normal}", NULL},
    {"link.delay", "{}", "delay needs the key mean"},
    {"link.delay", "{jitter: 1ms}", "delay needs the key mean"},
    {"link.delay", "{mean: 10}", "(the unit is missing)"},
    {"link.delay", "{mean: 10ms, distribution: normal}", "a distribution of nothing"},
    {"link.delay", "{maen: 10ms}",
     "unknown key 'maen' in delay, allowed are mean, jitter, distribution (did you mean mean?)"},
    {"link.delay", "[10ms]",
     "or a mapping such as {mean: 100ms, jitter: 20ms}, not a list"},
    LONGER_THAN_0("link.delay"),
    TRUE_ROWS("link.reset"),
    TRUE_ROWS("link.refuse"),
    {"link.corrupt", "8", NULL},
    {"link.corrupt", "0", "corrupt must be a number from 1 to 1000000"},
    {"link.partial", "1", "partial is a call fault: write call: recv instead of link"},
    {"link.error", "ECONNRESET", "error is a call fault: write call: recv instead of link"},
    {"link.resolve", "127.0.0.1", "resolve is a call fault: write call: resolve instead of link"},
    {"link.interrupt", "true", "interrupt is a call fault: write call: recv instead of link"},

    /* ---- when ---- */
    RANGE_ROWS("when.nth"),
    COUNT_ROWS("when.from"),
    COUNT_ROWS("when.to"),
    COUNT_ROWS("when.every"),
    {"when.probability", "0.1", NULL},
    {"when.probability", "0", NULL},
    {"when.probability", "1", NULL},
    {"when.probability", "1.0", NULL},
    {"when.probability", "00.5", NULL},
    {"when.probability", "1.01", "probability must be a number from 0 to 1 such as 0.25, not '1.01'"},
    {"when.probability", "-0.1", "probability must be"},
    {"when.probability", ".5", "probability must be"},
    {"when.probability", "1.", "probability must be"},
    {"when.probability", "1e-3", "probability must be"},
    {"when.probability", "50%", "probability must be"},
    {"when.probability", "nan", "probability must be"},
    {"when.probability", "0x1", "probability must be"},
    {"when.probability", "[0.1]", "probability must be a number from 0 to 1 such as 0.25, not a list"},
    DURATION_ROWS("when.after"),
    LONGER_THAN_0("when.after"),
    DURATION_ROWS("when.until"),
    LONGER_THAN_0("when.until"),
    {"when.after_bytes", "100", NULL},
    {"when.after_bytes", "64KiB", NULL},
    {"when.after_bytes", "1MB", NULL},
    {"when.after_bytes", "1GiB", NULL},
    {"when.after_bytes", "0100", NULL},
    {"when.after_bytes", "18446744073709551615", NULL},
    {"when.after_bytes", "18446744073709551616", "after_bytes must be a size such as 100, 64KiB or 1MB"},
    {"when.after_bytes", "0", "after_bytes must be a size such as 100, 64KiB or 1MB, not '0'"},
    {"when.after_bytes", "-1", "after_bytes must be a size"},
    {"when.after_bytes", "1.5MB", "after_bytes must be a size"},
    {"when.after_bytes", "1 MB", "after_bytes must be a size"},
    {"when.after_bytes", "64kib", "after_bytes must be a size"},
    {"when.after_bytes", "64K", "after_bytes must be a size"},
    {"when.after_bytes", "1e3", "after_bytes must be a size"},
    {"when.after_bytes", "0x10", "after_bytes must be a size"},
    {"when.after_bytes", "64KiB/s", "after_bytes must be a size"},
    {"when.after_bytes", "[1]", "after_bytes must be a size such as 100, 64KiB or 1MB, not a list"},
    {"when.match", "HTTP/1.1", NULL},
    {"when.match", "hex:16ff00", NULL},
    {"when.match", "hex:16FF", NULL},
    {"when.match", "\"a\\nb\"", NULL},
    {"when.match", "hexagon", NULL},
    {"when.match", "''", "match must be text of 1 to 256 bytes, or hex: with pairs of hex digits, not ''"},
    {"when.match", "'hex:'", "match must be text"},
    {"when.match", "hex:1", "match must be text"},
    {"when.match", "hex:1g", "match must be text"},
    {"when.match", "'hex:16 ff'", "match must be text"},
    {"when.match", "[a]",
     "match must be text of 1 to 256 bytes, or hex: with pairs of hex digits, not a list"},
    {"when.state", "ESTABLISHED", NULL},
    {"when.state", "[CLOSE_WAIT, FIN_WAIT_1]", NULL},
    {"when.state", "established", "(did you mean ESTABLISHED?)"},
    {"when.state", "ESTABLISHD", "unknown state 'ESTABLISHD', allowed are CLOSED,"},
    {"when.state", "1", "unknown state '1'"},
    {"when.state", "[]",
     "state must be a state such as ESTABLISHED, or a list of states, not an empty list"},
    LINE_ROWS("when.exists", "exists must be text on one line"),
    {"when.site", "poll_peer", NULL},
    {"when.site", "\"net::Client::~Client\"", NULL},
    {"when.site", "_ZN3net6Client4readEv", NULL},
    {"when.site", "''",
     "site must be the name of a function without arguments, such as poll_peer, Client::read or a mangled name, "
     "not ''"},
    {"when.site", "\"read()\"", "site must be the name of a function without arguments"},
    {"when.site", "\"List<int>::add\"", "site must be the name of a function without arguments"},
    {"when.site", "\"int read\"", "site must be the name of a function without arguments"},
    {"when.site", "[a]", "not a list"},
    {"when.exactly", "'1..4, 7'", NULL},
    {"when.exactly", "3", NULL},
    {"when.exactly", "[1, 5..6]", NULL},
    {"when.exactly", "{connection 2: 3..5}", NULL},
    {"when.exactly", "0", "exactly"},
    {"when.exactly", "'4, 4'", "exactly names call 4 twice"},

    /* ---- a delay that varies ---- */
    DURATION_ROWS("delay.mean"),
    LONGER_THAN_0("delay.mean"),
    DURATION_ROWS("delay.jitter"),
    {"delay.jitter", "0ms", NULL},
    {"delay.distribution", "uniform", NULL},
    {"delay.distribution", "normal", NULL},
    {"delay.distribution", "pareto", NULL},
    {"delay.distribution", "paretonormal",
     "distribution must be uniform, normal or pareto, not 'paretonormal'"},
    {"delay.distribution", "Normal", "(did you mean normal?)"},
    {"delay.distribution", "[normal]", "distribution must be uniform, normal or pareto, not a list"},

    /* ---- expectations ---- */
    {"expect.exit", "0", NULL},
    {"expect.exit", "255", NULL},
    {"expect.exit", "007", NULL},
    {"expect.exit", "[0, 56]", NULL},
    {"expect.exit", "nonzero", NULL},
    {"expect.exit", "any", NULL},
    {"expect.exit", "256",
     "exit must be an exit status from 0 to 255, a list of these, nonzero or any, not '256'"},
    {"expect.exit", "-1", "exit must be"},
    {"expect.exit", "0x1", "exit must be"},
    {"expect.exit", "1..3", "exit must be"},
    {"expect.exit", "'>0'", "exit must be"},
    {"expect.exit", "zero", "exit must be"},
    {"expect.exit", "non-zero", "exit must be"},
    {"expect.exit", "[0, nonzero]", "exit must be"},
    {"expect.exit", "[]",
     "exit must be an exit status from 0 to 255, a list of these, nonzero or any, not an empty list"},
    SIGNAL_ROWS("expect.signal"),
    {"expect.signal", "none", NULL},
    {"expect.signal", "None", "signal must be a signal such as SEGV or SIGSEGV, or none"},
    {"expect.stdout", "{}", NULL},
    {"expect.stdout", "{contains: x}", NULL},
    {"expect.stdout", "x",
     "stdout must be a mapping with the keys equals, equals_file, contains,"},
    {"expect.stdout", "[x]", "stdout must be a mapping"},
    {"expect.stdout", "{contain: x}", "unknown key 'contain' in stdout, allowed are equals,"},
    {"expect.stderr", "{empty: true}", NULL},
    {"expect.stderr", "{empty: maybe}", "empty must be true or false"},
    {"expect.stderr", "true", "stderr must be a mapping"},
    ELAPSED_ROWS("expect.duration"),
    ELAPSED_ROWS("expect.cpu"),
    COMPARISON_ROWS("expect.leaked_sockets", "", ""),
    COMPARISON_ROWS("expect.calls", "{connect: ", "}"),
    {"expect.calls", "{}", NULL},
    {"expect.calls", "{recv: '>=2', send: 0}", NULL},
    {"expect.calls", "{recvmsg: 1}", "calls are counted by family: recvmsg among those of recv"},
    {"expect.calls", "{conect: 1}", "no family of calls 'conect', known are socket,"},
    {"expect.calls", "{connect: ~}", "null is not allowed"},
    {"expect.calls", "3", "calls must be a mapping, not '3'"},
    {"expect.calls", "[connect]", "calls must be a mapping, not a list"},
    {"expect.hygiene", "clean", NULL},
    {"expect.hygiene", "no-timeout", NULL},
    {"expect.hygiene", "[no-timeout, tiny-reads]", NULL},
    {"expect.hygiene", "Clean", "no warning of hygiene 'Clean', known are clean, unclosed,"},
    {"expect.hygiene", "[clean]", "no warning of hygiene 'clean', known are unclosed,"},
    {"expect.hygiene", "[tiny-read]", "(did you mean tiny-reads?)"},

    /* ---- an output ---- */
    {"output.equals", "text", NULL},
    {"output.equals", "''", NULL},
    {"output.equals", "\"a\\n\"", NULL},
    {"output.equals", "010", NULL},
    {"output.equals", "[a]", "equals must be text, not a list"},
    {"output.equals", "{a: b}", "equals must be text, not a mapping"},
    {"output.equals_file", "want.txt", NULL},
    {"output.equals_file", "''", "equals_file must be the path of a file, not ''"},
    {"output.equals_file", "[a]", "equals_file must be the path of a file, not a list"},
    {"output.contains", "text", NULL},
    {"output.contains", "[a, 'b c']", NULL},
    {"output.contains", "[]", "contains must be text or a list of texts, not an empty list"},
    {"output.contains", "[[a]]", "contains must be text or a list of texts, not a list"},
    {"output.contains", "''",
     "contains must be text or a list of texts, not '' (empty text is in every output)"},
    {"output.not_contains", "text", NULL},
    {"output.not_contains", "[a, b]", NULL},
    {"output.not_contains", "[]", "not_contains must be text or a list of texts, not an empty list"},
    {"output.not_contains", "[a, '']", "(empty text is in every output)"},
    {"output.not_contains", "''",
     "not_contains must be text or a list of texts, not '' (empty text is in every output)"},
    REGEX_ROWS("output.matches"),
    FLAG_ROWS("output.empty"),
};

#endif
