#!/bin/bash
# Programs under sanitizers and valgrind, as a user starts them, with nothing set up: the
# faults fire, what the tool finds in the program is found, and in us it finds nothing.
. "$(dirname "$0")/../lib.sh"

unset ASAN_OPTIONS LSAN_OPTIONS MSAN_OPTIONS TSAN_OPTIONS UBSAN_OPTIONS
cd "$TMP" || exit 1
flawed=$root/tests/programs/flawed.c
clang_runtime=$(dirname "$(clang -print-file-name="libclang_rt.asan-$(uname -m).so")")

compile() # NAME COMPILER FLAGS…
{
    local name=$1
    shift
    "$@" -D_GNU_SOURCE -std=gnu11 -g -O1 -pthread -o "$name" "$flawed" || fail "$name can be built"
}

# A correct program notices none of these …
mild=(
    -f 'call: [recv, send], partial: 1..5'
    -f 'call: recv, delay: 1ms, when: {every: 50}'
    -f 'call: poll, delay: 1ms, when: {every: 20}'
    -f 'call: connect, delay: 1ms, when: {every: 2}'
)
# … and of these its connections fail: some of what the clients have, then most of what is left.
rough=(
    -f 'call: recv, reset: true, role: client, connection: 1, when: {nth: 3}'
    -f 'call: recv, timeout: 5ms, role: client, connection: 2, when: {nth: 2}'
    -f 'call: recv, error: ECONNRESET, role: client, connection: 3, when: {match: ess}'
    -f 'call: recv, corrupt: 3, role: client, connection: 4, when: {nth: 4}'
    -f 'call: connect, refuse: true, when: {nth: 9}'
    -f 'call: recv, eof: true, role: server, connection: 1..8, when: {nth: 9}'
    -f 'call: send, reset: true, role: server, connection: 9..16, when: {nth: 9}'
)

run() # STATUS OPTION… -- COMMAND…: its output in $out and $err; false: it ended otherwise
{
    local want=$1 status
    shift
    "$SOCKFAULT" run --timeout 60s --report json=report.json "$@" > out 2> err
    status=$?
    out=$(< out) err=$(< err)
    [ $status -eq "$want" ] || { echo "status $status, expected $want"; head -n 20 out err; return 1; }
}

have_fired() # every rule
{
    python3 -c 'import json
rules = json.load(open("report.json"))["scenarios"][0]["faults"]
idle = [rule["id"] for rule in rules if not rule["fired"]]
if idle or not rules: raise SystemExit(f"never fired: {idle}")'
}

is_quiet() # OPTION… -- COMMAND…: it is right and says nothing
{
    run 0 "$@" && have_fired && [[ $out =~ ^"rounds "[0-9]+$ ]] && [ -z "$err" ] && return
    head -n 20 out err
    return 1
}

is_unharmed() # the same, and nothing failed
{
    is_quiet "$@" && [ "$out" = "rounds 256" ] || { echo "$out"; return 1; }
}

says() # STATUS REGEX OPTION… -- COMMAND…: it ends so and says that
{
    local status=$1 regex=$2
    shift 2
    run "$status" "$@" && [[ $err =~ $regex ]] || { head -n 20 err; return 1; }
}

finds() # the same, and for a fault
{
    says "$@" && have_fired
}

is_silent() # OPTION… -- COMMAND…: it says that it came there, and nothing else
{
    run 0 "$@" && have_fired && [ "$out$err" = came ] || { head -n 20 out err; return 1; }
}

is_correct() # KIND
{
    check "$1: a correct program stays so" is_unharmed "${mild[@]}" -- "./$1"
    check "$1: connections fail, and nothing else" is_quiet "${rough[@]}" -- "./$1"
    check "$1: memory is looked at where it is, and no further" is_silent "${late[@]}" -- "./$1" edges
}

short=(-f 'call: recv, partial: 1')
slow=(-f 'call: recv, delay: 1ms')
lost=(-f 'call: recv, reset: true')
late=(-f 'call: send, reset: true, role: client')
idle=(-f 'call: recv, partial: 1, optional: true')

# ---- AddressSanitizer ------------------------------------------------------

compile gcc-asan gcc -fsanitize=address
compile gcc-asan-static gcc -fsanitize=address -static-libasan
compile clang-asan clang -fsanitize=address
compile clang-asan-shared clang -fsanitize=address -shared-libasan "-Wl,-rpath,$clang_runtime"
for kind in gcc-asan gcc-asan-static clang-asan clang-asan-shared; do
    is_correct $kind
    check "$kind: reading beyond a short read is found" \
        finds 1 'heap-buffer-overflow [^ ]*flawed.c' "${short[@]}" -- ./$kind overflow
    check "$kind: a read into too little room is found" \
        finds 1 'heap-buffer-overflow .* in trust' "${slow[@]}" -- ./$kind narrow
    check "$kind: use after free behind a reset is found" \
        finds 1 'heap-use-after-free [^ ]*flawed.c' "${lost[@]}" -- ./$kind stale
    check "$kind: a leak behind a reset is found, and no other" \
        finds 1 'SUMMARY: AddressSanitizer: 77 byte.s. leaked in 1 alloc' "${lost[@]}" -- ./$kind leak
done

# However the program is started, and with options of its own.
check "a child of a shell" is_unharmed "${mild[@]}" -- sh -c './gcc-asan'
check "a child without an environment" is_unharmed "${mild[@]}" -- env -i ./gcc-asan
check "a child with options of its own" \
    is_unharmed "${mild[@]}" -- sh -c 'ASAN_OPTIONS=detect_leaks=0 ./clang-asan-shared'
printf 'all:\n\t@ASAN_OPTIONS=exitcode=7 ./gcc-asan overflow\n' > Makefile
check "a child of make is found out" finds 2 'Error 7' "${short[@]}" -- make -s
check "a child of python" is_unharmed "${mild[@]}" -- \
    python3 -c 'import subprocess; subprocess.run(["./gcc-asan"], env={}, check=True)'

# What a program is told about the order of its libraries is true but for ours.
gcc -shared -o other.so -x c /dev/null
check_status "behind another library it refuses to run, as without us" 1 \
    env LD_PRELOAD="$TMP/other.so" "$SOCKFAULT" run -f "${idle[1]}" -- ./gcc-asan
check_match "and says why" 'ASan runtime does not come first' "$output"

compile flawed.so gcc -fsanitize=address -shared -fPIC
call='import ctypes, sys
flaw = (ctypes.c_char_p * 2)(b"flawed", sys.argv[1].encode())
ctypes.CDLL("./flawed.so").main(2, flaw)
ctypes.CDLL(None).fflush(None)'
preload=$(gcc -print-file-name=libasan.so)
check "a sanitized extension, its run-time preloaded" \
    env LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 \
    bash -c '"$@" | grep -q "rounds 256"' - "$SOCKFAULT" run "${mild[@]}" -- python3 -c "$call" none
check_status "and what is wrong in it is found" 1 env LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 \
    "$SOCKFAULT" run "${short[@]}" -- python3 -c "$call" overflow
check_match "where it is" 'heap-buffer-overflow [^ ]*flawed.c' "$output"

printf 'name: short\nprograms: {flawed: [./gcc-asan, overflow]}\nfaults: [{call: recv, partial: 1}]\n' > short.yaml
"$SOCKFAULT" compile short.yaml -o plan
check_status "without the runner" 1 env SOCKFAULT_PLAN=plan LD_PRELOAD="$SOCKFAULT_SHIM" ./gcc-asan overflow
check_match "it is found as well" 'heap-buffer-overflow [^ ]*flawed.c' "$output"
check_status "without a plan" 0 env LD_PRELOAD="$SOCKFAULT_SHIM" ./gcc-asan

sed -i "s|\[\./|[\"\${scenario_dir}/|; s|gcc-asan,|gcc-asan\",|" short.yaml
check_status "a scenario fails for what is found" 1 "$SOCKFAULT" test --report json=report.json short.yaml
check "and its report holds it" python3 -c 'import json
scenario = json.load(open("report.json"))["scenarios"][0]
program = scenario["programs"]["flawed"]
message = scenario["failures"][0]["message"]
assert message.startswith("flawed exited with 1, expected 0: SUMMARY: AddressSanitizer: heap-buffer-overflow"), message
assert program["end"] == "exited" and program["exit"] == 1, program
assert "heap-buffer-overflow" in program["stderr"], program'

env | sort > before
"$SOCKFAULT" run -- env | sort > after
check_eq "nothing but the shim and its session is added to the environment" \
    "$(printf '%s\n' LD_PRELOAD SOCKFAULT_SESSION)" \
    "$(comm -13 before after | grep -v '^_=' | sed 's/=.*//')"

# ---- the other sanitizers --------------------------------------------------

compile gcc-tsan gcc -fsanitize=thread
compile gcc-tsan-static gcc -fsanitize=thread -static-libtsan
compile clang-tsan clang -fsanitize=thread
for kind in gcc-tsan gcc-tsan-static clang-tsan; do
    is_correct $kind
    check "$kind: what a message puts in order is no race" is_unharmed "${mild[@]}" -- ./$kind order
    check "$kind: nor is what the wire does" \
        is_unharmed -f 'link: both, delay: 1ms' -f 'link: both, chunk: 3' -- ./$kind order
    check "$kind: a race is found" \
        says 66 'data race [^ ]*flawed.c:[0-9:]+ in count_alone' "${idle[@]}" -- ./$kind race
    check "$kind: a handler's word is heard while a delay lasts" \
        run 0 -f 'call: recv, delay: 2s, when: {nth: 2}' -- ./$kind wait
done

compile clang-msan clang -fsanitize=memory
is_correct clang-msan
check "clang-msan: what a short read left out is found" \
    finds 1 'use-of-uninitialized-value [^ ]*flawed.c' "${short[@]}" -- ./clang-msan unread

compile gcc-ubsan gcc -fsanitize=undefined -fno-sanitize-recover=all
compile clang-ubsan clang -fsanitize=undefined -fno-sanitize-recover=all
for kind in gcc-ubsan clang-ubsan; do
    is_correct $kind
    check "$kind: an overflow behind a short read is found" \
        finds 1 'flawed.c:[0-9:]+ runtime error: signed integer overflow' "${short[@]}" -- ./$kind sum
done

compile gcc-lsan gcc -fsanitize=leak
compile clang-lsan clang -fsanitize=leak
for kind in gcc-lsan clang-lsan; do
    is_correct $kind
    check "$kind: a leak behind a reset is found, and no other" \
        finds 23 'SUMMARY: LeakSanitizer: 77 byte.s. leaked in 1 alloc' "${lost[@]}" -- ./$kind leak
done

# ---- valgrind --------------------------------------------------------------

compile plain gcc
for tool in memcheck helgrind drd; do
    under=(valgrind -q --error-exitcode=99 --tool=$tool)
    check "$tool: a correct program stays so" is_unharmed "${mild[@]}" -- "${under[@]}" ./plain
    check "$tool: connections fail, and nothing else" is_quiet "${rough[@]}" -- "${under[@]}" ./plain
    check "$tool: memory is looked at where it is, and no further" \
        is_silent "${late[@]}" -- "${under[@]}" ./plain edges
done
memcheck=(valgrind -q --error-exitcode=99 --leak-check=full)
check "memcheck: reading beyond a short read is found" \
    finds 99 'Invalid read of size 1' "${short[@]}" -- "${memcheck[@]}" ./plain overflow
check "memcheck: a read into too little room is found" \
    finds 99 'points to unaddressable byte' "${slow[@]}" -- "${memcheck[@]}" ./plain narrow
check "memcheck: what a short read left out is found" \
    finds 99 'depends on uninitialised value' "${short[@]}" -- "${memcheck[@]}" ./plain unread
check "memcheck: a leak behind a reset is found" \
    finds 99 '77 bytes in 1 blocks are definitely lost' "${lost[@]}" -- "${memcheck[@]}" ./plain leak
for tool in helgrind drd; do
    check "$tool: a race is found" \
        says 99 'count_alone .flawed.c' "${idle[@]}" -- valgrind -q --error-exitcode=99 --tool=$tool ./plain race
done

# With all of sockfault under it too; the runner's own sanitizers do not bear that.
around=(valgrind -q --vgdb=no --error-exitcode=99 --trace-children=yes)
run_within() # STATUS REGEX COMMAND…: it ends so and says that
{
    local said status want=$1 regex=$2
    shift 2
    said=$("${around[@]}" "$@" 2>&1)
    status=$?
    [ $status -eq "$want" ] && [[ $said =~ $regex ]] || { head -n 20 <<< "status $status: $said"; return 1; }
}
if [[ $BUILD != *[alt]san* ]]; then
    run=("$SOCKFAULT" run "${short[@]}" --)
    check "within memcheck: a correct program stays so" run_within 0 '^rounds 256$' "${run[@]}" ./plain
    check "within memcheck: what a short read left out is found" \
        run_within 99 'depends on uninitialised value' "${run[@]}" ./plain unread
    sed 's/gcc-asan", overflow/plain"/' short.yaml > whole.yaml
    check "within memcheck: a scenario passes" run_within 0 '^PASS short' "$SOCKFAULT" test whole.yaml

    # shellcheck disable=SC2016 # that shell's
    background valgrind -q --vgdb=no "$SOCKFAULT" run -- sh -c 'echo $$ > pid.new; mv pid.new pid; exec sleep 60'
    within 30 test -e pid
    check "a program runs" alive "$(< pid)"
    kill -KILL "$background_pid"
    is_gone() { ! alive "$(< pid)"; }
    check "when its runner is killed within memcheck, it ends" within 30 is_gone
fi
finish
