# Link rules on what goes out from Unix sockets as datagrams: what both ends see of each fault, and that the sender is told
# what the kernel tells it without.
. "$(dirname "$0")/../lib.sh"

peer=$root/tests/e2e/unix_datagrams.py
export SF_NAME=sockfault-test-$$ TMPDIR=$TMP

under() # RULE WORD…
{
    local rule=$1
    shift
    timeout 60 "$SOCKFAULT" run -f "link: $rule" -- python3 "$peer" "$@"
}

# ---- the sender is told the same, whether or not the datagram goes ----
never='out, drop: true, when: {after: 1h}, optional: true'
python3 "$peer" sends 1 > "$TMP/bare"
under "$never" sends 1 > "$TMP/idle" 2>&1
check_same "calls are as ever, and what comes of them" "$TMP/bare" "$TMP/idle"
python3 "$peer" sends 0 > "$TMP/bare"
for fault in 'drop: true' 'blackhole: true' 'corrupt: 1, when: {match: never}, optional: true'; do
    under "out, $fault" sends 0 > "$TMP/told" 2>&1
    check_same "calls are told the same: $fault" "$TMP/bare" "$TMP/told"
done
python3 "$peer" full > "$TMP/bare"
under "$never" full > "$TMP/idle" 2>&1
check_same "a full queue is as ever" "$TMP/bare" "$TMP/idle"
head -n 4 "$TMP/bare" > "$TMP/first"
under 'out, drop: true, when: {from: 12}' full 2>&1 | head -n 4 > "$TMP/told"
check_same "and holds up what is to be lost" "$TMP/first" "$TMP/told"

# ---- each fault: three words to a peer, and three to a name ----
gives() # NAME WANT RULE
{
    check_status "$1" 0 under "$3" words ab cd ef
    check_eq "$1: what comes" "$2" "$(xargs <<< "$output")"
}
gives "the second is lost" "2 2 2 2 2 2 ab ef ab cd ef" 'out, drop: true, when: {nth: 2}'
gives "each socket's second" "2 2 2 2 2 2 ab ef ab ef" 'out, drop: true, per: connection, when: {nth: 2}'
gives "twice" "2 2 2 2 2 2 ab ab cd cd ef ab cd ef" 'out, duplicate: true, times: 2'
gives "nothing" "2 2 2 2 2 2" 'out, blackhole: true'
gives "behind a text" "2 2 2 2 2 2 ab cd ab cd" 'out, blackhole: true, when: {match: cd}'
gives "a connection" "2 2 2 2 2 2 ab cd ef" 'out, connection: 1, drop: true'
gives "a peer by name" "2 2 2 2 2 2" 'out, peer: "unix:s", drop: true'
gives "another" "2 2 2 2 2 2 ab cd ef ab cd ef" 'out, peer: "unix:t", drop: true, optional: true'
check_status "a bit is flipped" 0 under 'out, corrupt: 1, when: {nth: 4}' words @@ @@
check_match "in the one that is meant" '^2 2 2 2 @@ @@ @@ [^ ]+ *$' "$output"
check "which is another then" test "$(cut -d ' ' -f 8 <<< "$output")" != @@
check_status "nobody is there" 1 under 'out, refuse: true, when: {nth: 2}' words ab cd
check_match "once" 'ConnectionRefusedError' "$output"
check_status "behind a name" 1 under 'in, refuse: true, when: {nth: 4}' words ab cd ef
check_match "nor there" '^2 2 2 .*ConnectionRefusedError' "$(xargs -0 <<< "${output//$'\n'/ }")"

# ---- what cannot be done ----
loud='used datagrams that link rules select and the wire cannot carry'
check_status "what comes in" 0 under 'in, drop: true, when: {after: 1h}, optional: true' receive
check_match "is told of" "$loud" "$output"
check_status "a delay" 0 under 'out, delay: 10ms' words ab
check_match "likewise" "$loud" "$output"
check_status "packets in order" 0 under 'out, delay: 10ms, optional: true' packets
check_match "nor these" 'link rules select and that could not be given to the wire: .*of SOCK_SEQPACKET' "$output"
check_status "a rule of another type" 0 under 'out, delay: 10ms, optional: true, type: stream' packets
check_eq "does not mean them" "b'x'" "$output"
check_status "who only sends" 0 under 'both, drop: true, when: {nth: 9}, optional: true, peer: "unix:none"' sends 0
check "meets nothing of the kind" test -z "$(grep "$loud" <<< "$output")"
finish
