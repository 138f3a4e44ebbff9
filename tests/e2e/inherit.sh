# What an accepted connection has of its listener is what it has without the wire.
. "$(dirname "$0")/../lib.sh"

probe=$root/tests/e2e/inherit.py
idle='link: in, role: server, reset: true, optional: true, when: {after: 1h}'

for kind in inet inet6 any6 unix; do
    [ $kind = unix ] || [ $kind = inet ] || [ -e /proc/net/if_inet6 ] || continue
    timeout 100 python3 "$probe" $kind > "$TMP/bare" 2>&1
    timeout 100 "$SOCKFAULT" run -f "$idle" -- python3 "$probe" $kind > "$TMP/wired" 2>&1
    check "there is something to be had ($kind)" test "$(wc -l < "$TMP/bare")" -gt 60
    check_same "an accepted connection has what its listener has ($kind)" "$TMP/bare" "$TMP/wired"
done

filter=$root/tests/e2e/filter.py
outage='link: both, role: server, blackhole: true, when: {after: 1s, until: 1500ms}'
for what in told dropped; do
    timeout 100 python3 "$filter" $what > "$TMP/bare" 2>&1
    timeout 100 "$SOCKFAULT" run -f "$idle" -- python3 "$filter" $what > "$TMP/wired" 2>&1
    check_same "its filter is the listener's ($what)" "$TMP/bare" "$TMP/wired"
done
timeout 100 "$SOCKFAULT" run -f "$outage" -- python3 "$filter" dropped > "$TMP/wired" 2>&1
check_same "also behind an outage" "$TMP/bare" "$TMP/wired"
finish
