#!/bin/bash
# explore: findings by an output that a scenario cannot hold as text, or not at all.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
cat > serve.py << 'END'
"""Sends what a client shall print: serve.py PORT KIND"""
import os, socket, sys, time

def body(kind):
    if kind == "long":
        return b"".join(b"line %d\n" % n for n in range(2000))
    if kind == "bytes":
        return bytes(range(256)) * 16
    if kind == "vast":
        return b"x" * (1 << 20) + b"\n"
    return "gr\u00fc\u00df dich, heute um {}\n\x1b[m".format(time.time_ns()).encode() + b"end\n"

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    with listener.accept()[0] as connection:
        data = body(sys.argv[2])
        connection.sendall(len(data).to_bytes(4, "big") + data)
END
cat > ask.py << 'END'
"""Prints what the server sends: ask.py PORT; with MENDED set it notices that something is missing."""
import os, socket, sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as server:
    size = int.from_bytes(server.recv(4, socket.MSG_WAITALL), "big")
    got = b""
    while len(got) < size and (piece := server.recv(size - len(got))):
        got += piece
sys.stdout.buffer.write(got)
sys.exit("cut" if len(got) < size and os.path.exists("mended") else 0)
END
sed 's/while len.*piece := \(.*\)):/for piece in [\1]:/; s/^sys.exit.*//' ask.py > once.py

scenario() # KIND PROGRAM
{
    cat << END
name: prints $1
timeout: 10s
programs:
  server: {run: [python3, serve.py, "\${port.a}", $1], ready: {port: "\${port.a}"}, wrap: false}
  client: [python3, $2, "\${port.a}"]
END
}

explore() # KIND PROGRAM FAULT
{
    rm -rf "$1" mended
    scenario "$1" "$2" > "$1.yaml"
    check_status "$1, $3: a finding" 1 \
        "$SOCKFAULT" explore -q --max-runs 10 --out "$1" --report pretty --report json="$1.json" -f "call: recv, program: client, $3" "$1.yaml"
    check_match "… is told" 'silent +client' "$(python3 -c '
import json, sys
for finding in json.load(open(sys.argv[1]))["findings"]:
    print(finding["kind"], finding["program"], finding["reproducer"])' "$1.json")"
}

for kind in long bytes time; do
    explore $kind ask.py 'eof: true, when: {nth: 2}'
    mapfile -t files < <(find $kind -name '*.yaml')
    check_status "… its reproducer fails" 1 "$SOCKFAULT" test "${files[0]}"
    touch mended
    check_status "… and passes from anywhere where the program says so" 0 env -C / "$SOCKFAULT" test "$TMP/${files[0]}"
done
check_eq "what is too long, or no text, is beside it" "bytes/001 long/001" \
    "$(find . -name '*.expected' | sed 's,^\./,,; s/-.*//' | sort | paste -sd ' ')"
check_eq "… and nothing else" "" "$(find long bytes time -type f ! -name '*-silent-*.yaml' ! -name '*-silent-*.expected' ! -name state.json)"
cp bytes/001-*.expected before

explore bytes once.py 'partial: 10'
check_same "the file is the output of the fault-free run" before "$(echo bytes/*.expected)"
file=$(find bytes -name '*.yaml')
check_status "… a program that must not notice fails" 1 "$SOCKFAULT" test "$file"
cp ask.py once.py
check_status "… and passes once it is mended" 0 "$SOCKFAULT" test "$file"

explore vast ask.py 'eof: true, when: {nth: 2}'
check_match "what no scenario can tell is a finding all the same" 'no reproducer: the output .* longer than 1 MiB' "$output"
check_eq "… and null in the report" null "$(grep -o '"reproducer": null' vast.json | sort -u | cut -d ' ' -f 2)"
check_eq "… no file is left" "" "$(find vast -type f ! -name state.json)"
finish
