# Children that ran without the shim are named; those that were killed before
# they could load it are not.
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"

mkdir "$TMP/bin" "$TMP/below"
echo 'int main(void) { return 0; }' | "${CC:-cc}" -x c -static -o "$TMP/bin/still" - || exit 1
rule='call: recv, delay: 1ms, optional: true'

escapes() # SCRIPT: what run says of it
{
    PATH=$TMP/bin:$PATH "$SOCKFAULT" run --as it -f "$rule" -- sh -c "$1" 2>&1 | sed 's/(pid [0-9]*)/(pid)/'
}

check_eq "children killed between exec and load escaped nothing" "" \
    "$(escapes 'i=0; while [ $i -lt 300 ]; do sleep 30 & kill -9 $!; i=$((i+1)); done; wait')"
check_eq "nor those named by PATH alone" "" \
    "$(escapes 'i=0; while [ $i -lt 100 ]; do env sleep 30 & kill -9 $!; i=$((i+1)); done; wait')"

said="without the shim: no rule could reach it"
check_eq "a static child is named" "sockfault: it started $TMP/bin/still (pid) $said" \
    "$(escapes "$TMP/bin/still; true")"
check_eq "also when PATH found it" "sockfault: it started still (pid) $said" "$(escapes 'env still; true')"
check_eq "also from another folder" "sockfault: it started ../bin/still (pid) $said" \
    "$(escapes "cd $TMP/below; ../bin/still; true")"
check_eq "also by a long name" 1 \
    "$(escapes "p=$TMP; for i in 1 2 3 4 5 6 7 8 9; do p=\$p/../\${p##*/}; done; \$p/bin/still; true" | grep -c "$said")"
check_eq "also when it is gone" "sockfault: it started $TMP/below/gone (pid) $said" \
    "$(escapes "cp $TMP/bin/still $TMP/below/gone; $TMP/below/gone; rm $TMP/below/gone")"

# `exe` says whom the rules must reach.
cat > "$TMP/step.c" << 'END'
#include <unistd.h>

int main(int argc, char **argv)
{
    return argc > 1 && execv(argv[1], argv + 1);
}
END
"${CC:-cc}" -static -o "$TMP/bin/step" "$TMP/step.c" || exit 1
"${CC:-cc}" -o "$TMP/bin/calls" "$root/docs/reference/calls.c" || exit 1
cd "$TMP/bin" || exit 1
cat > ../exe.yaml << 'END'
name: a child that exe leaves out
programs: {a: "bin/still; bin/calls tcp give=hello recv"}
faults: [{call: recv, exe: calls, role: client, partial: 1}]
---
name: one that it names
programs: {a: "bin/still; bin/calls tcp give=hello recv"}
faults: [{call: recv, exe: [calls, still], role: client, partial: 1}]
---
name: the first executable
programs: {a: [bin/step, bin/calls, tcp, give=hello, recv]}
faults: [{call: recv, exe: calls, role: client, partial: 1}]
---
name: nobody else
programs: {a: [bin/step]}
faults: [{call: recv, exe: calls, role: client, partial: 1}]
---
name: named itself
programs: {a: [bin/step]}
faults: [{call: recv, exe: "*/bin/step", optional: true, partial: 1}]
END
cd .. || exit 1
check_status "exe narrows whom rules must reach" 1 "$SOCKFAULT" test -j 1 exe.yaml
said=$(sed "s/(pid [0-9]*)/(pid)/; s/ ([0-9.]*[mu]*s)$//; s/ in [0-9.]*[mu]*s$//; s|$TMP|TMP|" <<< "$output")
check_eq "to those that it names" "PASS a child that exe leaves out
FAIL one that it names
exe.yaml:6: a started bin/still (pid) without the shim: no rule could reach it
PASS the first executable
FAIL nobody else
exe.yaml:15: rule 1 (partial: 1) never fired: a made no recv call on a socket, but not all calls of a were seen: libsockfault.so was not loaded into bin/step
FAIL named itself
exe.yaml:18: no rule can reach a: bin/step is statically linked: the shim cannot be loaded into it; link it dynamically
2 passed, 3 failed" "$said"
check_eq "run starts what exe leaves out" "recv 1 h" \
    "$("$SOCKFAULT" run -f 'call: recv, exe: calls, role: client, partial: 1' -- bin/step bin/calls tcp give=hello recv 2>&1)"
check_status "and refuses what it names" 125 "$SOCKFAULT" run -f 'call: recv, exe: step, partial: 1' -- bin/step

# A ring that the kernel made; one without entries it never makes.
ring='import ctypes, sys
print(ctypes.CDLL(None).syscall(425, int(sys.argv[1]), ctypes.create_string_buffer(120)) >= 0)'
if [ "$(python3 -c "$ring" 1)" = True ]; then
    check_eq "io_uring is said to be used" "True sockfault: it uses io_uring, which no rule can reach" \
        "$(escapes "python3 -c '$ring' 1" | xargs)"
    rule="exe: sh, $rule"
    check_eq "not that of a process that no rule means" True "$(escapes "python3 -c '$ring' 1")"
else
    skip "io_uring is said to be used" "the kernel refuses it"
fi
check_eq "not where the kernel refused it" False "$(escapes "python3 -c '$ring' 0")"

# liburing makes its system calls by itself: its functions tell. It may come at once, or with a plugin.
mkdir "$TMP/ring"
cd "$TMP/ring" || exit 1
echo 'int io_uring_queue_init(unsigned n, void *ring, unsigned flags) { return n ? 0 : -22; }' > liburing.c
echo 'int io_uring_queue_init(unsigned, void *, unsigned);
int plug(int n) { return io_uring_queue_init(n, 0, 0); }' > plug.c
echo '#include <stdio.h>
int plug(int);
int main(int c, char **v) { (void)v; return printf("%d\n", plug(c - 1)) < 0; }' > now.c
echo '#include <dlfcn.h>
#include <stdio.h>
int main(int c, char **v)
{
    int (*plug)(int) = (int (*)(int))dlsym(dlopen(v[1], RTLD_NOW | RTLD_LOCAL), "plug");
    return printf("%d\n", plug(c - 2)) < 0;
}' > later.c
path="-Wl,-rpath,$TMP/ring"
"${CC:-cc}" -shared -fPIC -Wl,-soname,liburing.so.2 -o liburing.so.2 liburing.c || exit 1
"${CC:-cc}" -shared -fPIC -o plug.so plug.c liburing.so.2 "$path" || exit 1
"${CC:-cc}" -o now now.c ./plug.so "$path" || exit 1
"${CC:-cc}" -o later later.c -ldl || exit 1
uses="sockfault: it uses io_uring, which no rule can reach"
rule='call: recv, delay: 1ms, optional: true'
check_eq "liburing is said to be used" "0 $uses" "$(escapes "$TMP/ring/now 1" | xargs)"
check_eq "also where a plugin brings it" "0 $uses" "$(escapes "$TMP/ring/later $TMP/ring/plug.so 1" | xargs)"
check_eq "not where it makes no ring" -22 "$(escapes "$TMP/ring/later $TMP/ring/plug.so")"

# A sandbox from before an exec may keep a child from its session: it runs as without us, and that is said.
boxed=$BUILD/tests/programs/boxed
check_eq "a child whose sandbox hides the session runs" "inside 0" \
    "$("$SOCKFAULT" run -- "$boxed" sh -c 'echo inside' 2>&1) $?"
check_eq "and it is said that no rule acts in it" "inside
sockfault: it forbids itself by seccomp(2) system calls that rules need: some of its calls met no rule" \
    "$("$SOCKFAULT" run --as it -f 'call: recv, delay: 1ms, optional: true' -- "$boxed" sh -c 'echo inside' 2>&1)"
check_eq "not where no rule means it" inside \
    "$("$SOCKFAULT" run -f 'call: recv, exe: other, delay: 1ms, optional: true' -- "$boxed" sh -c 'echo inside' 2>&1)"

# What a child did beyond the shim is in no number.
cat > "$TMP/numbers.yaml" << END
name: a static child
programs: {a: "$TMP/bin/still; true"}
expect: {a: {calls: {recv: 0, connect: "<5"}, leaked_sockets: 0}}
---
name: none
programs: {a: "/bin/true; true"}
expect: {a: {calls: {recv: 0, connect: "<5"}, leaked_sockets: 0}}
END
check_status "numbers beside a static child fail" 1 "$SOCKFAULT" test -j 1 --report json "$TMP/numbers.yaml"
check_eq "the reports have none" "null null {} 0" "$(python3 -c '
import json, sys
for scenario in json.load(sys.stdin)["scenarios"]:
    program = scenario["programs"]["a"]
    print(json.dumps(program["calls"]), json.dumps(program["leaked_sockets"]))' <<< "$output" | xargs)"
output=$("$SOCKFAULT" test -q -j 1 "$TMP/numbers.yaml" 2>&1)
for what in "recv calls" "connect calls" "leaked sockets"; do
    check_match "the child is named: $what" \
        "numbers.yaml:3: the $what of a were not all counted: it started $TMP/bin/still \(pid [0-9]+\) without the shim" \
        "$output"
done
check_match "where there is none they pass" "1 passed, 1 failed" "$output"
finish
