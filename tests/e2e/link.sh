# Link rules that this version cannot act by are read and checked; what would have to act by them refuses them
# and starts nothing.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
cat > link.yaml << 'EOF'
name: slow
programs: {a: "touch started", b: "touch started"}
faults:
  - {id: late, link: both, type: dgram, family: unix, delay: {mean: 100ms, jitter: 20ms, distribution: normal}}
  - {link: in, type: dgram, family: unix, drop: true, when: {after: 1s, until: 2s}}
expect: {faults: {late: ">=1"}}
---
name: call
programs: {c: "touch called"}
EOF
head -n 4 link.yaml > one.yaml
refusal='this rule acts on datagrams of Unix sockets, which this version cannot do'
way_out='; sockfault check validates this file'

check_status "check takes link rules" 0 "$SOCKFAULT" check link.yaml
check_eq "and says so" "link.yaml: ok" "$output"

check_status "test calls the file invalid" 2 "$SOCKFAULT" test link.yaml
check_eq "with a line for each rule" "link.yaml:4:16: $refusal$way_out
link.yaml:5:6: $refusal$way_out" "$output"
"$SOCKFAULT" test --report json link.yaml 2> /dev/null > report.json
check_eq "in reports too" "invalid 2 link.yaml 4" "$(python3 -c '
import json
s = json.load(open("report.json"))["scenarios"][0]
print(s["result"], len(s["failures"]), s["failures"][0]["file"] if "file" in s["failures"][0] else s["file"],
      s["failures"][0]["line"])')"
check_status "a scenario that --filter leaves out is not in the way" 0 "$SOCKFAULT" test -q --filter '^call$' link.yaml
check "the others run" test -e called

check_status "run fails by itself" 125 "$SOCKFAULT" run -s one.yaml -- touch started
check_eq "with the same line" "one.yaml:4:16: $refusal$way_out" "$output"
check_status "a rule of the command line is refused alike" 125 \
    "$SOCKFAULT" run -f 'link: out, type: dgram, family: unix, throttle: 10Mbit/s' -- touch started
check_eq "where check is no way out" "--fault:1:1: $refusal" "$output"
check_status "one that is wrong gets its own error alone" 125 \
    "$SOCKFAULT" run -f 'link: out, throttle: 10Mbit' -- touch started
check_match "which says what is allowed" 'throttle must be a rate such as 64KiB/s or 10Mbit/s' "$output"
printf 'name: n\nprograms: {a: "true", b: "true"}\nfaults: [{link: in, drop: true, program: b}]\n' > other.yaml
check_status "a link rule of another program is left out of a run" 0 "$SOCKFAULT" run -s other.yaml --as a -- true

check_status "no plan is compiled" 2 "$SOCKFAULT" compile one.yaml -o plan
check_eq "and the line says why" \
    "one.yaml:4:16: link rules need the wire, a process of sockfault run and test: a plan has call rules alone, run -s obeys both" "$output"
check "no file is left" test ! -e plan
check "nothing was started" test ! -e started
finish
