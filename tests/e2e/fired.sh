# What counts as fired where a call never comes back.
. "$(dirname "$0")/../lib.sh"
cd "$TMP" || exit 1

cat > waits.py << 'END'
import socket, sys
near, far = socket.socketpair()
near.sendall(b"abc")
for _ in range(3):
    far.recv(10)
print("waiting", flush=True)
far.recv(10)
END
cat > stopped.yaml << 'END'
name: stopped while it waits
run_for: 10ms
programs:
  p: {run: [python3, waits.py], ready: {output: waiting}, stop: KILL}
faults:
  - {id: short, call: recv, partial: 1}
expect:
  p: {signal: KILL}
  faults: {short: 3}
END
check "a limit that a call waits under has not fired" "$SOCKFAULT" test stopped.yaml

check_status "a signal that kills" 143 "$SOCKFAULT" run -v -f 'call: recv, signal: TERM, when: {nth: 2}' \
    -f 'call: recv, partial: 1, optional: true' -- python3 waits.py
check_match "has fired" 'rule 1 \(signal: TERM\): fired 1 time'$'\n' "$output"
check_match "and stands in the log, alone" 'python3 recv\([0-9]+\) asked 10 -> \(never returned\)  rule 1'$'\n' "$output"$'\n'
check_status "a delay that outlasts the program" 124 "$SOCKFAULT" run -v --timeout 2s \
    -f 'call: recv, delay: 60s, when: {nth: 2}' -- python3 waits.py
check_match "has fired too" 'rule 1 \(delay: 60s\): fired 1 time'$'\n.*-> \(never returned\)  rule 1' "$output"
finish
