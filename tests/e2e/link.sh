# Link rules that the kernel leaves no way for are errors in every command, as is any link rule in a plan; nothing is
# started.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
cat > link.yaml << 'EOF'
name: slow
programs: {a: "touch started", b: "touch started"}
faults:
  - {id: late, link: out, type: dgram, family: unix, delay: {mean: 100ms, jitter: 20ms, distribution: normal}}
  - {link: in, type: dgram, family: unix, drop: true, when: {after: 1s, until: 2s}}
expect: {faults: {late: ">=1"}}
EOF
cat > one.yaml << 'EOF'
name: one
programs: {a: "touch started", b: "touch started"}
faults:
  - {link: both, delay: 1ms}
EOF
late='delay cannot act on datagrams of Unix sockets: one that waits would be sent by another process, which its receiver'
late="$late can tell (SCM_CREDENTIALS); drop, duplicate, corrupt, blackhole and refuse can"
in='link: in cannot act on datagrams of Unix sockets: the call that sends one puts it into the queue of the one socket'
in="$in that has the name; link: out, of its sender, can"

check_status "check finds what cannot be" 2 "$SOCKFAULT" check link.yaml
check_eq "and says why, of each rule" "link.yaml:4:54: $late
link.yaml:5:12: $in" "$output"

check_status "test calls the file invalid" 2 "$SOCKFAULT" test link.yaml
check_eq "with the same lines" "link.yaml:4:54: $late
link.yaml:5:12: $in" "$output"
"$SOCKFAULT" test --report json link.yaml 2> /dev/null > report.json
check_eq "in reports too" "invalid 2 link.yaml 4" "$(python3 -c '
import json
s = json.load(open("report.json"))["scenarios"][0]
print(s["result"], len(s["failures"]), s["failures"][0]["file"] if "file" in s["failures"][0] else s["file"],
      s["failures"][0]["line"])')"

check_status "run fails by itself" 125 "$SOCKFAULT" run -s link.yaml -- touch started
check_status "a rule of the command line is refused alike" 125 \
    "$SOCKFAULT" run -f 'link: in, type: dgram, family: unix, drop: true' -- touch started
check_eq "with the same words" "--fault:1:7: $in" "$output"
check_status "one that is wrong gets its own error alone" 125 \
    "$SOCKFAULT" run -f 'link: out, throttle: 10Mbit' -- touch started
check_match "which says what is allowed" 'throttle must be a rate such as 64KiB/s or 10Mbit/s' "$output"
printf 'name: n\nprograms: {a: "true", b: "true"}\nfaults: [{link: in, drop: true, program: b}]\n' > other.yaml
check_status "a link rule of another program is left out of a run" 0 "$SOCKFAULT" run -s other.yaml --as a -- true

check_status "no plan is compiled" 2 "$SOCKFAULT" compile one.yaml -o plan
check_eq "and the line says why" \
    "one.yaml:4:6: link rules need the wire, a process of sockfault run and test: a plan has call rules alone, run -s obeys both" "$output"
check "no file is left" test ! -e plan
check "nothing was started" test ! -e started
finish
