# Whatever becomes of the runner, nothing outlives it: `kill -9` at random moments
# of a test with services, clients and daemons, and of a run.
#
# SF_TEST_MOMENTS: how many moments of each, default 20.
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"

moments=${SF_TEST_MOMENTS:-20}
cat > "$TMP/scenario.yaml" << 'YAML'
name: busy
programs:
  server:
    run: [python3, -m, http.server, "${port.web}", --bind, 127.0.0.1]
    ready: {port: "${port.web}"}
  daemon: (setsid sh -c '(sleep 1000 &) ; trap "" TERM; sleep 1000' &) ; sleep 1000
  forking: while :; do /bin/true; done
---
name: quiet
programs:
  sleeper: exec setsid sleep 1000
  bare: {run: 'sleep 1000 & sleep 1000', wrap: false}
YAML

# Processes that carry the mark of this moment, wherever they are.
marked()
{
    grep -l -z -s -x "SF_TEST_MARK=$mark" /proc/[0-9]*/environ
}

none_left()
{
    local i
    for ((i = 0; i < 1000; i++)); do
        [ -z "$(marked)" ] && return 0
        sleep 0.02
    done
    diag "left: $(marked | while IFS=/ read -r _ _ pid _; do tr '\0' ' ' < "/proc/$pid/cmdline"; echo; done)"
    return 1
}

kill_at_moments() # COMMAND…
{
    local i seen=0
    for ((i = 0; i < moments; i++)); do
        mark=$$.$RANDOM.$i
        SF_TEST_MARK=$mark "$@" > /dev/null 2>&1 &
        local runner=$!
        sleep "0.$(printf '%03d' $((RANDOM % (i % 3 ? 1000 : 50))))"
        seen=$((seen + $(marked | wc -l)))
        kill -9 "$runner"
        wait "$runner" 2> /dev/null
        none_left || return 1
    done
    [ $seen -gt $((2 * moments)) ] || { diag "only $seen processes were ever seen"; return 1; }
}

check "kill -9 of test at $moments moments leaves no process" \
    kill_at_moments "$SOCKFAULT" test -j 2 "$TMP/scenario.yaml"
check "kill -9 of run at $moments moments leaves no process" \
    kill_at_moments "$SOCKFAULT" run -- sh -c '(setsid sleep 1000 &) ; sleep 1000 & while :; do /bin/true; done'

mark=$$.supervisor
SF_TEST_MARK=$mark "$SOCKFAULT" run -- sh -c '(setsid sleep 1000 &) ; sleep 1000' > "$TMP/out" 2>&1 &
runner=$!
for ((i = 0; i < 500; i++)); do
    supervisor=$(tr ' ' '\n' < "/proc/$runner/task/$runner/children" | while read -r pid; do
        [ "$(cat "/proc/$pid/comm")" = sf-supervisor ] && echo "$pid"
    done)
    [ -n "$supervisor" ] && break
    sleep 0.02
done
sleep 0.5
kill -9 "$supervisor"
wait "$runner"
check_eq "kill -9 of the supervisor is a failure of sockfault" 125 $?
check "and it is said" grep -q 'the supervisor was killed by signal 9' "$TMP/out"
check "and nothing is left" none_left
finish
