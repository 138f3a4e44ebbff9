#!/bin/bash
# A rule that means one connection of many meets it by whatever number, in whatever process,
# and nothing else; what is left open at the end is counted. See life/life.h.
. "$(dirname "$0")/../lib.sh"

# Other users must reach the program and the library: copies in an open folder.
chmod 755 "$TMP"
cp "$SOCKFAULT" "$SOCKFAULT_SHIM" "$BUILD/tests/shim/life" "$TMP"
chmod 755 "$TMP"/*
meant='call: recv, role: client, connection: 2, partial: 1'

run() # RULE CASE [OPTION…]: the status, and what the report says
{
    local rule=$1 case=$2
    shift 2
    "$TMP/sockfault" run --timeout 120s --report json="$TMP/report" -f "$rule" "$@" -- "$TMP/life" "$case" \
        > "$TMP/said" 2> "$TMP/stderr"
    echo "status $? $(sed -nE 's/^ *"(fired|leaked_sockets|recv)": ([0-9]+).*/\1 \2/p' "$TMP/report" | sort | xargs)"
}

# The numbers of lines that the case prints of the meant connection and of others, and of the
# sockets that it leaves open.
lives() # CASE MEANT OTHERS LEAKED
{
    local case=$1
    "$TMP/life" "$case" > "$TMP/native" 2> "$TMP/stderr"
    check_eq "$case: natively nothing is short" "$(($2 + $3))" "$(grep -c ' 10$' "$TMP/native")" ||
        diag "$(cat "$TMP/native" "$TMP/stderr")"
    local said
    said=$(run "$meant" "$case")
    check_match "$case: each meant read fired, and no other; leaks are right" \
        "^status 0 fired $2 leaked_sockets $4 recv [0-9]+$" "$said" || diag "$(cat "$TMP/stderr")"
    check_eq "$case: what was meant was short, and all else whole" "0 0" \
        "$(grep -c '^meant.* [^1]\|^meant.* 1.' "$TMP/said") $(grep '^other' "$TMP/said" | grep -vc ' 10$')" ||
        diag "$(cat "$TMP/said")"
    check_same "$case: the same lines in the same order" <(sed 's/ [0-9]*$//' "$TMP/native") \
        <(sed 's/ [0-9]*$//' "$TMP/said")
}

lives copies 14 45 6
lives passed 4 8 3
lives from-others 2 0 6
lives ranges 6 10 6
lives streams 2 6 7
lives spawned 5 3 6
lives detached 1 2 6
lives vforked 5 5 6
lives closers 1 6 6
lives cancelled 1 101 6
if [ "$(id -u)" -eq 0 ]; then
    lives executed 7 1 6
else
    lives executed 6 1 6
fi
lives many 3 2 "[0-9]+"
diag "$(grep numbers "$TMP/said"), $(cat "$TMP/stderr")"
check_eq "many: every socket that is left is counted" "$(($(sed -n 's/.*sockets //p' "$TMP/said") + 6))" \
    "$(sed -nE 's/^ *"leaked_sockets": ([0-9]+).*/\1/p' "$TMP/report")"

check_match "storm: handlers that jump out of calls" "^status 0 fired [0-9]+ leaked_sockets 6 " "$(run "$meant" storm)" ||
    diag "$(cat "$TMP/stderr")"
check_eq "storm: what is meant behind it is what was before" \
    "meant-behind-the-storm 1,other-behind-the-storm 10,other-behind-the-storm 10,other-behind-the-storm 10" \
    "$(paste -sd, "$TMP/said")"

check_match "streams: reads of what comes behind a stream are no socket's" " recv 3$" "$(run "$meant" streams)"

# More sockets, one after the other, than can be followed at once.
crowd() # CASE SAID
{
    check_match "$1: ends well" "^status 0 " \
        "$(run "$meant, optional: true" "$1" -f 'call: recv, family: unix, when: {nth: 99}, error: EIO, optional: true')"
    check_eq "$1: and nothing is lost" "$2" "$(cat "$TMP/said" "$TMP/stderr" | paste -sd,)"
}
crowd crowd-of-streams "all passed"
crowd crowd-of-generations "all passed"
crowd crowd-around "meant-before 1,meant-behind-the-crowd 1"

# A handler on a stack of 8 KiB, of which the kernel takes some 3, and calls with 500 parts.
small() # RULE WANT
{
    check_eq "small stack: $1" "$2" "$("$SOCKFAULT" run -f "$1" -- "$TMP/life" small-stack 2>&1)"
}
whole="500 500 500 500 500 500 500 500 1 0"
check_eq "small stack: natively there is room" "$whole" "$("$TMP/life" small-stack)"
small 'call: [send, recv], role: client, connection: 2, partial: 499' "499 499 499 499 499 499 499 499 1 0"
small 'call: [send, recv], role: client, connection: 2, corrupt: 8' "$whole"
small 'call: recv, role: client, when: {match: x}, error: EIO, optional: true' "$whole"
small 'call: recv, role: client, eof: true, when: {nth: 2}' "500 0 0 0 500 500 500 500 1 0"
small 'call: recv, role: client, reset: true, when: {nth: 2}' "500 -1 0 0 -1 -1 -1 -1 1 0"
small 'call: recv, role: client, timeout: 10ms' "-1 0 0 0 -1 -1 -1 -1 1 0"
small 'call: poll, role: client, reset: true' "$whole"
small 'call: poll, role: client, connection: 2, delay: 1ms' "$whole"
small 'call: close, role: client, connection: 2, error: EIO' "${whole% 0} -1"

for fault in "delay: 10s" "timeout: 10s"; do
    check_eq "shutters: $fault ends when the socket is shut before the sleep has begun" "0 -1 at once" \
        "$("$SOCKFAULT" run -f 'call: [recv, send], role: client, signal: USR1' \
            -f "call: [recv, send], role: client, $fault" -- "$TMP/life" shutters 2>&1)"
done

run 'call: recv, family: unix, partial: 1' stale > "$TMP/ended"
check_eq "stale: what a number was a moment ago is not taken for what it is" "all were met" "$(cat "$TMP/said")" ||
    diag "$(cat "$TMP/stderr")"

# When the delay is over the number is a file's, which is spared all else.
for fault in "partial: 1" "error: EIO" "corrupt: 80" "reset: true" "eof: true"; do
    check_match "closers: $fault behind a delay fires on no file" "^status 0 fired 0 fired 2 leaked_sockets 6 " \
        "$(run "call: recv, role: client, connection: 1..2, $fault, optional: true" closers \
            -f 'call: recv, role: client, connection: 1..2, delay: 300ms')"
    check_eq "closers: $fault behind a delay leaves it whole" 7 "$(grep -c ' 10$' "$TMP/said")"
done

# Each of 256 connections meets it once, whichever of its processes reads first.
check_match "forks: 64 threads that fork at once" "^status 0 fired 256 leaked_sockets 0 " \
    "$(run 'call: recv, role: client, error: EIO, when: {nth: 1}' forks)"
check_eq "forks: each connection met it once" "forked 256 wrong 0" "$(cat "$TMP/said")"
check_match "forks: while addresses are looked up by program" "^status 0 fired 256 leaked_sockets 0 " \
    "$(run 'call: recv, role: client, peer: life, error: EIO, when: {nth: 1}' forks)"
# Without the runner the process itself holds the port that never answers.
echo '{name: silence, programs: {x: [x]}, faults: [{call: connect, timeout: 1500ms}]}' > "$TMP/silence.yaml"
check "silence: a plan of it" "$SOCKFAULT" compile "$TMP/silence.yaml" -o "$TMP/plan"
check_eq "silence: goes on when all descriptors are closed, and in a child" "[3] 115 110 115 110" \
    "$(LD_PRELOAD=$SOCKFAULT_SHIM SOCKFAULT_PLAN=$TMP/plan python3 -c '
import os, select, socket
os.closerange(3, 20000)
def connect():
    s = socket.socket()
    s.setblocking(False)
    begun = s.connect_ex(("127.0.0.1", 9))
    poll = select.poll()
    poll.register(s, select.POLLOUT)
    poll.poll(20000)
    return "%d %d" % (begun, s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
files = [int(fd) for fd in os.listdir("/proc/self/fd") if int(fd) > 2]
first = connect()
if os.fork() == 0:
    print(files, first, connect())')"
finish
