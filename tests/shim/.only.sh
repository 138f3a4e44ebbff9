#!/bin/bash
# The kernel is the oracle: what a rule does and what really happens look alike.
. "$(dirname "$0")/../lib.sh"

target=pairs
pair() # CASE RULE
{
    timeout 60 "$BUILD/tests/shim/$target" real "$1" > "$TMP/real" 2>&1 || diag "natively: status $?"
    timeout 60 "$SOCKFAULT" run -f "$2" -- "$BUILD/tests/shim/$target" injected "$1" > "$TMP/injected" 2>&1
    check_same "$1" "$TMP/real" "$TMP/injected"
    [ -s "$TMP/real" ] || fail "$1 says something"
}
target=messages
pair changed-within-what-came 'call: recv, corrupt: 1'
pair changed-in-a-stream 'call: recv, corrupt: 1'
pair short-first-message 'call: recv, partial: 2'
pair short-second-message 'call: recv, partial: 7'
pair several-within-a-time-out 'call: recv, partial: 399, optional: true'
pair several-within-a-time-out 'call: recv, corrupt: 1'
pair more-messages-than-a-vector-has-entries 'call: recv, delay: 1ms'

finish
