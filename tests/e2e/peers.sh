# Programs as peers: rules find the connections between two of them, at either end,
# whatever the transport, and no others.
. "$(dirname "$0")/../lib.sh"

# A server answers what it got by the number of bytes that its one read gave, in 100
# bytes; who asks sends 100, and prints that number and how many its own read gave.
cat > "$TMP/peer.py" << 'END'
import os, socket, struct, sys
def address(kind, where):
    if kind.startswith("unix"):
        return where
    host, port = where.rsplit(":", 1)
    return host, int(port)
def new(kind):
    family = socket.AF_UNIX if kind.startswith("unix") else socket.AF_INET6 if "6" in kind else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM if "udp" in kind or "gram" in kind else socket.SOCK_STREAM)
    if s.type == socket.SOCK_STREAM: # two datagram sockets that have it may be given one port
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return s
def reply(data):
    return b"%9d" % len(data) + b"." * 91
def serve(kind, *where):
    s = new(kind)
    s.bind(address(kind, where[0]))
    if s.type == socket.SOCK_STREAM:
        s.listen(100)
    print("up", flush=True)
    while True:
        if s.type == socket.SOCK_DGRAM:
            data, client = s.recvfrom(1000)
            s.sendto(reply(data), client)
        else:
            client, _ = s.accept()
            with client:
                client.sendall(reply(client.recv(1000)))
def ask(kind, where):
    with new(kind) as s:
        if kind == "unixgram":
            s.bind(where + "." + str(os.getpid()))
        if "PORT" in os.environ:
            s.bind(("127.0.0.1", int(os.environ["PORT"])))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if s.type == socket.SOCK_STREAM or "connected" in kind:
            s.connect(address(kind, where))
            s.send(b"x" * 100)
        else:
            s.sendto(b"x" * 100, address(kind, where))
        answer = s.recv(1000)
        if kind == "unixgram":
            os.unlink(s.getsockname())
        return int(answer[:9]), len(answer)
if sys.argv[1] == "serve":
    serve(*sys.argv[2:])
times = int(sys.argv[2])
for where in sys.argv[4:]:
    print(*sorted({ask(sys.argv[3], where) for _ in range(times)}))
END
peer="python3, $TMP/peer.py"

# Two servers, two clients: one rule at the client's end, one at the server's.
both_ends() # NAME KIND TIMES A-BOUND A-ASKED B-BOUND B-ASKED
{
    cat > "$TMP/both.yaml" << END
name: $1
programs:
  a: {run: [$peer, serve, $2, "$4"], ready: {output: up}}
  b: {run: [$peer, serve, $2, "$6"], ready: {output: up}}
  one: [$peer, ask, $3, $2, "$5", "$7"]
  two: [$peer, ask, $3, $2, "$5"]
faults:
  - {id: to-b, call: recv, program: one, peer: b, partial: 20}
  - {id: from-two, call: recv, program: a, peer: two, partial: 10}
expect:
  one: {stdout: {equals: "(100, 100)\n(100, 20)\n"}}
  two: {stdout: {equals: "(10, 100)\n"}}
  faults: {to-b: $3, from-two: $3}
END
    check_status "$1" 0 "$SOCKFAULT" test "$TMP/both.yaml"
}
p=$(free_port) q=$(free_port)
both_ends "TCP" tcp 300 "127.0.0.1:$p" "127.0.0.1:$p" "127.0.0.1:$q" "127.0.0.1:$q"
both_ends "TCP on all addresses" tcp 3 "0.0.0.0:$p" "127.0.0.2:$p" "127.0.0.1:$q" "0.0.0.0:$q"
both_ends "TCP over IPv6" tcp6 3 "::1:$p" "::1:$p" ":::$q" "::1:$q"
both_ends "mapped addresses" tcp6 3 "::ffff:127.0.0.1:$p" "::ffff:127.0.0.1:$p" ":::$q" "::ffff:127.0.0.1:$q"
both_ends "UDP" udp 300 "127.0.0.1:$p" "127.0.0.1:$p" "0.0.0.0:$q" "127.0.0.1:$q"
both_ends "connected UDP" udp-connected 3 "127.0.0.1:$p" "127.0.0.1:$p" "0.0.0.0:$q" "127.0.0.1:$q"
both_ends "UDP over IPv6" udp6 3 ":::$p" "::1:$p" "::1:$q" "::1:$q"
mkdir "$TMP/below"
both_ends "Unix sockets" unix 30 "$TMP/a" "$TMP/a" "$TMP/b" "$TMP/below/../b"
both_ends "Unix datagrams" unixgram 30 "$TMP/a.gram" "$TMP/a.gram" "$TMP/b.gram" "$TMP/below/../b.gram"

# What a server meets before the client's call has returned: here the client learns its
# own address late.
cat > "$TMP/late.c" << 'END'
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    int result = syscall(SYS_getsockname, fd, address, length);
    usleep(200000);
    return result;
}
END
"${CC:-cc}" -shared -fPIC -o "$TMP/late.so" "$TMP/late.c" || exit 1
for kind in tcp udp udp-connected; do
    cat > "$TMP/late.yaml" << END
name: late
programs:
  a: {run: [$peer, serve, $kind, "127.0.0.1:$p"], ready: {output: up}}
  two: {run: [$peer, ask, 2, $kind, "127.0.0.1:$p"], env: {LD_PRELOAD: $TMP/late.so}}
faults:
  - {call: recv, program: a, peer: two, partial: 10}
expect:
  two: {stdout: {equals: "(10, 100)\n"}, duration: ">300ms"}
END
    check_status "a client that is met before its call returned ($kind)" 0 "$SOCKFAULT" test "$TMP/late.yaml"
done

for kind in udp udp-connected; do
    cat > "$TMP/late.link.yaml" << END
name: late
programs:
  a: {run: [$peer, serve, $kind, "127.0.0.1:$p"], ready: {output: up}}
  two: {run: [$peer, ask, 2, $kind, "127.0.0.1:$p"], env: {LD_PRELOAD: $TMP/late.so}}
  one: [$peer, ask, 2, $kind, "127.0.0.1:$p"]
faults:
  - {id: of-two, link: in, program: a, peer: two, duplicate: true}
expect:
  two: {duration: ">300ms"}
  faults: {of-two: 2}
END
    check_status "and by a rule on the link ($kind)" 0 "$SOCKFAULT" test "$TMP/late.link.yaml"
done

# A datagram socket may be connected to a program before that has bound its own.
cat > "$TMP/early.py" << 'END'
import os, socket, sys, time
def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.01)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
address = "127.0.0.1", int(sys.argv[2])
if sys.argv[1] == "serve":
    wait_for("early")
    s.bind(address)
    open("up", "w").close()
    for _ in range(2):
        data, client = s.recvfrom(1000)
        print(len(data))
    s.sendto(data, client)
else:
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.connect(("127.0.0.1", int(sys.argv[3])))
    s.connect(address)
    open("early", "w").close()
    wait_for("up")
    s.send(b"x" * 100)
    print(len(s.recv(1000)))
END
cat > "$TMP/early.yaml" << END
name: early
programs:
  a: {run: [python3, $TMP/early.py, serve, "$p"], cwd: "\${dir}"}
  one: {run: [python3, $TMP/early.py, ask, "$p", "$q"], cwd: "\${dir}"}
faults:
  - {id: reads, call: recv, program: one, peer: a, connection: 1, partial: 20}
  - {id: twice, link: out, program: one, peer: a, type: dgram, connection: 1, duplicate: true}
expect:
  a: {stdout: {equals: "100\n100\n"}}
  one: {stdout: {equals: "20\n"}}
  faults: {reads: 1, twice: 1}
END
check_status "who is connected to a program's address before it has it is connected to it" 0 \
    "$SOCKFAULT" test "$TMP/early.yaml"

# Ports change hands.
passed_on() # NAME KIND WRAP: what another program meets behind the port that `two` had
{
    cat > "$TMP/passed.yaml" << END
name: $1
programs:
  a: {run: [$peer, serve, $2, "127.0.0.1:$p"], ready: {output: up}}
  two: {run: [$peer, ask, 2, $2, "127.0.0.1:$p"], env: {PORT: "$q"}}
  one: {run: [$peer, ask, 2, $2, "127.0.0.1:$p"], env: {PORT: "$q"}, wrap: $3, start_after: 500ms}
faults:
  - {id: from-two, call: recv, program: a, peer: two, partial: 10}
expect:
  one: {stdout: {equals: "(100, 100)\n"}}
  two: {stdout: {equals: "(10, 100)\n"}}
  faults: {from-two: 2}
END
    check_status "$1" 0 "$SOCKFAULT" test "$TMP/passed.yaml"
}
passed_on "a port that another program has now is not the first one's" tcp true
passed_on "nor is that of a program which nobody knows" tcp false
passed_on "a datagram socket's port likewise" udp true

cat > "$TMP/strangers.yaml" << END
name: strangers
programs:
  a: {run: [$peer, serve, tcp, "127.0.0.1:$p"], ready: {output: up}}
  one: {run: [$peer, ask, 500, tcp, "127.0.0.1:$p"], wrap: false}
  two: [$peer, ask, 500, tcp, "127.0.0.1:$p"]
faults:
  - {id: from-two, call: recv, program: a, peer: two, partial: 10}
expect:
  one: {stdout: {equals: "(100, 100)\n"}}
  two: {stdout: {equals: "(10, 100)\n"}}
  faults: {from-two: 500}
END
check_status "clients that nobody knows do not stand in the way" 0 "$SOCKFAULT" test "$TMP/strangers.yaml"

mkdir "$TMP/www"
echo hello > "$TMP/www/index.html"
web="python3, -m, http.server, --bind, 127.0.0.1, --directory, $TMP/www"
cat > "$TMP/children.yaml" << END
name: children
programs:
  known: {run: [$web, "$p"], ready: {output: Serving}, env: {PYTHONUNBUFFERED: "1"}}
  outside: {run: [$web, "$q"], ready: {port: $q}, wrap: false}
  client: for i in 1 2 3; do curl -fsS http://127.0.0.1:$p/ http://127.0.0.1:$q/; done
faults:
  - {id: to-known, call: connect, program: client, peer: known, delay: 1ms}
  - {id: to-outside, call: connect, program: client, peer: outside, delay: 1ms}
  - {id: from-client, call: [recv, send], program: known, peer: client, delay: 1us}
expect:
  client: {stdout: {equals: "hello\nhello\nhello\nhello\nhello\nhello\n"}}
  faults: {to-known: 3, to-outside: 3, from-client: ">=6"}
END
check_status "children are their program; a service is known by the port it is ready at" 0 \
    "$SOCKFAULT" test "$TMP/children.yaml"

check_eq "a run knows its own program as a peer" "(10, 20)" \
    "$("$SOCKFAULT" run --as both -f 'call: recv, role: server, peer: both, partial: 10' \
        -f 'call: recv, role: client, peer: both, partial: 20' -- sh -c \
        "${peer//,/} serve tcp 127.0.0.1:$p > $TMP/up & until grep -qs up $TMP/up; do sleep 0.02; done
        ${peer//,/} ask 1 tcp 127.0.0.1:$p; kill \$!" 2>&1)"
check_status "and no other of the file" 125 "$SOCKFAULT" run -s "$TMP/late.yaml" --as a -- true
check_match "it says so" "late.yaml:6:.*run starts a alone: nobody learns the addresses of two" "$output"

echo 'int main(void) { return 0; }' | "${CC:-cc}" -x c -static -o "$TMP/still" - || exit 1
cat > "$TMP/still.yaml" << END
name: still
programs: {two: [$TMP/still], a: [python3, -c, ""]}
faults:
  - {call: recv, program: a, peer: two, partial: 10}
END
check_status "a peer that cannot load the library is not started" 1 "$SOCKFAULT" test "$TMP/still.yaml"
check_match "it says why" \
    "nobody learns the addresses of two, which is named as a peer: .*is statically linked" "$output"

cat > "$TMP/plan.yaml" << END
name: plan
programs: {a: {run: "true"}, two: {run: "true"}}
faults: [{call: recv, program: a, peer: two, partial: 10}]
END
check_status "compile warns" 0 "$SOCKFAULT" compile "$TMP/plan.yaml" -o "$TMP/plan"
check_match "that a plan alone tells no addresses" "plan.yaml:3:.*warning: without the runner no program learns" "$output"
finish
