#!/bin/bash
# How far `test` is, on a terminal: a line that is gone before anything else is printed.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
cat > many.yaml << 'END'
name: sleeps with a name that is long enough for a terminal of forty columns
matrix: {n: [1, 2, 3]}
programs: {client: "sleep 0.${n}"}
---
name: fails
programs: {client: exit 3}
END
cat > screen.py << 'END'
"""What sockfault writes to a terminal of so many columns, and what of it is left: screen.py COLUMNS ARGUMENT…"""
import fcntl
import os
import pty
import re
import struct
import sys
import termios

pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execvp(os.environ["SOCKFAULT"], ["sockfault"] + sys.argv[2:])
data = b""
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    data += piece
os.waitpid(pid, 0)
lines = data.decode().replace("\r\n", "\n").split("\n")
seen = [part for line in lines for part in re.split("\r", line)[1:-1] if part != "\x1b[K"]
print("widest", max([len(part.replace("\x1b[K", "")) for part in seen], default=0))
print("seen", " | ".join(part.replace("\x1b[K", "") for part in seen))
for line in lines:
    print("left", line.rsplit("\r", 1)[-1].removeprefix("\x1b[K"))
END
export TERM=xterm LC_ALL=C.UTF-8 NO_COLOR=1
screen() { timeout 100 python3 screen.py "$@"; }

shown=$(screen 200 test -j 1 many.yaml)
check_match "it says how many, what failed, and what runs" \
    '0 of 4, 0s: sleeps with [^|]*\[n=1\] \|.* 3 of 4, [0-9]+s: fails' "$shown"
left=$(sed -n 's/^left //p' <<< "$shown" | sed 's/ ([^)]*)$//; s/ in .*//')
check_eq "what is left is the report" "PASS sleeps with a name that is long enough for a terminal of forty columns [n=1]
PASS sleeps with a name that is long enough for a terminal of forty columns [n=2]
PASS sleeps with a name that is long enough for a terminal of forty columns [n=3]
FAIL fails
many.yaml:6: client exited with 3, expected 0
3 passed, 1 failed" "$(sed '/^$/d' <<< "$left")"
check_match "failures are counted" '1 failed' "$(screen 200 test -j 2 many.yaml | sed -n 's/^seen //p')"
shown=$(screen 40 test -j 1 many.yaml)
check_eq "it is as wide as the terminal at most" "widest 39" "$(head -n 1 <<< "$shown")"
check_match "what is cut off is marked" '…' "$shown"
check_match "in ASCII where that is the locale" '\.\.\. \|' "$(LC_ALL=C screen 40 test -j 1 many.yaml)"
check_eq "not with -q" "widest 0" "$(screen 80 test -q -j 1 many.yaml | head -n 1)"
check_eq "nor on a dumb terminal" "widest 0" "$(TERM=dumb screen 80 test -j 1 many.yaml | head -n 1)"

# explore's line.
. "$root/tests/zoo/ask.sh"
shown=$(screen 200 explore --max-runs 60 --out found ask.yaml)
check_match "explore says how far it is, what it found and how long it will take" \
    'sockfault explore: [0-9]+ runs, [0-9]+ of [0-9]+ faults tried, [1-9] findings?, [0-9]+ faults/s, [0-9]+ s left \|' "$shown"
left=$(sed -n 's/^left //p' <<< "$shown")
check_match "what is left begins with its report" '^crash +client is killed by SIGSEGV' "$left"
check_eq "and has nothing of the line" "" "$(grep 'faults tried,' <<< "$left")"
shown=$(screen 40 explore --max-runs 60 --out found ask.yaml)
check_eq "explore's is as wide as the terminal at most" "widest 39" "$(head -n 1 <<< "$shown")"
check_eq "not with -q: explore" "widest 0" "$(screen 80 explore -q --max-runs 20 --out found ask.yaml | head -n 1)"
check_eq "nor on a dumb terminal: explore" "widest 0" \
    "$(TERM=dumb screen 80 explore --max-runs 20 --out found ask.yaml | head -n 1)"

check_status "nor in a log" 1 "$SOCKFAULT" test -j 1 many.yaml
check_eq "which has no carriage return" "" "$(grep $'\r' <<< "$output")"

# What sockfault itself says needs no character set but ASCII; the names and the bytes of others stay as they are.
cat > words.yaml << 'END'
name: words
programs:
  long: {run: [python3, -c, "print('a' * 500)"]}
faults:
  - {call: recv, partial: 1, optional: true}
expect:
  long: {stdout: {equals: "b", contains: "ccc"}}
END
"${CC:-cc}" -o calls "$root/docs/reference/calls.c" || exit 1
{
    for command in "" run test explore trace check compile list help completion; do
        "$SOCKFAULT" help $command
    done
    for what in faults calls errors scenarios keys; do
        "$SOCKFAULT" list "$what"
    done
    "$SOCKFAULT" test -v words.yaml
    "$SOCKFAULT" run -v --report pretty -f "call: recv, partial: 1" -- ./calls tcp give=hello recv
    "$SOCKFAULT" run -f 'call: recv, partial: ${port.x}, blub: 1' -- true
    printf 'name: x\nprograms: {a: ${port.x}}\n' > wrong.yaml
    "$SOCKFAULT" check wrong.yaml
} > said 2>&1
check_match "what is left out of a quote is marked" '"\.\.\.' "$(cat said)"
check_match "a call and what it returned are told" 'asked [0-9]+ -> [0-9]+' "$(cat said)"
check_eq "all of it is ASCII" "" "$(LC_ALL=C grep -nP '[^\x00-\x7f]' said)"

# The manual page of a command, on a terminal; of a topic, anywhere. Of a build, where scdoc has made them.
if [ -e "$BUILD/man/sockfault-run.1" ]; then
    check_match "help shows the page" 'sockfault-run - run one program' \
        "$(PAGER=cat MANPAGER=cat script -qec "'$SOCKFAULT' help run" /dev/null < /dev/null | sed 's/\x1b\[[0-9;]*m//g')"
    check_match "that of a topic, too" 'sockfault-scenario - scenarios' "$(MANPAGER=cat "$SOCKFAULT" help scenario)"
fi
check_match "usage where nobody looks" '^Usage: sockfault run' "$("$SOCKFAULT" help run)"
mkdir -p bare && cp "$SOCKFAULT" bare/
check_status "a page that is not there" 2 bare/sockfault help faults
check_match "is named, and what to read instead" 'no manual page sockfault-faults\(7\) here, or no man: see docs/' "$output"
check_status "a topic that is misspelt" 2 "$SOCKFAULT" help scenarios
check_match "is suggested" 'did you mean scenario\?' "$output"
finish
