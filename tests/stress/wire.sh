# Much through the wire: 10 GB of one connection, and 1 GB through every fault that keeps one.
. "$(dirname "$0")/../lib.sh"
. "$root/tests/measured.bash"

programs=$root/tests/e2e/survival.py
idle='link: both, reset: true, optional: true, when: {after: 1h}'

pours() # RULE BYTES MOST: they arrive as they were, and the wire takes no more than so many KB
{
    measured timeout 280 "$SOCKFAULT" run -f "$1" -- python3 "$programs" pour 0 "$2"
    check_eq "$2 bytes arrive as they were (${1#link: both, })" "0 True" "$status $output"
    check "the wire had $most KB at most" test "$most" -gt 0 -a "$most" -lt "$3"
}

pours "$idle" "${WIRE_BYTES:-10000000000}" 16000
for rule in 'delay: 2ms' 'delay: {mean: 2ms, jitter: 2ms}' 'throttle: 2Gbit/s' 'chunk: 60000..65536' \
    'blackhole: true, when: {after: 1s, until: 1500ms}, optional: true' \
    'delay: 1ms, when: {state: ESTABLISHED}'; do
    pours "link: both, $rule" 1000000000 40000
done
finish
