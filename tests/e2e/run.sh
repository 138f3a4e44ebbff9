# What `run` says of itself: its errors, its remarks and its reports.
. "$(dirname "$0")/../lib.sh"

check_status "a broken rule is sockfault's failure" 125 "$SOCKFAULT" run -f 'call: rcv, partial: 1' -- true
check_match "whose place is the text of the option" '^--fault:1:7: ' "$output"
check_status "of several rules two are broken" 125 "$SOCKFAULT" run -f 'call: recv, partial: 1' \
    -f 'call: rcv, partial: 1' -f 'call: recv; partial: 1' -- true
check_match "the second is named" '--fault #2:1:7: unknown call' "$output"
check_match "and the third" "--fault #3:1:20: ',' is missing here" "$output"
check_status "braces may be typed" 0 "$SOCKFAULT" run -q -f '{call: recv, partial: 1}' -- true

# Ids are what reports and expectations know rules by.
cat > "$TMP/ids.yaml" << 'EOF'
name: ids
programs: {server: "true", client: "true"}
faults:
  - {call: accept, program: server, optional: true, id: rule-4, delay: 1s}
EOF
check_status "an id that is taken on the command line" 125 "$SOCKFAULT" run -f 'id: a, call: recv, partial: 1' \
    -f 'call: send, partial: 1, id: a' -- true
check_eq "is refused" "--fault #2:1:1: duplicate id 'a', that of the rule at --fault #1:1" "$output"
check_status "so is one of the file" 125 "$SOCKFAULT" run -s "$TMP/ids.yaml" --as server \
    -f 'call: send, partial: 1, id: rule-4' -- true
check_eq "with its place" "--fault:1:1: duplicate id 'rule-4', that of the rule at $TMP/ids.yaml:4" "$output"
"$SOCKFAULT" run --report json="$TMP/json" -s "$TMP/ids.yaml" --as server -f 'call: send, partial: 1' \
    -f 'call: send, partial: 2' -f 'call: send, partial: 3' -- true 2> /dev/null
check_eq "numbers that are taken are passed over" "rule-4 rule-2 rule-3 rule-5" "$(python3 -c '
import json, sys
print(*(rule["id"] for rule in json.load(open(sys.argv[1]))["scenarios"][0]["faults"]))' "$TMP/json")"

"$SOCKFAULT" run --report json="$TMP/json" -f 'call: send, partial: 1' -f 'call: send, partial: 2' \
    -f 'id: rule-2, call: send, partial: 3' -- true 2> /dev/null
check_eq "also those that a later rule takes" "rule-1 rule-4 rule-2" "$(python3 -c '
import json, sys
print(*(rule["id"] for rule in json.load(open(sys.argv[1]))["scenarios"][0]["faults"]))' "$TMP/json")"

check_status "where every rule of a file is for other programs" 0 "$SOCKFAULT" run -s "$TMP/ids.yaml" -- true
check_eq "run says so" \
    "sockfault: no rule of $TMP/ids.yaml is for true: --as gives the program the name that they have" "$output"
check_status "also beside a rule of the command line" 0 "$SOCKFAULT" run -s "$TMP/ids.yaml" \
    -f 'call: recv, delay: 1s, optional: true' -- true
check_match "that stays" "no rule of $TMP/ids.yaml is for true" "$output"
check_status "unless it is to be quiet" 0 "$SOCKFAULT" run -q -s "$TMP/ids.yaml" -- true
check_eq "then not" "" "$output"

status_of_json() # FILE: "result what…"
{
    python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
[scenario] = report["scenarios"]
assert report["summary"][scenario["result"]] == 1
print(scenario["result"], *(failure["what"] for failure in scenario["failures"]))' "$1"
}

check_status "a status of the program's own is none of run's business" 7 \
    "$SOCKFAULT" run -v --report pretty --report json="$TMP/json" -- sh -c 'exit 7'
check_eq "the report tells it without a verdict" "sockfault: sh
    seed 0
    program sh: exited with 7 after" "${output%% after*} after"
check_eq "and so does the one for machines" "passed" "$(status_of_json "$TMP/json")"
check_status "nor is a signal" 137 "$SOCKFAULT" run --report json="$TMP/json" -- sh -c 'kill -KILL $$'
check_eq "in the report for machines" "passed" "$(status_of_json "$TMP/json")"

check_status "a rule that never fired" 0 \
    "$SOCKFAULT" run --report json="$TMP/json" -f 'call: recv, partial: 1' -- true
check_eq "is told" "sockfault: rule 1 (partial: 1) never fired: true made no recv call on a socket" "$output"
check_eq "fails in the report" "failed faults.rule-1" "$(status_of_json "$TMP/json")"
check_status "told once" 0 "$SOCKFAULT" run -v -f 'call: recv, partial: 1' -- true
check_eq "where the report tells it" 1 "$(grep -c "never fired" <<< "$output")"
check_status "a time-out" 124 "$SOCKFAULT" run --timeout 50ms --report json="$TMP/json" -- sleep 30
check_eq "is silent, its status says it" "" "$output"
check_eq "but not in the report" "failed timeout" "$(status_of_json "$TMP/json")"
check_status "a program that is not found" 127 "$SOCKFAULT" run --report json="$TMP/json" -- nonexist
check_eq "is told once" "sockfault run: nonexist: No such file or directory" "$output"
check_eq "and stands in the report" "failed nonexist.start" "$(status_of_json "$TMP/json")"
check_status "a report that cannot be written" 125 \
    "$SOCKFAULT" run --report json=/nonexistent/x -- touch "$TMP/started"
check_eq "is told" "sockfault run: cannot write the report to /nonexistent/x: No such file or directory" "$output"
check "before anything is started" test ! -e "$TMP/started"

# Of the limit on the size of files the session's memory is one; the superuser may raise it.
limited() # LIMIT COMMAND…
{
    (ulimit "$1" 100 && shift && "$@")
}
check_status "a soft limit on file sizes does no harm" 0 limited -Sf "$SOCKFAULT" run -- bash -c 'ulimit -f'
check_eq "and stays the program's" 100 "$output"
wanted=125
(ulimit -f 100 && ulimit -f unlimited) 2> /dev/null && wanted=0
check_status "a hard one ends sockfault with a status" $wanted limited -f "$SOCKFAULT" run -- true
[ $wanted -eq 0 ] || check_match "and is told" 'limit on file sizes \(ulimit -f\)' "$output"
finish
