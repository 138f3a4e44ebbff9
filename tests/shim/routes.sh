#!/bin/bash
# A rule reaches a socket on whatever route its descriptor came, and no file or pipe.
. "$(dirname "$0")/../lib.sh"

# Other users must reach the program and the library: copies in an open folder.
chmod 755 "$TMP"
cp "$SOCKFAULT" "$SOCKFAULT_SHIM" "$BUILD/tests/shim/routes" "$TMP"
chmod 755 "$TMP"/*

check "natively all routes read all" "$TMP/routes"
"$TMP/routes" > "$TMP/native"
check_eq "natively each route reads 10 bytes" 10 "$(cut -d' ' -f2 "$TMP/native" | sort -u)"

"$TMP/sockfault" run -f 'call: recv, partial: 1' -- "$TMP/routes" > "$TMP/injected" 2> "$TMP/stderr"
check_eq "under a rule the program ends well" 0 $?
check_eq "and nothing is said" "" "$(cat "$TMP/stderr")"
while read -r route bytes; do
    case $route in
        file* | pipe) check_eq "$route is left alone" 10 "$bytes" ;;
        *) check_eq "$route is shortened" 1 "$bytes" ;;
    esac
done < "$TMP/injected"
check_eq "no route is missing" "$(cut -d' ' -f1 "$TMP/native")" "$(cut -d' ' -f1 "$TMP/injected")"

"$TMP/sockfault" run -f 'call: recv, peer: "127.0.0.9:*", partial: 1, optional: true' -- "$TMP/routes" > "$TMP/idle" 2>&1
check_same "a rule that selects nothing changes nothing" "$TMP/native" "$TMP/idle"
finish
