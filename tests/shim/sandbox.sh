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
    check_eq "$1" "$2" "$(timeout 60 "$SOCKFAULT" run -f "role: ${role-client}, optional: true, $3" -- \
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
its "a connection that the wire has had before" "5 hello" 'link: both, delay: 1ms' prctl sendmsg socket dup3
for call in socket sendmsg setsockopt; do
    its "a connection that cannot be given to the wire, without $call" "5 hello
$untold" 'link: both, delay: 1ms' first "$call"
done
role=server its "nor one that was accepted, without dup3" "5 hello
$untold" 'link: both, delay: 1ms' first dup3
its "what the wire does not need" "5 hello" 'link: both, delay: 1ms' first getpid futex

cat > "$TMP/leaks.yaml" <<END
name: sockets of a sandbox
programs: {locked: [$locked, prctl, $(number_of getpid)]}
expect: {locked: {leaked_sockets: 3}}
END
check_match "sockets that cannot be counted are unknown" "not all counted: it forbids itself the system calls that count them" \
    "$("$SOCKFAULT" test "$TMP/leaks.yaml" 2>&1)"

# bare and wrapped, without a rule: the same end
for calls in "exit newfstatat getsockopt" "prctl getsockopt getsockname getpid" "exit getpid gettid newfstatat"; do
    numbers=()
    for call in ${calls#* }; do numbers+=("$(number_of "$call")"); done
    check_eq "ended as without us: $calls" "5 hello 0" \
        "$("$SOCKFAULT" run -- "$locked" "${calls%% *}" "${numbers[@]}") $?"
done
check_eq "a file in a sandbox for files is none of a rule's" "5 hello" \
    "$(timeout 60 "$SOCKFAULT" run -f 'call: send, optional: true, peer: "203.0.113.1:9", delay: 1s' -- \
        "$locked" prctl "$(number_of getsockopt)" 2>&1)"

cat > "$TMP/child.yaml" <<END
name: a child in a sandbox meets its rule
programs: {shell: "$locked prctl $(number_of gettid); true"}
faults: [{call: recv, role: client, partial: 1}]
expect: {shell: {stdout: {contains: 1 h}}}
END
check_match "a child is not killed for what a firing rule asks" "1 passed, 0 failed" \
    "$("$SOCKFAULT" test "$TMP/child.yaml" 2>&1)"

# Every fault, with each system call forbidden that we make for one, as such or with the arguments that we give
# it: the program is never killed. 1: SOL_SOCKET, 6: IPPROTO_TCP.
own=()
for call in getsockname getpeername setsockopt fcntl ioctl recvfrom sendmsg connect shutdown rt_sigaction \
    rt_sigprocmask kill getpid gettid poll ppoll pselect6 futex futex_waitv sched_yield epoll_wait epoll_pwait \
    epoll_ctl access faccessat newfstatat fstat openat read close mmap getsockopt getsockopt:1 getsockopt:6 \
    getsockopt:1:{57,39,3,38,30,4,60,20,21,18} getsockopt:6:{11,18,25} setsockopt:6:{18,25} setsockopt:1:18 \
    fcntl:3 fcntl:4 shutdown:0 shutdown:2; do
    number=$(number_of "${call%%:*}")
    [[ $number == [0-9]* ]] && own+=("$number${call#"${call%%:*}"}")
done

# none_kills HOW RULE: forbids each that the program itself can do without
none_kills() {
    local killed=() call rc
    for call in "${own[@]}"; do
        [[ ${may_forbid[$1]} == *" $call "* ]] || continue
        timeout 60 "$SOCKFAULT" run -f "role: client, $2" -- "$locked" "$1" "$call" > "$TMP/out" 2>&1
        rc=$?
        [ $rc -lt 124 ] || killed+=("$call: $rc")
    done
    check_eq "no own call kills ($1): $2" "" "${killed[*]}"
}
declare -A may_forbid
for how in prctl send poll; do
    for call in "${own[@]}"; do
        "$locked" $how "$call" > "$TMP/out" 2>&1 && may_forbid[$how]+=" $call "
    done
done
for rule in 'partial: 1' 'error: ENOMEM' 'delay: 1ms' 'interrupt: true' 'again: true' 'corrupt: 1' 'signal: SIGWINCH' \
    'eof: true' 'reset: true' 'timeout: 20ms' 'force: true, interrupt: true' 'force: true, again: true' \
    'force: true, reset: true' 'when: {state: ESTABLISHED}, partial: 1' 'when: {exists: /}, partial: 1'; do
    none_kills prctl "call: recv, $rule"
done
for rule in 'partial: 1' 'corrupt: 1' 'delay: 1ms' 'reset: true' 'timeout: 20ms'; do
    none_kills send "call: send, $rule"
done
for rule in 'interrupt: true' 'delay: 1ms' 'reset: true' 'timeout: 20ms'; do
    none_kills poll "call: poll, $rule"
done
finish
