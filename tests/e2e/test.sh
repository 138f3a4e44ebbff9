# What `test` takes for a scenario, besides what `check` says.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
nothing="the scenario has no programs: there is nothing to test (its rules can be used with sockfault run -s)"
cat > rules.yaml << 'END'
name: rules alone
faults:
  - {call: recv, partial: 1, optional: true}
END
cat > several.yaml << 'END'
name: a program
programs: {a: "touch started"}
---
# the second begins in line 5
name: rules alone
END
check_status "rules alone are no test" 2 "$SOCKFAULT" test rules.yaml
check_eq "it says so" "rules.yaml:1:1: $nothing" "$output"
check_status "nor are they among others" 2 "$SOCKFAULT" test several.yaml
check_eq "the document is named" "several.yaml:5:1: $nothing" "$output"
check "nothing was started" test ! -e started
check_status "a report for machines holds it" 2 "$SOCKFAULT" test --report json rules.yaml
check_match "as invalid" '"result": "invalid"' "$output"
check_status "check takes them" 0 "$SOCKFAULT" check rules.yaml several.yaml
check_status "and so does run" 0 "$SOCKFAULT" run -s rules.yaml -- true
check_status "a report that cannot be written is sockfault's failure" 125 \
    "$SOCKFAULT" test --report json=/nonexistent/x several.yaml
check_eq "told before anything else" \
    "sockfault test: cannot write the report to /nonexistent/x: No such file or directory" "$output"

cat > long.yaml << 'END'
name: short
programs: {a: "true"}
---
name: long
programs: {a: "touch started; sleep 1000"}
---
name: never
programs: {a: "true"}
END
background "$SOCKFAULT" test -j 1 --report json=json --report pretty=pretty long.yaml 2> said
for ((i = 0; i < 1500; i++)); do
    [ -e started ] && break
    sleep 0.02
done
kill "$background_pid"
wait "$background_pid"
check_eq "an interrupted test has its own status" 143 $?
check_eq "and reports what had finished" "short passed" "$(python3 -c '
import json
print(*(scenario["name"] + " " + scenario["result"] for scenario in json.load(open("json"))["scenarios"]))')"
check "in each report" grep -q short pretty
check "and says that it was" grep -qx "sockfault test: interrupted" said
finish
