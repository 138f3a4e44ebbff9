#!/bin/bash
# A program may forbid itself system calls, on pain of death: we make none of them, and where a rule
# needed one, that is said.
. "$(dirname "$0")/../lib.sh"

number_of() { gcc -E -include sys/syscall.h - <<< "SYS_$1" | tail -n 1; }
locked="$BUILD/tests/shim/locked"
untold="sockfault: locked forbids itself by seccomp(2) system calls that rules need: some of its calls met no rule"

# its LABEL OUTPUT RULE HOW CALL...
its() {
    local numbers=()
    for call in "${@:5}"; do numbers+=("$(number_of "$call")"); done
    check_eq "$1" "$2" "$(timeout 60 "$SOCKFAULT" run -f "role: client, optional: true, $3" -- \
        "$locked" "$4" "${numbers[@]}" 2>&1)"
}
for how in prctl raw seccomp; do
    its "without getsockopt, locked by $how" "5 hello
$untold" 'call: recv, partial: 1' "$how" getsockopt
done
its "a rule that selects nothing needs nothing" "5 hello" 'call: recv, peer: "203.0.113.1:9", delay: 1s' prctl getsockopt fcntl
its "a rule that means others needs nothing" "5 hello" 'call: [recv, send], exe: other, partial: 1' dup getsockopt fcntl
its "without getsockopt, by a number that nobody knows" "5 hello
$untold" 'call: recv, peer: "203.0.113.1:9", delay: 1s' dup getsockopt
its "no rule, no call" "5 hello" 'call: [bind], delay: 1s' prctl getsockopt fcntl getpid futex sched_yield
its "a short read that may owe an edge" "1 h
$untold" 'call: recv, partial: 1' prctl setsockopt
its "a short read that owes none" "1 h" 'call: recv, partial: 1' prctl setsockopt \
    $([ -z "$(number_of epoll_wait | grep -o '^[0-9]')" ] || echo epoll_wait) epoll_pwait
its "EAGAIN, without a look whether the socket waits" "5 hello
$untold" 'call: recv, again: true' prctl fcntl
its "EINTR, without a look for handlers" "5 hello
$untold" 'call: recv, interrupt: true' prctl rt_sigaction
its "a reset, without a disconnect" "5 hello
$untold" 'call: recv, reset: true' prctl connect
its "a delay, by another call" "5 hello" 'call: recv, delay: 1ms' prctl futex_waitv

cat > "$TMP/leaks.yaml" <<END
name: sockets of a sandbox
programs: {locked: [$locked, prctl, $(number_of getpid)]}
expect: {locked: {leaked_sockets: 3}}
END
check_match "sockets that cannot be counted are unknown" "not all counted: it forbids itself the system calls that count them" \
    "$("$SOCKFAULT" test "$TMP/leaks.yaml" 2>&1)"
finish
