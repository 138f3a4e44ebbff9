#!/bin/bash
# Threads that meet one socket at the same moment, and sockets without number. See threads.c.
. "$(dirname "$0")/../lib.sh"

goes_well() # NAME WHAT SOCKETS RULE
{
    check_eq "$1" 0 "$("$SOCKFAULT" run --timeout 120s -f "$4" -- "$BUILD/tests/shim/threads" "$2" "$3" 2>&1 | head -1)"
}

goes_well "threads that meet a socket at once meet one" meet 20000 'call: recv, error: EIO, when: {nth: 1}'
goes_well "threads that put a socket into their sets at once all get edges" register 20000 \
    'call: recv, again: true, when: {nth: 1}'
goes_well "a registration ends when its socket is closed" close 20000 'call: recv, again: true, when: {nth: 1}'
check_match "more registrations than can be followed are reported" 'had more edge-triggered registrations' \
    "$("$SOCKFAULT" run --timeout 120s -f 'call: recv, again: true' -- "$BUILD/tests/shim/threads" join 200 2>&1)"
finish
