# The scenarios that come with sockfault pass, as files and as rules for `run`.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
check "each passes" "$SOCKFAULT" test scenarios/*.yaml
check_status "each is listed" 0 "$SOCKFAULT" list scenarios
listed=$output
check_eq "and nothing that run -s would not find" "$(cd scenarios && printf '%s\n' *.yaml | sed 's/\.yaml$//' | sort)" \
    "$(cut -d ' ' -f 1 <<< "$listed" | sort)"
for file in scenarios/*.yaml; do
    name=${file##*/}
    name=${name%.yaml}
    check_match "list names $name" "$name" "$listed"
    # Their rules may never fire in `true`: a remark, not a failure.
    check_status "$name lends its rules to run" 0 "$SOCKFAULT" run -s "$name" -- true
done
finish
