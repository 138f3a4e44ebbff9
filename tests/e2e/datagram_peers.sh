# Link rules on datagrams by whose they are: of a server with one socket for all its peers, of a connection by its
# number, of a program by its name.
. "$(dirname "$0")/../lib.sh"

peer=$root/tests/e2e/datagrams.py
port=$(free_port)
seen=0

serves() # NAME WANT RULE COUNT WORD…: what so many clients get of a server under the rule
{
    local name=$1 want=$2 rule=$3 server
    shift 3
    seen=$((seen + 1))
    background timeout 60 "$SOCKFAULT" run -f "link: $rule" -- python3 "$peer" serve "$port" > "$TMP/served-$seen"
    server=$background_pid
    within 10 grep -q ready "$TMP/served-$seen"
    check_status "$name" 0 timeout 20 python3 "$peer" crowd "$port" "$@"
    check_eq "$name: what comes to each" "$want" "$(cut -d ' ' -f 1 <<< "$output" | xargs)"
    end "$server"
}

late() # NAME LEAST: whatever came
{
    check "$1" awk -v least="$2" '{ for (i = 2; i <= NF; i++) if ($i < least || $i > least + 2000) bad = 1 } END { exit bad || NR == 0 }' <<< "$output"
}

# ---- a server with many peers ----
for way in in out; do
    serves "late $way" "a,b a,b a,b" "$way, delay: 80ms" 3 a b
    late "each of them $way" 79
    serves "lost $way, the second of all" "a,b b a,b" "$way, drop: true, when: {nth: 2}" 3 a b
    serves "lost $way, each third" "a,b a,b -" "$way, drop: true, when: {every: 3}" 3 a b
    serves "twice $way" "a,a a,a a,a" "$way, duplicate: true" 3 a
    serves "in reverse order $way, over all peers" "b,a b,a" "$way, reorder: 4" 2 a b
    serves "none $way" "- -" "$way, blackhole: true" 2 a
done
serves "both ways" "a,b a,b a,b a,b" "both, delay: 80ms" 4 a b
late "which is a round trip" 159
serves "both ways, each by its own count" "a" "both, drop: true, when: {nth: 2}" 1 a b c

# ---- connections: two sockets with a peer, and one without ----
background python3 "$peer" serve "$port" > "$TMP/bare"
within 10 grep -q ready "$TMP/bare"
gives() # NAME WANT RULE
{
    check_status "$1" 0 timeout 60 "$SOCKFAULT" run -f "link: $3" -- python3 "$peer" sockets "$port" a b
    check_eq "$1: what comes to each" "$2" "$(cut -d ' ' -f 1 <<< "$output" | xargs)"
}
for way in in out; do
    gives "the first connection $way" "- a,b a,b" "$way, connection: 1, drop: true"
    gives "the second $way" "a,b - a,b" "$way, connection: 2, drop: true"
    gives "both $way" "a,a,b,b a,a,b,b a,b" "$way, connection: 1..2, duplicate: true"
    gives "a third, which there is not $way" "a,b a,b a,b" "$way, connection: 3, drop: true, optional: true"
    gives "each by its own count $way" "a a a" "$way, per: connection, drop: true, when: {nth: 2}"
    gives "of those with a number $way" "a a a,b" "$way, connection: 1..2, per: connection, drop: true, when: {nth: 2}"
done
gives "over all of them" "a,b b a,b" "out, drop: true, when: {nth: 2}"

# ---- programs ----
cat > "$TMP/names.yaml" << EOF
name: a server's rules on two of its clients
programs:
  server: {run: [python3, $peer, serve, "\${port.s}"], ready: {output: ready}}
  a: [python3, $peer, crowd, "\${port.s}", "1", x, y]
  b: [python3, $peer, crowd, "\${port.s}", "1", x, y]
  c: [python3, $peer, crowd, "\${port.s}", "2", x, y]
faults:
  - {id: from-a, link: in, program: server, peer: a, drop: true}
  - {id: to-b, link: out, program: server, peer: b, duplicate: true}
  - {id: of-c, link: both, program: server, peer: c, delay: 60ms}
expect:
  a: {stdout: {equals: "-\n"}}
  b: {stdout: {matches: "^x,x,y,y "}}
  c: {stdout: {matches: "^(x,y (1[2-9]|[2-9].|....?).* (1[2-9]|[2-9].|....?).*\n){2}$"}}
  faults: {from-a: 2, to-b: 2, of-c: 8}
---
name: clients' rules on two servers
programs:
  s: {run: [python3, $peer, serve, "\${port.s}"], ready: {output: ready}}
  t: {run: [python3, $peer, serve, "\${port.t}"], ready: {output: ready}}
  c: [python3, $peer, sockets, "\${port.s}", x, y]
  d: [python3, $peer, sockets, "\${port.t}", x, y]
faults:
  - {id: to-s, link: out, program: [c, d], peer: s, duplicate: true}
  - {id: from-t, link: in, program: [c, d], peer: t, connection: 2, drop: true}
expect:
  c: {stdout: {matches: "^(x,x,y,y .*\n){3}$"}}
  d: {stdout: {matches: "^x,y .*\n-\nx,y .*\n$"}}
  faults: {to-s: 6, from-t: 2}
EOF
check_status "programs by name" 0 timeout 60 "$SOCKFAULT" test "$TMP/names.yaml"
finish
