#!/bin/bash
# explore: baseline, search, findings, reproducers, reports.
. "$(dirname "$0")/../lib.sh"
zoo=$root/tests/zoo

build() # SOURCE VARIANT TARGET
{
    local flags=()
    [ "$2" = fixed ] && flags=(-DFIXED)
    cc -g -O1 -Wall ${flags[@]+"${flags[@]}"} -o "$3" "$zoo/$1.c"
}

write_scenario() # FILE CLIENT…
{
    local file=$1
    shift
    cat > "$file" << EOF2
name: ask
timeout: 5s
programs:
  server: {run: [./peer, serve, "\${port.zoo}"], ready: {port: "\${port.zoo}"}, wrap: false}
  client: {run: [$1, "\${port.zoo}"]}
EOF2
}

json() # FILE EXPRESSION: of the report, by python
{
    python3 -c 'import json, sys; report = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

cd "$TMP" || exit 1
build peer broken peer
build reset-null broken client
write_scenario crash.yaml ./client

check_status "explore ends with 1 when it finds something" 1 \
    "$SOCKFAULT" explore -q --max-runs 40 --out found --report json=found.json --report sarif=found.sarif \
    --report junit=found.xml --report tap=found.tap crash.yaml
check_eq "the report has format 1" 1 "$(json found.json 'report["format"]')"
check_match "… says how many runs and places there were" '^[0-9]+ [0-9]+$' \
    "$(json found.json 'str(report["runs"]) + " " + str(report["sites"])')"
check_eq "… the baseline was run thrice" 3 "$(json found.json 'report["baseline"]["runs"]')"
check_eq "… one bug is one finding at each call that leads to it" "crash client SIGSEGV" \
    "$(json found.json '", ".join({f["kind"] + " " + f["program"] + " " + f["detail"] for f in report["findings"]})')"
count=$(json found.json 'len(report["findings"])')
check_eq "… the call that sends, and the one that receives" 2 "$count"
check_match "… which names the call, its place and the fault" '^(send|recv) [0-9]+ (send_all|read_exactly) .zoo.h:[0-9]+. [a-z]+: ' \
    "$(json found.json '"{site} {nth} {place} {fault}".format(**report["findings"][0])')"
reproducer=$(json found.json 'report["findings"][0]["reproducer"]')
check_match "… and its reproducer" '^found/001-crash-(send|recv)-[a-z]+\.yaml$' "$reproducer"
check_match "the reproducer tells a person what happens and where" \
    'client is killed by SIGSEGV when its (send|recv) [0-9]+, in [a-z_]+ .zoo.h:[0-9]+., meets ' "$(cat "$reproducer")"
check_match "… and the file of its source" '^/.*/tests/zoo/zoo.h [0-9]+$' \
    "$(json found.json '"{source} {line}".format(**report["findings"][0])')"
artifact='report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]'
check_eq "SARIF shows the finding at the line, of a file elsewhere" "crash file://$zoo/zoo.h" \
    "$(json found.sarif 'report["runs"][0]["results"][0]["ruleId"] + " " + '"$artifact"'["uri"]')"
check_match "JUnit shows it as a failure" '<failure' "$(cat found.xml)"
check_match "TAP shows it as not ok" 'not ok 1 - crash of client' "$(cat found.tap)"

check_status "the reproducer fails as long as the bug is there" 1 "$SOCKFAULT" test "$reproducer"
build reset-null fixed client
check_status "… from any folder passes once it is fixed" 0 env -C / "$SOCKFAULT" test "$TMP/$reproducer"
check_status "nothing is found in the fixed program" 0 \
    "$SOCKFAULT" explore -q --max-runs 60 --out none --report json=none.json crash.yaml
check_eq "… and its report says so" "[] []" "$(json none.json 'str(report["findings"]) + " " + str(report["unstable"])')"
check_match "--max-runs bounds the runs" '^(5[0-9]|60)$' "$(json none.json 'report["runs"]')"
build reset-null broken client

# In a repository, from a folder of it.
mkdir -p "a repo/.git" "a repo/src" "a repo/ci"
cp "$zoo"/reset-null.c "$zoo"/zoo.h "a repo/src"
(cd "a repo/ci" && cc -g -o ../../client ../src/reset-null.c)
sed 's/run: \[/cwd: "${scenario_dir}", &/' crash.yaml > elsewhere.yaml
check_status "in a repository" 1 env -C "a repo/ci" GITHUB_WORKSPACE="$TMP/a repo" \
    "$SOCKFAULT" explore -q --max-runs 40 --report json=found.json --report sarif=found.sarif \
    --report github=found.github ../../elsewhere.yaml
check_eq "… SARIF names the file from its root" "{'uri': 'src/zoo.h', 'uriBaseId': '%SRCROOT%'}" \
    "$(json "a repo/ci/found.sarif" "$artifact")"
check_match "… as do GitHub's annotations" '::error file=src/zoo.h,line=[0-9]+,title=crash' "$(cat "a repo/ci/found.github")"
check_eq "… JSON, like the reproducer, from where we are" "$(realpath "$TMP")/a repo/src/zoo.h" \
    "$(json "a repo/ci/found.json" 'report["findings"][0]["source"]')"
check_status "… resumed from its root" 1 env -C "a repo" \
    "$SOCKFAULT" explore -q --resume --out ci/sockfault-findings --max-runs 7 --report json=found.json ../elsewhere.yaml
check_eq "… from there" src/zoo.h "$(json "a repo/found.json" 'report["findings"][0]["source"]')"
build reset-null broken client

check_status "known findings are listed, but do not fail" 0 \
    "$SOCKFAULT" explore -q --max-runs 40 --out again --known found.json crash.yaml
check_match "… and marked" '\(known\)' "$output"
check_status "a report of known findings that is not there is wrong usage" 2 \
    "$SOCKFAULT" explore -q --max-runs 40 --out unborn --known nowhere.json crash.yaml
check_match "… which is told before the search" '^sockfault explore: --known: nowhere.json: [^'$'\n'']*$' "$output"
check "… of which nothing is left" test ! -e unborn
check_status "a second search writes no second reproducer for the same bug" 1 \
    "$SOCKFAULT" explore -q --max-runs 40 --out found crash.yaml
check_eq "… but replaces the first" "$count" "$(find found -name '*.yaml' | wc -l)"

# The place of a call is not learnt in every run.
sed -E 's/("group": "[^"]* at [a-z]+), [^"]*"/\1"/' found.json > placeless.json
sed -i -E 's/^(# group: .* at [a-z]+), .*/\1/' found/*.yaml
check_status "a finding is known by a report that lacks its place" 0 \
    "$SOCKFAULT" explore -q --max-runs 40 --out found --known placeless.json --report pretty --report json=placed.json crash.yaml
check_match "… if this one has it" ' at (send|recv), ' "$(json placed.json 'report["findings"][0]["group"]')"
check_eq "… and the file of its reproducer stays" "$count" "$(find found -name '*.yaml' | wc -l)"

check_status "a search can be resumed" 1 \
    "$SOCKFAULT" explore -q --resume --max-runs 20 --out found --report json=resumed.json crash.yaml
check_eq "… keeps what was found" "$count" "$(json resumed.json 'len(report["findings"])')"
check_status "… but not one of another seed" 2 "$SOCKFAULT" explore -q --resume --seed 9 --out found crash.yaml
check_match "… and says why" 'is of something else' "$output"
sed 's|./client|./other|' crash.yaml > moved.yaml && cp client other
check_status "… nor one of another program of that name" 2 "$SOCKFAULT" explore -q --resume --out found moved.yaml
check_status "where there is none, nothing can be resumed" 2 "$SOCKFAULT" explore --resume --out nowhere crash.yaml

for part in 1 2; do
    "$SOCKFAULT" explore -q --shard $part/2 --max-runs 30 --out part$part crash.yaml > /dev/null 2>&1
done
check_eq "two parts have no fault in common" 0 \
    "$(python3 -c 'import json; a, b = (set(json.load(open(f"part{n}/state.json"))["tried"]) for n in (1, 2)); print(len(a & b))')"

# A program alone, its server elsewhere.
port=$(free_port)
background ./peer serve "$port"
wait_for_port "$port"
check_status "a command line is explored" 1 \
    "$SOCKFAULT" explore -q --max-runs 40 --timeout 5s --out line -- ./client "$port"
check_status "… and its reproducer fails" 1 "$SOCKFAULT" test line
check_status "a rule of the user's is tried first" 1 \
    "$SOCKFAULT" explore -q --max-runs 9 --timeout 5s --out mine -f 'call: recv, eof: true, when: {nth: 3}' \
    -- ./client "$port"
check_match "… and found" 'its recv 3, in [^,]*, meets eof: true' "$output"
end "$background_pid"

check_status "a program that fails without faults ends it with 2" 2 \
    "$SOCKFAULT" explore --timeout 5s -- sh -c 'echo what it said; exit 3'
check_match "… and shows why, and what it said" 'sh exited with 3.what it said' "${output//$'\n'/.}"
check_status "a program that makes no call is nothing to explore" 2 "$SOCKFAULT" explore -- true
check_match "… which is said" 'no program made a call on a socket' "$output"
check_status "no scenario is wrong usage" 2 "$SOCKFAULT" explore
check_status "two are" 2 "$SOCKFAULT" explore crash.yaml crash.yaml
check_match "… and the way out is told" "a program stands behind '--'" "$output"
check_status "an invalid scenario is" 2 "$SOCKFAULT" explore "$root/tests/scenario/bad/when-zero.yaml"

# Of several scenarios one is chosen.
{
    sed 's/^name: ask/name: asks with ${greeting}\nmatrix: {greeting: [hello, goodbye]}/' crash.yaml
    printf -- '---\nname: another\nprograms: {client: "true"}\n'
} > several.yaml
check_status "a file of several scenarios is wrong" 2 "$SOCKFAULT" explore several.yaml
check_match "… and the way out is told" \
    "several.yaml: this file holds 3 scenarios, .*: choose it by --filter: 'asks with hello \[greeting=hello\]', " "$output"
check_status "… as is a filter that leaves two" 2 "$SOCKFAULT" explore --filter asks several.yaml
check_match "… which says so" "--filter 'asks' matches the names of 2 scenarios of 3" "$output"
check_status "… or none" 2 "$SOCKFAULT" explore --filter nobody several.yaml
check_match "… which says so" "matches the names of 0 scenarios of 3" "$output"
check_status "one is explored" 1 "$SOCKFAULT" explore -q --max-runs 25 --filter goodbye --out chosen several.yaml
check_match "… with the value of its matrix" 'greeting: goodbye' "$(cat chosen/001-*.yaml)"
check_status "… its reproducer fails" 1 "$SOCKFAULT" test chosen/001-*.yaml
check_status "of a command line nothing can be chosen" 2 "$SOCKFAULT" explore --filter a -- true
check_match "… which is said" "--filter: there are no scenarios to choose from" "$output"
check_status "a report that there is not is" 2 "$SOCKFAULT" explore --report xml crash.yaml
check_match "… and all there are are named" 'github.*; and sarif' "$output"
check_status "SARIF is of explore alone" 2 "$SOCKFAULT" test --report sarif crash.yaml

# A signal ends it with what is known.
(exec "$SOCKFAULT" explore --out ended --report json=ended.json crash.yaml > ended.out 2>&1) &
searching=$!
within 30 grep -q '"findings"' ended/state.json 2> /dev/null
kill -INT $searching
wait $searching
check_eq "Ctrl-C ends the search with 128 + SIGINT" 130 $?
check_eq "… and the report holds what is known" "True" "$(json ended.json 'report["interrupted"]')"
check_match "progress is a line now and then" 'sockfault explore: [0-9]+ runs, [0-9]+ of [0-9]+ faults tried' "$(cat ended.out)"


# ---- what the kernel does not give ----
build poll-eintr broken caught
cc -g -O1 -Wall -DUNCAUGHT -o uncaught "$zoo/poll-eintr.c"
# What is there before it is waited for ends no wait.
cat > late.py << 'EOF2'
import socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection = listener.accept()[0]
    while connection.recv(100):
        time.sleep(0.3)
        connection.sendall(b"hello to you\n")
EOF2
for client in caught uncaught; do
    write_scenario $client.yaml ./$client
    sed -i "s|server: .*|server: {run: [python3, late.py, \"\${port.zoo}\"], ready: {port: \"\${port.zoo}\"}, wrap: false}|" $client.yaml
    "$SOCKFAULT" explore -q -j 2 --max-runs 7 --timeout 5s --out polls-$client --report json=$client.json \
        -f 'call: poll, program: client, interrupt: true' $client.yaml > /dev/null 2>&1
done
check_eq "a wait is ended by a signal that is caught" "fragile poll" \
    "$(json caught.json 'report["findings"][0]["kind"] + " " + report["findings"][0]["site"]')"
check_eq "by no other" "[]" "$(json uncaught.json 'report["findings"]')"

# ---- what a service holds ----
for service in "reset-held broken" "fork-kept fixed"; do
    name=${service% *}
    build $service $name
    cat > $name.yaml << EOF2
name: $name
timeout: 5s
programs:
  server: {run: [./$name, "\${port.zoo}"], ready: {port: "\${port.zoo}"}}
  client: {run: [./peer, ask, "\${port.zoo}"], wrap: false}
EOF2
    "$SOCKFAULT" explore -q --max-runs 60 --out "it's $name" --report json=$name.json --report sarif=$name.sarif \
        $name.yaml > /dev/null 2>&1
done
check_eq "a service that keeps a connection that was reset leaks it" "leak of server" \
    "$(json reset-held.json '"{kind} of {program}".format(**report["findings"][0])')"
shows=$(json reset-held.sarif 'report["runs"][0]["results"][0]["message"]["text"].split(". ")[1]')
check_match "… which SARIF says how to see, for a shell" "^sockfault test 'it'\\\\''s reset-held/001-[a-z-]*\.yaml' shows it\.$" "$shows"
shows=${shows#sockfault test } shows=${shows% shows it.}
check_status "… so that it fails" 1 sh -c "\"\$1\" test $shows" sh "$SOCKFAULT"
build reset-held fixed reset-held
check_status "… and passes once it is fixed" 0 "$SOCKFAULT" test "it's reset-held"/001-*.yaml
check_eq "one whose child ends with it does not" "[] []" \
    "$(json fork-kept.json 'str(report["findings"]) + " " + str(report["unstable"])')"

# ---- the bound ----
for bound in 7 8 11 16; do
    "$SOCKFAULT" explore -q -j 2 --max-runs $bound --timeout 5s --out bound$bound --report json=bound.json crash.yaml > /dev/null 2>&1
    check "--max-runs $bound is one" test "$(json bound.json 'report["runs"]')" -le $bound
done
for bound in 0 1 2 3 6; do
    check_status "--max-runs $bound leaves no room for a fault" 2 "$SOCKFAULT" explore --max-runs $bound --out few -- touch run
    check_match "… which is said" "--max-runs: '$bound' is not a number from 7: three runs without faults come first, and a fault takes up to 4" \
        "$output"
done
check "… before anything is run" test ! -e run
sed 's|client: .*|client: test ! -e ${dir}/once \&\& touch ${dir}/once \&\& exec ./client ${port.zoo}|' crash.yaml > once.yaml
check_status "nor does one that it takes to learn of a client that runs once" 2 \
    "$SOCKFAULT" explore --max-runs 7 --timeout 5s --out once once.yaml
check_match "… which is said" '--max-runs: 8 are the least here: 4 without faults had to be made, and a fault takes up to 4' "$output"
check_status "the least finds something" 1 "$SOCKFAULT" explore --max-runs 8 --timeout 5s --out once \
    -f 'call: recv, program: client, eof: true' once.yaml

finish
