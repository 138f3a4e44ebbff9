# `state` beside `link`: a fault acts while the program's own socket is in that state.
. "$(dirname "$0")/../lib.sh"

peer=$root/tests/e2e/wire.py
gcc -o "$TMP/calls" "$root/docs/reference/calls.c" || exit 1
port=$(free_port)
background python3 "$peer" serve "$port" > /dev/null
wait_for_port "$port" || exit 1

client() # RULE CLIENT [ARG…]
{
    timeout 100 "$SOCKFAULT" run -f "$1" -- python3 "$peer" "$2" "$port" "${@:3}"
}

calls() # RULE CALL…
{
    timeout 100 "$SOCKFAULT" run -f "$1" -- "$TMP/calls" tcp "${@:2}"
}

times() # RULE: whether connect, and then a round trip, took its time
{
    client "$1" times | awk 'NR == 1 {print ($1 >= 300 ? "late" : "soon"), ($2 >= 300 ? "late" : "soon")}'
}

check_eq "the handshake alone is late" "late soon" "$(times 'link: both, delay: 150ms, when: {state: SYN_SENT}')"
check_eq "or all that comes after it" "soon late" "$(times 'link: both, delay: 150ms, when: {state: ESTABLISHED}')"
check_eq "or both" "late late" "$(times 'link: both, delay: 150ms, when: {state: [SYN_SENT, ESTABLISHED]}')"
check_status "what connect meets" 0 client 'link: both, refuse: true, when: {state: SYN_SENT}' connects
check_match "it meets in SYN_SENT" '^ECONNREFUSED ' "$output"
check_status "a black hole for the handshake alone" 0 calls 'link: both, role: client, blackhole: true, when: {state: SYN_SENT}' \
    nonblock connect poll=100
check_eq "keeps it in SYN_SENT" "connect EINPROGRESS
poll=100 0" "$output"
check_status "the peer has half-closed" 0 calls 'link: out, role: client, corrupt: 1, when: {state: CLOSE_WAIT}' \
    send far.recv far.shutdown recv send far.recv
check_match "from then on it acts" "^send 1
far.recv 1 x
far.shutdown 0
recv 0
send 1
far.recv 1 [^x]*\$" "$output"
check_status "the program has half-closed" 0 calls 'link: in, role: client, corrupt: 1, when: {state: [FIN_WAIT_1, FIN_WAIT_2]}' \
    far.send recv shutdown far.recv far.send recv
check_match "likewise" "^far.send 1
recv 1 x
shutdown 0
far.recv 0
far.send 1
recv 1 [^x]*\$" "$output"
check_status "a state that comes by what the wire itself passes on" 0 \
    calls 'link: in, role: client, reset: true, when: {state: CLOSE_WAIT}' far.shutdown sleep=100 far.poll
check_match "is seen as well" 'far.poll 1 .*ERR' "$output"
check_status "an accepted connection is in a state too" 0 calls 'link: in, role: server, corrupt: 1, when: {state: ESTABLISHED}' \
    send far.recv
check_match "of its own" 'far.recv 1 [^x]*$' "$output"
check_status "a Unix socket" 0 timeout 100 "$SOCKFAULT" run -f 'link: in, corrupt: 1, optional: true, when: {state: ESTABLISHED}' -- \
    "$TMP/calls" unix far.send recv
check_eq "is in none" "far.send 1
recv 1 x" "$output"
finish
