# Link rules on datagrams: what both ends see of each fault, and that without one they see nothing of the wire.
. "$(dirname "$0")/../lib.sh"

peer=$root/tests/e2e/datagrams.py
port=$(free_port)
for host in 127.0.0.1 ::1; do
    background python3 "$peer" serve "$port" "$host" > "$TMP/served-$host"
    within 10 grep -q ready "$TMP/served-$host" || exit 1
done

ask() # RULE KIND WORD…: the answers that a client under the rule gets
{
    local rule=$1 kind=$2
    shift 2
    timeout 60 "$SOCKFAULT" run ${seed:+--seed "$seed"} -f "$rule" -- python3 "$peer" ask "$kind" "$port" "$@"
}

texts() # of the answers in $output, and whether each came from the server
{
    sed 's/ [0-9]* / /; s/ True$//' <<< "$output" | tr '\n' ' ' | sed 's/ $//'
}

gives() # NAME WANT RULE KIND WORD…
{
    local name=$1 want=$2
    shift 2
    check_status "$name" 0 ask "$@"
    check_eq "$name: what comes" "$want" "$(texts)"
}

late() # NAME LEAST: each answer came no earlier
{
    check "$1" awk -v least="$2" '$(NF - 1) < least || $(NF - 1) > least + 1500 { bad = 1 } END { exit bad || NR == 0 }' <<< "$output"
}

forget()
{
    : > "$TMP/served-127.0.0.1"
}

# ---- each fault, each way, each kind of socket ----
for kind in c u bu c6 u6; do
    case $kind in
        c | u6) ways="in out" ;;
        *) ways=in ;;
    esac
    for way in $ways; do
        gives "$kind: a delay $way" "re:one re:two re:three" "link: $way, delay: 60ms" "$kind" one two three
        late "$kind: by so much $way" 59
        gives "$kind: the second is lost $way" "re:one re:three" "link: $way, drop: true, when: {nth: 2}" "$kind" one two three
        gives "$kind: twice $way" "re:one re:one re:two" "link: $way, duplicate: true, times: 1" "$kind" one two
        gives "$kind: in reverse order $way" "re:three re:two re:one" "link: $way, reorder: 3" "$kind" one two three
    done
    gives "$kind: both ways" "re:one" "link: both, delay: 60ms" "$kind" one
    late "$kind: by a round trip" 119
done
gives "a run that is not full" "re:two re:one re:three" 'link: out, reorder: 2' c one two three
check "goes on after 100 ms" awk 'NR == 3 && $2 >= 98 { ok = 1 } END { exit !ok }' <<< "$output"
check_status "one that never is" 0 ask 'link: out, reorder: 9, optional: true' c one two
check_eq "stays in order" "re:one re:two" "$(texts)"
check_match "and has not fired" 'reorder: 9\) never fired: it selected 2 datagrams but did nothing to any: so many did not come together' \
    "$(ask 'link: out, reorder: 9' c one two 2>&1)"

# ---- corrupt, throttle, blackhole ----
forget
check_status "a bit is flipped" 0 ask 'link: out, corrupt: 1, when: {nth: 2}' c @@@ @@@ @@@
check_eq "in the second alone" "@@@ @@@" "$(sed -n '1p; 3p' "$TMP/served-127.0.0.1" | tr '\n' ' ' | sed 's/ $//')"
check "which is another then" test "$(sed -n 2p "$TMP/served-127.0.0.1")" != @@@
printf -v long %01000d 0
SF_WAIT=1 check_status "a rate" 0 ask 'link: out, throttle: 5000/s' c "$long" "$long" "$long" "$long"
check_eq "loses nothing" 4 "$(wc -l <<< "$output")"
check "makes what is beyond it wait" awk 'NR == 4 && $2 >= 280 && $2 < 2000 { ok = 1 } END { exit !ok }' <<< "$output"
gives "a black hole behind a datagram" "re:one re:two" 'link: out, blackhole: true, when: {after_bytes: 4}' u one two three four
gives "behind a text" "re:one re:two" 'link: in, blackhole: true, when: {match: two}' c one two three
gives "what is empty" "re: re:" 'link: both, delay: 10ms' u "" ""

# ---- errors ----
check_status "a refusal" 1 ask 'link: both, refuse: true' c one
check_match "is told to who has a peer" 'ConnectionRefusedError' "$output"
gives "and not to others" "" 'link: both, refuse: true' u one
for host in 127.0.0.1 ::1; do
    check_status "on this machine ($host) a refusal" 0 python3 "$peer" sends "$(free_port)" "$host"
    check_eq "has come when the send returns" "1 ECONNREFUSED 1 ECONNREFUSED" "$output"
    check_status "and that of a rule" 0 "$SOCKFAULT" run -f 'link: out, refuse: true' -- python3 "$peer" sends "$port" "$host"
    check_eq "has, too" "1 ECONNREFUSED 1 ECONNREFUSED" "$output"
done
check_status "of one datagram" 0 "$SOCKFAULT" run -f 'link: both, refuse: true, when: {nth: 2}' -- python3 "$peer" sends "$port" ::1
check_eq "the next hears" "1 1 ECONNREFUSED 1" "$output"
check_status "no network" 1 ask 'link: out, unreachable: net' u one
check_match "fails the send" 'Errno 101' "$output"
check_status "no host" 1 ask 'link: out, unreachable: host' c one
check_match "fails a connect as well" 'Errno 113' "$output"
check_status "for one datagram" 1 ask 'link: out, unreachable: host, times: 1' c one
check_match "it is the send's" 'in ask$' "$(tail -n 3 <<< "$output" | head -n 1)"

# ---- scope ----
gives "another peer" "re:one" "link: both, delay: 300ms, optional: true, peer: '127.0.0.1:1'" u one
check "is not late" awk '$2 < 200 { ok = 1 } END { exit !ok }' <<< "$output"
gives "a peer of each datagram" "" "link: out, drop: true, peer: '127.0.0.1:$port'" u one
gives "of a server's" "" "link: in, drop: true, peer: '127.0.0.1:$port'" bu one
gives "a rule for streams" "re:one" "link: both, type: stream, delay: 1s, optional: true" u one
other=$(free_port)
background timeout 60 "$SOCKFAULT" run -f 'link: in, delay: 200ms, role: server, optional: true' -f 'link: in, duplicate: true' -- \
    python3 "$peer" serve "$other" > "$TMP/wrapped"
server=$background_pid
within 10 grep -q ready "$TMP/wrapped"
check_status "a wrapped server" 0 timeout 20 python3 "$peer" ask u "$other" one two
check_eq "gets what comes to it twice, and knows from where" "re:one re:one re:two re:two" "$(texts)"
end "$server"

# ---- the same seed ----
rule='link: both, drop: true, when: {probability: 0.3}'
seed=5 check_status "a seed" 0 ask "$rule" c 1 2 3 4 5 6 7 8 9
first=$(texts)
seed=5 check_status "again" 0 ask "$rule" c 1 2 3 4 5 6 7 8 9
check_eq "loses the same" "$first" "$(texts)"
seed=6 check_status "another" 0 ask "$rule" c 1 2 3 4 5 6 7 8 9
check "loses others" test "$first" != "$(texts)"

# ---- nothing shows of the wire ----
for host in 127.0.0.1 ::1; do
    python3 "$peer" calls "$host" > "$TMP/bare"
    for way in in out both; do
        timeout 60 "$SOCKFAULT" run -f "link: $way, delay: 20ms, optional: true" -- python3 "$peer" calls "$host" > "$TMP/carried" 2>&1
        check_same "calls on $host are as ever: $way" "$TMP/bare" "$TMP/carried"
    done
done
check_status "many" 0 timeout 60 "$SOCKFAULT" run -f 'link: both, drop: true, when: {after: 1h}, optional: true' -- \
    python3 "$peer" many "$port" 3000

check_status "a server that is killed" 0 timeout 60 "$SOCKFAULT" run -f 'link: in, delay: 1ms, optional: true' -- \
    python3 "$peer" restart "$other"
check_eq "may start again at once" restarted "$output"

# ---- what cannot be carried ----
few_descriptors() # the wire needs one for each socket that has sent, and some for itself
{
    ulimit -n 40
    SF_WAIT=2 timeout 60 "$SOCKFAULT" run -f 'link: out, delay: 300ms' -- python3 "$peer" each 32
}

loud='used datagrams that link rules select and the wire cannot carry'
scenario() # ARGUMENT…: of the program
{
    local IFS=,
    printf 'name: n\nprograms: {client: [python3, %s, %s]}\nfaults: [{link: both, delay: 1ms, optional: true}]\n' "$peer" "$*" > "$TMP/n.yaml"
    timeout 60 "$SOCKFAULT" test "$TMP/n.yaml"
}
check_status "a wire without a descriptor" 0 few_descriptors
came=$(sed -n 1p <<< "$output")
check "loses some" test "$came" -gt 0 -a "$came" -lt 32
check_match "and says so" "$loud.*no descriptor left" "$output"
check_status "a port that the program shares" 1 scenario shared "$other"
check_match "fails the run" "client $loud" "$output"
check_status "so do Unix sockets" 1 scenario pair
check_match "aloud" "client $loud" "$output"
finish
