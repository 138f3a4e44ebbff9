#!/bin/bash
# Rules together, and when they act: what a script of calls meets, and how often each
# rule fired. See player.c for the words of a script.
. "$(dirname "$0")/../lib.sh"
player=$BUILD/tests/shim/player
options=()

# What the script prints, then " / " and how often each rule fired; behind that, where
# a rule was refused, " refused " and how often each was.
play() # SCRIPT RULE…
{
    local script=$1 rules=() fired refused said
    shift
    for rule; do
        rules+=(-f "$rule, optional: true")
    done
    said=$(timeout 20 "$SOCKFAULT" run --report "json=$TMP/report" ${options[@]+"${options[@]}"} \
    "${rules[@]}" -- \
        "$player" "$script" 2>&1)
    fired=$(sed -n 's/.*"fired": \([0-9]*\).*/\1/p' "$TMP/report" | paste -sd ' ')
    refused=$(sed -n 's/.*"illegal": \([0-9]*\).*/\1/p' "$TMP/report" | paste -sd ' ')
    [[ $refused =~ [1-9] ]] && fired+=" refused $refused"
    echo "$said / $fired"
}

plays() # NAME WANT SCRIPT RULE…
{
    local name=$1 want=$2
    shift 2
    check_eq "$name" "$want" "$(play "$@")"
}

repeat() # N TEXT
{
    local text=''
    for ((i = 0; i < $1; i++)); do
        text+=$2
    done
    echo "$text"
}

# ---- several rules on one call ---------------------------------------------

plays "delays are summed" "5 hello late / 1 1" \
    'stream a b; send b hello; mark; recv a 9; since 70' 'call: recv, delay: 35ms' 'call: recv, delay: 35ms'
plays "the smallest partial counts, and it alone has fired" "5 he llo / 0 1 0" \
    'stream a b; send b hello; recv a 9; recv a 9' \
    'call: recv, partial: 3, when: {nth: 1}' 'call: recv, partial: 2, when: {nth: 1}' \
    'call: recv, partial: 4, when: {nth: 1}'
plays "the first failure in the file wins, and it alone has fired" "5 ECONNRESET hello / 1 0 0" \
    'stream a b; send b hello; recv a 9; recv a 9' \
    'call: recv, error: ECONNRESET, times: 1' 'call: recv, error: ETIMEDOUT, when: {nth: 1}' \
    'call: recv, eof: true, when: {nth: 1}'
plays "a failure that is refused leaves the call to the next" "5 ETIMEDOUT hello / 0 1 refused 1 0" \
    'stream a b; send b hello; recv a 9; recv a 9' \
    'call: recv, again: true, when: {nth: 1}' 'call: recv, error: ETIMEDOUT, when: {nth: 1}'
plays "a failure leaves nothing to shorten or to corrupt" "5 ECONNRESET hello / 0 0 1" \
    'stream a b; send b hello; recv a 9; recv a 9' 'call: recv, partial: 1, when: {nth: 1}' \
    'call: recv, corrupt: 1, when: {nth: 1}' 'call: recv, error: ECONNRESET, when: {nth: 1}'
plays "a delay comes before a failure" "5 ECONNRESET late / 1 1" \
    'stream a b; send b hello; mark; recv a 9; since 35' 'call: recv, error: ECONNRESET' \
    'call: recv, delay: 35ms'
plays "every signal is sent, in the order of the file" "5 USR2 USR1 hello / 1 1" \
    'stream a b; handler; send b hello; recv a 9' 'call: recv, signal: USR2' 'call: recv, signal: USR1'
plays "a signal comes before the delay, and does not end it" "5 USR1 hello late / 1 1" \
    'stream a b; handler; send b hello; mark; recv a 9; since 25' 'call: recv, delay: 30ms' \
    'call: recv, signal: USR1'
plays "the first answer is given" "127.0.0.2 / 1 0" 'look db.internal' \
    'call: resolve, resolve: 127.0.0.2' 'call: resolve, resolve: 127.0.0.3'
plays "a look-up that fails has no answer" "EAI_AGAIN / 0 1" 'look db.internal' \
    'call: resolve, resolve: 127.0.0.2' 'call: resolve, error: EAI_AGAIN'
plays "an interrupt never comes twice running" "5 EINTR he EINTR llo / 2 1" \
    'stream a b; handler; send b hello; recv a 9; recv a 9; recv a 9; recv a 9' \
    'call: recv, interrupt: true' 'call: recv, partial: 2, when: {nth: 1..2}'

# ---- legality --------------------------------------------------------------

plays "what the kernel could not give is refused" "5 hello / 0 refused 1" \
    'stream a b; send b hello; recv a 9' 'call: recv, error: EXDEV'
plays "force lifts that" "5 EXDEV hello / 1" \
    'stream a b; send b hello; recv a 9; recv a 9' 'call: recv, error: EXDEV, force: true, times: 1'
check_match "and the report marks it" '"forced": true' "$(cat "$TMP/report")"
plays "force makes a blocking socket say EAGAIN" "5 EAGAIN hello / 1" \
    'stream a b; send b hello; recv a 9; recv a 9' 'call: recv, again: true, force: true, times: 1'
plays "force interrupts a call that restarts, but not twice running" "5 EINTR hello / 1" \
    'stream a b; send b hello; recv a 9; recv a 9' 'call: recv, interrupt: true, force: true'
plays "force sends a datagram in part" "2 he / 1" \
    'datagram a b; send a hello; recv b 9' 'call: send, partial: 2, force: true'
plays "force cannot reset what is no connection" "1 0 / 0 refused 1" \
    'datagram a b; send a x; poll a 1' 'call: poll, reset: true, force: true'
plays "force lets a Unix connect time out" "ETIMEDOUT / 1" 'unix a b' 'call: connect, timeout: 50ms, force: true'
cat > "$TMP/file.py" << 'EOF'
import os, socket
a, b = socket.socketpair()
os.sendfile(a.fileno(), os.open(__file__, os.O_RDONLY), 0, 6)
print(b.recv(9).decode())
EOF
player=python3 plays "force flips no bits that pass within the kernel" "import / 0 refused 1" \
    "$TMP/file.py" 'call: sendfile, corrupt: 1, force: true'
cat > "$TMP/zerocopy.py" << 'EOF'
import socket
listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
far, _ = listener.accept()
MSG_ZEROCOPY, SO_ZEROCOPY = 0x4000000, 60
for zerocopy in 0, 1:
    near.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, zerocopy)
    near.send(b"hello", MSG_ZEROCOPY)
    print(far.recv(9) == b"hello", end=" ")
EOF
player=python3 plays "a zero-copy send is left alone" "False True  / 1 refused 1" \
    "$TMP/zerocopy.py" 'call: send, corrupt: 1, force: true'
cat > "$TMP/truncated.py" << 'EOF'
import socket
near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
changed = 0
for i in range(20):
    far.send(b"z" * 1000)
    got = bytearray(4)
    length = near.recv_into(got, 4, socket.MSG_TRUNC)
    changed += got != b"zzzz" and length == 1000
print(changed)
EOF
player=python3 plays "bits are flipped in what came, not in what was cut off" "20 / 20" "$TMP/truncated.py" \
    'call: recv, corrupt: 1'
# Of a short send the flipped bit may lie behind what went out.
cat > "$TMP/short.py" << 'EOF'
import socket
near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
near.setblocking(False)
short = changed = 0
for i in range(40):
    near.send(b"z")
    sent = near.send(b"z" * 4096)
    short += sent < 4096
    changed += far.recv(8192) != b"z" * (1 + sent)
print(short, 0 < changed < 40, changed)
EOF
said=$(player=python3 play "$TMP/short.py" 'call: send, corrupt: 1, when: {every: 2}')
check_match "a flipped bit that was not sent does not count" '^[1-9][0-9]* True ([0-9]+) / ([0-9]+)$' "$said"
check_eq "and the others do" "${BASH_REMATCH[1]-}" "${BASH_REMATCH[2]-none}"
plays "after the end of a connection nothing is to be waited for" "0 - / 0 refused 1" \
    'stream a b; nonblock a; shutdown b; sleep 20; recv a 9' 'call: recv, again: true'
plays "nor does a silent peer keep an end from being read that has come" "0 - - / 0 refused 2" \
    'stream a b; shutdown b; sleep 20; recv a 9; recv a 9' 'call: recv, timeout: 10s'
plays "a peer that has half-closed may fall silent to sends" "0 - ETIMEDOUT / 1" \
    'stream a b; shutdown b; sleep 20; recv a 9; send a x' 'call: send, timeout: 50ms'

# ---- counting --------------------------------------------------------------

two='stream a b; stream c d; send b hello; send d world'
plays "recv is counted on each connection" "5 5 hel lo wor ld / 2" \
    "$two; recv a 3; recv a 9; recv c 3; recv c 9" 'call: recv, delay: 1us, when: {nth: 2}'
plays "send is counted on each connection" "EPIPE 5 EPIPE 5 / 2" \
    'stream a b; stream c d; send a hello; send a hello; send c world; send c world' \
    'call: send, error: EPIPE, when: {nth: 1}'
plays "close is counted on each connection" "0 EIO 0 / 1" \
    'stream a b; stream c d; option a; close a; close c' \
    'call: close, error: EIO, when: {nth: 1}, connection: 1, role: client'
plays "shutdown is counted on each connection" "ENOTCONN 0 ENOTCONN 0 / 2" \
    'stream a b; stream c d; shutdown a; shutdown a; shutdown c; shutdown c' \
    'call: shutdown, error: ENOTCONN, when: {nth: 1}'
plays "option is counted on each connection" "ENOBUFS 0 ENOBUFS 0 / 2" \
    'stream a b; stream c d; option a; option a; option c; option c' \
    'call: option, error: ENOBUFS, when: {nth: 1}'
plays "socket is counted over the program" "0 EMFILE 0 / 1" \
    'socket; socket; socket' 'call: socket, error: EMFILE, when: {nth: 2}'
plays "bind is counted over the program" "0 EADDRINUSE 0 / 1" \
    'bind; bind; bind' 'call: bind, error: EADDRINUSE, when: {nth: 2}'
plays "listen is counted over the program" "0 EADDRINUSE / 1" \
    'listen l; connect a l; listen m' 'call: listen, error: EADDRINUSE, when: {nth: 2}'
plays "connect is counted over the program" "0 ENETUNREACH 0 / 1" \
    'listen l; connect a l; connect b l; connect c l' 'call: connect, error: ENETUNREACH, when: {nth: 2}'
plays "accept is counted over the program" "0 0 0 EMFILE 0 / 1" \
    'listen l; listen m; connect a l; connect b m; accept c l; accept d m; accept d m' \
    'call: accept, error: EMFILE, when: {nth: 2}'
plays "poll is counted over the program" "0 EINTR 0 / 1" \
    'stream a b; stream c d; poll a 0; poll c 0; poll a 0' 'call: poll, interrupt: true, when: {nth: 2}'
plays "resolve is counted over the program" "127.0.0.1 Memory allocation failure 127.0.0.1 / 1" \
    'look 127.0.0.1; look 127.0.0.1; look 127.0.0.1' 'call: resolve, error: EAI_MEMORY, when: {nth: 2}'
plays "families that are counted differently are counted over the program" "5 hello 5 ENOBUFS / 1" \
    'stream a b; send a hello; recv b 9; send b hello; recv a 9' \
    'call: [recv, send, socket], error: ENOBUFS, when: {nth: 6}'
plays "per: program counts over all connections" "5 5 hel lo ENOBUFS wor ld / 1" \
    "$two; recv a 3; recv a 9; recv c 3; recv c 3; recv c 9" \
    'call: recv, error: ENOBUFS, when: {nth: 3}, per: program'
plays "a child's calls are its program's" "0 0 EMFILE / 1" 'socket; fork; socket; socket' \
    'call: socket, error: EMFILE, when: {nth: 3}'
plays "a connection that a child has is still the same" "5 h e EIO l / 1" \
    'stream a b; send b hello; recv a 1; fork; recv a 1; recv a 1; recv a 1' \
    'call: recv, error: EIO, when: {nth: 3}'
cat > "$TMP/per.yaml" <<END
name: two programs
programs: {one: "$player 'socket; socket'", two: "$player 'socket; socket'"}
faults:
  - {id: each, call: socket, error: EMFILE, when: {nth: 2}}
  - {id: both, call: socket, error: ENFILE, when: {nth: 1}, per: scenario}
expect: {faults: {each: 2, both: 1}}
END
check_status "per: scenario counts over all programs, otherwise each has its own" 0 "$SOCKFAULT" test \
    "$TMP/per.yaml"
plays "calls that a trigger leaves out are counted all the same" "5 hel ENOBUFS lo / 1" \
    'stream a b; send b hello; recv a 3; recv a 9; recv a 9' \
    'call: recv, error: ENOBUFS, when: {nth: 2, every: 2}'
plays "failed calls are counted as well" "5 ETIMEDOUT ENOBUFS hello / 1 1" \
    'stream a b; send b hello; recv a 9; recv a 9; recv a 9' \
    'call: recv, error: ETIMEDOUT, when: {nth: 1}' 'call: recv, error: ENOBUFS, when: {nth: 2}'
plays "nth: 2.. begins and goes on" "5 h e l l / 3" \
    'stream a b; send b hello; recv a 1; recv a 9; recv a 9; recv a 9' \
    'call: recv, partial: 1, when: {nth: 2..}'
plays "from and to are a range" "5 h e ll o / 1" \
    'stream a b; send b hello; recv a 1; recv a 9; recv a 2; recv a 9' \
    'call: recv, partial: 1, when: {from: 2, to: 2}'
plays "every: 2 is each second" "5 ENOBUFS 5 ENOBUFS / 2" \
    'stream a b; send b hello; send b hello; send b hello; send b hello' \
    'call: send, error: ENOBUFS, when: {every: 2}'
plays "times bounds a rule over all connections" "5 5 ENOBUFS ENOBUFS hello world / 2" \
    "$two; recv a 9; recv c 9; recv a 9; recv c 9" 'call: recv, error: ENOBUFS, times: 2'

# ---- connections -----------------------------------------------------------

plays "connection: 2 is the second" "5 5 hello w orld / 1" \
    "$two; recv a 9; recv c 9; recv c 9" 'call: recv, partial: 1, connection: 2, role: client, times: 1'
plays "connection: 2..3 is a range" "5 5 5 5 a1234 b c d1234 / 2" \
    'stream a b; stream c d; stream e f; stream g h; send b a1234; send d b1234; send f c1234; send h d1234;
     recv a 9; recv c 9; recv e 9; recv g 9' 'call: recv, partial: 1, connection: 2..3, role: client'
plays "a failed connect is a connection" "ECONNREFUSED 5 h / 1" \
    'refused x; stream a b; send b hello; recv a 9' 'call: recv, partial: 1, connection: 2, role: client'
plays "a connect that a rule refuses is a connection" "ECONNREFUSED 0 0 5 h / 1 1" \
    'listen l; connect a l; connect b l; accept c l; send c hello; recv b 9' \
    'call: connect, refuse: true, connection: 1' 'call: recv, partial: 1, connection: 2, role: client'
plays "a second connect of a socket is no second connection" "ECONNREFUSED 5 hello / 0" \
    'refused x; stream a b; send b hello; recv a 9' 'call: recv, partial: 1, connection: 3, role: client'
plays "accepted sockets are connections" "0 0 0 0 5 5 hello w / 1" \
    'listen l; connect a l; connect b l; accept c l; accept d l; send a hello; send b world;
     recv c 9; recv d 9' \
    'call: recv, partial: 1, connection: 2, role: server'
plays "a failed accept is none" "0 EMFILE 0 5 h / 1 1" \
    'listen l; connect a l; accept c l; accept c l; send a hello; recv c 9' \
    'call: accept, error: EMFILE, when: {nth: 1}' 'call: recv, partial: 1, connection: 1, role: server'
plays "accept asks for the next connection" "0 0 0 EMFILE 0 / 1" \
    'listen l; connect a l; connect b l; accept c l; accept d l; accept d l' \
    'call: accept, error: EMFILE, role: server, connection: 2, times: 1'
plays "both ends of a connection in one program are two" "5 hello 5 h / 1" \
    'stream a b; send b hello; recv a 9; send a hello; recv b 9' 'call: recv, partial: 1, connection: 2'
plays "socketpairs are none" "5 hello 5 w / 1" \
    'pair a b; send b hello; recv a 9; stream c d; send d world; recv c 9' \
    'call: recv, partial: 1, connection: 1'
plays "only connections in the scope count" "5 5 hello w / 1" \
    'unix a b; stream c d; send b hello; send d world; recv a 9; recv c 9' \
    'call: recv, partial: 1, connection: 1, family: inet, role: client'

# ---- triggers --------------------------------------------------------------

plays "after: not before" "5 hel l / 1" \
    'stream a b; send b hello; recv a 3; sleep 400; recv a 9' 'call: recv, partial: 1, when: {after: 400ms}'
plays "until: not behind" "5 h ello / 1" \
    'stream a b; send b hello; recv a 9; sleep 1000; recv a 9' 'call: recv, partial: 1, when: {until: 1s}'
plays "after_bytes: what has passed in the direction of the call" "8 5 1234 5 678 / 1" \
    'stream a b; send b 12345678; send a hello; recv a 4; recv a 9; recv a 9' \
    'call: recv, partial: 1, role: client, when: {after_bytes: 4}, times: 1'
plays "after_bytes of send" "5 ENOBUFS / 1" \
    'stream a b; send a hello; send a world' 'call: send, error: ENOBUFS, when: {after_bytes: 5}'
plays "after_bytes of neither direction counts both" "3 2 he 0 EIO / 1" \
    'stream a b; send a xyz; send b he; recv a 9; option a; close a' \
    'call: close, error: EIO, role: client, when: {after_bytes: 5}'
plays "a look is not counted" "5 hello hello / 0" \
    'stream a b; send b hello; peek a 9; recv a 9' 'call: recv, partial: 1, when: {after_bytes: 5}'
plays "match: text, across calls" "9 xxSTA RTyy - / 0 1" \
    'stream a b; send b xxSTARTyy; recv a 5; recv a 9; recv a 9' \
    'call: recv, error: ECONNRESET, when: {match: STOP}' \
    'call: recv, eof: true, when: {match: START}, times: 1'
plays "match: hex" "9 xxSTA RTyy - / 1" \
    'stream a b; send b xxSTARTyy; recv a 5; recv a 9; recv a 9' \
    'call: recv, eof: true, when: {match: "hex:53544152"}, times: 1'
plays "match of send" "4 3 EPIPE / 1" \
    'stream a b; send a xxST; send a ART; send a x' 'call: send, error: EPIPE, when: {match: START}'
plays "match is of one direction" "5 START 2 2 hi / 0" \
    'stream a b; send b START; recv a 9; send a xx; send b hi; recv a 9' \
    'call: send, error: EPIPE, role: client, when: {match: START}'
plays "match is of one connection" "5 5 START hello ENOBUFS / 1" \
    "stream a b; stream c d; send b START; send d hello; recv a 9; recv c 9; recv a 9" \
    'call: recv, error: ENOBUFS, role: client, when: {match: START}'
plays "match in an injected short read is of what was read" "5 STA EIO / 1 1" \
    'stream a b; send b START; recv a 9; recv a 9' \
    'call: recv, partial: 3, when: {nth: 1}' 'call: recv, error: EIO, when: {match: STA}'
plays "state: while the connection is in it" "5 hello 0 ENOBUFS / 1" \
    'stream a b; send b hello; recv a 9; shutdown b; sleep 50; recv a 9' \
    'call: recv, error: ENOBUFS, role: client, when: {state: CLOSE_WAIT}'
plays "state: of what has no state nothing is in it" "5 hello / 0" \
    'unix a b; send b hello; recv a 9' 'call: recv, error: ENOBUFS, when: {state: ESTABLISHED}'
plays "exists: a switch" "5 h ENOBUFS e / 1" \
    "stream a b; send b hello; recv a 1; touch $TMP/on; recv a 1; remove $TMP/on; recv a 1" \
    "call: recv, error: ENOBUFS, when: {exists: $TMP/on}"
plays "all that is given must hold" "5 h e l ENOBUFS / 1" \
    "stream a b; touch $TMP/on; send b hello; recv a 1; recv a 1; recv a 1; recv a 1" \
    "call: recv, error: ENOBUFS, when: {exists: $TMP/on, every: 2, after_bytes: 3}"

# ---- chance ----------------------------------------------------------------

many="stream a b; $(repeat 40 'send a x; ')"
plays "probability: 1 is always" "$(repeat 40 'ENOBUFS ')/ 40" "$many" \
    'call: send, error: ENOBUFS, when: {probability: 1}'
plays "probability: 0 is never" "$(repeat 40 '1 ')/ 0" "$many" \
    'call: send, error: ENOBUFS, when: {probability: 0}'
half='call: send, error: ENOBUFS, when: {probability: 0.5}'
options=(--seed 7)
first=$(play "$many" "$half")
fired=${first##*/ }
check "probability: 0.5 is now and then" test "$fired" -gt 8 -a "$fired" -lt 32
plays "the same seed fires at the same calls" "$first" "$many" "$half"
options=(--seed 8)
[ "$(play "$many" "$half")" != "$first" ]
check_eq "another seed at others" 0 $?
some="datagram a b; $(repeat 8 "send a $(repeat 60 x); recv b 60; ")"
options=(--seed 7)
first=$(play "$some" 'call: recv, partial: random')
plays "the same seed draws the same lengths" "$first" "$some" 'call: recv, partial: random'
lengths=$(tr ' ' '\n' <<< "$first" | grep x | sort -u | wc -l)
check "of all sizes" test "$lengths" -ge 3
check_match "A..B: what is drawn lies within" '^(60 xxxxx{0,2} )+/ 8$' "$(play "$some" \
    'call: recv, partial: 4..6')"
check_eq "a number that no descriptor has meets no rule" "EBADF EBADF EBADF EBADF" \
    "$("$SOCKFAULT" run -f 'call: [recv, send, close, shutdown], error: EIO, force: true, optional: true' -- \
        python3 -c '
import errno, os, socket
def name(call, *arguments):
    try:
        call(*arguments)
    except OSError as e:
        return errno.errorcode[e.errno]
print(name(os.read, -1, 1), name(os.write, -2, b"x"), name(os.close, -1), name(os.close, 999))
' 2>&1)"
cat > "$TMP/kept.py" <<'EOF'
import select, socket
listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
far = listener.accept()[0]
far.sendall(b"hello")
select.select([near], [], [])
near.setblocking(False)
try:
    near.send(b"x")
except OSError:
    pass
watch = select.epoll()
watch.register(near, select.EPOLLIN | select.EPOLLET)
got = [near.recv(9) for event in iter(lambda: watch.poll(0.2), [])]
print(*(len(part) for part in got))
EOF
check_eq "what a reset has left comes in pieces, with an edge for each" "2 2 1" \
    "$("$SOCKFAULT" run -f 'call: send, role: client, reset: true, times: 1' \
        -f 'call: recv, role: client, partial: 2' -- python3 "$TMP/kept.py" 2>&1)"

cat > "$TMP/reused.py" <<'EOF'
import os, select, socket
listener = socket.create_server(("127.0.0.1", 0))
watched = socket.create_connection(listener.getsockname())
far = listener.accept()[0]
watch = select.epoll()
watch.register(watched, select.EPOLLIN)
number = watched.fileno()
double = os.dup(number)
watched.close()
other = socket.create_connection(listener.getsockname())
print(other.fileno() == number, watch.poll(0.05))
other.setblocking(False)
try:
    other.recv(1)
except OSError as e:
    print(e.strerror)
EOF
check_eq "a reset of poll spares who has the number by now" \
    "True [] Resource temporarily unavailable" \
    "$("$SOCKFAULT" run -f 'call: poll, role: client, reset: true, optional: true' -- \
        python3 "$TMP/reused.py" 2>&1 | paste -sd ' ')"

cat > "$TMP/mptcp.py" <<'EOF'
import errno, socket
try:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
except OSError as e:
    print(errno.errorcode[e.errno])
    raise SystemExit
listener.bind(("127.0.0.1", 0))
listener.listen()
near = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
near.connect(listener.getsockname())
far = listener.accept()[0]
far.sendall(b"hello")
print(near.recv(9))
EOF
mptcp=$(python3 "$TMP/mptcp.py" 2>&1)
if [[ $mptcp == E* ]]; then
    skip "MPTCP is not reset by faking" "the kernel makes no such sockets: $mptcp"
else
    check_eq "MPTCP is not reset by faking" "b'hello'
sockfault: rule 1 (reset: true) never fired: 1 call refused: only a TCP connection can be reset" \
        "$("$SOCKFAULT" run -f 'call: recv, role: client, reset: true' -- python3 "$TMP/mptcp.py" 2>&1)"
fi
# futex_waitv has one number on all architectures.
for error in 1 38; do # EPERM, ENOSYS
    check_eq "a delay is one where a sandbox denies the sleep with errno $error" "slept" \
        "$("$SOCKFAULT" run -f 'call: recv, role: client, delay: 300ms' -- \
            "$BUILD/tests/programs/deny" 449 $error python3 -c '
import socket, time
listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
listener.accept()[0].send(b"x")
start = time.monotonic()
near.recv(1)
print("slept" if time.monotonic() - start >= 0.3 else "at once")' 2>&1)"
done

# Linux 6.1 to 6.5 do so while a thread waits.
cat > "$TMP/busy.py" << 'END'
import socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
far = listener.accept()[0]
child = "import socket; print(socket.socket(fileno=int(%d)).recv(1))" % near.fileno()
subprocess.run([*sys.argv[1:], "python3", "-c", child], pass_fds=[near.fileno()])
print(far.recv(1))
END
number=$(gcc -E -include sys/syscall.h - <<< SYS_connect | tail -n 1)
check_match "a kernel that refuses to reset is told of" "which this kernel refuses: the peer saw a FIN" \
    "$(timeout 60 "$SOCKFAULT" run -f 'call: recv, role: client, reset: true, times: 1' -- \
        python3 "$TMP/busy.py" "$BUILD/tests/programs/deny" "$number" 16 2>&1)" # EBUSY

finish
