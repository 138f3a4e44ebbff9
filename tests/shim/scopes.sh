#!/bin/bash
# Scopes over the life of a socket: which rules it meets as its role, its peer and
# its program change.
. "$(dirname "$0")/../lib.sh"

run() # NAME WANT RULE… -- COMMAND…: what the program prints under the rules
{
    local name=$1 want=$2 rules=()
    shift 2
    while [ "$1" != -- ]; do
        rules+=(-f "$1")
        shift
    done
    shift
    check_eq "$name" "$want" "$("$SOCKFAULT" run "${rules[@]}" -- "$@" 2>&1)"
}

cat > "$TMP/server.py" <<'EOF'
import errno, socket
def attempt(what, call, *arguments):
    try:
        return call(*arguments)
    except OSError as e:
        print(what, errno.errorcode[e.errno])
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
attempt("bind", listener.bind, ("127.0.0.1", 0))
attempt("listen", listener.listen)
near = socket.create_connection(listener.getsockname())
attempt("accept", listener.accept)
EOF
run "bind is a server's" "bind EADDRINUSE" 'call: bind, role: server, error: EADDRINUSE' -- python3 "$TMP/server.py"
run "listen is a server's" "listen EADDRINUSE" 'call: listen, role: server, error: EADDRINUSE' -- python3 -c '
import errno, socket
try:
    socket.socket().listen()
except OSError as e:
    print("listen", errno.errorcode[e.errno])
'
run "accept is a server's, whatever rule met the socket before" "accept EMFILE" \
    'call: option, delay: 1us' 'call: accept, role: server, error: EMFILE' -- python3 "$TMP/server.py"

cat > "$TMP/datagrams.py" <<'EOF'
import os, socket, sys
def bound(port=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", port))
    return s
named, other, near = bound(int(sys.argv[1])), bound(), bound()
def receive(sender, through=near):
    sender.sendto(b"x" * 100, near.getsockname())
    print(len(through.recv(1000)), end=" ")
receive(named), receive(other)
near.connect(other.getsockname())
receive(other), receive(other, socket.socket(fileno=os.dup(near.fileno())))
near.connect(named.getsockname())
receive(named)
EOF
port=$(free_port)
run "a datagram meets the rules of its sender" "5 100 100 100 5 " "call: recv, peer: \"127.0.0.1:$port\", partial: 5" -- \
    python3 "$TMP/datagrams.py" "$port"

cat > "$TMP/again.py" <<'EOF'
import socket
listener, other = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.2", 0))
near = socket.create_connection(listener.getsockname())
far, _ = listener.accept()
try:
    near.connect(other.getsockname())
except OSError as e:
    print(e.strerror)
far.sendall(b"hello")
print(len(near.recv(10)))
EOF
run "a connect that fails changes no peer" $'Transport endpoint is already connected\n2' \
    'call: recv, peer: "127.0.0.1:*", partial: 2' -- python3 "$TMP/again.py"

cat > "$TMP/pass.py" <<'EOF'
import socket, sys, time
def give(path):
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as way:
                way.connect(path)
                return socket.send_fds(way, [b"x"], [near.fileno()])
        except OSError:
            time.sleep(0.02)
if sys.argv[1] == "give":
    listener = socket.create_server(("127.0.0.1", 0))
    near = socket.create_connection(listener.getsockname())
    far, _ = listener.accept()
    far.sendall(b"x" * 20)
    print(len(near.recv(10)))
    give(sys.argv[2])
    time.sleep(0.5)
else:
    way = socket.socket(socket.AF_UNIX)
    way.bind(sys.argv[2])
    way.listen()
    _, (fd,), _, _ = socket.recv_fds(way.accept()[0], 1, 1)
    print(len(socket.socket(fileno=fd).recv(10)))
EOF
cat > "$TMP/pass.yaml" <<EOF
name: a socket passes from program to program
programs:
  giver: [python3, $TMP/pass.py, give, $TMP/way]
  taker: [python3, $TMP/pass.py, take, $TMP/way]
faults:
  - {call: recv, program: giver, type: stream, family: inet, partial: 7}
  - {call: recv, program: taker, type: stream, family: inet, partial: 3}
expect:
  giver: {stdout: {equals: "7\\n"}}
  taker: {stdout: {equals: "3\\n"}}
EOF
check_status "a socket meets the rules of the program that has it" 0 "$SOCKFAULT" test "$TMP/pass.yaml"

# A poll is selected by what it waits for, even where nothing else was done with that.
cat > "$TMP/inherit.py" <<'EOF'
import os, socket, sys
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
os.dup2(server.fileno(), 8, inheritable=True)
os.dup2(client.fileno(), 9, inheritable=True)
os.execvp(sys.executable, [sys.executable, "-c",
    "import select; p = select.poll(); p.register(9, select.POLLOUT); print(p.poll(1000))"])
EOF
check_eq "a poll on an inherited socket" "[(9, 4)]" \
    "$("$SOCKFAULT" run -f 'call: poll, peer: "127.0.0.1:*", delay: 1us' -- python3 "$TMP/inherit.py" 2>&1)"
check_match "a poll on others" "never fired" \
    "$("$SOCKFAULT" run -f 'call: poll, peer: "127.0.0.2:*", delay: 1us' -- python3 "$TMP/inherit.py" 2>&1)"
run "a poll on a datagram socket of no peer is no peer's" "[]" \
    'call: poll, peer: "127.0.0.1:*", error: ENOMEM, optional: true' -- python3 -c '
import select, socket
p, s = select.poll(), socket.socket(type=socket.SOCK_DGRAM)
p.register(s, select.POLLIN)
print(p.poll(0))'
# An executable goes by its file's name and by that of the link it was started by.
ln -s "$BUILD/tests/programs/leaky" "$TMP/link"
for exe in link leaky; do
    check_eq "exe: $exe" "socket: Too many open files" \
        "$("$SOCKFAULT" run -f "call: socket, exe: $exe, error: EMFILE" -- "$TMP/link" socket return 2>&1)"
done
cat > "$TMP/gone.py" <<'EOF'
import socket, struct
listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
near.sendall(b"hello")
near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
near.close()
print(listener.accept()[0].recv(9))
EOF
run "the peer of a connection that is over before it is accepted is known" "b'he'" \
    'call: recv, peer: "127.0.0.1:*", partial: 2' -- python3 "$TMP/gone.py"

# More connections than there are records, of which few are open at once.
cat > "$TMP/many.py" <<'EOF'
import os, socket, struct
listener = socket.create_server(("127.0.0.1", 0))
null = os.open("/dev/null", os.O_RDWR)
ends = [os.close, lambda fd: (os.dup2(null, fd), os.close(fd)), lambda fd: os.closerange(fd, fd + 1)]
for number in range(1, 70001):
    near = socket.socket()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    near.connect(listener.getsockname())
    far = listener.accept()[0]
    far.sendall(b"x")
    try:
        near.recv(1)
    except OSError:
        print(number)
    ends[number % 3](near.detach())
    far.close()
EOF
run "the last of 70000 connections is the 70000th" 70000 \
    'call: recv, role: client, connection: 70000, error: EIO' -- python3 "$TMP/many.py"

finish
