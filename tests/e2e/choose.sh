# Which scenarios `test` runs, how often and with what: the matrix, requirements,
# --filter, --set, --repeat, --fail-fast, --no-skip.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
results() # OPTION…: a line a scenario: name, result, seed
{
    "$SOCKFAULT" test --report json "$@" | python3 -c '
import json, sys
report = json.load(sys.stdin)
for s in report["scenarios"]:
    print(s["name"], s["result"], s["seed"], sep="; ")
print(*report["summary"].values())' | sed '$s/ [0-9.]*$//'
}

cat > matrix.yaml << 'END'
name: cut
seed: 3
tags: [smoke, slow]
matrix: {chunk: [1, 7], host: [a, b]}
vars: {size: "${chunk}0"}
programs: {p: 'echo "${chunk} ${host} ${size}"; sleep 0.${chunk}'}
expect: {p: {stdout: {equals: "${chunk} ${host} ${chunk}0\n"}}}
---
name: alone
programs: {p: "true"}
END
alone="alone; passed; $((0x$(printf alone | python3 -c '
import sys
h = 2166136261
for c in sys.stdin.buffer.read(): h = (h ^ c) * 16777619 % 2**32
print("%x" % h)')))"
all="cut [chunk=1, host=a]; passed; 3
cut [chunk=1, host=b]; passed; 3
cut [chunk=7, host=a]; passed; 3
cut [chunk=7, host=b]; passed; 3
$alone
5 5 0 0 0"
check_eq "a scenario for each combination, in order" "$all" "$(results -j 1 matrix.yaml)"
check_eq "the order is the file's with many jobs too" "$all" "$(results -j 8 matrix.yaml)"
check_eq "--filter is unanchored, on the full name" "cut [chunk=7, host=a]; passed; 3
cut [chunk=7, host=b]; passed; 3
2 2 0 0 0" "$(results --filter 'k=7, h' matrix.yaml)"
check_eq "--filter takes anchors" "$alone
1 1 0 0 0" "$(results --filter '^(?i)ALONE$' matrix.yaml)"
check_status "nothing matched" 2 "$SOCKFAULT" test --filter '^chunk' matrix.yaml
check_eq "it says so" "sockfault test: the name of no scenario matches '^chunk'" "$output"
check_status "what is no regular expression is wrong usage" 2 "$SOCKFAULT" test --filter '(' matrix.yaml
check_match "it says where" "^sockfault test: --filter: '\(' is no regular expression: .*offset 1" "$output"
check_eq "--repeat counts the seed up" "cut [chunk=1, host=a] (run 1); passed; 3
cut [chunk=1, host=a] (run 2); passed; 4
cut [chunk=1, host=a] (run 3); passed; 5
3 3 0 0 0" "$(results --repeat 3 --filter '=1.*=a' matrix.yaml)"
check_eq "--seed overrides what it counts from" "cut [chunk=1, host=a] (run 1); passed; 9223372036854775807
cut [chunk=1, host=a] (run 2); passed; 0
2 2 0 0 0" "$(results --seed 9223372036854775807 --repeat 2 --filter '=1.*=a' matrix.yaml)"
check_match "-v shows the tags" $'\n    tags smoke, slow\n' "$("$SOCKFAULT" test -v --filter =a matrix.yaml)"

check_status "--set overrides a variable" 1 "$SOCKFAULT" test --set size=11 --filter '=1.*=a' matrix.yaml
check_match "of all that have it" 'it is "1 a 11\\n"' "$output"
check_status "a variable that no scenario has is wrong usage" 2 "$SOCKFAULT" test --set sise=1 matrix.yaml
check_eq "it says so" "sockfault test: --set: no scenario has the variable 'sise' (did you mean size?)" "$output"
check_status "a key of the matrix is none" 2 "$SOCKFAULT" test --set chunk=1 matrix.yaml

cat > ports.yaml << 'END'
name: in ${dir} of ${scenario_dir}
matrix: {at: ["127.0.0.1:${port.x}"]}
programs: {p: "echo ${at}"}
END
check_eq "ports and folders are in no name" 'in ${dir} of ${scenario_dir} [at=127.0.0.1:${port.x}]' \
    "$(results ports.yaml | sed '1s/; .*//; 2d')"
check_eq "and change no seed" "$(results ports.yaml)" "$(results --filter 'port\.x' ports.yaml)"

cat > sized.yaml << 'END'
name: sized
vars: {size: 1, rule: "${size}"}
faults: [{call: recv, partial: "${rule}"}]
END
cat > read.py << 'END'
import socket
near, far = socket.socketpair()
near.sendall(b"abcdef")
print(far.recv(9).decode())
END
check_eq "run takes the variables of its scenario" "a" "$("$SOCKFAULT" run -s sized.yaml -- python3 read.py)"
check_eq "--set overrides them, for those below too" "abc" \
    "$("$SOCKFAULT" run -s sized.yaml --set size=2 --set size=3 -- python3 read.py)"
check_status "a value that does not fit is an error" 125 "$SOCKFAULT" run -s sized.yaml --set size=x -- touch ran
check_match "at the place that uses it" "^sized.yaml:3:32: partial must be" "$output"
check_status "and so is a variable that the scenario has not" 125 \
    "$SOCKFAULT" run -s sized.yaml --set sise=1 --set x=1 -- touch ran
check_eq "all of them" "--set: the scenario has no variable 'sise' (did you mean size?)
--set: the scenario has no variable 'x'" "$output"
check_status "without a scenario there are none" 125 "$SOCKFAULT" run --set size=1 -- touch ran
check_match "which is said" "^sockfault run: --set: there is no --scenario " "$output"
check "none of these started the program" test ! -e ran

check_status "run takes one scenario" 125 "$SOCKFAULT" run -s matrix.yaml -- true
check_match "not several" "holds 2 scenarios" "$output"
sed '/^---/,$d' matrix.yaml > four.yaml
check_status "nor those of a matrix" 125 "$SOCKFAULT" run -s four.yaml -- true
check_match "it says so" "holds 4 scenarios" "$output"
check_status "nor does compile" 2 "$SOCKFAULT" compile four.yaml -o plan
check_match "say less" "holds 4 scenarios" "$output"

cat > requires.yaml << 'END'
name: equipped
requires: [sh, /bin/sh]
programs: {p: "true"}
---
name: lacking
seed: 1
requires: [sh, no-such-a, no-such-b, ./requires.yaml]
programs: {p: "touch started"}
END
check_status "a missing requirement skips" 0 "$SOCKFAULT" test requires.yaml
check_match "it says why" $'\n''SKIP lacking: needs no-such-a, no-such-b, ./requires.yaml'$'\n' "$output"
check_match "and counts" "1 passed, 0 failed, 1 skipped in" "$output"
check_eq "JSON calls it skipped" "lacking; skipped; 1
1 0 0 1 0" "$(results --filter lack requires.yaml)"
check_status "--no-skip fails" 1 "$SOCKFAULT" test --no-skip requires.yaml
check_match "for each that is missing" "FAIL lacking"$'\n'"requires.yaml:7: it needs no-such-a, .*"$'\n'"requires.yaml:7: it needs no-such-b, " "$output"
check "it was not started" test ! -e started

cat > fails.yaml << 'END'
name: long
programs: {p: "touch long.started; sleep 30; touch long.ended"}
---
name: fails
programs: {p: 'until [ -e long.started ]; do sleep 0.01; done; exit 3'}
---
name: late
programs: {p: "touch late.started"}
END
SECONDS=0
check_status "--fail-fast fails" 1 "$SOCKFAULT" test --fail-fast -j 2 fails.yaml
check "it does not wait for what is under way" test $SECONDS -lt 20
check_match "what failed is alone in the report" '^FAIL fails [^
]*
fails.yaml:5: p exited with 3, expected 0
0 passed, 1 failed in [^
]*$' "$output"
check "what was under way was ended" test -e long.started -a ! -e long.ended
check "what came later was not started" test ! -e late.started
check_eq "what passed before is in the report" "equipped; passed
lacking; failed
2 1 1 0 0" "$(cat fails.yaml > later.yaml; results --fail-fast --no-skip -j 1 requires.yaml later.yaml | sed 's/; [0-9]*$//')"
check_eq "without it all are run" "fails; failed
late; passed
2 1 1 0 0" "$(results --filter '^(fails|late)$' fails.yaml | sed 's/; [0-9]*$//')"
finish
