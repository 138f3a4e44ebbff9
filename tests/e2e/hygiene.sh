# Broken habits: each bad program is told exactly what it does, where it does it; programs
# that are in use everywhere are told nothing.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
# Debian keeps servers off every user's PATH.
PATH=$PATH:/usr/sbin:/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)
habits=$BUILD/tests/programs/habits
examples=scenarios/examples/hygiene

# ---- the practices: a bad program for each, in C and in Python ----------------
# Their good twins pass in examples.sh.

bad() # STEM WARNING MESSAGE FUNCTION TEXT: in C at the line that holds TEXT; in Python the same, but for the place
{
    local said line
    said=$("$SOCKFAULT" test "$examples/$1-bad.yaml" 2> "$TMP/error" | grep -E '^[^ ]+:[0-9]+: ')
    line=$(grep -nF -- "$5" "$examples/${6:-$1_bad.c}" | head -n 1 | cut -d : -f 1)
    check_eq "$1: one warning for each program" 2 "$(wc -l <<< "$said")" || diag "$said"
    check_match "$1 in C" " c: $2: $3, in $4 \(${6:-$1_bad.c}:$line\)( \([0-9]+ times\))?"$'\n' "$said"$'\n'
    check_match "$1 in Python" " python: $2: $3(, in sock_| \(|$)" "$said"
}

bad close unclosed 'the connection to peer \(descriptor 3, CLOSE_WAIT\) was never closed' connect_to \
    'int fd = socket(' connect.h
bad errors error-ignored 'recv\(3\) failed with ECONNRESET, and the program went on with send, under rule lost' \
    main 'recv(fd, word'
bad read read-as-message \
    'recv\(3\) brought 5 bytes from peer and left more to be read, and the program went on with close, under rule pieces' \
    main 'recv(fd, line'
bad send short-send 'send\(3\) took 300 of 1000 bytes, and the rest was never sent, under rule short' main 'send(fd, data'
bad timeout no-timeout 'recv\(3\) waited 2[0-9.]*s for peer, which was silent, and has no time-out, under rule silent' \
    main 'recv(fd, line'
bad size truncated-datagram 'recv\(3\) had room for 16 bytes of a longer datagram, whose rest is lost' main 'recv(fd, card'
bad spin busy-loop '[0-9]+ calls in [0-9.]+ms brought nothing, recv\(3\) the last of them' main 'recv(fd, line'
bad owner closed-twice 'close\(3\) found nothing to close: the socket was closed before' main 'close(fd); /*'

# ---- the other warnings -------------------------------------------------------

warned() # NAME MESSAGE TEXT [OPTION…]: the program NAME is warned, of nothing else, at the line that holds TEXT
{
    local name=$1 message=$2 line said
    line=$(grep -nF -- "$3" tests/programs/habits.c | head -n 1 | cut -d : -f 1)
    shift 3
    said=$("$SOCKFAULT" run -v "$@" -- "$habits" "$name" 2>&1 | grep '^    program habits: [a-z-]*: ')
    check_match "$name" "^    program habits: $message \(habits.c:$line\)\$" "$said"
}

warned sigpipe 'sigpipe: write\(4\) to 127.0.0.1:[0-9]+, which had closed, killed the program by SIGPIPE, in die_by_sigpipe' \
    'write(pair.near, "b"'
warned after-fault 'unclosed-after-fault: the connection to 127.0.0.1:[0-9]+ \(descriptor 4, ESTABLISHED\) was never closed after recv had failed with ECONNRESET, under rule 1, in open_client' \
    'socket(AF_INET, SOCK_STREAM, 0); /*' -f 'call: recv, role: client, error: ECONNRESET'
warned tiny-reads 'tiny-reads: read\(4\) asked for 1 byte, 64 times in a row, in read_byte_by_byte' 'read(pair.near, &byte, 1)'
warned closed-anothers 'closed-anothers: close\(4\), a second one, hit a socket that another thread had opened since, in close_anothers' \
    'close(fd); /* the number is'

# A datagram that is longer than its room: recv and recvfrom tell it, and give what they always give.
"$habits" room > "$TMP/bare"
"$SOCKFAULT" trace -- "$habits" room > "$TMP/traced" 2> "$TMP/said"
check_same "what a datagram's reader gets" "$TMP/bare" "$TMP/traced"
check_eq "three of its calls are told" 3 "$(grep -c '^sockfault: habits: truncated-datagram: ' "$TMP/said")" || diag "$(cat "$TMP/said")"

for name in prefork fork pool dups passed held polls; do
    "$SOCKFAULT" run -v -- "$habits" "$name" > "$TMP/said" 2>&1
    check "$name is clean" grep -q 'hygiene: clean' "$TMP/said" || diag "$(cat "$TMP/said")"
done

# ---- where they are told --------------------------------------------------------

"$SOCKFAULT" trace -- "$habits" tiny-reads 2> "$TMP/said"
check_match "a trace ends with them" '^sockfault: habits: tiny-reads: read\(4\) asked for 1 byte' "$(tail -n 1 "$TMP/said")"
"$SOCKFAULT" trace -q -- "$habits" tiny-reads 2> "$TMP/said"
check_eq "a quiet one does not" 0 "$(grep -c '^sockfault:' "$TMP/said")"
"$SOCKFAULT" trace -- "$habits" pool 2> "$TMP/said"
check_eq "nor one of a clean program" 0 "$(grep -c '^sockfault:' "$TMP/said")" || diag "$(grep '^sockfault:' "$TMP/said")"
"$SOCKFAULT" run -- "$habits" tiny-reads 2> "$TMP/said"
check_eq "a run does not" "" "$(< "$TMP/said")"
"$SOCKFAULT" run -v --report "json=$TMP/report" -- "$habits" tiny-reads 2> /dev/null
check_eq "reports hold call, descriptor, state and place" "tiny-reads read 4 ESTABLISHED read_byte_by_byte" "$(python3 -c '
import json, sys
for one in json.load(open(sys.argv[1]))["scenarios"][0]["programs"]["habits"]["hygiene"]:
    print(one["warning"], one["call"], one["fd"], one["state"], one["site"].split()[0])' "$TMP/report" 2>&1)"
check_match "who did not run is not clean" '^sockfault run: /nowhere: No such file' "$("$SOCKFAULT" run -v -- /nowhere 2>&1)"
check_eq "nor said to be" 0 "$("$SOCKFAULT" run -v -- /nowhere 2>&1 | grep -c hygiene)"

# ---- programs at work -----------------------------------------------------------

healthy() # NAME FILE
{
    "$SOCKFAULT" test -j 2 "$2" > "$TMP/said" 2>&1
    check_eq "$1: status" 0 $?
    while IFS= read -r line; do
        case $line in
            SKIP*) skip "$1: ${line#SKIP }" "not installed" ;;
            *) check "$1: ${line% (*}" test "${line%% *}" = PASS ;;
        esac
    done < <(grep -E '^(PASS|FAIL|SKIP) ' "$TMP/said")
    grep -vE "^(PASS|SKIP) " "$TMP/said" | grep -v " 0 failed" | while IFS= read -r line; do diag "$line"; done
}

healthy "at work" tests/e2e/healthy/healthy.yaml
sed -f tests/e2e/healthy/benign.sed tests/e2e/healthy/healthy.yaml > "$TMP/benign.yaml"
sed -i "s|\${scenario_dir}|$root/tests/e2e/healthy|g" "$TMP/benign.yaml"
healthy "in bad weather" "$TMP/benign.yaml"
finish
