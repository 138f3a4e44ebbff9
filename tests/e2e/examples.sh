# The examples over real programs: those that begin with `# Meant to fail: TEXT` fail and
# say TEXT, all others pass.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
# Debian keeps servers off every user's PATH.
PATH=$PATH:/usr/sbin:/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)
mapfile -t files < <(find scenarios/examples -name '*.yaml' | sort)
check "there are examples" test ${#files[@]} -gt 0

export TMP
# shellcheck disable=SC2016
printf '%s\n' ${files[@]+"${files[@]}"} | xargs -P 4 -I '{}' bash -c '
    said=$TMP/${1//\//+}
    "$SOCKFAULT" test --no-skip "$1" > "$said" 2>&1
    echo $? > "$said.status"' bash '{}'

for file in ${files[@]+"${files[@]}"}; do
    said=$TMP/${file//\//+}
    text=$(sed -n '1s/^# Meant to fail: //p' "$file")
    if [ -z "$text" ]; then
        check_eq "${file#scenarios/} passes" 0 "$(< "$said.status")" || diag "$(head -n 40 "$said")"
    else
        check_eq "${file#scenarios/} fails" 1 "$(< "$said.status")"
        check "${file#scenarios/}: $text" grep -qF -- "$text" "$said" || diag "$(head -n 40 "$said")"
    fi
    check "${file#scenarios/} tells what to change" grep -q '^# To change: ' "$file"
done
finish
