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

# Where the name of the executable chooses the program, its children are of that program too.
for name in env sh dash python3; do
    printf 'name: %s\nprograms: {a: "true", %s: "true"}\nfaults: [{call: recv, program: %s, partial: 3}]\n' \
        $name $name $name > "$TMP/$name.yaml"
    "$SOCKFAULT" compile "$TMP/$name.yaml" -o "$TMP/$name.plan"
done
under() # PLAN COMMAND…
{
    LD_PRELOAD=$SOCKFAULT_SHIM SOCKFAULT_PLAN=$TMP/$1.plan "${@:2}" 2>&1
}
check_eq "children are of the program that started them" $'3\n3' "$(under env env python3 "$TMP/talk.py" again)"
check_eq "also in a fresh environment" $'3\n3' "$(under env env -i "$(command -v python3)" "$TMP/talk.py" again)"
check_eq "also those of system and posix_spawn" $'3\n3' "$(under python3 python3 -c '
import os, subprocess, sys
subprocess.run(["python3", sys.argv[1]], env={"PATH": os.environ["PATH"]}, close_fds=False)
os.system("python3 " + sys.argv[1])' "$TMP/talk.py")"
check_eq "unless they are told otherwise" 5 "$(under env env SOCKFAULT_PROGRAM=a python3 "$TMP/talk.py")"
check_eq "once" 5 "$(under env env -i SOCKFAULT_PROGRAM=a "$(command -v python3)" "$TMP/talk.py")"
check_eq "the name is that of a link" $'3' "$(under sh sh -c "python3 '$TMP/talk.py'")"
[ "$(basename "$(readlink -f /bin/sh)")" = dash ] &&
    check_eq "or of its file" $'3' "$(under dash sh -c "python3 '$TMP/talk.py'")"
relative() # COMMAND…, in the folder of the plan
{
    (cd "$TMP" && LD_PRELOAD=$SOCKFAULT_SHIM SOCKFAULT_PLAN=env.plan "$@" 2>&1)
}
check_eq "a relative path leads children to the plan" 3 "$(relative env python3 talk.py)"
check_eq "also from another folder" 3 "$(relative env -C / python3 "$TMP/talk.py")"
check_eq "also without LD_PRELOAD" 3 "$(relative env -u LD_PRELOAD python3 talk.py)"
printf '#!/bin/sh\nexec python3 "%s"\n' "$TMP/talk.py" > "$TMP/a.script"
chmod +x "$TMP/a.script"
sed 's/dash/a.script/g' "$TMP/dash.yaml" > "$TMP/script.yaml"
"$SOCKFAULT" compile "$TMP/script.yaml" -o "$TMP/script.plan"
check_eq "or of a script" 3 "$(under script "$TMP/a.script")"

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
cd "$TMP" || exit 1
"$SOCKFAULT" compile - -o - < short.yaml > plan-of-stdin
check_same "also as -, from standard input" plan plan-of-stdin
check "which makes no file of that name" test ! -e -
printf 'name: x\nfaults: [{call: recv}]\n' > bad.yaml
check_status "an invalid scenario on standard input" 2 "$SOCKFAULT" compile - -o - < bad.yaml
check_match "is named so" "^<stdin>:2:10: " "$output"
cat short.yaml <(echo ---) short.yaml > double.yaml
check_status "so are two" 2 "$SOCKFAULT" compile - -o - < double.yaml
check_eq "in a word" "<stdin>: it holds 2 scenarios: a plan is of one" "$output"
check_status "a full device" 125 bash -c '"$1" compile short.yaml -o - > /dev/full' - "$SOCKFAULT"
check_eq "is told once" "sockfault compile: cannot write to standard output: No space left on device" "$output"
for command in run test check compile list help; do
    check_match "$command explains itself" "^Usage: sockfault $command" "$("$SOCKFAULT" $command -h)"
    check_eq "in two ways" "$("$SOCKFAULT" $command -h)" "$("$SOCKFAULT" $command --help more)"
done
finish
