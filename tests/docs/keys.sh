# docs/scenarios.md lists the keys that the reader knows, each and no other. What
# the reader knows it says itself when it meets a key that it does not.
. "$(dirname "$0")/../lib.sh"

cat > "$TMP/unknown.yaml" << 'END'
name: a key that no mapping has
zzz: 1
programs:
  a: {run: "true", zzz: 1, ready: {port: 1, zzz: 1}}
faults:
  - {call: recv, partial: 1, zzz: 1, when: {zzz: 1}}
expect:
  a: {zzz: 1, stdout: {zzz: 1}, stderr: {zzz: 1}}
END
"$SOCKFAULT" check "$TMP/unknown.yaml" > "$TMP/said" 2>&1

known_keys() # MAPPING, as the reader calls it
{
    sed -n "s/.*unknown key 'zzz' in $1, allowed are //p" "$TMP/said" | tr -d ',' | tr ' ' '\n' | sort
}

listed_keys() # LINE: the first column of the table that follows it
{
    awk -v start="$1" '
        $0 == start { here = 1; next }
        here && /^\| `/ { split($0, part, "`"); print part[2]; seen = 1; next }
        here && seen { exit }' "$root/docs/scenarios.md" | sort
}

compare() # MAPPING LINE
{
    local known
    known=$(known_keys "$1")
    [ -n "$known" ] || fail "the reader names the keys of $1" "$(cat "$TMP/said")"
    check_eq "keys of $1" "$known" "$(listed_keys "$2")"
}

compare "a scenario" "## A scenario"
compare "a program" "## A program"
compare "a rule" "## A rule"
compare "when" "## when"
compare "what is expected of a program" "Of a program:"
compare "stdout" "Of an output:"
compare "stderr" "Of an output:"

faults=$("$SOCKFAULT" list faults | awk '{ print $1 }' | sort)
check_eq "faults in README.md" "$faults" \
    "$(awk '/^## Faults/ { here = 1; next } /^## / { here = 0 } here && /^\| `/ { split($0, part, "`"); print part[2] }' \
        "$root/README.md" | sort)"
finish
