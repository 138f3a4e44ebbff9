# Keys of programs: when a service is ready, when a program starts, what it reads.
. "$(dirname "$0")/../lib.sh"

mkdir "$TMP/scenarios"
cd "$TMP" || exit 1
cat > scenarios/ready.yaml << 'END'
name: ready by output and by file
programs:
  talker:
    run: sleep 0.2; echo starting >&2; echo 'now serving' >&2; echo told > talker; exec sleep 100
    ready: {output: '(?m)^now \w+'}
  maker:
    run: test -e ../talker && sleep 0.2; echo > made; exec sleep 100
    cwd: folder
    ready: {file: made}
  client: test -e folder/made
END
mkdir folder
check_status "a service is ready by its output, another by a file" 0 "$SOCKFAULT" test scenarios/ready.yaml

cat > scenarios/never.yaml << 'END'
name: never ready
programs:
  mute: {run: echo no; exec sleep 100, ready: {output: 'serv(ing|ed)', within: 200ms}}
END
sed 's/ready: {[^,]*/ready: {file: nowhere/' scenarios/never.yaml > scenarios/nowhere.yaml
sed -i 's/$/\n  client: "true"/;1,2!b;s/\n.*//' scenarios/never.yaml scenarios/nowhere.yaml
check_status "a service that never says so is not ready" 1 "$SOCKFAULT" test scenarios/never.yaml
check_match "the message says what it did not write" \
    'mute was not ready within 200ms: nothing that it wrote matches "serv\(ing\|ed\)"' "$output"
check_status "nor is one that makes no file" 1 "$SOCKFAULT" test scenarios/nowhere.yaml
check_match "the message names it" 'mute was not ready within 200ms: there was no file nowhere' "$output"

cat > scenarios/after.yaml << 'END'
name: one after the other
programs:
  a: {run: date +%s%N > a, start_after: 200ms}
  b: {run: date +%s%N > b, start_after: 300ms}
  c: date +%s%N > c
END
begin=$(date +%s%N)
check_status "programs start after a while" 0 "$SOCKFAULT" test scenarios/after.yaml
check "the first after the start" test $(($(cat a) - begin)) -ge 200000000
check "the second after the first" test $(($(cat b) - $(cat a))) -ge 250000000
check "the third at once" test $(($(cat c) - $(cat b))) -lt 250000000

cat > scenarios/input.yaml << 'END'
name: input from a file
programs:
  cat: {run: [cat], stdin_file: input.txt, cwd: /}
expect:
  cat: {stdout: {equals_file: input.txt}}
END
head -c 300000 /dev/zero | tr '\0' x > scenarios/input.txt
check_status "a program reads a file beside the scenario" 0 "$SOCKFAULT" test scenarios/input.yaml
rm scenarios/input.txt
check_status "one that is missing" 1 "$SOCKFAULT" test scenarios/input.yaml
check_match "is named" "cat could not be started: $TMP/scenarios/input.txt: No such file or directory" \
    "$output"
mkdir scenarios/input.txt
check_status "a folder is no input" 1 "$SOCKFAULT" test scenarios/input.yaml
check_match "and said to be one" "input.txt: Is a directory" "$output"
cat > scenarios/dir.yaml << 'END'
name: a folder of its own
vars: {file: "${dir}/file"}
programs:
  first: |
    ls -A "${dir}"; echo "${dir}" > where
    mkdir -p "${dir}/a/b"; echo x > "${file}"; ln -s "$PWD/where" "${dir}/a"
  second: {start_after: 300ms, run: cat file; echo > a/b/c; chmod 0 a/b a, cwd: "${dir}"}
expect:
  first: {stdout: {empty: true}}
  second: {stdout: {equals_file: "${dir}/file"}}
END
mkdir tmp
check_status "a scenario has a folder of its own" 0 env TMPDIR="$TMP/tmp" "$SOCKFAULT" test scenarios/dir.yaml
check_match "below TMPDIR" "^$TMP/tmp/sockfault-[A-Za-z0-9]*\$" "$(cat where)"
check_eq "that is removed with all that is in it" "" "$(ls -A tmp)"
check_status "check makes none" 0 env TMPDIR=/nonexistent "$SOCKFAULT" check scenarios/dir.yaml
check_status "no folder, no test" 125 env TMPDIR=/nonexistent "$SOCKFAULT" test scenarios/dir.yaml
check_match "it says why" 'cannot make a folder for \$\{dir\}: No such file' "$output"
cat > scenarios/dir-fails.yaml << 'END'
name: fails
programs: {a: 'echo > "${dir}/x"; exit 3'}
---
name: waits
programs: {a: 'echo > "${dir}/x"; echo > waits; sleep 100'}
END
background env TMPDIR="$TMP/tmp" "$SOCKFAULT" test -j 1 scenarios/dir-fails.yaml
within 10 test -e waits
check "one under way has it" test -n "$(ls -A tmp)"
end "$background_pid"
check_eq "it is removed after failures and interruptions" "" "$(ls -A tmp)"

cat > scenarios/services.yaml << 'END'
name: services alone
run_for: 700ms
programs:
  a: {run: [sleep, "100"], ready: {file: /}}
  b: {run: sleep 0.3; touch b-is-ready; exec sleep 100, ready: {file: b-is-ready}}
expect:
  b: {duration: 1s..4s}
END
check_status "services alone run as long as is said, once they are ready" 0 \
    "$SOCKFAULT" test scenarios/services.yaml
sed 's/exec sleep 100/sleep 0.2/' scenarios/services.yaml > scenarios/ends.yaml
rm b-is-ready
check_status "one that ends meanwhile fails" 1 "$SOCKFAULT" test scenarios/ends.yaml
check_match "as any service" 'b exited with 0 before it was stopped' "$output"
finish
