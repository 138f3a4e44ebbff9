#!/bin/bash
# A rule with a site acts on the calls that are made below that function, and on no others.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
sources=$root/tests/e2e/sites
gcc -std=gnu11 -D_GNU_SOURCE -O2 -pthread -o main "$sources/main.c" -ldl &&
    strip -o stripped main &&
    g++ -O2 -shared -fPIC -fvisibility=hidden -DFUNCTION=run_one -o one.so "$sources/library.cc" &&
    g++ -O2 -shared -fPIC -fvisibility=hidden -DFUNCTION=run_two -o two.so "$sources/library.cc" &&
    awk 'BEGIN { for (i = 0; i < 200000; i++) printf "f%d: nop\n.type f%d, %%function\n.size f%d, 1\n", i, i, i
        print ".section .note.GNU-stack, \"\", %progbits" }' > large.s &&
    g++ -O2 -shared -fPIC -fvisibility=hidden -DFUNCTION=run_one -o large.so large.s "$sources/library.cc" &&
    strip two.so || { fail "the programs can be built"; finish; }

below() # NAME SITE WANT PLACE…: what each place reads where reads below SITE fail
{
    local name=$1 site=$2 want=$3
    shift 3
    check_eq "$name" "$want" "$("$SOCKFAULT" run -q --timeout 60s \
        -f "call: [recv, poll], error: EIO, force: true, optional: true, when: {site: '$site'}" \
        -f "call: resolve, error: EAI_AGAIN, force: true, optional: true, when: {site: '$site'}" -- ./main "$@" 2>&1)"
}

# ---- which functions -------------------------------------------------------

below "one function and no other" reload_config "EIO ok EIO" reload_config poll_peer reload_config
below "the calls of a function one by one" poll_peer "ok EIO EIO" reload_config poll_peer both
below "far above the call" main "EIO EIO" reload_config poll_peer
below "the function that calls" take EIO poll_peer
below "below a callback of libc" sort "EIO ok" sort poll_peer
below "libc itself" qsort_r "EIO ok" sort reload_config
below "in a handler on a stack of its own, whom it interrupted" raise_signal "EIO ok" handler poll_peer
below "in a thread" start "EIO ok" thread reload_config
below "who started a thread is not on its stack" thread ok thread
below "in a child of vfork" vforked EIO vforked
below "in a coroutine" reload_config EIO coroutine
below "who runs a coroutine is not on its stack" coroutine ok coroutine
below "200 frames up" down_200 EIO down_200
below "300 frames up is too far" down_300 ok down_300
below "polls" wait_for_input "EIO ok" wait_for_input look_up
below "through code made at run time, by its frame pointers" main EIO made_with_pointer
below "not through code made at run time that has none" main "ok EIO" made_without poll_peer
below "look-ups" look_up "ok EAI_AGAIN" wait_for_input look_up
below "functions of the library that looks are none of the program's" sf_site_is_on_stack ok reload_config
below "a name that begins like it is another one" reload "ok" reload_config

# ---- libraries -------------------------------------------------------------

below "a library that came later: what it exports" run_one "EIO ok" ./one.so:run_one ./two.so:run_two
below "… what it does not" hidden "EIO" ./one.so:run_one
below "… by a path of C++" net::Client::read "EIO ok" ./one.so:run_one reload_config
below "… by the end of one" Client::read EIO ./one.so:run_one
below "… by its symbol" _ZN3net6Client4readEv EIO ./one.so:run_one
below "a stripped library: what it exports" run_two "ok EIO" ./one.so:run_one ./two.so:run_two
below "… nothing else" hidden "EIO ok EIO" ./one.so:run_one ./two.so:run_two ./one.so:run_one
below "libraries that come and go" run_two "ok EIO ok EIO ok EIO" ./one.so:run_one ./two.so:run_two ./one.so:run_one \
    ./two.so:run_two ./one.so:run_one ./two.so:run_two
below "a library that many threads meet at once" hidden EIO crowd
cp one.so other.so && cp two.so replaced.so
below "a library whose file was replaced has the names of none" hidden ok replaced
cp one.so other.so
check_eq "one that has been replaced since is not taken for it" "EIO EIO ok" "$("$SOCKFAULT" run -q --timeout 60s \
    -f 'call: recv, error: EIO, when: {site: hidden}' -- ./main ./one.so:run_one ./other.so:run_one ./two.so:run_two)"

# ---- what the report says --------------------------------------------------

never() # SITE COMMAND…: why it never fired
{
    local site=$1
    shift
    "$SOCKFAULT" run --timeout 60s -f "call: recv, error: EIO, when: {site: $site}" -- "$@" 2>&1 > /dev/null
}
check_eq "a name that nothing has" \
    "sockfault: rule 1 (error: EIO) never fired: no function relaod_config in main or its libraries (stripped, or inlined?)" \
    "$(never relaod_config ./main poll_peer)"
check_eq "one that was stripped" \
    "sockfault: rule 1 (error: EIO) never fired: no function reload_config in stripped or its libraries (stripped, or inlined?)" \
    "$(never reload_config ./stripped reload_config)"
check_eq "one that made no call" \
    "sockfault: rule 1 (error: EIO) never fired: main made 1 recv call, none of which its site selects" \
    "$(never reload_config ./main poll_peer)"
check_match "one of a library that came later and made none" "never fired: python3 made [1-9][0-9]* recv calls?, none" \
    "$(never run_one python3 -c 'import ctypes, socket
library = ctypes.CDLL("./one.so")
near, far = socket.socketpair()
near.send(b"x")
far.recv(1)')"

# A distribution keeps the symbols of what it has stripped in a folder of its own.
id=$(readelf -n main | sed -n 's/.*Build ID: //p')
if [ -n "$id" ] && unshare -m mount -t tmpfs none /usr/lib/debug 2> /dev/null; then
    objcopy --only-keep-debug main main.debug
    check_eq "one whose symbols are kept elsewhere" "EIO ok" "$(unshare -m sh -c 'mount -t tmpfs none /usr/lib/debug &&
        mkdir -p "/usr/lib/debug/.build-id/$1" && cp main.debug "/usr/lib/debug/.build-id/$1/$2.debug" && shift 2 && "$@"' \
        sh "${id:0:2}" "${id:2}" "$SOCKFAULT" run -q --timeout 60s -f 'call: recv, error: EIO, when: {site: reload_config}' -- \
        ./stripped reload_config poll_peer 2>&1)"
else
    skip "one whose symbols are kept elsewhere" "no folder can be mounted here"
fi

# ---- scenarios -------------------------------------------------------------

cat > site.yaml << END
name: only the reload fails
programs:
  main: [./main, poll_peer, reload_config, poll_peer, reload_config]
faults:
  - {call: recv, program: main, error: EIO, when: {site: reload_config, nth: 3..}}
expect:
  main: {stdout: {equals: "ok ok ok EIO\n"}}
  faults: {rule-1: 1}
END
check "a trigger among others: nth counts all calls" "$SOCKFAULT" test --save saved.yaml site.yaml
check_match "a saved scenario names the calls instead" "exactly:.*[^0-9]4[^0-9]*$" "$(tr -d '\n' < saved.yaml | sed 's/expect.*//')"
check "… and does the same" "$SOCKFAULT" test saved.yaml
"$SOCKFAULT" compile <(sed '/^expect/,$d' site.yaml) -o site.plan
check_eq "without the runner" "ok ok ok EIO" \
    "$(LD_PRELOAD=$SOCKFAULT_SHIM SOCKFAULT_PLAN=site.plan ./main poll_peer reload_config poll_peer reload_config)"

# ---- programs of others ----------------------------------------------------

check_match "python3, by a function of its interpreter" "OSError: \[Errno 5\]" "$("$SOCKFAULT" run -q \
    -f 'call: recv, error: EIO, when: {site: _PyEval_EvalFrameDefault}' -- python3 -c '
import socket
near, far = socket.socketpair()
near.send(b"x")
far.recv(1)' 2>&1)"
port=$(free_port)
echo hello > page
background python3 -m http.server --bind 127.0.0.1 "$port" > /dev/null 2>&1
wait_for_port "$port" 20
url=http://127.0.0.1:$port/page
check_status "curl, by a function of libcurl" 56 "$SOCKFAULT" run \
    -f 'call: recv, role: client, error: ECONNRESET, when: {site: curl_multi_perform}' -- curl -sS "$url"
check_status "curl, by one that is not on its stack" 0 "$SOCKFAULT" run \
    -f 'call: recv, role: client, error: ECONNRESET, optional: true, when: {site: curl_easy_cleanup}' -- curl -sS "$url"
check_status "node: its own frames are no hindrance" 0 "$SOCKFAULT" run \
    -f 'call: [recv, send], partial: 1, optional: true, when: {site: no_such_function}' -- \
    node -e 'require("http").get(process.argv[1], r => r.pipe(process.stdout))' "$url"
check_status "java: nor are its" 0 "$SOCKFAULT" run --timeout 60s \
    -f 'call: [recv, send, connect, poll], delay: 1ms, optional: true, when: {site: no_such_function}' -- \
    java "$root/tests/programs/Fetch.java" "$url"

# ---- under tools -----------------------------------------------------------

places=(reload_config poll_peer sort handler thread down_200 ./one.so:run_one)
if command -v valgrind > /dev/null; then
    check_eq "under valgrind, which finds nothing" "EIO ok EIO ok EIO ok ok" "$("$SOCKFAULT" run -q --timeout 120s \
        -f 'call: recv, error: EIO, when: {site: reload_config}' -- valgrind -q --error-exitcode=99 ./main "${places[@]}" 2>&1)"
else
    skip "under valgrind" "no valgrind"
fi
for compiler in gcc clang; do
    command -v $compiler > /dev/null || { skip "$compiler: under the address sanitizer" "no $compiler"; continue; }
    $compiler -std=gnu11 -D_GNU_SOURCE -O1 -g -fsanitize=address -pthread -o asan "$sources/main.c" -ldl
    check_eq "$compiler: under the address sanitizer, which finds nothing" "EIO ok EIO ok EIO ok ok" \
        "$("$SOCKFAULT" run -q --timeout 60s -f 'call: recv, error: EIO, when: {site: reload_config}' -- ./asan "${places[@]}" 2>&1)"
done
finish
