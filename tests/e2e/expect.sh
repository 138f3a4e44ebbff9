# Expectations on real programs: output against files and patterns, CPU time, calls.
. "$(dirname "$0")/../lib.sh"

mkdir "$TMP/scenarios"
cd "$TMP" || exit 1
printf 'one\ntwo\n' > scenarios/wanted.txt
cat > scenarios/met.yaml << 'END'
name: all are met
programs:
  server:
    run: [python3, -m, http.server, --bind, 127.0.0.1, "${port.web}"]
    ready: {port: "${port.web}"}
  words: printf 'one\ntwo\n'
  client: [curl, -sS, -o, /dev/null, -w, "%{http_code}", "http://127.0.0.1:${port.web}/"]
expect:
  server: {calls: {listen: 1, accept: ">=1", connect: 0}, stderr: {matches: '"GET / HTTP/1\.1" 200'}}
  words: {cpu: "<5s", stdout: {equals_file: wanted.txt, matches: '(?m)^two$'}}
  client: {calls: {connect: 1, recv: ">=1"}, stdout: {matches: '^\d{3}$'}}
END
check_status "expectations that are met" 0 "$SOCKFAULT" test scenarios/met.yaml

cat > scenarios/missed.yaml << 'END'
name: all are missed
programs:
  words: printf 'one\ntwo\n'
  spin: [python3, -c, "import time\nwhile time.process_time() < 0.3: pass"]
  hard: [python3, -c, "print('a' * 40 + '!')"]
expect:
  words: {stdout: {equals_file: "${scenario_dir}/other.txt", matches: '^two'}}
  spin:
    cpu: "<200ms"
    calls: {connect: ">=1"}
  hard: {stdout: {matches: '^(a+)+$'}}
END
printf 'one\n' > scenarios/other.txt
check_status "expectations that are missed" 1 "$SOCKFAULT" test scenarios/missed.yaml
check_match "a file that differs" 'yaml:7: stdout of words differs in line 2 \(byte 5\)' "$output"
check_match "a pattern that matches nothing" 'yaml:7: stdout of words does not match "\^two"' "$output"
check_match "CPU time" 'yaml:9: spin used the CPU for [0-9.]+ms, expected <200ms' "$output"
check_match "calls" 'yaml:10: spin made 0 connect calls, expected >=1' "$output"
check_match "a pattern without end" 'yaml:11: stdout of hard could not be searched .*backtracks too much' \
    "$output"

rm scenarios/other.txt
"$SOCKFAULT" test --report json=report scenarios/missed.yaml > /dev/null
check_match "a file that is missing is said to be" \
    "cannot be compared with $TMP/scenarios/other.txt: No such file or directory" "$(cat report)"
check_match "by the key of the expectation" '"words.stdout.equals_file"' "$(cat report)"
finish
