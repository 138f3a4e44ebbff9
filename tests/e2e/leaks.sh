# Sockets that programs leave open: real clients that end.
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
    "client.yaml:9: client leaked 1 socket, expected 0: 127.0.0.1:[0-9]+ to 127.0.0.1:$port"$'\n' "$output"
check_match "whatever they are" \
    'client.yaml:11: pair leaked 2 sockets, expected <2: a Unix socket without a name, a Unix socket without a name'$'\n' \
    "$output"
check_match "the first of many" \
    'many leaked 6 sockets, expected 0: (127.0.0.1:[0-9]+( to 127.0.0.1:[0-9]+)?, ){4}and 2 more' "$output"
check_match "a killed one leaks nothing" 'killed leaked 0 sockets, expected >=1'$'\n' "$output"
check_match "a verbose report tells as well" \
    $'\n'"    program client leaked 1 socket: 127.0.0.1:[0-9]+ to 127.0.0.1:$port"$'\n' "$output"
sed -i 's/: 0}/: 1}/; s/"<2"/2/; s/: 0$/: 5..7/; s/">=1"/0/' client.yaml
check_status "expectations that are met" 0 "$SOCKFAULT" test --set port="$port" client.yaml

finish
