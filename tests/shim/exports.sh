#!/bin/bash
# The library exports the calls of shim/abi/calls.h, every one, and nothing else.
. "$(dirname "$0")/../lib.sh"

sed -nE 's/^    X\(([A-Za-z_0-9]+), [A-Z]+\).*/\1/p' "$root/shim/abi/calls.h" | sort > "$TMP/rows"
sed -nE 's/^        ([A-Za-z_0-9]+);$/\1/p' "$root/shim/libsockfault.map" | sort > "$TMP/map"
nm -D --defined-only "$SOCKFAULT_SHIM" | awk '$2 == "T" || $2 == "W" {print $3}' | sort > "$TMP/exports"

check_same "the version script lists every row" "$TMP/rows" "$TMP/map"
check_same "every row has an interposer" "$TMP/rows" "$TMP/exports"
check_eq "the library needs libc alone" libc.so.6 \
    "$(readelf -d "$SOCKFAULT_SHIM" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | xargs)"
finish
