# - is standard input where a scenario is read, and standard output where a file is written.
. "$(dirname "$0")/../lib.sh"

mkdir "$TMP/here"
cd "$TMP/here" || exit 1
cat > ok.yaml << 'END'
name: here
programs:
  p: {run: 'cat; echo "${scenario_dir}"', stdin_file: words}
expect: {p: {stdout: {equals: "words\n${scenario_dir}\n", contains: "/here\n"}}}
END
echo words > words
sed 's/^name/nmae/' ok.yaml > bad.yaml
sed 's/equals/not_contains/' ok.yaml > fails.yaml
printf 'name: x\nseed: 3\nfaults: [{call: recv, partial: 2}]\n' > rules.yaml
cat > talk.py << 'END'
import socket, sys
near, far = socket.socketpair()
far.sendall(b"hello")
print(len(near.recv(10)), repr(sys.stdin.read()))
END

check_status "check reads it" 0 "$SOCKFAULT" check - < ok.yaml
check_eq "and names it" "<stdin>: ok" "$output"
check_status "also through a pipe" 0 bash -c 'cat ok.yaml | "$1" check -' - "$SOCKFAULT"
check_status "also beside files" 0 "$SOCKFAULT" check rules.yaml - < ok.yaml
check_status "what is wrong in it" 2 "$SOCKFAULT" check - < bad.yaml
check_match "has its place" "^<stdin>:1:1: unknown key 'nmae'" "$output"
check_status "nothing in it" 2 "$SOCKFAULT" check - < /dev/null
check_eq "is said" "<stdin>: the file holds no scenario" "$output"
begin=$(date +%s%N)
check_status "so is an empty pipe" 2 bash -c 'true | "$1" check -' - "$SOCKFAULT"
check_eq "in words" "<stdin>: nothing came through this pipe" "$output"
check "for whose writer nobody waits" test $(($(date +%s%N) - begin)) -lt 1500000000
check_status "it is read once" 2 "$SOCKFAULT" check - - < ok.yaml
check_match "and no more" "^<stdin>: it is given twice" "$output"
check_status "where there is none" 2 bash -c '"$1" check - <&-' - "$SOCKFAULT"
check_eq "that is said" "<stdin>: Bad file descriptor" "$output"

check_status "test reads it, and files from the current folder" 0 "$SOCKFAULT" test - < ok.yaml
check_status "failures" 1 "$SOCKFAULT" test - < fails.yaml
check_match "have their places" $'\n<stdin>:4: stdout of p contains' "$output"
check_match "in reports too" '"file": "<stdin>"' "$("$SOCKFAULT" test --report json - < ok.yaml)"
check_match "of an invalid one as well" '"name": "<stdin>"' "$("$SOCKFAULT" test --report json - < bad.yaml 2> /dev/null)"
cp ok.yaml same.yaml
check_status "--save leaves the file behind it" 2 "$SOCKFAULT" test --save same.yaml - < same.yaml
check_match "and says so" "same.yaml is a scenario that is run" "$output"

check_eq "run -s reads it, and leaves nothing to the program" "2 ''" "$("$SOCKFAULT" run -s - -- python3 talk.py < rules.yaml)"
check_eq "an explicit ./- is a file" "./-: ok" "$(cp ok.yaml ./-; "$SOCKFAULT" check ./-)"
rm ./-

check_eq "--report goes to standard output" '"format": 1' \
    "$("$SOCKFAULT" run --report json=- -- true 2> /dev/null | grep -o '"format": 1')"
check_match "so does --save" $'\nfaults:\n- id: rule-1\n' \
    "$("$SOCKFAULT" run --save - -f 'call: recv, partial: 2' -- python3 talk.py 2> /dev/null < /dev/null)"
check "neither makes a file" test ! -e ./-
finish
