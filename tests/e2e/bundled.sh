# The scenarios that come with sockfault pass, as files and as rules for `run`.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
check "each passes" "$SOCKFAULT" test scenarios/*.yaml
check_status "each is listed" 0 "$SOCKFAULT" list scenarios
listed=$output
check_eq "and nothing that run -s would not find" "$(cd scenarios && printf '%s\n' *.yaml | sed 's/\.yaml$//' | sort)" \
    "$(cut -d ' ' -f 1 <<< "$listed" | sort)"
for file in scenarios/*.yaml; do
    name=${file##*/}
    name=${name%.yaml}
    check_match "list names $name" "$name" "$listed"
    # Their rules may never fire in `true`: a remark, not a failure.
    check_status "$name lends its rules to run" 0 "$SOCKFAULT" run -s "$name" -- true
done

cat > "$TMP/turns.py" << 'END'
# As psql does: where a send finds no room, what has come is read before it is tried again.
import socket

ours, theirs = socket.socketpair()
ours.setblocking(False)


def received():
    try:
        return ours.recv(1)
    except BlockingIOError:
        return None


def sent():
    try:
        return ours.send(b"x")
    except BlockingIOError:
        return received() and None


for turn in range(20):
    assert any(sent() for attempt in range(10)), f"starved in turn {turn}"
    theirs.send(theirs.recv(1))
    assert any(received() for attempt in range(10)), f"starved in turn {turn}"
END
check_status "would-block starves nobody who reads before a send is tried again" 0 \
    "$SOCKFAULT" run -s would-block -- python3 "$TMP/turns.py"
check_match "whose sends it fails" "not-writable .* fired [1-9]" \
    "$("$SOCKFAULT" run -v -s would-block -- python3 "$TMP/turns.py" 2>&1)"
check_status "a name that is misspelt" 125 "$SOCKFAULT" run -s one-bite -- true
check_match "is told the next" 'nor a bundled scenario of that name \(did you mean one-byte\?\)' "$output"
finish
