# docs/reference/language.md lists the keys that the reader knows, each and no other, and
# shows each in an example. What the reader knows it says itself when it meets a key that
# it does not.
. "$(dirname "$0")/../lib.sh"

cat > "$TMP/unknown.yaml" << 'END'
name: a key that no mapping has
zzz: 1
programs:
  a: {run: "true", zzz: 1, ready: {port: 1, zzz: 1}}
faults:
  - {call: recv, partial: 1, zzz: 1, when: {zzz: 1}}
  - {link: both, delay: {mean: 1s, zzz: 1}}
expect:
  a: {zzz: 1, stdout: {zzz: 1}, stderr: {zzz: 1}}
END
"$SOCKFAULT" check "$TMP/unknown.yaml" > "$TMP/said" 2>&1

known_keys() # MAPPING, as the reader calls it
{
    sed -n "s/.*unknown key 'zzz' in $1, allowed are //p" "$TMP/said" | tr -d ',' | tr ' ' '\n' | sort
}

listed_keys() # LINE…: the first columns of the tables that follow these
{
    local line
    for line; do
        awk -v start="$line" '
            $0 == start { here = 1; next }
            here && /^\| \[?`/ { split($0, part, "`"); print part[2]; seen = 1; next }
            here && seen { exit }' "$root/docs/reference/language.md"
    done | sort -u
}

python3 "$root/tests/docs/exemplified.py" "$SOCKFAULT" "$root/docs/reference/language.md" "$TMP" > "$TMP/shown"

shown_keys() # MAPPING: those that the examples show. Both outputs of a program take the same keys.
{
    sed 's/^stderr\t/stdout\t/' "$TMP/shown" | awk -F '\t' -v mapping="${1/stderr/stdout}" '$1 == mapping { print $2 }' | sort -u
}

compare() # MAPPING LINE…
{
    local known mapping=$1
    shift
    known=$(known_keys "$mapping")
    [ -n "$known" ] || fail "the reader names the keys of $mapping" "$(cat "$TMP/said")"
    check_eq "keys of $mapping" "$known" "$(listed_keys "$@")"
    check_eq "keys of $mapping in examples" "$known" "$(shown_keys "$mapping")"
}

compare "a scenario" "## A scenario"
compare "a program" "## A program"
compare "ready" "## ready"
compare "a rule" "## A rule" "The faults, each with its section:" "## Link rules"
compare "delay" "A delay that varies:"
compare "when" "## when"
compare "what is expected of a program" "Of a program:"
compare "stdout" "Of an output:"
compare "stderr" "Of an output:"

link_faults=$("$SOCKFAULT" list faults | awk '/; on links/ { print $1 }' | sort)
check_eq "link faults" "$link_faults" "$(listed_keys "## Link rules" | grep -vx link)"

faults=$("$SOCKFAULT" list faults | awk '!/; on links/ { print $1 }' | sort)
first_columns() # FROM TO: the keys in the first columns of README's tables between these lines
{
    awk -v from="$1" -v to="$2" '$0 ~ from { here = 1; next } $0 ~ to { here = 0 } here && /^\| `/ { print $0 }' "$root/README.md" |
        cut -d '|' -f 2 | grep -o '`[a-z_]*`' | tr -d '`' | sort -u
}
check_eq "faults in README.md" "$faults" "$(first_columns '^## Faults' '^Of a link:')"
check_eq "and those of links" "$(printf '%s\npartition\n' "$link_faults" | sort -u)" "$(first_columns '^Of a link:' '^## ')"
finish
