#!/bin/bash
# Lives of descriptors (tests/shim/life) under the sanitizers, and threads that tangle their
# descriptors under every fault: nothing crashes, hangs or races, no file is met, and each
# socket that is left is counted.
. "$(dirname "$0")/../lib.sh"

built=$BUILD/tests/stress
export LIFE_SECONDS=${LIFE_SECONDS:-2}
export TSAN_OPTIONS=exitcode=66 ASAN_OPTIONS=exitcode=66
# The thread sanitizer of older compilers cannot bear much randomness of addresses.
plain=()
setarch "$(uname -m)" -R true 2> /dev/null && plain=(setarch "$(uname -m)" -R)

tangles() # NAME SOCKFAULT LIFE RULE: it ends by itself, met no file, and leaks are right
{
    "${plain[@]}" "$2" run --timeout 100s --report json="$TMP/report" -f "$4, optional: true" -- "$3" tangle \
        > "$TMP/said" 2> "$TMP/stderr"
    local status=$? leaked
    leaked=$(sed -nE 's/^ *"leaked_sockets": ([0-9]+).*/\1/p' "$TMP/report")
    check_eq "$1: $4" "wrong 0 sockets $leaked" "$(cat "$TMP/said")" || diag "status $status" "$(tail -n 40 "$TMP/stderr")"
    return $status
}

faults=("call: [send, recv], error: ECONNRESET" "call: [send, recv], partial: 1" "call: [send, recv], delay: 100us"
    "call: poll, interrupt: true" "call: [send, recv], again: true" "call: recv, eof: true, when: {nth: 9}"
    "call: [send, recv], reset: true, when: {nth: 7}" "call: connect, timeout: 20ms" "call: connect, refuse: true"
    "call: [send, recv], timeout: 20ms, when: {nth: 5}" "call: [send, recv], corrupt: 3" "call: accept, reset: true"
    "call: close, error: EIO, when: {every: 3}" "call: [send, recv], role: server, connection: 3..90, partial: 2"
    "call: send, when: {match: hello}, error: EPIPE" "call: poll, reset: true, role: client")
for fault in "${faults[@]}"; do
    tangles "tangle" "$SOCKFAULT" "$BUILD/tests/shim/life" "$fault"
done

# The program under a sanitizer, the shim as it is. A close under a waiting read is what the
# thread sanitizer reports, of any program.
meant='call: recv, role: client, connection: 2, partial: 1'
for kind in asan tsan; do
    for case in copies passed ranges streams spawned executed detached vforked closers cancelled from-others \
        storm crowd-around crowd-of-streams many; do
        [ $kind-$case != tsan-closers ] || continue
        check_status "$kind: $case" 0 "${plain[@]}" "$SOCKFAULT" run --timeout 100s -f "$meant, optional: true" -- \
            "$built/life-$kind" $case
    done
    check_status "$kind: forks" 0 "${plain[@]}" "$SOCKFAULT" run --timeout 100s \
        -f 'call: recv, role: client, error: EIO, when: {nth: 1}' -- "$built/life-$kind" forks
done

# The shim under the thread sanitizer, too.
no_race() # NAME
{
    check_eq "$1: the shim has no race" "" "$(grep -E '^SUMMARY: .*( shim/| in mem)' "$TMP/stderr")" ||
        diag "$(head -n 200 "$TMP/stderr")"
}
for fault in "${faults[@]}"; do
    tangles "shim under tsan" "$built/sockfault" "$built/life-tsan" "$fault"
    no_race "$fault"
done
threads() # WHAT RULE
{
    "${plain[@]}" "$built/sockfault" run --timeout 100s -f "$2" -- "$built/threads-tsan" "$1" 3000 \
        > "$TMP/said" 2> "$TMP/stderr"
    check_eq "shim under tsan: threads $1" 0 "$(cat "$TMP/said")"
    no_race "$1"
}
threads meet 'call: recv, error: EIO, when: {nth: 1}'
threads register 'call: recv, again: true, when: {nth: 1}'
threads close 'call: recv, again: true, when: {nth: 1}'
for case in stale storm cancelled; do
    "${plain[@]}" "$built/sockfault" run --timeout 100s -f 'call: recv, partial: 1' -- "$built/life-tsan" $case \
        > "$TMP/said" 2> "$TMP/stderr"
    no_race $case
done
finish
