# What a machine lets the wire do is looked at before anything is started, and no privilege is asked for.
. "$(dirname "$0")/../lib.sh"

peer=$root/tests/e2e/wire.py
cd "$TMP" || exit 1

# ---- what is lacking is said ----
without() # SYSTEM-CALL RULE: a run on a kernel that lets nobody have this call
{
    timeout 100 "$BUILD/tests/programs/deny" "$1" 92 "$SOCKFAULT" run -f "$2, optional: true" -- touch started
}
setsockopt=$(sed -n 's/^#define __NR_setsockopt //p' /usr/include/*/asm/unistd_64.h /usr/include/asm-generic/unistd.h 2> /dev/null | head -n 1)
sendto=$(sed -n 's/^#define __NR_sendto //p' /usr/include/*/asm/unistd_64.h /usr/include/asm-generic/unistd.h 2> /dev/null | head -n 1)
no_silence='sockfault run: the kernel drops nothing that comes to a socket (SO_ATTACH_FILTER, IP_MINTTL), which blackhole and partition need'
no_diag='sockfault run: the kernel does not tell of sockets (sock_diag), which chunk, state, blackhole and partition need'
check_status "a kernel that cannot let a socket fall silent" 125 without "$setsockopt" 'link: both, blackhole: true'
check_eq "has no black holes" "$no_silence" "$output"
for rule in 'link: both, blackhole: true' 'link: in, chunk: 1' 'link: in, delay: 1s, when: {state: ESTABLISHED}'; do
    check_status "nor has one that tells of no sockets, ${rule#link: *, }" 125 without "$sendto" "$rule"
    check_eq "and says what is needed, ${rule#link: *, }" "$no_diag" "$output"
done
check "nothing was started" test ! -e started
check_status "rules that need neither" 0 without "$setsockopt" 'link: both, delay: 1s'
check "are not in the way" test -e started
rm started
check_status "nor are they on a Unix socket" 0 without "$sendto" 'link: both, family: unix, blackhole: true'
printf 'name: n\nprograms: {a: touch started, b: "true"}\nfaults: [{partition: [[a], [b]], optional: true}]\n' > cut.yaml
rm -f started
check_status "a scenario" 125 timeout 100 "$BUILD/tests/programs/deny" "$setsockopt" 92 "$SOCKFAULT" test cut.yaml
check_match "says so too" 'the kernel drops nothing that comes to a socket' "$output"
check "and starts nothing" test ! -e started

# ---- without any privilege ----
if [ "$(id -u)" -eq 0 ]; then
    as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all)
else
    as_nobody=()
fi
chmod 755 "$TMP"
mkdir bare
cp "$SOCKFAULT" "$SOCKFAULT_SHIM" "$peer" bare
python=$(PATH=/usr/bin:/bin command -v python3) || python=python3
nobody() # COMMAND…: as somebody who may do nothing in particular
{
    (cd / && "${as_nobody[@]}" env "PATH=/usr/bin:/bin:$PATH" SOCKFAULT_SHIM="$TMP/bare/$(basename "$SOCKFAULT_SHIM")" \
        timeout 100 "$TMP/bare/$(basename "$SOCKFAULT")" "$@")
}
port=$(free_port)
background python3 "$peer" serve "$port" > /dev/null
wait_for_port "$port" || exit 1
if ! "${as_nobody[@]}" "$python" "$TMP/bare/wire.py" times "$port" > /dev/null 2>&1; then
    skip "no privilege is needed" "nobody may read $TMP"
    finish
fi
check_status "an outage" 0 nobody run -f 'link: both, blackhole: true, when: {after_bytes: 5}' -- \
    "$python" "$TMP/bare/wire.py" silence "$port"
check_match "is found by TCP's own time-out" '^ETIMEDOUT [0-9]+' "$output"
check_status "one that ends" 0 nobody run -f 'link: both, blackhole: true, when: {after: 1500ms, until: 2500ms}' -- \
    "$python" "$TMP/bare/wire.py" parts "$port" 3
check_match "loses nothing" '^first second ' "$output"
for rule in 'delay: 20ms' 'throttle: 100KiB/s' 'chunk: 1000'; do
    check_status "$rule" 0 nobody run -f "link: both, $rule" -- "$python" "$TMP/bare/wire.py" bulk "$port" 30000
    check_match "passes all bytes as they were ($rule)" '^same' "$output"
done
check_status "a time-out of a connect" 0 nobody run -f 'link: both, syn_timeout: 200ms' -- "$python" "$TMP/bare/wire.py" connects "$port"
check_match "is one" '^ETIMEDOUT ' "$output"
finish
