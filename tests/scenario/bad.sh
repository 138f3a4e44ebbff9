#!/bin/sh
# The matrix of errors: `check` of bad/NAME.yaml says exactly bad/NAME.err and
# exits with 2. TAP. $SOCKFAULT is the command; default: the release build.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
sockfault=$(realpath "${SOCKFAULT:-$here/../../build/release/sockfault}") || exit 1
cd "$here/bad" || exit 1
got=$(mktemp) || exit 1
trap 'rm -f "$got"' EXIT

set -- *.yaml
echo "1..$#"
failed=0
number=0
for file; do
    number=$((number + 1))
    name=${file%.yaml}
    "$sockfault" check "$file" >/dev/null 2>"$got"
    status=$?
    if [ $status -eq 2 ] && diff -u "$name.err" "$got" >/dev/null; then
        echo "ok $number - $name"
    else
        failed=1
        echo "not ok $number - $name"
        echo "# exit status $status, expected 2"
        diff -u "$name.err" "$got" | sed 's/^/# /'
    fi
done
exit $failed
