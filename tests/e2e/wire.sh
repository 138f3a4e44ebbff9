# Connections that the wire carries: what both ends see of each link fault, and that without one
# they see nothing of the wire.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/measured.bash"

peer=$root/tests/e2e/wire.py
port=$(free_port)
background python3 "$peer" serve "$port" > "$TMP/served"
server=$background_pid
wait_for_port "$port" || exit 1

as_client() # RULE… -- CLIENT [ARG…]: the client under the rules
{
    local rules=()
    while [ "$1" != -- ]; do
        rules+=(-f "$1")
        shift
    done
    local client=$2
    shift 2
    timeout 100 "$SOCKFAULT" run "${rules[@]}" -- python3 "$peer" "$client" "$port" "$@"
}

served() # COUNT: the server has told of so many connections
{
    [ "$(wc -l < "$TMP/served")" -ge "$1" ]
}

forget() # what the server told
{
    : > "$TMP/served"
}

between() # NAME LEAST MOST GOT
{
    if [[ $4 =~ ^[0-9]+$ ]] && [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then
        pass "$1"
    else
        fail "$1" "want: $2 to $3" "got: $4"
    fi
}

# ---- delay ----
check_status "a delayed connection works" 0 as_client 'link: both, delay: 100ms' -- times
read -r connect trip text own peer_port own_host peer_host <<< "$(tr '\n' ' ' <<< "$output")"
between "its handshake takes a round trip" 200 1200 "$connect"
between "and so does an answer" 200 1200 "$trip"
check_eq "and its bytes are right" hello "$text"
check_eq "its names are those of a connection without the wire" "$port 127.0.0.1 127.0.0.1" \
    "$peer_port $own_host $peer_host"
within 5 served 1
check_eq "the peer sees the same port" "FIN 5 $own" "$(cat "$TMP/served")"
forget
check_status "one direction alone is delayed" 0 as_client 'link: in, delay: 150ms' -- times
read -r connect trip text <<< "$output"
between "by half of a round trip" 150 1100 "$trip"
check_status "delays add up" 0 as_client 'link: in, delay: 100ms' 'link: out, delay: 100ms' -- times
read -r connect trip text <<< "$output"
between "over the rules" 200 1200 "$trip"
for distribution in uniform normal pareto; do
    check_status "a delay with $distribution jitter keeps bytes in order" 0 \
        as_client "link: both, delay: {mean: 2ms, jitter: 2ms, distribution: $distribution}" -- bulk 3000000
    check_match "and all of them ($distribution)" '^same' "$output"
done
other=$(free_port)
background python3 "$peer" serve "$other" > /dev/null
wait_for_port "$other"
check_status "two connections in one loop" 0 timeout 100 "$SOCKFAULT" run -f "link: both, delay: 150ms, peer: 127.0.0.1:$other" \
    -- python3 "$peer" loop "$port" "$other"
read -r slow median <<< "$output"
between "one is late" 300 1500 "$slow"
check "the other is not" awk "BEGIN {exit !($median < 5)}"

# ---- throttle ----
check_status "a throttled connection" 0 as_client 'link: out, throttle: 200KiB/s' -- bulk 409600
read -r text took <<< "$output"
check_eq "loses nothing" same "$text"
between "takes as long as the rate says" 1900 6000 "$took"
for trigger in 'after_bytes: 1000' 'match: "hex:00"'; do
    check_status "a rate behind a byte ($trigger)" 0 as_client "link: out, throttle: 200KiB/s, when: {$trigger}" -- bulk 409600
    between "bounds what came together with it" 1900 6000 "${output#same }"
done
check_status "a rate that many share" 0 timeout 100 "$SOCKFAULT" run -f 'link: out, throttle: 200KiB/s, per: program' -- \
    sh -c "python3 '$peer' bulk $port 204800 & python3 '$peer' bulk $port 204800 & wait"
between "is that of all together, whichever began first" 1400 6000 "$(awk '$2 > most {most = $2} END {print most}' <<< "$output")"

# ---- chunk ----
check_status "a stream in pieces" 0 as_client 'link: in, chunk: 3' -- reads
check_eq "gives one of them a read" "abc def ghi j" "$output"
check_status "pieces of drawn sizes" 0 as_client 'link: in, chunk: 2..4' -- reads abcdefghijklmnopqrst
check_match "are as long as the rule says" '^([a-z]{2,4} )+[a-z]{1,4}$' "$output"
check_status "pieces behind a byte" 0 as_client 'link: in, chunk: 2, when: {after_bytes: 5}' -- reads
check_eq "leave what came before it whole" "abcde fg hi j" "$output"
check_status "pieces behind a text" 0 as_client 'link: in, chunk: 3, when: {match: b}' -- reads
check_eq "likewise" "ab cde fgh ij" "$output"
check_status "of two rules each acts behind its own byte" 0 as_client 'link: in, chunk: 3, when: {after_bytes: 1}' \
    'link: in, chunk: 1, when: {after_bytes: 7}' -- reads
check_eq "the smaller from there on" "a bcd efg h i j" "$output"
check_status "pieces of the first of two" 0 as_client 'link: in, chunk: 4, times: 1, when: {after_bytes: 2}' -- row 2
check_eq "leave the second as it is" "ab cdef ghij
abcdefghij" "$output"
check_status "pieces at the peer" 0 as_client 'link: out, chunk: 100' -- bulk 20000
check_match "lose nothing" '^same' "$output"

# ---- corrupt ----
check_status "corrupted bytes" 0 as_client 'link: in, corrupt: 3, when: {after_bytes: 2}' -- reads
check_match "are those behind the trigger" '^ab.*fghij$' "$output"
check "and are others" test "$output" != abcdefghij

# ---- reset, close ----
forget
check_status "a reset behind a byte" 0 as_client 'link: out, reset: true, when: {after_bytes: 9}' -- parts
check_eq "lets through what came before it" "first sec ECONNRESET" \
    "$(sed 's/first *\(sec\)\{0,1\} ECONNRESET/first sec ECONNRESET/' <<< "$output")"
within 5 served 1
check_match "and no more, at the other end as well" '^ECONNRESET 9 ' "$(cat "$TMP/served")"
check_status "a reset behind a text" 0 as_client 'link: in, reset: true, when: {match: def}' -- reads
check_eq "comes right behind it" "abcdef ECONNRESET" "$output"
check_status "a reset while a file exists" 0 as_client "link: both, reset: true, when: {exists: $TMP/switch}" -- switch "$TMP/switch"
check_eq "comes without traffic" ECONNRESET "$output"
forget
check_status "a close of one direction" 0 as_client 'link: in, close: true, when: {after_bytes: 4}' -- reads
check_eq "ends it behind its byte" "abcd FIN" "$output"
within 5 served 1
check_match "and not the other one" '^FIN 10 ' "$(cat "$TMP/served")"
forget
check_status "a close of the other" 0 as_client 'link: out, close: true, when: {after_bytes: 4}' -- reads
check_eq "shows by what comes back" "abcd FIN" "$output"
within 5 served 1
check_match "and to the peer" '^FIN 4 ' "$(cat "$TMP/served")"

# ---- blackhole ----
forget
check_status "an outage" 0 as_client 'link: both, blackhole: true, when: {after: 2s, until: 4s}' -- parts 4
check_match "loses nothing" '^first second ' "$output"
check_match "and ends in order" "end b''" "$output"
check_status "a connection of which the program alone is in the dark" 0 \
    as_client 'link: in, blackhole: true, when: {after_bytes: 4}' 'link: in, reset: true, when: {after: 5s}' -- reads
check_eq "gets what came before" "abcd ECONNRESET" "$output"
if [ "$(id -u)" -eq 0 ]; then
    check_status "TCP's own time-out strikes in an outage" 0 \
        as_client 'link: both, blackhole: true, when: {after_bytes: 5}' -- silence
    check_match "when it should" '^ETIMEDOUT ' "$output"
    between "and not before" 550 3000 "${output#ETIMEDOUT }"
fi

# ---- what connect meets ----
check_status "the first two connections fail" 0 as_client 'link: both, refuse: true, times: 2' -- connects 3
check_eq "and the third works" "ECONNREFUSED ECONNREFUSED connected" "$(sed 's/ .*//' <<< "$output" | tr '\n' ' ' | sed 's/ $//')"
check_status "a host that cannot be reached" 0 as_client 'link: both, unreachable: host' -- connects
check_match "says so" '^EHOSTUNREACH' "$output"
check_status "nor can a network" 0 as_client 'link: both, unreachable: net' -- connects
check_match "which says so" '^ENETUNREACH' "$output"
for fault in "refuse: true" "unreachable: host" "unreachable: net" "syn_timeout: 700ms"; do
    check_status "where a connection stands ($fault)" 0 \
        as_client "link: both, $fault, when: {exists: $TMP/stands}, optional: true" -- connected "$TMP/stands"
    check_eq "further connects say so" "EISCONN EISCONN
0 EISCONN" "$output"
done
check_status "a connect under way" 0 as_client 'link: both, syn_timeout: 30s' -- impatient
check_eq "is said to be" "EINPROGRESS EALREADY EALREADY" "${output% *}"
between "by one that waits for it as long as it may" 250 3000 "${output##* }"
check_status "a SYN without an answer" 0 as_client 'link: both, syn_timeout: 700ms' -- connects
between "times out" 690 3000 "${output#ETIMEDOUT }"
check_status "not all connections need be meant" 0 as_client 'link: both, refuse: true, connection: 2' -- connects 3
check_eq "but the second" "connected ECONNREFUSED connected" "$(sed 's/ .*//' <<< "$output" | tr '\n' ' ' | sed 's/ $//')"
closed=$(free_port)
check_status "where nobody listens" 0 timeout 100 "$SOCKFAULT" run -f 'link: both, delay: 50ms' -- python3 "$peer" connects "$closed"
check_match "a delayed connect is refused" '^ECONNREFUSED' "$output"
between "a round trip later" 100 1100 "${output#ECONNREFUSED }"

# ---- without waiting ----
check_status "a connect that does not wait" 0 as_client 'link: both, delay: 60ms' -- readiness
read -r result event again error took <<< "$output"
check_eq "is under way, and one edge tells that it stands" "EINPROGRESS 0x4 0 0" "$result $event $again $error"
between "after a round trip" 110 1100 "$took"
check_status "one that is refused" 0 timeout 100 "$SOCKFAULT" run -f 'link: both, delay: 60ms' -- python3 "$peer" readiness "$closed"
read -r result event again error took <<< "$output"
check_eq "is so by readiness" "EINPROGRESS ECONNREFUSED" "$result $error"
between "after a round trip, too" 110 1100 "$took"

# Linux 6.1 to 6.5 dissolve no connect that a thread waits in.
cat > "$TMP/busy.c" << 'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
static int is_runner;
__attribute__((constructor)) static void look(void)
{
    is_runner = strcmp(program_invocation_short_name, "sockfault") == 0;
}
int connect(int fd, const struct sockaddr *to, socklen_t length)
{
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    if (to->sa_family != AF_UNSPEC || !is_runner)
        return real(fd, to, length);
    errno = EBUSY;
    return -1;
}
END
gcc -shared -fPIC -o "$TMP/busy.so" "$TMP/busy.c"
check_status "one that waits, where the kernel is busy with that" 0 \
    timeout 100 env ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$(asan_runtime) $TMP/busy.so" \
    "$SOCKFAULT" run -f 'link: both, delay: 60ms' -- python3 "$peer" connects "$closed"
check_match "is refused as ever" '^ECONNREFUSED' "$output"
between "after a round trip" 110 1100 "${output#ECONNREFUSED }"

# ---- servers, IPv6 ----
mine=$(free_port)
background timeout 100 "$SOCKFAULT" run -q -f 'link: in, delay: 100ms' -- python3 "$peer" serve "$mine"
wait_for_port "$mine"
check_status "a wrapped server" 0 timeout 100 python3 "$peer" times "$mine"
read -r connect trip text <<< "$output"
between "hears its client later" 100 1100 "$trip"
check_status "both ends wrapped" 0 timeout 100 "$SOCKFAULT" run -f 'link: out, delay: 50ms' -- python3 "$peer" times "$mine"
read -r connect trip text <<< "$output"
between "are late by both" 150 1200 "$trip"
check_status "connections that are reset as soon as they are accepted" 0 \
    timeout 100 "$SOCKFAULT" run -f 'link: both, role: server, reset: true' -- python3 "$peer" accepts "$(free_port)" 30
check_eq "are so at both ends" "30 ECONNRESET ECONNRESET" "$(sort <<< "$output" | uniq -c | xargs)"
end "$background_pid"
background python3 "$peer" serve "$mine" ::1 > /dev/null
if within 5 listening "$mine"; then
    check_status "IPv6" 0 timeout 100 "$SOCKFAULT" run -f 'link: both, delay: 50ms' -- python3 "$peer" times "$mine" ::1
    read -r connect trip text own peer_port own_host peer_host <<< "$(tr '\n' ' ' <<< "$output")"
    between "is late as well" 100 1200 "$trip"
    check_eq "and has its names" "$mine ::1 ::1" "$peer_port $own_host $peer_host"
fi

# ---- Unix ----
check_status "a Unix stream" 0 as_client 'link: both, role: client, delay: 60ms' -- unix "$TMP/wired.sock"
check_eq "has its names, its processes, and descriptors with its bytes" "True '' True True '' '' True
b'hello' 1 b'passed'
b'hello'
EPIPE" "$(sed "s/^\(b'hello'\) [0-9]*$/\1/" <<< "$output")"
between "and is late" 120 2000 "$(sed -n "s/^b'hello' \([0-9]*\)$/\1/p" <<< "$output")"
check_status "a Unix server that asks who sends" 0 as_client 'link: in, role: server, delay: 1ms' -- credentials "$TMP/asking.sock"
check_eq "hears it, and gets the descriptors" "b'hello' 1 2" "$output"
check_status "a Unix stream with a small buffer" 0 as_client 'link: both, role: client, delay: 1ms' -- narrow "$TMP/narrow.sock"
check_eq "has room when its peer has read" "1 1 1" "$(xargs <<< "$output")"
for most in 100000000 90000; do
    check_status "a Unix stream whose reader has not read $most bytes" 0 \
        as_client 'link: both, role: client, delay: 1ms' -- shut "$TMP/shut$most.sock" $most
    check_eq "ends when that reads no more" "EPIPE" "$output"
done
for i in 1 2 3; do
    check_status "a Unix stream that passes many ($i)" 0 \
        as_client 'link: both, role: client, reset: true, optional: true, when: {after: 1h}' -- descriptors "$TMP/many$i.sock"
    check_eq "passes each once" "True 0" "$output"
done
check_status "both of its ends wired" 0 as_client 'link: in, chunk: 2' -- unix "$TMP/both.sock"
check_match "by a rule for pieces" "^True '' True True '' '' True"$'\n'"b'he' 1 b'passed'"$'\n' "$output"
# ---- nothing shows of the wire ----
idle='link: both, reset: true, optional: true, when: {after: 1h}'
check_status "a connection in many hands" 0 as_client "$idle" -- hands
check_eq "is one connection" "child child True
passed passed True
double True
sendfile True" "$output"
check_status "an urgent byte of a wired client" 0 \
    timeout 100 "$SOCKFAULT" run -f "$idle" -- python3 "$peer" urgent "$(free_port)"
check_eq "lies where it was" "True b'!'
b'before' b'after'" "$output"
check_status "one amid 20 MB" 0 \
    timeout 100 "$SOCKFAULT" run -f "$idle" -- python3 "$peer" urgent_amid "$(free_port)" 10000000
check_eq "does so too" "True b'!' True" "$output"
mine=$(free_port)
background timeout 100 "$SOCKFAULT" run -f "$idle" -- python3 "$peer" inherit "$mine" > "$TMP/wired"
wait_for_port "$mine" && python3 "$peer" times "$mine" > /dev/null 2>&1
wait "$background_pid"
mine=$(free_port)
background python3 "$peer" inherit "$mine" > "$TMP/bare"
wait_for_port "$mine" && python3 "$peer" times "$mine" > /dev/null 2>&1
wait "$background_pid"
check_same "an accepted socket has what it inherits" "$TMP/bare" "$TMP/wired"
own=$(free_port)
check_status "an address of the program's own" 0 as_client "$idle" -- bound "127.0.0.7:$own"
check_eq "is the one that it has" "hello 127.0.0.7 $own 0" "$output"
forget
check_status "a program's own reset" 0 as_client "$idle" -- abort
within 5 served 1
check_match "reaches the peer" '^ECONNRESET 5 ' "$(cat "$TMP/served")"
forget
check_status "a connect that is shut while it is under way" 0 as_client "$idle" -- abandon
within 5 served 1
check_match "is one that ends in order" '^FIN 0 ' "$(cat "$TMP/served")"
forget
check_status "resets right behind the first bytes" 0 as_client "$idle" -- leave 100
within 5 served 100
check_eq "take none of them along" "100 ECONNRESET 5" "$(tr -d '\0' < "$TMP/served" | cut -d ' ' -f 1,2 | sort | uniq -c | xargs)"
check_eq "a connection that no rule selects is not wired" True "$(as_client "$idle, peer: '*:1'" -- kernel)"
check_eq "another one is" False "$(as_client "$idle" -- kernel)"
check_status "many at once" 0 as_client "$idle" -- many 1000
check_eq "all stand" 1000 "$output"
for rule in 'link: both, delay: 1ms' 'link: both, throttle: 400Mbit/s' 'link: both, chunk: 20000' "$idle" \
    'link: both, blackhole: true, when: {after: 900ms, until: 1500ms}, optional: true'; do
    check_status "64 MB, ${rule#link: both, }" 0 as_client "$rule" -- bulk 67108864
    check_match "arrive as they were" '^same' "$output"
done

# ---- with other rules ----
check_status "rules on calls act on wired connections" 0 as_client 'call: recv, partial: 2' 'link: both, delay: 5ms' -- reads
check_eq "as on any" "ab cd ef gh ij" "$output"
check_status "a run that is saved" 0 timeout 100 "$SOCKFAULT" run --save "$TMP/saved.yaml" \
    -f 'link: in, role: client, delay: 50ms' -- python3 "$peer" times "$port"
check_match "what a link rule did is saved as the rule" "link: in"$'\n'"  role: client"$'\n'"  delay: 50ms" "$(cat "$TMP/saved.yaml")"
check_match "for the connections that it acted on" $'\n'"  when:"$'\n'"    exactly: 1"$ "$(cat "$TMP/saved.yaml")"
check_status "and does it again" 0 timeout 100 "$SOCKFAULT" run -s "$TMP/saved.yaml" -- python3 "$peer" times "$port"
read -r connect trip text <<< "$output"
between "as late" 50 1100 "$trip"

# What was drawn is drawn again, and what is saved draws no more.
row=(-f 'link: in, role: client, reset: true, times: 3, when: {after_bytes: 3, probability: 0.4}'
    -f 'link: both, role: client, refuse: true, when: {probability: 0.3}'
    -f 'link: in, role: client, chunk: 1..3, when: {every: 4}'
    -f 'link: in, role: client, corrupt: 4, when: {match: cd, probability: 0.5}')
events() # FILE: what each firing was, without its time
{
    sed -n 's/^ *t=[0-9.]* //p' "$1"
}
for turn in first second; do
    check_status "a row of connections under draws, the $turn time" 0 timeout 100 "$SOCKFAULT" run -v --report "pretty=$TMP/$turn" \
        --seed 6 --save "$TMP/$turn.yaml" "${row[@]}" -- python3 "$peer" row "$port" 12
    echo "$output" > "$TMP/$turn.out"
done
check_same "the same seed gives the program the same" "$TMP/first.out" "$TMP/second.out"
events "$TMP/first" > "$TMP/first.events"
events "$TMP/second" > "$TMP/second.events"
check_same "and the same events" "$TMP/first.events" "$TMP/second.events"
check_match "which name connection, peer, direction and byte" \
    "python3 connection [0-9]* to 127.0.0.1:$port, in, behind 3 bytes  rule 1" "$(cat "$TMP/first.events")"
check_match "a text ends where it ends" ", in, behind 4 bytes  rule 4" "$(cat "$TMP/first.events")"
check_eq "each rule has fired" "1 2 3 4" "$(sed -n 's/.* rule //p' "$TMP/first.events" | sort -u | xargs)"
check_eq "nothing acts behind a reset" "" \
    "$(sed -n 's/.*connection \([0-9]*\) .*rule [14]$/\1/p' "$TMP/first.events" | sort | uniq -d)"
check_eq "what is saved names connections, and what they wait for" \
    "after_bytes: 3 exactly: N exactly: N exactly: N match: cd exactly: N" \
    "$(sed -n '/^  when:/,/^-/s/^    //p' "$TMP/first.yaml" | sed 's/\(exactly: \).*/\1N/' | xargs)"
for seed in 6 99; do
    check_status "it stands by itself, seed $seed" 0 timeout 100 "$SOCKFAULT" run -v --report "pretty=$TMP/again" \
        --seed $seed -s "$TMP/first.yaml" -- python3 "$peer" row "$port" 12
    [ $seed != 6 ] || echo "$output" > "$TMP/again.out"
    events "$TMP/again" | sed 's/rule-/rule /' > "$TMP/again.events"
    check_same "and acts on the same connections" "$TMP/first.events" "$TMP/again.events"
done
check_same "with the same draws" "$TMP/first.out" "$TMP/again.out"
check_eq "what selected no connection says so" \
    "sockfault: rule 1 (delay: 1ms) never fired: python3 made 1 accept or connect call, none of which its peer selects" \
    "$(as_client "link: in, delay: 1ms, peer: '*:1'" -- kernel 2>&1 > /dev/null)"
check_eq "what had nothing to do as well" \
    "sockfault: rule 1 (throttle: 1MiB/s) never fired: it selected 1 connection but did nothing to it: no more passed than its rate allows" \
    "$(as_client 'link: in, throttle: 1MiB/s' -- reads 2>&1 > /dev/null)"

cat > "$TMP/peers.yaml" << EOF
name: peers
programs:
  server: {run: [python3, $peer, serve, "\${port.a}"], ready: {port: "\${port.a}"}}
  other: {run: [python3, $peer, serve, "\${port.b}"], ready: {port: "\${port.b}"}}
  client: python3 $peer times \${port.a}; python3 $peer times \${port.b}
faults:
  - {id: slow, program: client, peer: server, link: both, delay: 5ms}
  - {id: pieces, program: server, peer: client, link: in, chunk: 2}
expect: {faults: {slow: 1, pieces: 1}}
EOF
check_status "rules that name programs, at both ends of one connection" 0 "$SOCKFAULT" test "$TMP/peers.yaml"

# ---- what is recorded of it is what the program has seen ----
told() # CALLS… of the trace, with what they tell of the connection
{
    python3 -c '
import json, sys
for line in open(sys.argv[1]):
    c = json.loads(line)
    if c["function"] in sys.argv[2:] or len(sys.argv) == 2:
        print(*(c[key] for key in "function socket state local peer result error".split()))' "$TMP/trace" "$@"
}
recorded() # FILE RULE…: the calls of a client, its own port masked, and what it is warned of
{
    local file=$1 connect trip
    shift
    timeout 100 "$SOCKFAULT" run -v --trace "$TMP/trace" --pcap "$TMP/pcap" "$@" -- \
        python3 "$peer" times "$port" > "$TMP/names" 2> "$TMP/report"
    read -r connect trip text own peer_port own_host peer_host <<< "$(tr '\n' ' ' < "$TMP/names")"
    { told && grep '^    program python3: hygiene: ' "$TMP/report"; } | sed "s/127.0.0.1:$own/OWN/" > "$file"
}
recorded "$TMP/bare"
recorded "$TMP/wired" -f 'link: both, delay: 20ms'
check_same "a trace has the calls and names that it has without the wire, hygiene its warnings" "$TMP/bare" "$TMP/wired"
check "a capture has the ports and the peer of the connection" python3 -c '
import struct, sys
data, own, port = open(sys.argv[1], "rb").read(), *map(int, sys.argv[2:])
both = bytes([127, 0, 0, 1] * 2)
assert both + struct.pack(">HH", own, port) in data and both + struct.pack(">HH", port, own) in data
assert bytes([127, 0, 0, 1, 127, 83]) not in data' "$TMP/pcap" "$own" "$port"
mine=$(free_port)
background timeout 100 "$SOCKFAULT" run -q --trace "$TMP/trace" -f "$idle" -- python3 "$peer" inherit "$mine" > "$TMP/wired"
wait_for_port "$mine" && python3 "$peer" times "$mine" > /dev/null 2>&1
wait "$background_pid"
check_match "an accepted connection is told with its client" \
    "^accept4 2 ESTABLISHED 127.0.0.1:$mine 127.0.0.1:[0-9]+ [0-9]+ None\$" "$(told accept4)"

# ---- what cannot be wired is said ----
cat > "$TMP/few.yaml" << EOF
name: few descriptors
programs: {client: [python3, $peer, many, $port, 100]}
faults: [{link: both, delay: 1ms}]
EOF
few()
{
    (ulimit -n 120 && timeout 100 "$SOCKFAULT" test "$TMP/few.yaml")
}
check_status "a wire without descriptors" 1 few
check_match "fails the run at once" 'could not be given to the wire: .*no descriptor left' "$output"
if unshare -n true 2> /dev/null; then
    printf 'name: n\nprograms: {client: [unshare, -n, python3, %s, connects, 1]}\nfaults: [{link: both, delay: 1ms, optional: true}]\n' \
        "$peer" > "$TMP/elsewhere.yaml"
    check_status "another network" 1 "$SOCKFAULT" test "$TMP/elsewhere.yaml"
    check_match "does so too" 'could not be given to the wire: in another network namespace' "$output"
fi

# ---- the loss of the wire ----
background timeout 100 "$SOCKFAULT" run -f "$idle" -- python3 "$peer" parts "$port" 90 2> "$TMP/said"
run=$background_pid
has_wire()
{
    lost=$(wire_of "$run")
    [ -n "$lost" ]
}
within 30 has_wire || diag "$(ps -ef --forest | grep -e sockfault -e sf- | grep -v grep)" "run: $run"
kill -KILL $lost
wait "$run"
check_eq "the run fails without it" 125 $?
check_eq "with the reason" "sockfault run: the wire was killed by signal 9 (Killed)" "$(cat "$TMP/said")"
end "$server"

cat > "$TMP/local.py" << 'END'
"""Names and traffic over link-local addresses, whose scope is part of them."""
import socket

INDEX = socket.if_nametoindex("d0")
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    far, near = socket.socket(socket.AF_INET6, kind), socket.socket(socket.AF_INET6, kind)
    far.bind(("fe80::1", 0, 0, INDEX))
    if kind == socket.SOCK_STREAM:
        far.listen()
    near.connect(far.getsockname())
    if kind == socket.SOCK_STREAM:
        far, _ = far.accept()
    else:
        far.connect(near.getsockname())
    for s in near, far:
        s.settimeout(20)
    near.send(b"hello")
    far.send(far.recv(5))
    print(near.recv(5), *(name[3] == INDEX for s in (near, far) for name in (s.getsockname(), s.getpeername())))
END
link_local='ip link set lo up; ip link add d0 type veth peer name d1; ip link set d0 up; ip link set d1 up; ip addr add fe80::1/64 dev d0 nodad'
if unshare -n sh -ec "$link_local" 2> /dev/null; then
    for rule in 'link: both, reset: true, optional: true, when: {after: 1h}' 'link: both, delay: 1ms'; do
        check_eq "a link-local address has its scope ($rule)" "b'hello' True True True True
b'hello' True True True True" "$(unshare -n sh -ec "$link_local"'; exec timeout 60 "$@"' sh "$SOCKFAULT" run -f "$rule" -- python3 "$TMP/local.py" 2>&1)"
    done
fi
finish
