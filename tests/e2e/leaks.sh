# Sockets that programs leave open: real clients that end, real services that are stopped.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
mkdir site
echo hello > site/file
port=$(free_port)
background python3 -m http.server --bind 127.0.0.1 --directory site "$port" > server 2>&1
wait_for_port "$port" 20
url=http://127.0.0.1:$port/file

leaks() # NAME WANT COMMAND…
{
    local name=$1 want=$2
    shift 2
    "$SOCKFAULT" run --report json=report -- "$@" > output 2> errors
    check_eq "$name" "$want" "$(sed -n 's/^ *"leaked_sockets": \(.*\)/\1/p' report)" || diag "$(cat errors)"
}

python() # NAME WANT CODE: s is connected
{
    leaks "$1" "$2" python3 -c "import os, socket, subprocess
s = socket.create_connection(('127.0.0.1', $port))
$3"
}

leaks "curl leaks none" 0 curl -fsS "$url"
leaks "nor does node" 0 node -e 'require("http").get(process.argv[1], r => r.pipe(process.stdout))' "$url"
leaks "nor Java, whose run-time keeps one for itself" 0 java "$root/tests/programs/Fetch.java" "$url"
echo 'class Open { public static void main(String[] a) throws Exception { new java.net.Socket("127.0.0.1", Integer.parseInt(a[0])); } }' > Open.java
leaks "which hides none of the program's" 1 java Open.java "$port"
leaks "a shell leaks what its children do" 2 sh -c "$BUILD/tests/programs/leaky pair return; exit 3"
leaks "a name is looked up without a leak" 0 getent hosts localhost
python "Python closes what is closed" 0 "s.close()"
python "or left" 0 "with s: pass"
python "and by itself what it still knows when it ends" 0 ""
python "but not what was given away" 1 "s.detach()"
python "nor anything when it ends at once" 1 "os._exit(0)"
python "children that it starts count nothing twice" 1 "
subprocess.run(['true'])
subprocess.run(['true'], stdin=s)
subprocess.run(['sh', '-c', 'exit 0'], close_fds=False)
os.system('true')
s.detach()"

cat > client.yaml << 'END'
name: a client that leaks
programs:
  client: [python3, -c, "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))).detach()", "${port}"]
  pair: [leaky, pair, return]
  many: [leaky, connection, connection, return]
  killed: [leaky, socket, kill]
vars: {port: 1}
expect:
  client: {leaked_sockets: 0}
  pair:
    leaked_sockets: "<2"
  many:
    leaked_sockets: 0
  killed: {signal: KILL, leaked_sockets: ">=1"}
END
PATH=$BUILD/tests/programs:$PATH
check_status "expectations that are missed" 1 "$SOCKFAULT" test -v --set port="$port" client.yaml
check_match "tell how many, and which" \
    "client.yaml:9: client leaked 1 socket, expected 0: 127.0.0.1:[0-9]+ to 127.0.0.1:$port \(ESTABLISHED\)"$'\n' "$output"
check_match "whatever they are" \
    'client.yaml:11: pair leaked 2 sockets, expected <2: a Unix socket without a name, a Unix socket without a name'$'\n' \
    "$output"
check_match "the first of many" \
    'many leaked 6 sockets, expected 0: (127.0.0.1:[0-9]+( to 127.0.0.1:[0-9]+)?( \([A-Z]+\))?, ){4}and 2 more' "$output"
check_match "a killed one leaks nothing" 'killed leaked 0 sockets, expected >=1'$'\n' "$output"
check_match "a verbose report tells as well" \
    $'\n'"    program client leaked 1 socket: 127.0.0.1:[0-9]+ to 127.0.0.1:$port \(ESTABLISHED\)"$'\n' "$output"
sed -i 's/: 0}/: 1}/; s/"<2"/2/; s/: 0$/: 5..7/; s/">=1"/0/' client.yaml
check_status "expectations that are met" 0 "$SOCKFAULT" test --set port="$port" client.yaml

# A service of Python: CODE gets `l`, a listener, and what the client does.
service() # CODE CLIENT
{
    cat > service.yaml << END
name: service
programs:
  server:
    run:
      - python3
      - -c
      - |
        import ctypes, os, socket, sys, threading, time
        l = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        def serve():
            kept = []
            while True:
$(sed 's/^/                /' <<< "$1")
        threading.Thread(target=serve).start()
        print("serving", flush=True)
      - "\${port.a}"
    ready: {output: serving}
  client:
    run:
      - python3
      - -c
      - |
        import socket, sys
        def connect(): return socket.create_connection(("127.0.0.1", int(sys.argv[1])))
$(sed 's/^/        /' <<< "$2")
      - "\${port.a}"
expect:
  server: {leaked_sockets: 0}
END
}

service 'kept.append(l.accept()); kept[-1][0].send(b"x")' 'for i in range(3): connect().recv(1)'
check_status "a service that never closes" 1 "$SOCKFAULT" test --report json=report --report pretty service.yaml
check_match "leaks" 'server leaked 3 sockets, expected 0: (127.0.0.1:[0-9]+ to 127.0.0.1:[0-9]+ \(CLOSE_WAIT\)(, )?){3}'$'\n' "$output"
check_match "in the JSON report too" '"leaked_sockets": 3' "$(cat report)"
service 'c = l.accept()[0]; c.recv(1); c.close()' 'for i in range(3): connect().close()'
check_status "one that closes does not" 0 "$SOCKFAULT" test service.yaml
service 'c = l.accept()[0]; c.recv(1); time.sleep(0.2); c.close()' 'connect().close()'
check_status "nor one that takes a moment" 0 "$SOCKFAULT" test service.yaml
service 'kept.append(l.accept()); kept.append(socket.create_connection(l.getsockname())); time.sleep(9)' \
    'connect().detach()'
sed -i 's/leaked_sockets: 0/leaked_sockets: 1/' service.yaml
check_status "what is alive or listens is no leak" 0 "$SOCKFAULT" test service.yaml

service 'c = l.accept()[0]; ctypes.CDLL(None).prctl(4, 0); os.write(1, b"hidden"); kept.append(c)' 'connect().close()'
# Root may look at everybody, unless it is told otherwise.
without_rights=()
[ "$(id -u)" != 0 ] || without_rights=(setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace)
check_status "what may not be looked at is not passed over" 1 \
    "${without_rights[@]}" "$SOCKFAULT" test --report json=report --report pretty service.yaml
check_match "it says so" \
    'the leaked sockets of server were not counted: the descriptors of its process [0-9]+ may not be read' "$output"
check_match "in the JSON report it is null" '"leaked_sockets": null' "$(cat report)"


# A connection that was reset is in no table of the kernel's, but it is held.
reset='c = connect(); c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"); c.close()'
told='
try: c.recv(1)
except ConnectionResetError: pass'
service "c = l.accept()[0]$told; kept.append(c)" "$reset"
check_status "a service that keeps a connection that was reset" 1 "$SOCKFAULT" test service.yaml
check_match "leaks" 'server leaked 1 socket, expected 0: 127.0.0.1:[0-9]+ \(CLOSED\)'$'\n' "$output"
sed 's/leaked_sockets: 0/hygiene: clean/' service.yaml > habit.yaml
check_status "that is a habit" 1 "$SOCKFAULT" test habit.yaml
check_match "which is told with its peer" \
    'unclosed-after-fault: the connection to client \(descriptor [0-9]+, CLOSED\) was never closed after recv had failed with ECONNRESET' "$output"
forbidding()
{
    python3 -c '
import ctypes, os, struct, sys
# pidfd_getfd (438 everywhere) gives EPERM, as in a container
code = b"".join(struct.pack("HBBI", *row) for row in [(0x20, 0, 0, 0), (0x15, 0, 1, 438), (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)])
room = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxQ", 4, ctypes.addressof(room))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
os.execvp(sys.argv[1], sys.argv[1:])' "$@"
}
check_status "where nobody may look at it" 1 forbidding "$SOCKFAULT" test service.yaml
check_match "that is said" \
    'the leaked sockets of server were not counted: whether a closed socket of its process [0-9]+ was a connection cannot be seen, as pidfd_getfd gives: Operation not permitted' "$output"
service "c = l.accept()[0]$told; c.close()" "$reset"
check_status "one that closes it does not" 0 "$SOCKFAULT" test service.yaml
check_status "… which needs no look" 0 forbidding "$SOCKFAULT" test service.yaml
service "c = l.accept()[0]
if os.fork() == 0:
    c.recv(0)
    os._exit(0)
c.close(); os.wait()" "$reset"
check_status "nor does one whose child ends with it" 0 "$SOCKFAULT" test service.yaml

# Nor is what others hold, though a child that has ended shows nobody what it had.
chmod 755 "$TMP" && cp "$SOCKFAULT" "$SOCKFAULT_SHIM" .
background python3 -c '
import socket, time
l = socket.create_server(("127.0.0.1", 0))
socket.create_connection(l.getsockname()).close()
kept = l.accept()
open("held", "w")
time.sleep(300)'
within 20 test -e held
service 'c = l.accept()[0]; c.recv(1); os.fork() or os._exit(0); time.sleep(0.1); c.close()' 'connect().close()'
somebody=()
[ "$(id -u)" != 0 ] || somebody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
check_status "a child that has ended hides nothing" 0 \
    "${somebody[@]}" env PATH=/usr/bin:/bin "$TMP/sockfault" test service.yaml

cat > real.yaml << 'END'
name: real services hold on to nothing
requires: [nginx, redis-server]
vars:
  conf: |
    daemon off; worker_processes 2; pid ${dir}/nginx.pid; error_log stderr warn; events { }
    http {
      access_log off; client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy;
      fastcgi_temp_path ${dir}/fastcgi; uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
      server { listen 127.0.0.1:${port.nginx}; location / { return 200 "hello\n"; } }
    }
programs:
  python: {run: [python3, -m, http.server, --bind, 127.0.0.1, "${port.python}"], ready: {port: "${port.python}"}}
  nginx: {run: 'echo "${conf}" > conf; exec nginx -e stderr -p . -c conf', cwd: "${dir}", ready: {port: "${port.nginx}"}}
  redis: {run: [redis-server, --port, "${port.redis}", --save, ""], cwd: "${dir}", ready: {port: "${port.redis}"}}
  curl: curl -fsS 'http://127.0.0.1:${port.nginx}/?[1-20]' 'http://127.0.0.1:${port.python}/?[1-3]'
  clients: |
    for i in 1 2 3 4 5; do redis-cli -p ${port.redis} SET a $$i; done > client
    for i in 1 2 3 4 5; do curl -fsS http://127.0.0.1:${port.nginx}/; done
expect:
  python: {leaked_sockets: 0}
  nginx: {leaked_sockets: 0}
  redis: {leaked_sockets: 0}
  curl: {leaked_sockets: 0}
END
check_status "real services hold on to nothing, time after time" 0 "$SOCKFAULT" test --repeat 20 real.yaml
diag "$output"
finish
