# What docs/reference/ says in tables is what the command and the engine say, and each
# fault has a section with an example in which it fires.
. "$(dirname "$0")/../lib.sh"

language=$root/docs/reference/language.md
faults=$root/docs/reference/faults.md

section() # DOCUMENT HEADING: what stands below it
{
    awk -v heading="## $2" '/^## / { here = $0 == heading } here' "$1"
}

cells() # COLUMN…: those of tables, as plain text with ": " in between; their heads left out
{
    awk -v columns="$*" '
        BEGIN { count = split(columns, column, " ") }
        !/^\|/ { row = 0; next }
        ++row > 2 {
            gsub(/`|\[|\]\([^)]*\)/, "")
            split($0, cell, / *\| */)
            for (i = 1; i <= count; i++)
                printf "%s%s", cell[column[i] + 1], i < count ? ": " : "\n"
        }'
}

one_each() # "A: B C" as the lines "A: B" and "A: C", sorted; names may have commas between
{
    tr -d ',' | sed 's/\(.*\): /\1\t/' | awk -F '\t' '{ n = split($2, name, " "); for (i = 1; i <= n; i++) print $1 ": " name[i] }' | sort
}

# ---- faults.md -------------------------------------------------------------

"$SOCKFAULT" list faults | grep -v '; on links' | sed 's/ .*; on /: /; s/any call$/any/' > "$TMP/faults"
one_each < "$TMP/faults" > "$TMP/known"
sed -n '/^| fault | calls/,/^$/p' "$faults" | cells 1 2 | one_each > "$TMP/listed"
check_same "which calls meet a fault" "$TMP/known" "$TMP/listed"
sed -n '/^The faults, each with its section:/,/^###/p' "$language" | cells 1 3 | one_each > "$TMP/listed"
check_same "the same in the language" "$TMP/known" "$TMP/listed"

# `run` says of a rule when it never fired; that what is shown is printed, examples.sh checks.
fires() # FAULT SECTION
{
    awk -v fault="$1:" '
        function conclude() { fired += here && !idle; here = idle = 0 }
        /^```/ || /^\$ / { conclude() }
        /^\$ .*sockfault run / && index($0, fault) { here = 1 }
        /never fired/ { idle = 1 }
        END { exit fired == 0 }' "$2"
}

for fault in $(cut -d : -f 1 "$TMP/faults"); do
    section "$faults" "$fault" > "$TMP/section"
    for part in Legal Sources; do
        check "$fault: $part" grep -q "^\*\*$part\*\*" "$TMP/section"
    done
    check "$fault: an example in which it fires" fires "$fault" "$TMP/section"
done

sed -n '/\[SF_LEGAL\]/d; s/^ *\[SF_ILLEGAL_[A-Z_]*\] = "\(.*\)",$/\1/p' "$root/shim/engine/legality.c" | sort > "$TMP/known"
section "$faults" "Legal, refused, forced" | cells 1 | sort > "$TMP/listed"
check "reasons were found" test -s "$TMP/known"
check_same "why a fault is refused" "$TMP/known" "$TMP/listed"

"$SOCKFAULT" list errors | python3 -c '
import re, sys
for line in sys.stdin:
    for call, kinds in re.findall(r"(\w+)(?: \(([^)]*)\))?(?:, |$)", line.rstrip().partition("; on ")[2]):
        print(call, kinds or "any", line.split()[0], sep=": ")' | sort > "$TMP/known"
section "$faults" "Which errnos a call knows" | cells 1 2 3 |
    awk -F ': ' '{ n = split($3, name, " "); for (i = 1; i <= n; i++) print $1 ": " $2 ": " name[i] }' | sort > "$TMP/listed"
check "errnos were found" test -s "$TMP/known"
check_same "which errnos a call knows" "$TMP/known" "$TMP/listed"

# ---- language.md -----------------------------------------------------------

# Where a family has the name of a function, the list does not repeat that.
"$SOCKFAULT" list calls | awk '
    /^ / { print family ": " $1; next }
    { family = $1 }
    family != "resolve" && family != "option" { print family ": " family }' | sort > "$TMP/known"
sed -n '/^| family | functions/,/^$/p' "$language" | cells 1 2 | one_each > "$TMP/listed"
check_same "the functions of a family" "$TMP/known" "$TMP/listed"

for command in run test trace; do
    "$SOCKFAULT" help $command | sed -n 's/^  -\(.\), --\([a-z-]*\).*/--\2 -\1/p; s/^      --\([a-z-]*\).*/--\1/p' | sort > "$TMP/known"
    section "$language" Options | cells 1 2 | grep ": .*$command" | sed 's/: .*//; s/,//' | sort > "$TMP/listed"
    check_same "the options of $command" "$TMP/known" "$TMP/listed"
done
finish
