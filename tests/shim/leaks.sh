#!/bin/bash
# What a process leaks: sockets that it opened itself and holds when it ends by itself.
. "$(dirname "$0")/../lib.sh"

leaks() # WANT STEP… END
{
    local want=$1
    shift
    "$SOCKFAULT" run --report json="$TMP/report" -- "$BUILD/tests/programs/leaky" "$@" 2> "$TMP/stderr"
    check_eq "$*" "$want" "$(sed -n 's/^ *"leaked_sockets": \(.*\)/\1/p' "$TMP/report")" || diag "$(cat "$TMP/stderr")"
}

for end in return exit _exit _Exit quick_exit exit_group thread thread-alone signal; do
    leaks 0 $end
    leaks 1 socket $end
    leaks 0 socket close $end
    leaks 4 connection socket $end
done
leaks 0 connection kill
leaks 0 connection exec
leaks 0 connection thread-first

leaks 2 pair return
leaks 1 pair close return
leaks 0 socket fclose return
leaks 0 socket close-at-exit return
leaks 0 socket close-at-exit exit
leaks 0 socket close-at-exit quick_exit
leaks 1 socket close-at-exit _exit
leaks 1 socket end-at-exit exit
leaks 1 socket end-at-flush exit
leaks 0 pair socket close-all return
leaks 3 pair socket close-none return

for double in dup dup2 dup3 fcntl; do
    leaks 1 socket $double return
    leaks 1 socket $double close return
    leaks 1 socket $double close-before return
    leaks 0 socket $double close-all return
done
leaks 0 socket file return
leaks 1 pair file dup return
leaks 300 many return

leaks 1 socket child-inherits return
leaks 1 child-opens return
leaks 2 socket child-opens return
leaks 1 socket vfork return
leaks 0 socket vfork close return
leaks 1 socket vfork-ends return
leaks 0 socket vfork-ends close return
leaks 0 received stdin close socket vfork close return
leaks 0 received return
leaks 0 libc return

# A connection that a rule has reset, with unread bytes, is the program's to close as before.
"$SOCKFAULT" run -f 'call: send, role: client, reset: true, times: 1' --report json="$TMP/report" -- \
    "$BUILD/tests/shim/pairs" injected reset-at-send-leaves-unread-bytes > "$TMP/out" 2>&1
check_eq 'reset with unread bytes' 3 "$(sed -n 's/^ *"leaked_sockets": \(.*\)/\1/p' "$TMP/report")"
finish
