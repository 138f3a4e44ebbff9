#!/bin/bash
# The frames that we find on a stack are those that the compiler's run-time finds, whatever the
# compiler and its options, and wherever the program is. See frames/main.c.
. "$(dirname "$0")/../lib.sh"

follows() # NAME COMPILER C++-COMPILER OPTION…
{
    local name=$1 c=$2 cc=$3 case
    shift 3
    command -v "$c" "$cc" > /dev/null || { skip "$name" "no $c or $cc"; return; }
    "$cc" -c -g "$@" -o "$TMP/thrown.o" "$root/tests/shim/frames/thrown.cc" > "$TMP/said" 2>&1 &&
        "$c" -std=gnu11 -D_GNU_SOURCE -g "$@" -I"$root/shim" -o "$TMP/frames" "$root/tests/shim/frames/main.c" \
            "$root"/shim/unwind/*.c "$TMP/thrown.o" -lstdc++ -lm -lpthread >> "$TMP/said" 2>&1 ||
        { fail "$name" "$(cat "$TMP/said")"; return; }
    for case in deep varying noreturns callbacks handlers threads contexts thrown steps; do
        [ "$case" != steps ] || [ "$(uname -m)" = x86_64 ] || continue
        "$TMP/frames" "$case" > "$TMP/out" 2> "$TMP/err" || { fail "$name" "$case" "$(cat "$TMP/out" "$TMP/err")"; return; }
    done
    pass "$name: $(cat "$TMP/out") looks at single instructions"
}

follows "gcc -O0" gcc g++ -O0
follows "gcc -O2" gcc g++ -O2
follows "gcc -O2, lazily bound, position-dependent" gcc g++ -O2 -no-pie -fno-pic -Wl,-z,lazy
follows "gcc -O3 -fomit-frame-pointer" gcc g++ -O3 -fomit-frame-pointer
follows "gcc -O2 -fno-omit-frame-pointer, stack protector" gcc g++ -O2 -fno-omit-frame-pointer -fstack-protector-all
follows "gcc -Os" gcc g++ -Os
follows "clang -O0" clang clang++ -O0
follows "clang -O2" clang clang++ -O2 -Wl,-z,lazy
follows "clang -O2 -fomit-frame-pointer" clang clang++ -O2 -fomit-frame-pointer
finish
