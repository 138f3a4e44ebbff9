#!/bin/bash
# A compiled plan works without the runner; a damaged one stops the target.
. "$(dirname "$0")/../lib.sh"

cat > "$TMP/talk.py" <<'EOF'
import os, socket, sys
near, far = socket.socketpair()
far.sendall(b"hello")
print(len(near.recv(10)), flush=True)
if len(sys.argv) > 1:
    os.execve(sys.executable, [sys.executable, sys.argv[0]], {})
EOF
printf 'name: short\nfaults: [{call: recv, partial: 2}]\n' > "$TMP/short.yaml"
check "a scenario is compiled" "$SOCKFAULT" compile "$TMP/short.yaml" -o "$TMP/plan"

with_plan() { LD_PRELOAD=$SOCKFAULT_SHIM SOCKFAULT_PLAN=$1 python3 "$TMP/talk.py" "${@:2}"; }
check_eq "the plan acts without the runner" 2 "$(with_plan "$TMP/plan")"
check_eq "and in what the program executes with an empty environment" $'2\n2' "$(with_plan "$TMP/plan" again)"
check_eq "without a plan nothing happens" 5 "$(LD_PRELOAD=$SOCKFAULT_SHIM python3 "$TMP/talk.py")"

head -c 200 "$TMP/plan" > "$TMP/half"
check_status "half a plan stops the target" 125 with_plan "$TMP/half"
check_match "and says why" "sockfault: the plan is truncated" "$output"
check_status "so does none at all" 125 with_plan "$TMP/nowhere"

cat > "$TMP/two.yaml" <<'EOF'
name: two
programs: {a: "true", b: "true"}
faults: [{call: recv, program: b, partial: 3}]
EOF
"$SOCKFAULT" compile "$TMP/two.yaml" -o "$TMP/plan"
check_eq "SOCKFAULT_PROGRAM says which program it is" 3 "$(SOCKFAULT_PROGRAM=b with_plan "$TMP/plan")"
check_eq "rules of another program do not act" 5 "$(SOCKFAULT_PROGRAM=a with_plan "$TMP/plan")"
check_status "a name that the plan does not have stops it" 125 with_plan "$TMP/plan"

printf 'name: x\nfaults: [{call: recv}]\n' > "$TMP/bad.yaml"
check_status "an invalid scenario is not compiled" 2 "$SOCKFAULT" compile "$TMP/bad.yaml" -o "$TMP/none"
check "and leaves no file" test ! -e "$TMP/none"
check_status "-o is asked for" 2 "$SOCKFAULT" compile "$TMP/short.yaml"
check_status "a folder that is not there is named" 125 "$SOCKFAULT" compile "$TMP/short.yaml" -o "$TMP/no/plan"
if mknod "$TMP/full" c 1 7 2> /dev/null; then # what only the superuser could remove
    check_status "a device that takes no plan" 125 "$SOCKFAULT" compile "$TMP/short.yaml" -o "$TMP/full"
    check "stays" test -c "$TMP/full"
fi
"$SOCKFAULT" compile "$TMP/short.yaml" -o /dev/stdout > "$TMP/plan"
check_eq "a plan may go to standard output" 2 "$(with_plan "$TMP/plan")"
for command in run test check compile list help; do
    check_match "$command explains itself" "^Usage: sockfault $command" "$("$SOCKFAULT" $command -h)"
    check_eq "in two ways" "$("$SOCKFAULT" $command -h)" "$("$SOCKFAULT" $command --help more)"
done
finish
