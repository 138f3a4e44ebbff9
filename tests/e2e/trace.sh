# The calls of real programs, as text and as JSON Lines.
. "$(dirname "$0")/../lib.sh"

port=$(free_port) || { fail "a free port"; finish; }
mkdir "$TMP/www" && echo hello > "$TMP/www/index.html"
background python3 -m http.server "$port" --bind 127.0.0.1 --directory "$TMP/www" 2> /dev/null
wait_for_port "$port" || { fail "a server"; finish; }
url=http://127.0.0.1:$port/
export no_proxy='*'

# Each line has the keys of the contract, in their order, and their types.
cat > "$TMP/valid.py" << 'END'
import json, sys
keys = "t program pid tid call function fd socket state local peer asked result error fault".split()
if sys.argv[2:] == ["several"]:
    keys.insert(1, "scenario")
text, number = (str, type(None)), (int, type(None))
types = dict(t=float, scenario=str, program=str, pid=int, tid=int, call=str, function=str, fd=number, socket=number,
             state=text, local=text, peer=text, asked=number, result=number, error=text, fault=text)
last = 0
for count, line in enumerate(open(sys.argv[1]), 1):
    call = json.loads(line)
    assert list(call) == keys, f"line {count}: {list(call)}"
    for key in keys:
        assert isinstance(call[key], types[key]), f"line {count}: {key} is {call[key]!r}"
    last = call["t"]
assert count > 0
END

pick() # FILE EXPRESSION [CONDITION]: of each line, as JSON
{
    python3 -c '
import json, sys
for line in open(sys.argv[1]):
    c = json.loads(line)
    if eval(sys.argv[3]): print(eval(sys.argv[2]))' "$1" "$2" "${3-True}"
}

check_status "trace gives what the program says and its status" 0 \
    "$SOCKFAULT" trace -o "$TMP/text" --trace "$TMP/json" -- curl -fsS "$url"
check_eq "its output is the program's" hello "$output"
check "each line of JSON has the keys and types of the contract" python3 "$TMP/valid.py" "$TMP/json"
check_eq "text and JSON have a line for each call" "$(wc -l < "$TMP/json")" "$(wc -l < "$TMP/text")"
check_match "a connection is told with its peer" \
    "curl +#1 +(SYN_SENT|ESTABLISHED) +connect\([0-9]+, 127.0.0.1:$port\) = " "$(< "$TMP/text")"
check_match "what was sent" '#1 +ESTABLISHED +send\([0-9]+, [0-9]+, MSG_NOSIGNAL\) = [0-9]+ <[0-9.]+[num]?s>' "$(< "$TMP/text")"
check_eq "the client goes through its states" "CLOSED ESTABLISHED" \
    "$(pick "$TMP/json" 'c["state"]' 'c["state"] and c["function"] in ("socket", "send", "recv")' | uniq | xargs)"
check_eq "its peer stands in each call on it" "127.0.0.1:$port" \
    "$(pick "$TMP/json" 'c["peer"]' 'c["call"] in ("connect", "send", "recv")' | sort -u)"

check_status "the status is the program's" 7 "$SOCKFAULT" trace -q -- curl -sS "http://127.0.0.1:$(free_port)/"
check_match "-q shows what failed" '#1 +CLOSED +connect' "$output"
check_status "a signal is 128+N" 137 "$SOCKFAULT" trace -- sh -c 'kill -9 $$'
check_status "a program that is not there is 127" 127 "$SOCKFAULT" trace -- /no/such/program
check_status "a time-out is 124" 124 "$SOCKFAULT" trace --timeout 200ms -- sleep 60

"$SOCKFAULT" trace -v -- curl -fsS -o /dev/null "$url" 2> "$TMP/data"
check_match "-v shows data" '"GET / HTTP/1.1\\r\\nHost: ' "$(< "$TMP/data")"
check_match "and sums up connections" \
    "connections:
  curl #1 with 127.0.0.1:$port: [0-9]+ bytes out, [0-9]+ in, [0-9]+ calls, closed, (FIN_WAIT_1|LAST_ACK|CLOSED)" "$(< "$TMP/data")"
head -c 3000 /dev/zero | tr '\0' a > "$TMP/www/long"
"$SOCKFAULT" trace -v -- curl -fsS -o /dev/null "${url}long" 2> "$TMP/data"
check_eq "64 bytes of it" 64 "$(sed -n 's/.*recv([0-9]*, "\(.*\)"\.\.\..*/\1/p' "$TMP/data" | head -n 1 | sed 's/\\././g' | tr -d '\n' | wc -c)"
"$SOCKFAULT" trace -vv -- curl -fsS -o /dev/null "${url}long" 2> "$TMP/data"
check_eq "-vv all of it" 3000 "$(grep -o 'recv(.*"' "$TMP/data" | grep -o 'a\{30,\}' | tr -d '\n' | wc -c)"
check_eq "no colour where there is no terminal" "" "$(grep $'\033' "$TMP/data")"
check_match "colour on a terminal" $'\033\\[36m#1' \
    "$(TERM=xterm NO_COLOR='' script -qec "'$SOCKFAULT' trace -- curl -fsS -o /dev/null $url" /dev/null < /dev/null)"
check_eq "none where NO_COLOR says so" "" \
    "$(TERM=xterm NO_COLOR=1 script -qec "'$SOCKFAULT' trace -- curl -fsS -o /dev/null $url" /dev/null < /dev/null | grep $'\033\[')"

# ---- what a program does at its end ------------------------------------------

cat > "$TMP/killed.py" << 'END'
import os, socket
a, b = socket.socketpair()
for i in range(1000):
    a.send(b"x" * (i + 1)), b.recv(2000)
os.kill(os.getpid(), 9)
END
"$SOCKFAULT" trace -o /dev/null --trace "$TMP/killed" -- python3 "$TMP/killed.py"
check_eq "calls of a killed program are there to the last" "1000 1000" \
    "$(pick "$TMP/killed" 'c["result"]' 'c["call"] == "send"' | awk 'END { print NR, $1 }')"

cat > "$TMP/waiting.py" << 'END'
import os, socket, threading, time
a, b = socket.socketpair()
threading.Thread(target=b.recv, args=(100,)).start()
time.sleep(0.3)
os.kill(os.getpid(), 15)
END
check_status "a program that waits is killed" 143 "$SOCKFAULT" trace --trace "$TMP/waiting" -- python3 "$TMP/waiting.py"
check_match "its call is shown as unfinished" 'python3/[0-9]+ +recv\([0-9]+, 100 <unfinished \.\.\.>' "$output"
check_eq "in JSON it has no result" "None" "$(pick "$TMP/waiting" 'c["result"]' 'c["call"] == "recv"')"
check "and has all keys" python3 "$TMP/valid.py" "$TMP/waiting"

cat > "$TMP/life.py" << 'END'
import socket
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(("localhost", listener.getsockname()[1]))
server = listener.accept()[0]
client.sendall(b"x"), server.recv(9)
client.shutdown(socket.SHUT_WR), server.recv(9)
server.close(), client.recv(9), client.close(), listener.close()
END
"$SOCKFAULT" trace --trace "$TMP/life" -- python3 "$TMP/life.py" 2> "$TMP/text"
client=$(pick "$TMP/life" 'c["socket"]' 'c["function"] == "connect"')
server=$(pick "$TMP/life" 'c["socket"]' 'c["call"] == "accept"')
listener=$(pick "$TMP/life" 'c["socket"]' 'c["function"] == "listen"')
check_eq "the states of who ends first" "CLOSED ESTABLISHED FIN_WAIT TIME_WAIT" \
    "$(pick "$TMP/life" 'c["state"]' "c['socket'] == $client" | sed 's/FIN_WAIT_[12]/FIN_WAIT/' | uniq | xargs)"
check_eq "of who ends last" "ESTABLISHED CLOSE_WAIT LAST_ACK" \
    "$(pick "$TMP/life" 'c["state"]' "c['socket'] == $server" | uniq | xargs)"
check_eq "of a listener" "CLOSED LISTEN CLOSED" \
    "$(pick "$TMP/life" 'c["state"]' "c['socket'] == $listener" | uniq | xargs)"
check_match "a host is named as it was looked up" 'connect\([0-9]+, 127.0.0.1:[0-9]+ \(localhost\)\)' "$(< "$TMP/text")"

# ---- faults, scenarios -----------------------------------------------------------

"$SOCKFAULT" run --trace "$TMP/faults" -f 'id: one-byte, call: recv, partial: 1' \
    -f 'id: late, call: recv, delay: 1us, when: {nth: 1}' -- curl -fsS -o /dev/null "$url"
check "run writes JSON Lines" python3 "$TMP/valid.py" "$TMP/faults"
check_eq "faults are named" "late+one-byte one-byte" \
    "$(pick "$TMP/faults" '"+".join(sorted(c["fault"].split("+")))' 'c["fault"]' | uniq | xargs)"
check_eq "with what they made of a call" 1 "$(pick "$TMP/faults" 'c["result"]' 'c["fault"]' | sort -u)"
check_status "run itself prints nothing of it" 0 \
    "$SOCKFAULT" run --trace "$TMP/faults" -- curl -fsS -o /dev/null "$url"
check_eq "nor says anything" "" "$output"
"$SOCKFAULT" run --trace - -- curl -fsS -o /dev/null "$url" > "$TMP/stdout"
check "- is standard output" python3 "$TMP/valid.py" "$TMP/stdout"

cat > "$TMP/two.yaml" << 'END'
name: two
matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8]}
programs:
  web: {run: [python3, -m, http.server, "${port.web}", --bind, 127.0.0.1], ready: {port: "${port.web}", within: 60s}}
  client: for i in 1 2 3 4 5 6; do curl -fsS -o /dev/null http://127.0.0.1:${port.web}/ || exit; done
END
check_status "test traces scenarios that run at once" 0 "$SOCKFAULT" test -j4 --trace "$TMP/all" "$TMP/two.yaml"
check "their lines are whole and say which is which" python3 "$TMP/valid.py" "$TMP/all" several
check_eq "all scenarios are in it" 8 "$(pick "$TMP/all" 'c["scenario"]' | sort -u | wc -l)"
check_eq "each connection with both its ends" "client 48 web 48" \
    "$(pick "$TMP/all" 'c["program"]' 'c["call"] in ("connect", "accept") and c["error"] != "EAGAIN"' | sort |
        uniq -c | awk '{ print $2, $1 }' | xargs)"
"$SOCKFAULT" test -q --trace "$TMP/one" --filter 'n=3' "$TMP/two.yaml" > /dev/null
check "one scenario needs no name" python3 "$TMP/valid.py" "$TMP/one"

# ---- filters ----------------------------------------------------------------

"$SOCKFAULT" trace --call connect,close --trace "$TMP/calls" -o /dev/null -- curl -fsS -o /dev/null "$url"
check_eq "only these calls" "close connect" "$(pick "$TMP/calls" 'c["call"]' | sort -u | xargs)"
"$SOCKFAULT" test -q --program web --call accept --trace "$TMP/calls" --filter 'n=3' "$TMP/two.yaml" > /dev/null
check_eq "only this program" "web accept" "$(pick "$TMP/calls" 'c["program"] + " " + c["call"]' | sort -u)"
"$SOCKFAULT" test -q --peer web --trace "$TMP/calls" --filter 'n=3' "$TMP/two.yaml" > /dev/null
check_eq "only calls with this peer" "client" "$(pick "$TMP/calls" 'c["program"]' | sort -u)"
"$SOCKFAULT" trace --peer "127.0.0.0/8:$port" -o "$TMP/text" -- curl -fsS -o /dev/null "$url"
check_match "or this address" 'connect' "$(< "$TMP/text")"
check_eq "and no others" "" "$(grep socketpair "$TMP/text")"
check_status "a call that there is not" 125 "$SOCKFAULT" trace --call conect -- true
check_match "is told with what was meant" "unknown call 'conect', .*\(did you mean connect\?\)" "$output"
check_status "a program that there is not" 125 "$SOCKFAULT" trace --program wget -- curl --version
check_match "is said" "no program 'wget': this one is curl" "$output"
"$SOCKFAULT" test --program nobody --trace "$TMP/calls" --filter 'n=3' "$TMP/two.yaml" > /dev/null 2> "$TMP/said"
check_match "by test too" "no scenario has a program 'nobody'" "$(< "$TMP/said")"
check_status "a filter without a trace is refused" 125 "$SOCKFAULT" run --peer '*:80' -- true
check_status "by test as wrong usage" 2 "$SOCKFAULT" test --call send "$TMP/two.yaml"

# ---- what goes wrong ---------------------------------------------------------------

check_status "a full disk is 125" 125 "$SOCKFAULT" trace --trace /dev/full -- curl -fsS -o /dev/null "$url"
check_match "and says why" "cannot write the trace: No space left on device" "$output"
check_status "in test too" 125 "$SOCKFAULT" test --trace /dev/full --filter 'n=3' "$TMP/two.yaml"
check_status "a file that cannot be written is said before the start" 125 \
    "$SOCKFAULT" trace --trace "$TMP/no/file" -- touch "$TMP/started"
check_match "with its name" "cannot write to $TMP/no/file: No such file" "$output"
check "nothing was started" test ! -e "$TMP/started"
check_status "a static program cannot be traced" 125 "$SOCKFAULT" trace -- /sbin/ldconfig -V
check_match "and the reason is said" "statically linked" "$output"
check_status "a child that escapes is said" 0 "$SOCKFAULT" trace -- sh -c '/sbin/ldconfig -V > /dev/null; true'
check_match "with what it was" "the trace lacks calls of sh: .*ldconfig" "$output"

# ---- many calls ------------------------------------------------------------------

if command -v redis-server > /dev/null; then
    redis=$(free_port)
    background redis-server --port "$redis" --save '' --dir "$TMP" > /dev/null
    wait_for_port "$redis"
    "$SOCKFAULT" trace -o "$TMP/text" --trace "$TMP/json" -- redis-benchmark -p "$redis" -n 20000 -q -t get \
        > /dev/null 2> "$TMP/said"
    lacks=$(sed -n 's/.*the trace lacks \([0-9]*\) call.*/\1/p' "$TMP/said" | head -n 1)
    check "a benchmark's trace is well formed" python3 "$TMP/valid.py" "$TMP/json"
    sends=$(grep -c '"call": "send"' "$TMP/json")
    check "what it lacks is said" test $((sends + ${lacks:-0})) -ge 20000
else
    skip "a benchmark" "no redis-server"
fi

check_status "a closed standard error is nobody's" 0 sh -c '"$0" trace -- "$1" 2>&-' "$SOCKFAULT" true
check_status "nor do programs find it open" 2 sh -c '"$0" run -- sh -c "true >&2" 2>&-' "$SOCKFAULT"

printf 'name: n\nprograms: {c: "true"}\nfaults: [{call: recv, partial: 1, when: {state: SYN_RECEIVED}}]\n' > "$TMP/state.yaml"
check_status "a state that no program sees" 0 "$SOCKFAULT" check "$TMP/state.yaml"
check_match "it says so" "warning: SYN_RECEIVED shows on no program's socket" "$output"

check_status "a program without a socket" 0 "$SOCKFAULT" trace true
check_eq "is said to have none" "sockfault: true made no call on a socket" "$output"
check_status "not with -q" 0 "$SOCKFAULT" trace -q true
check_eq "which says nothing" "" "$output"
check_status "one that is not there" 127 "$SOCKFAULT" trace -- ./no-such-program
check_eq "is told of once" "sockfault trace: ./no-such-program: No such file or directory" "$output"
finish
