"""Write files that are made to hurt into the current folder, and to standard output
a line for each: NAME, the status of `check`, an extended regular expression that is
found in its output. The fields are apart by tabs. A line on standard input has the
file removed and the next one written: together they are larger than some disks."""

import os
import sys

MIB = 1 << 20
BASE = "name: n\nprograms: {p: 'true'}\n"
VALUES = 200_000  # what grows with the square of it takes all memory there is
KEYS = VALUES // 2


def file(name, status, pattern, *parts):
    with open(name + ".yaml", "wb") as out:
        for part in parts:
            out.write(part if isinstance(part, bytes) else part.encode())
    print(f"{name}.yaml", status, pattern, sep="\t", flush=True)
    sys.stdin.readline()
    os.remove(name + ".yaml")


def good(name, *parts):
    file(name, 0, ": ok$", *parts)


def bad(name, pattern, *parts):
    file(name, 2, pattern, *parts)


RULE = BASE + "faults:\n- call: recv\n  partial: 1\n"
MATCHES = BASE + "expect: {p: {stdout: {matches: '"


def keys(indentation, count=KEYS, value="1"):
    return "".join(f"{indentation}k{i}: {value}\n" for i in range(count))


# One huge text, wherever text stands.
good("scalar", BASE, "description: ", "a" * 10 * MIB, "\n")
good("scalar-quoted", BASE, 'description: "', "a\\n" * 3 * MIB, '"\n')
good("scalar-block", BASE, "description: |\n", ("  " + "a" * 78 + "\n") * 120_000)
good("name", "name: ", "a" * 10 * MIB, "\nprograms: {p: 'true'}\n")
good("line", "# ", "c" * 10 * MIB, "\n", BASE)
good("blank-lines", "\n" * 10 * MIB, BASE)
good("command", "name: n\nprograms: {p: '", "a" * 10 * MIB, "'}\n")
bad("key", ":3:1: ':' is missing behind a key", BASE, "a" * 10 * MIB, ": 1\n")
bad("key-explicit", ":3:3: unknown key 'a*'...", BASE, "? ", "a" * 10 * MIB, "\n: 1\n")
bad("anchor-unclosed", "quotes are never closed", BASE, 'description: "', "a\n" * 4 * MIB)
good("anchor", BASE, "x-a: &", "a" * 5 * MIB, " 1\nx-b: *", "a" * 5 * MIB, "\n")
bad("spaces", "holds no scenario", " " * 10 * MIB)
bad("percent", ":1:1: text that begins with '%' wants quotes", "%" * 5 * MIB)
bad("too-large", "yaml: the file is larger than 16 MiB", BASE, "#" * 17 * MIB)

# A million keys, a million items, wherever they may stand.
bad("keys", "more than 1000000 values", keys("", 1_000_000))
bad("keys-unknown", ":1:1: unknown key 'k0'", keys("", 490_000))
good("keys-own", BASE, "".join(f"x-{i}: 1\n" for i in range(KEYS)))
bad("keys-same", ":2:1: duplicate key 'name', first in line 1", "name: n\n" * KEYS)
bad("keys-vars", "490000 variables: at most 1024", BASE, "vars:\n", keys(" ", 490_000))
bad("keys-programs", "490000 programs: at most 64", "name: n\nprograms:\n", keys(" ", 490_000))
good("keys-env", "name: n\nprograms:\n p:\n  run: 'true'\n  env:\n", keys("   "))
bad("keys-program", "unknown key 'k0' in a program", "name: n\nprograms:\n p:\n  run: 'true'\n", keys("  "))
bad("keys-rule", "unknown key 'k0' in a rule", BASE, "faults:\n- call: recv\n", keys("  "))
bad("keys-when", "unknown key 'k0' in when", RULE, "  when:\n", keys("   "))
bad("keys-expect", "no program 'k0'", BASE, "expect:\n", keys(" ", value="{}"))
bad("keys-calls", "no family of calls 'k0'", BASE, "expect:\n p:\n  calls:\n", keys("   "))
bad("keys-fired", "no rule 'k0'", BASE, "expect:\n faults:\n", keys("  "))
bad("items", "more than 1000000 values", BASE, "tags:\n", "- a\n" * 1_000_000)
good("items-tags", BASE, "tags:\n", "- a\n" * 990_000)
good("items-flow", BASE, "tags: [", "a, " * VALUES, "a]\n")
good("items-run", "name: n\nprograms:\n p:\n", " - a\n" * VALUES)
bad("items-run-nested", "run must be a command", "name: n\nprograms:\n p:\n", " - [a]\n" * KEYS)
good("items-exit", BASE, "expect:\n p:\n  exit:\n", "   - 1\n" * VALUES)
bad("items-exit-bad", "exit must be", BASE, "expect:\n p:\n  exit:\n", "   - x\n" * VALUES)
good("items-contains", BASE, "expect:\n p:\n  stdout:\n   contains:\n", "   - x\n" * VALUES)
for key, item, rest, pattern in (
    ("peer", "'*:1'", "call: recv\n  partial: 1", None),
    ("peer", "x", "call: recv\n  partial: 1", "peer must be ADDRESS:PORT"),
    ("exe", "x", "call: recv\n  partial: 1", None),
    ("program", "x", "call: recv\n  partial: 1", "no program 'x'"),
    ("call", "recv", "partial: 1", None),
    ("call", "x", "partial: 1", "unknown call 'x'"),
    ("resolve", "1.1.1.1", "call: resolve", None),
    ("partition", "[p]", "optional: true", "p is in the partition twice"),
):
    name = f"items-{key}-{'bad' if pattern else 'good'}"
    text = (BASE, f"faults:\n- {rest}\n  {key}:\n", f"  - {item}\n" * (KEYS if item[0] == "[" else VALUES))
    bad(name, pattern, *text) if pattern else good(name, *text)
bad("items-state", "unknown state 'X'", RULE, "  when:\n   state:\n", "   - X\n" * VALUES)
bad("rules", "490000 rules: at most 4096", BASE, "faults:\n", "- {}\n" * 490_000)
bad("rules-empty", "a rule needs a place", BASE, "faults:\n", "- {}\n" * 4096)
bad("rules-same", "duplicate id 'x', that of the rule in line 4", BASE, "faults:\n",
    "- {call: recv, partial: 1, id: x}\n" * 4096)

# What multiplies.
bombs = "".join(f"x-{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 60))
good("laughs", BASE, "x-0: &x0 [l, l, l, l, l, l, l, l, l]\n", bombs)
bad("laughs-used", "tags must be a name", "name: n\nx-0: &x0 [l]\n", bombs, "tags: *x59\nfaults: *x59\n")
bad("laughs-partition", "partition must be", BASE, "x-0: &x0 [p]\n", bombs, "faults: [{partition: *x59}]\n")
maps = "".join(f"x-{i}: &x{i} {{a: *x{i - 1}, b: *x{i - 1}}}\n" for i in range(1, 60))
bad("laughs-maps", "a program needs the key run", "name: n\nx-0: &x0 {l: 1}\n", maps,
    "programs: *x59\nexpect: *x59\n")
bad("laughs-delay", "unknown key 'a' in delay", BASE, "x-0: &x0 {l: 1}\n", maps,
    "faults: [{link: in, delay: *x59}]\n")
bad("merges", "more than 1000000 values, merged ones included", BASE, "x-0: &x0 {k: 1}\n",
    "".join(f"x-{i}: &x{i} {{<<: [*x{i - 1}, *x{i - 1}], k{i}: 1}}\n" for i in range(1, 3000)))
good("aliases", "name: &n n\nprograms: {p: [a", ", *n" * VALUES, "]}\n")
good("anchors", BASE, "x-a:\n", "".join(f"- &a{i} a\n" for i in range(KEYS)))
bad("variables", "larger than 64 MiB", BASE, "vars:\n v0: aaaaaaaaaaaaaaaa\n",
    "".join(f" v{i}: '{f'${{v{i - 1}}}' * 10}'\n" for i in range(1, 30)))
bad("variables-unknown", "unknown variable 'x'", BASE, "tags: [", "'${x}', " * KEYS, "]\n")
pairs = "matrix: {" + ", ".join(f"k{i}: [1, 2]" for i in range(13)) + "}\n"
good("matrix", BASE, pairs)
bad("matrix-bad", "unknown variable 'x'", BASE, pairs, "tags: ['${x}']\nfaults: [", "{}, " * 1000, "]\n")
bad("matrix-wide", "more than 10000 combinations", BASE, "matrix:\n", keys(" ", 60, "[1, 2, 3]"))
bad("regex-deep", "parentheses are too deeply nested", MATCHES, "(" * 100_000, "'}}}\n")
bad("regex-large", "regular expression is too large", MATCHES, "(a{1,1000}){1,1000}" * 10, "'}}}\n")

# What nests.
for name, opening in (("flow", "["), ("flow-map", "{a: "), ("block", "- "), ("explicit", "? ")):
    for times in (10_000, 2_000_000):
        start = "x-a: " if opening[0] in "[{" else "x-a:\n"
        bad(f"deep-{name}-{times}", "nested more than 64 deep", BASE, start, opening * times)
bad("deep-indentation", "nested more than 64 deep", BASE, "x-a:\n",
    "".join(" " * i + "a:\n" for i in range(1, 4000)))

# Many documents.
good("documents", "".join(f"---\nname: n{i}\nprograms: {{p: 'true'}}\n" for i in range(100_000)))
bad("documents-empty", "null is not allowed", "---\n" * 100_000)
bad("documents-bad", "unknown key 'foo'", "---\nname: n\nfoo: 1\n" * 100_000)
good("documents-ended", BASE, "...\n" * 100_000)

# Bytes, line ends, encodings.
bad("nul", ":1:8: control characters are not allowed", b"name: n\0\nprograms: {p: 'true'}\n")
bad("nul-escaped", "text cannot contain a NUL", 'name: "a\\0b"\n')
bad("nuls", ":1:1: control characters are not allowed", b"\0" * 10 * MIB)
bad("tab-indents", ":3:1: a tab cannot indent: use spaces", "name: n\nprograms:\n\tp: 'true'\n")
good("tab-apart", "name:\tn\nprograms: {p:\t'true'}\n")
good("cr-lf", BASE.replace("\n", "\r\n"))
bad("cr-lf-place", ":3:1: unknown key 'foo'", BASE.replace("\n", "\r\n"), "foo: 1\r\n")
good("cr", BASE.replace("\n", "\r"))
good("bom", b"\xef\xbb\xbf", BASE)
bad("bom-place", ":1:1: unknown key 'foo'", b"\xef\xbb\xbf", "foo: 1\n", BASE)
good("bom-cr-lf", b"\xef\xbb\xbf", BASE.replace("\n", "\r\n"))
good("utf-16-le", b"\xff\xfe", BASE.encode("utf-16-le"))
good("utf-16-be", b"\xfe\xff", BASE.encode("utf-16-be"))
bad("utf-16-unmarked", "control characters are not allowed", BASE.encode("utf-16-le"))
bad("utf-32", "control characters are not allowed", b"\xff\xfe\0\0", BASE.encode("utf-32-le"))
for name, line in (
    ("latin-1", b"name: caf\xe9\n"),
    ("overlong", b"name: \xc0\xaf\n"),
    ("surrogate", b"name: \xed\xa0\x80\n"),
    ("cut-off", b"name: n # \xe2\x82"),
    ("trailing", b"name: \xc3(\n"),
    ("ff", b"\xff" * MIB),
):
    bad(f"utf-8-{name}", ":1:[0-9]+: this is not UTF-8 text", line)

# What YAML has and scenarios have not.
bad("tag", ":1:7: tags are not allowed", "name: !!python/object/apply:os.system n\nprograms: {p: 'true'}\n")
bad("tag-of-all", ":1:1: tags are not allowed", "!!set\nname: n\n")
good("directive", "%YAML 1.2\n---\n", BASE)
good("directive-tag", "%TAG ! tag:example.org,2000:\n---\n", BASE)
bad("directive-version", ":1:1: %YAML 1.1 and %YAML 1.2 are read", "%YAML 2.0\n---\n", BASE)
bad("directive-unknown", ":1:1: text that begins with '%' wants quotes", "%FOO bar\n---\n", BASE)
bad("directive-late", "belongs to no document", BASE, "---\n%YAML 1.2\nname: n\n")
bad("document-end", "belongs to no document", BASE, "...\nname: n\n")
bad("commas", ":1:2: a value is missing here", "[", "," * MIB)
bad("colons", "a key is expected here|not allowed here", ": " * MIB)
bad("exclamations", "tags are not allowed", "!" * MIB)
bad("escape", ":1:9: unknown escape in double quotes", 'name: "n\\q"\n')
bad("escape-cut", ":1:[0-9]+: hex digits are missing", 'name: "n\\xZZ"\n')
bad("empty", "holds no scenario", "")
bad("remark", "holds no scenario", "# only\n")
bad("noise", "yaml:[0-9]+:[0-9]+: ", bytes((i * 7 + (i >> 8) * 13) % 256 for i in range(MIB)))
