# Partitions: programs that are cut off from each other, and healed again.
. "$(dirname "$0")/../lib.sh"

programs=$root/tests/e2e/partition.py
cd "$TMP" || exit 1

between() # NAME LEAST MOST GOT
{
    if [[ $4 =~ ^[0-9]+$ ]] && [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then
        pass "$1"
    else
        fail "$1" "want: $2 to $3" "got: $4"
    fi
}

# All at once: most of them wait.
cat > cases.yaml << EOF
name: talk
programs:
  server: {run: [python3, $programs, serve, "\${port.s}"], ready: {port: "\${port.s}"}}
  client: python3 $programs talk \${port.s} 7
  friend: python3 $programs talk \${port.s} 7
faults: [{id: cut, partition: [[server], [client]], when: {after: 4s, until: 5500ms}}]
expect: {faults: {cut: 1}}
---
name: groups
programs:
  a: {run: [python3, $programs, serve, "\${port.a}"], ready: {port: "\${port.a}"}}
  b: python3 $programs talk \${port.a} 7
  c: python3 $programs talk \${port.a} 7
faults: [{id: cut, partition: [[a, b], [c]], when: {after: 4s, until: 5500ms}}]
expect: {faults: {cut: 1}}
---
name: dies
programs:
  server: {run: [python3, $programs, greet, "\${port.s}"], ready: {port: "\${port.s}"}}
  client: [python3, $programs, die, "\${port.s}"]
  later: sleep 5
faults: [{id: cut, partition: [[server], [client]], when: {until: 3s}}]
expect: {client: {signal: KILL}}
---
name: gives up
programs:
  server: {run: [python3, $programs, greet, "\${port.s}"], ready: {port: "\${port.s}"}}
  client: [python3, $programs, give-up, "\${port.s}", "50"]
faults: [{id: cut, partition: [[server], [client]], when: {until: 3s}}]
---
name: refused, waiting
programs:
  server: {run: [python3, $programs, deaf, "\${port.s}", "3"], ready: {port: "\${port.s}"}}
  client: python3 $programs connect \${port.s}
faults: [{id: cut, partition: [[server], [client]], when: {until: 6s}}]
---
name: refused, polling
programs:
  server: {run: [python3, $programs, deaf, "\${port.s}", "3"], ready: {port: "\${port.s}"}}
  client: python3 $programs poll \${port.s} 0.5
faults: [{id: cut, partition: [[server], [client]], when: {until: 6s}}]
---
name: by a file
programs:
  server: {run: [python3, $programs, greet, "\${port.s}"], ready: {port: "\${port.s}"}}
  switch: {run: "touch \${dir}/cut; sleep 3; rm \${dir}/cut", wrap: false}
  late: {run: [python3, $programs, connect, "\${port.s}", "0.3"]}
faults: [{id: cut, partition: [[server], [late]], when: {exists: "\${dir}/cut"}}]
---
name: unix
programs:
  server: {run: [python3, $programs, unix-serve, "0", "\${dir}/s"], ready: {file: "\${dir}/s"}}
  client: [python3, $programs, unix, "0", "\${dir}/s", "\${dir}/cut"]
faults: [{id: cut, partition: [[server], [client]], when: {exists: "\${dir}/cut"}}]
---
name: user time-out
programs:
  server: {run: [python3, $programs, serve, "\${port.s}"], ready: {port: "\${port.s}"}}
  client: {run: [python3, $programs, silence, "\${port.s}", "600"], env: {CUT: "\${dir}/cut"}}
faults: [{id: cut, partition: [[server], [client]], when: {exists: "\${dir}/cut"}}]
EOF
cat >> cases.yaml << EOF
---
name: datagrams
programs:
  server: sleep 0.3; exec python3 $programs udp-serve \${port.s} 8
  client: python3 $programs udp-talk \${port.s} client 7
  connected: python3 $programs udp-talk \${port.s} connected 7 yes
  friend: python3 $programs udp-talk \${port.s} friend 7
faults: [{id: cut, partition: [[server], [client, connected]], when: {after: 3s, until: 4500ms}}]
expect: {faults: {cut: ">=100"}}
---
name: unix datagrams
programs:
  server: python3 $programs gram-serve 0 \${dir}/s 8
  client: python3 $programs gram-talk 0 \${dir}/s client 7
  friend: python3 $programs gram-talk 0 \${dir}/s friend 7
faults: [{id: cut, partition: [[server], [client]], when: {after: 3s, until: 4500ms}}]
expect: {faults: {cut: ">=50"}}
EOF
new() # NAME CLIENT [ARG…]: against a server that greets, cut in its first three seconds
{
    local arguments=
    [ $# -le 2 ] || arguments=$(printf ', "%s"' "${@:3}")
    cat >> cases.yaml << EOF
---
name: $1
programs:
  server: {run: [python3, $programs, greet, "\${port.s}"], ready: {port: "\${port.s}"}}
  client: {run: [python3, $programs, $2, "\${port.s}"$arguments]}
faults: [{id: cut, partition: [[server], [client]], when: {until: 3s}}]
EOF
}
new waits connect
new polls poll 1
new "times out" timeout 700
timeout 200 "$SOCKFAULT" test -j 6 --report json=report.json cases.yaml > report 2>&1

# SCENARIO: it passed; what its programs said is in said.PROGRAM
judged()
{
    rm -f said.*
    check "$2" python3 -c '
import json, sys
for scenario in json.load(open("report.json"))["scenarios"]:
    if scenario["name"] == sys.argv[1]:
        for name, program in scenario["programs"].items():
            open("said." + name, "w").write(program["stdout"])
        assert scenario["result"] == "passed", scenario' "$1"
}

# ---- open connections ----
judged talk "a cut connection is whole again when it is healed"
read -r word is_whole pause <<< "$(cat said.client)"
check_eq "nothing was lost, doubled or came in another order" True "$is_whole"
between "the client heard nothing meanwhile" 1300 4500 "$pause"
read -r word port is_whole pause <<< "$(sort -n -k4 said.server | tail -n 1)"
check_eq "nor at the other end" True "$is_whole"
between "which heard nothing either" 1300 4500 "$pause"
read -r word is_whole pause <<< "$(cat said.friend)"
check_eq "who is in no group goes on" "talked True" "$word $is_whole"
between "without a pause" 0 1200 "$pause"
judged groups "groups of several"
read -r word is_whole pause <<< "$(cat said.b)"
between "leave those within one alone" 0 1200 "$pause"
read -r word is_whole pause <<< "$(cat said.c)"
between "and cut those of two" 1300 4500 "$pause"

# ---- new ones ----
judged waits "a connect waits for the end of the cut"
read -r word took is_own is_peer <<< "$(cat said.client)"
check_eq "and has the names that its peer sees" "connected True True" "$word $is_own $is_peer"
between "a whole number of seconds" 990 8000 "$took"
between "which is when its SYN is sent again" 0 650 $((took % 1000))
judged polls "one that does not wait"
read -r result early again event error took <<< "$(cat said.client)"
check_eq "is under way, and then one edge tells that it stands" "EINPROGRESS 0 EALREADY 0" "$result $early $again $error"
check_match "for writing, or with what came" '^(0x4|0x5|0x2005)$' "$event"
between "likewise" 990 8000 "$took"
judged "times out" "the kernel's own time-out of a connect"
check_match "strikes" '^ETIMEDOUT ' "$(cat said.client)"
between "when it should" 690 3000 "$(sed 's/.* //' said.client)"
check_eq "and the peer never hears of it" "" "$(cat said.server)"
judged "gives up" "programs that give up"
check_eq "hear no more of it" "events 0" "$(cat said.client)"
check_eq "nor does their peer" "" "$(cat said.server)"
judged dies "a program that dies waiting"
check_eq "leaves its peer in peace" "" "$(cat said.server)"
judged "refused, waiting" "a peer that has stopped listening"
check_match "refuses once it hears of it" '^ECONNREFUSED [0-9]+$' "$(cat said.client)"
judged "refused, polling" "and one that does not wait"
check_match "learns it by readiness" '^EINPROGRESS 0 EALREADY 0x[0-9a-f]+ ECONNREFUSED [0-9]+$' "$(cat said.client)"
judged "by a file" "a cut that a file makes and takes away"
between "is there so long" 900 8000 "$(cut -d ' ' -f 2 said.late)"

# ---- datagrams ----
judged datagrams "datagrams of a cut"
# CLIENT: what each end has heard of the other, and the gaps in that
cut()
{
    local side who count is_order gaps
    for side in "server $1" "$1 server"; do
        read -r who count is_order gaps <<< "$(grep "^${side#* } " "said.${side% *}")"
        check_eq "$1: ${side% *} hears the other again, in order, once" "${side#* } True" "$who $is_order"
        between "$1: ${side% *} has lost what was sent meanwhile, all at once" 25 80 "$gaps"
        between "$1: ${side% *} has heard all else" 60 400 "$count"
    done
}
cut client
cut connected
check_match "who is in no group loses nothing" '^server [0-9]+ True$' "$(cat said.friend)"
check_match "either way" '^friend [0-9]+ True$' "$(grep '^friend ' said.server)"
judged "unix datagrams" "those of Unix sockets"
cut client
check_match "where, too, others lose nothing" '^server [0-9]+ True$' "$(cat said.friend)"

# ---- Unix ----
judged unix "a Unix connection"
check_eq "is made, and is silent so long" "silence
b'hello'" "$(cat said.client)"

# ---- TCP's own time-outs ----
if [ "$(id -u)" -eq 0 ]; then
    judged "user time-out" "a cut that stays"
    check_match "is found by TCP's own time-out" '^ETIMEDOUT ' "$(cat said.client)"
fi
finish
