#!/bin/bash
# The same seed gives the same faults, another seed gives others.
. "$(dirname "$0")/../lib.sh"

# Eight connections in four threads; what each reads depends on the faults alone,
# since all bytes have arrived before the first is read.
cat > "$TMP/client.py" <<'EOF'
import array, fcntl, socket, termios, threading, time

def talk():
    near = socket.create_connection(listener.getsockname())
    far, _ = listener.accept()  # some thread's: every near gets 2000 bytes from someone
    far.sendall(b"x" * 2000)
    waiting = array.array("i", [0])
    while waiting[0] < 2000:
        fcntl.ioctl(near, termios.FIONREAD, waiting)
    got = []
    while sum(got) < 2000:
        got.append(len(near.recv(100)))
    return got

def work(results):
    for _ in range(2):
        results.append(talk())

listener = socket.create_server(("127.0.0.1", 0))
results = []
threads = [threading.Thread(target=work, args=(results,)) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
for line in sorted(results):
    print(*line)
EOF

record() # SEED FILE
{
    "$SOCKFAULT" run --seed "$1" -f 'call: recv, role: client, partial: 1..90, when: {probability: 0.5}' -- \
        python3 "$TMP/client.py" > "$2" 2>&1
}

record 7 "$TMP/first"
check_eq "eight connections were made" 8 "$(wc -l < "$TMP/first")"
for again in 1 2 3; do
    record 7 "$TMP/again"
    check_same "the same seed gives the same reads ($again)" "$TMP/first" "$TMP/again"
done
record 8 "$TMP/other"
check "another seed gives others" test "$(cat "$TMP/first")" != "$(cat "$TMP/other")"
check "connections differ among each other" test "$(sort -u "$TMP/first" | wc -l)" -gt 4
finish
