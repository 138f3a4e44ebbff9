# What the wire survives: crowds, deaths, want of descriptors, peers that never read.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/measured.bash"

programs=$root/tests/e2e/survival.py
idle='link: both, reset: true, optional: true, when: {after: 1h}'
cd "$TMP" || exit 1
port=$(free_port)
background python3 "$programs" serve "$port" > served
wait_for_port "$port" || exit 1

run() # RULE PROGRAM [ARG…]
{
    timeout 200 "$SOCKFAULT" run -f "$1" -- python3 "$programs" "$2" "$port" "${@:3}"
}

# ---- crowds ----
ulimit -n 65536 2> /dev/null # which root may, at times
most=$(ulimit -Hn)
[ "$most" != unlimited ] && [ "$most" -lt 32000 ] && most=$((most / 3)) || most=10000 # the wire has two or three for each
check_status "a burst of 10000 connects, $most of them at once" 0 run "$idle" burst 10000 "$most"
check_eq "stands as a whole" "10000 of 10000 failed 0 waiting 0" "$output"
check_status "a burst of 1000 that are late" 0 run 'link: both, delay: 100ms' burst 1000 1000
check_eq "does so too" "1000 of 1000 failed 0 waiting 0" "$output"
check_status "a thousand connections that are half-closed" 0 run "$idle" halves 1000
check_eq "go on in the other direction" 3000 "$output"

# ---- deaths ----
for how in connecting midway half unread; do
    cat > deaths.yaml << EOF
name: $how
programs:
  victim: [python3, $programs, die, "$port", $how]
  other: {run: [python3, $programs, die, "$port", $how], start_after: 100ms}
  after: {run: [python3, $programs, echo, "$port"], start_after: 700ms}
faults: [{id: late, link: both, delay: 100ms}]
expect: {victim: {signal: KILL}, other: {signal: KILL}, after: {stdout: {equals: "hello\n"}}, faults: {late: 3}}
EOF
    check_status "who is killed ($how) leaves the wire in order" 0 timeout 100 "$SOCKFAULT" test deaths.yaml
done

# ---- a run whose time is over ----
mkdir "$TMP/ended"
cat > late.yaml << EOF
name: late
timeout: 2s
programs: {clients: [python3, $programs, wait, "0", "$TMP/ended"]}
faults: [{link: both, delay: 1ms}]
EOF
check_status "runs that time out" 1 timeout 100 "$SOCKFAULT" test --repeat 8 -j 2 late.yaml
check_eq "no program sees its connection end ahead of it" "" "$(ls "$TMP/ended")"

# ---- descriptors ----
cat > few.yaml << EOF
name: few
programs: {client: [python3, $programs, few, "$port"]}
faults: [{link: both, delay: 1ms}]
EOF
check_status "a program without descriptors" 1 timeout 100 "$SOCKFAULT" test few.yaml
check_match "is told of, and does not hang" 'client made connections that link rules select and that could not be given to the wire: .*no descriptor left' "$output"

# ---- peers that never read ----
asan=$(asan_runtime)
for rule in "$idle" 'link: both, delay: 20ms' 'link: both, throttle: 1Gbit/s, optional: true' 'link: both, chunk: 100000, optional: true'; do
    measured run "$rule" stuff 50 1
    check_eq "what 50 peers do not read is kept (${rule#link: both, })" "True
0" "$output"
    bound=60000
    [[ $rule != *delay* ]] || bound=400000 # what is under way: as much as passes in that time, 6 MiB at most
    [ -z "$asan" ] || bound=$((bound + 300000)) # it holds back 256 MiB of what was freed
    check "and takes little of the wire's memory: $most KB" test "$most" -gt 0 -a "$most" -lt $bound
done
finish
