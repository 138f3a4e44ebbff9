# The manual pages: well-formed, one for each command, and nothing that the command knows is
# missing in them.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
variant=${BUILD##*/}
compiler=gcc
[[ $variant == *-clang ]] && compiler=clang
check "they are made" make --no-print-directory VARIANT="${variant%-clang}" CC=$compiler pages
pages=$BUILD/man
commands=$("$SOCKFAULT" help | sed -n 's/^  sockfault \([a-z]*\) .*/\1/p' | uniq)

# Words of a page as a reader sees them, on lines as long as they come: nothing is cut in two.
read_page() # NAME.SECTION
{
    MANWIDTH=5000 LC_ALL=C.UTF-8 MAN_KEEP_FORMATTING= man -l "$pages/$1" 2> /dev/null | col -bx
}

for page in docs/man/*.scd; do
    page=$(basename "$page" .scd)
    # scdoc begins each section with a paragraph of its own.
    said=$(mandoc -T lint -W warning "$pages/$page" 2>&1 | grep -v 'skipping paragraph macro')
    check_eq "$page is clean, by mandoc" "" "$said"
    check_eq "$page is clean, by groff" "" \
        "$(MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$pages/$page" 2>&1 > /dev/null)"
    check_match "$page is known to apropos" "^${page%.*} - [a-z]" "$(lexgrog "$pages/$page" | sed 's/^.*: "\(.*\)"$/\1/')"
    check_eq "$page: everything is filled in" "" "$(grep -n -e '@[a-z]*@' -e '^%' "$pages/$page")"
    read_page "$page" > "$TMP/$page"
    for other in $(grep -o '[a-z-]*sockfault[a-z-]*([157])' "$TMP/$page" | tr '()' '. ' | sort -u); do
        check "$page: $other is there" test -e "docs/man/$other.scd"
    done
done

check_eq "help: explore has both its forms" 2 "$("$SOCKFAULT" help | grep -c '^  sockfault explore ')"
for command in $commands; do
    check "$command has a page" test -e "docs/man/sockfault-$command.1.scd"
    check_match "help $command names it" "man sockfault-$command\$" "$("$SOCKFAULT" help "$command")"
    check_match "sockfault(1) leads there" "sockfault-$command\(1\)" "$(< "$TMP/sockfault.1")"
    [ -e "$TMP/sockfault-$command.1" ] || continue
    # Of the table of options, and of the line of usage.
    for option in $("$SOCKFAULT" help "$command" | sed -n '1,/^$/p; s/^  *\(-[a-z], \)*\(--[a-z-]*\).*/\1 \2/p' |
        grep -oE -- '(^|[[ ,])--?[a-z-]+' | tr -d ' [,' | grep -x -- '--*[a-z].*' | sort -u); do
        check "sockfault-$command(1) has $option" grep -qE -- "(^| )$option([ ,]|\$)" "$TMP/sockfault-$command.1"
    done
    while IFS= read -r usage; do
        check "sockfault-$command(1) has the form $usage" grep -qE "^ *${usage//[^a-z A-Z]/.}\$" "$TMP/sockfault-$command.1"
    done < <("$SOCKFAULT" help "$command" | sed -n '1,/^$/s/^\(Usage:\|      \) //p')
    check_match "sockfault-$command(1) tells exit statuses" "EXIT STATUS" "$(< "$TMP/sockfault-$command.1")"
done

# Each line of a list is told, word for word, behind its name.
told() # PAGE NAME TEXT
{
    check "${1%.*}(${1##*.}) has $2" awk -v name="$2" -v text="$3" '
        { line = $0; gsub(/ +/, " ", line); sub(/^ /, "", line) }
        before && index(line, text) == 1 { found = 1; exit }
        { before = line == name || index(line, name ": ") == 1 }
        END { exit !found }' "$TMP/$1"
}
while read -r name text; do
    [[ $text != "the keys of "* ]] || continue
    told sockfault-scenario.5 "$name" "$text"
done < <("$SOCKFAULT" list keys)
while IFS= read -r line; do
    told sockfault-faults.7 "${line%% *}" "$(cut -c 41- <<< "$line")"
done < <("$SOCKFAULT" list faults)
for name in $("$SOCKFAULT" list calls | awk '{ print $1 }'); do
    check "sockfault-faults(7) has $name" grep -qw -- "$name" "$TMP/sockfault-faults.7"
done

for name in $(grep -rhoE 'getenv\("[A-Z_]+"' runner shim | cut -d '"' -f 2 | sort -u) \
    $(grep -rhoE 'define SF_ENV_[A-Z]+ +"[A-Z_]+"' shim | cut -d '"' -f 2); do
    check "a page has $name" grep -qw -- "$name" "$TMP"/*.[157]
done

# What is shown works.
for page in "$TMP"/*.[157]; do
    name=${page##*/}
    grep -E '^ +sockfault (run|test|trace|check) .*' "$page" | sed 's/^ *//' > "$TMP/shown"
    while IFS= read -r line; do
        rules=$(grep -oE -- "-f '[^']*'" <<< "$line" | tr '\n' ' ')
        [ -n "$rules" ] || continue
        check "$name: $line" eval "'$SOCKFAULT' run $rules -q -- true"
    done < "$TMP/shown"
done
sed -n '/^ *name: the client/,/faults: {/s/^           //p' "$TMP/sockfault-scenario.5" > "$TMP/shown.yaml"
check_status "the scenario that is shown is one" 0 "$SOCKFAULT" check "$TMP/shown.yaml"
check_eq "without a warning" "$TMP/shown.yaml: ok" "$output"
finish
