#!/bin/bash
# What --save writes: a scenario that stands by itself, wherever it is run from.
. "$(dirname "$0")/../lib.sh"
mkdir "$TMP/work" "$TMP/elsewhere"
cd "$TMP/work" || exit 1

saved() # FILE: without the remarks
{
    grep -v '^#' "$1"
}

# ---- of run -----------------------------------------------------------------

cat > read.py << 'END'
import socket, sys
near, far = socket.socketpair()
near.sendall(b"abcdefghij")
got = [far.recv(9).decode() for _ in range(2)]
print(*got, *sys.argv[1:])
END
chmod +x read.py # as something that a scenario may require
nasty="it's \$x \${y} \$\${z}: #\"*" # with a line end, a tab and spaces around
nasty=" $nasty"$'\n\t'" x "
check_eq "run is as it would be without" "abcde fghij $nasty" \
    "$("$SOCKFAULT" run --seed 3 --save run.yaml -f 'call: recv, program: python3, partial: 5..6, when: {nth: 1, exists: read.py}' \
        -- python3 read.py "$nasty")"
check_same "its program, its rule, its seed are saved" - run.yaml << END
# Saved by sockfault 0.1.0: the faults that fired, to fire again.
---
name: python3 (saved)
seed: 3
programs:
  python3:
    run:
    - python3
    - read.py
    - " it's \$x \$\${y} \$\$\${z}: #\"*\n\t x "
    cwd: $TMP/work
faults:
- id: rule-1
  call: recv
  partial: 5
  when:
    exactly:
      socket 1: 1
END
cd "$TMP/elsewhere" || exit 1
check_status "it is valid" 0 "$SOCKFAULT" check ../work/run.yaml
check_status "it runs from any folder" 0 "$SOCKFAULT" test -v --report pretty --report json=report.json --save again.yaml ../work/run.yaml
check_eq "with the same outcome" "abcde fghij $nasty" \
    "$(python3 -c 'import json; print(json.load(open("report.json"))["scenarios"][0]["programs"]["python3"]["stdout"], end="")')"
check_same "saved again, it is the same" ../work/run.yaml again.yaml
check_eq "its faults are for other programs too" "abcde fghij" "$("$SOCKFAULT" run --as reader -s ../work/run.yaml -- python3 ../work/read.py)"
cd "$TMP/work" || exit 1

cat > lends.yaml << 'END'
name: lends its rules
x-any: &bytes {recv: &call recv}
vars: {length: 3, where: "${scenario_dir}/x"}
programs: {reader: "true", other: "true"}
faults:
  - {call: recv, program: other, partial: 1}
  - {id: short, <<: {call: *call}, program: [reader, other], partial: "${length}"}
  - {call: recv, delay: 1us, when: {nth: 2}}
expect: {reader: {exit: 3}}
END
check_eq "run -s takes the rules of a file" "abc def" \
    "$("$SOCKFAULT" run -q --save lent.yaml --as reader --set length=3 --timeout 1500ms -s lends.yaml \
        -f 'call: [recv, poll], error: EIO, per: connection, id: fails, optional: true, when: {nth: 2, after: 1m}' -- python3 read.py)"
check_eq "and saves them with their variables" "name: reader (saved)
timeout: 1500ms
seed: $((16#$(python3 -c '
h = 2166136261
for c in b"lends its rules": h = (h ^ c) * 16777619 % 2**32
print("%x" % h)')))
vars:
  length: 3
  where: $TMP/work/x
programs:
  reader:
    run: [python3, read.py]
    cwd: $TMP/work
faults:
- id: short
  call: recv
  partial: \${length}
  when:
    exactly:
      socket 1: 1..2
- id: rule-3
  call: recv
  delay: 1us
  when:
    exactly:
      socket 1: 2" "$(saved lent.yaml | sed 1d)"
check_eq "they fire again" "abc def" "$("$SOCKFAULT" run -q -s lent.yaml -- python3 read.py)"

check_status "where nothing fired" 0 "$SOCKFAULT" run --save none.yaml -- sh -c 'exit 0'
check_eq "run says so" "sockfault run: --save: no fault fired in 'sh', which is saved without any" "$output"
check_match "and so does the file" $'\n# No fault fired: there are none.\n---\nname: sh' "$(cat none.yaml)"
check_status "which is a scenario all the same" 0 "$SOCKFAULT" test none.yaml
check_status "a program that is not there" 127 "$SOCKFAULT" run --save none.yaml -- nonexist
check_eq "is told of" "sockfault run: nonexist: No such file or directory
sockfault run: --save: nothing ran, and none.yaml holds no scenario" "$output"
check_status "and there is no scenario" 2 "$SOCKFAULT" check none.yaml
for name in 'a program' faults $'two\nlines'; do
    check_status "a program of another name" 0 "$SOCKFAULT" run -q --save odd.yaml --as "$name" \
        -f "{call: [recv, resolve], program: '${name//$'\n'/$'\n\n'}', per: connection, delay: 1us}" -- \
        python3 -c "import socket; socket.getaddrinfo('localhost', 80)"
    check_match "is met where it has no socket" "exactly:"$'\n'"      [a-z_]+: 1$" "$(cat odd.yaml)"
    check_status "and has a name that a scenario may use" 0 "$SOCKFAULT" test odd.yaml
done

# A call that never comes back has met what comes before it.
cat > waits.py << 'END'
import socket
near, far = socket.socketpair()
near.sendall(b"abc")
far.recv(2)
far.recv(2)
END
check_status "a signal that kills is saved" 143 "$SOCKFAULT" run --save killed.yaml -f 'call: recv, signal: TERM, when: {every: 2}' -- \
    python3 waits.py
check_status "and kills again" 1 "$SOCKFAULT" test killed.yaml
check_match "as it did" 'python3 was killed by SIGTERM' "$output"
check_status "a delay without end is saved" 124 "$SOCKFAULT" run -q --timeout 2s --save hangs.yaml -f 'call: recv, delay: 1m, when: {every: 2}' -- \
    python3 waits.py
check_match "it hangs again" 'socket 1: 2$' "$(cat hangs.yaml)"

# Sockets without a connection are told apart.
cat > datagrams.py << 'END'
import socket
ends = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
for end in ends:
    end.bind(("127.0.0.1", 0))
for n in range(4):
    for end in ends:
        ends[0].sendto(bytes(range(97, 107)), end.getsockname())
    print(*(end.recv(10).decode() for end in ends))
END
"$SOCKFAULT" run -q --save datagrams.yaml -f 'call: recv, partial: 2..9, times: 5' -- python3 datagrams.py > told
check_match "datagram sockets have ordinals of their own" \
    'socket 1: 1=[2-9], 2=[2-9]'$'\n *''socket 2: 1=[2-9], 2=[2-9]'$'\n *''socket 3: 1=[2-9]$' "$(sed 's/1\.\.2=\([2-9]\)/1=\1, 2=\1/' datagrams.yaml)"
"$SOCKFAULT" run -q -s datagrams.yaml -- python3 datagrams.py > told-again
check_same "by which their datagrams are met again" told told-again

# ---- of test ----------------------------------------------------------------

mkdir scenarios
echo input > scenarios/input
cat > scenarios/all.yaml << 'END'
x-program: &program {run: 'python3 "${scenario_dir}/../read.py" < /dev/null', env: {A: "*"}}
name: cut
description: |
  Two lines,
    of which one is indented.
tags: [smoke, slow]
requires: [python3, ./read.py]
matrix: {chunk: [1, 07], host: ["a b", "${scenario_dir}"]}
vars: {size: 2, all: "${chunk} ${host} $${x}", file: input}
programs:
  maker: {run: ": > made", cwd: "${dir}"}
  reader: *program
  echoes: {run: "cat; pwd; echo '${all}' ${port.x}", stdin_file: "${file}", cwd: scenarios}
faults:
  - {id: short, call: recv, program: reader, partial: "${chunk}", when: {probability: 1}}
  - {id: idle, call: connect, program: reader, error: EPERM, optional: true}
  - {id: late, call: recv, program: [reader, echoes], delay: 1us, per: program, times: 1}
expect:
  reader: {stdout: {matches: "^\\w"}}
  echoes: {stdout: {contains: ["${all}", input], not_contains: made}, stderr: {equals_file: ../empty}}
  faults: {short: ">=1", idle: 0, late: "1"}
END
: > empty
check_status "a matrix runs" 0 "$SOCKFAULT" test --save matrix.yaml --set size=9 --set file=input scenarios/all.yaml
check_eq "each combination is saved" "cut [chunk=1, host=a b] (saved)
cut [chunk=1, host=$\${scenario_dir}] (saved)
cut [chunk=07, host=a b] (saved)
cut [chunk=07, host=$\${scenario_dir}] (saved)" "$(sed -n "s/^name: //p" matrix.yaml | tr -d "'")"
check_eq "the first says all that there is to say" "---
name: cut [chunk=1, host=a b] (saved)
description: |
  Two lines,
    of which one is indented.
tags: [smoke, slow]
requires: [python3, $TMP/work/./read.py]
seed: SEED
vars:
  chunk: 1
  host: a b
  size: 9
  all: \${chunk} \${host} \$\${x}
  file: input
programs:
  maker:
    run: ': > made'
    cwd: \${dir}
  reader:
    run: python3 \"$TMP/work/scenarios/../read.py\" < /dev/null
    env:
      A: '*'
    cwd: $TMP/work
  echoes:
    run: cat; pwd; echo '\${all}' \${port.x}
    stdin_file: $TMP/work/scenarios/\${file}
    cwd: $TMP/work/scenarios
faults:
- id: short
  call: recv
  program: reader
  partial: \${chunk}
  when:
    exactly:
      socket 1: 1..2
- id: late
  call: recv
  program: [reader, echoes]
  delay: 1us
  per: program
  when:
    exactly:
      reader: 1
expect:
  reader:
    stdout:
      matches: ^\\w
  echoes:
    stdout:
      contains: ['\${all}', input]
      not_contains: made
    stderr:
      equals_file: $TMP/work/scenarios/../empty
  faults:
    short: '>=1'
    late: 1" "$(saved matrix.yaml | sed '/^name: .*chunk=1.*scenario_dir/,$d;s/^seed: .*/seed: SEED/' | sed '$d')"
cd "$TMP/elsewhere" || exit 1
check_status "all are valid" 0 "$SOCKFAULT" check ../work/matrix.yaml
check_status "and pass from any folder" 0 "$SOCKFAULT" test --save again.yaml -j 4 ../work/matrix.yaml
check_same "saved again, they are the same" ../work/matrix.yaml again.yaml
check_status "variables are still theirs" 1 "$SOCKFAULT" test --set file=nowhere --filter 'chunk=1.*=a' ../work/matrix.yaml
cd "$TMP/work" || exit 1

cat > fails.yaml << 'END'
name: fails
programs: {p: python3 read.py}
faults: [{id: odd, call: recv, partial: 1..9, when: {every: 2}}, {call: connect, error: EPERM}]
expect: {p: {stdout: {contains: abcdefghij}}, faults: {odd: "<9"}}
END
check_status "what fails" 1 "$SOCKFAULT" test --save failed.yaml --seed 9 --repeat 2 fails.yaml
check_eq "is saved as well, run by run" "fails (run 1) (saved) 9 fails (run 2) (saved) 10" \
    "$(sed -n 's/^name: //p; s/^seed: //p' failed.yaml | xargs)"
check_status "and fails again" 1 "$SOCKFAULT" test failed.yaml
check_match "but for rules that did not fire" 'stdout of p does not contain "abcdefghij"' "$output"
check "which are not there" test -z "$(grep connect failed.yaml)"

cat > skipped.yaml << 'END'
name: skipped
requires: no-such-command
programs: {p: "true"}
END
check_status "what is skipped" 0 "$SOCKFAULT" test --save skip.yaml skipped.yaml
check_match "is not saved" "--save: nothing ran, and skip.yaml holds no scenario" "$output"

# ---- what cannot be saved ---------------------------------------------------

check_status "a file that cannot be written" 125 "$SOCKFAULT" run --save /nonexistent/x -- touch started
check_eq "is told" "sockfault run: --save: cannot write to /nonexistent/x: No such file or directory" "$output"
check_status "by test too" 125 "$SOCKFAULT" test --save /nonexistent/x fails.yaml
check "before anything is started" test ! -e started
check_status "a device that is full" 125 "$SOCKFAULT" run --save /dev/full -f 'call: recv, partial: 1' -- python3 read.py
check_match "is told afterwards" "--save: cannot write to /dev/full: No space left on device" "$output"
check_status "the scenario itself is not overwritten" 2 "$SOCKFAULT" test --save ./fails.yaml "$TMP/work/fails.yaml"
check_match "which is said" "--save: ./fails.yaml is a scenario that is run: name another file" "$output"
check_status "nor by run" 125 "$SOCKFAULT" run -s lends.yaml --save lends.yaml -- true
check_match "it still is what it was" "^name: lends" "$(cat lends.yaml)"
check_status "a word that is not UTF-8" 125 "$SOCKFAULT" run -q --save word.yaml -- true $'\xff'
check_eq "cannot be written as YAML" "sockfault run: --save: 'true' is not saved: YAML takes no text that is not UTF-8: \\xff" "$output"
check_status "an invalid scenario leaves the file alone" 2 "$SOCKFAULT" test --save run.yaml /dev/null
check_match "as it was" "^# Saved by" "$(cat run.yaml)"

# More than the log holds: what finds its calls by counting needs no list.
cat > many.py << 'END'
import socket, sys
s = socket.socket()
failed = 0
for _ in range(int(sys.argv[1])):
    try:
        s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
    except OSError:
        failed += 1
print(failed)
END
check_status "200,000 faults with a reason of their own" 125 \
    "$SOCKFAULT" run --save many.yaml -f 'call: option, error: ENOPROTOOPT, when: {exists: /}' -- python3 many.py 200000
check_match "are too many" "--save: 'python3' is not saved: rule 1 \(error: ENOPROTOOPT\) fired 200000 times, and the log holds [0-9]+ of them: bound it" \
    "$output"
check_status "so there is no scenario" 2 "$SOCKFAULT" check many.yaml
check_status "200,000 that are counted" 0 \
    "$SOCKFAULT" run --save many.yaml -f 'call: option, error: ENOPROTOOPT, when: {probability: 0.95}' -- python3 many.py 200000
counted=${output%%$'\n'*}
check_match "are saved as a rule that counts" "# rule 1 .* fired $counted times, more than the log holds: it is saved as it was.*"$'\n''    probability: 0.95' \
    "$(cat many.yaml)"
check_match "which is said" "--save: rule 1 \(error: ENOPROTOOPT\) fired $counted times, more than the log holds" "$output"
check_eq "and repeats" "$counted" "$("$SOCKFAULT" run -s many.yaml -- python3 many.py 200000)"
rules=()
for _ in {1..17}; do
    rules+=(-f 'call: send, delay: 1us')
done
check_status "a record holds sixteen rules of a call" 0 "$SOCKFAULT" run -q --save rules.yaml "${rules[@]}" -- python3 read.py
check_match "the seventeenth is known to be missing" "sockfault run: --save: rule 17 \(delay: 1us\) fired 1 time, more than" "$output"
check_match "and stays as it was" $'- id: rule-17\n  call: send\n  delay: 1us$' "$(cat rules.yaml)"
check_status "more than a line of calls" 0 "$SOCKFAULT" run -q --save lines.yaml -f 'call: option, error: EPERM, when: {probability: 0.5}' -- python3 many.py 500
counted=$output
check_match "is a list of lines" $'\n      socket 1:\n      - [0-9., ]{90,120}\n      - ' "$(cat lines.yaml)"
check_eq "which is read" "$counted" "$("$SOCKFAULT" run -s lines.yaml -- python3 many.py 500)"
finish
