#!/bin/bash
# Threads that meet one socket at the same moment, and sockets without number. See threads.c.
. "$(dirname "$0")/../lib.sh"

goes_well() # NAME WHAT SOCKETS RULE
{
    check_eq "$1" 0 "$("$SOCKFAULT" run --timeout 120s -f "$4" -- "$BUILD/tests/shim/threads" "$2" "$3" 2>&1 | head -1)"
}

goes_well "threads that meet a socket at once meet one" meet 20000 'call: recv, error: EIO, when: {nth: 1}'
finish
