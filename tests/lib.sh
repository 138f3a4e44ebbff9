# Helpers for tests written in bash: results as TAP, a folder that goes away,
# processes that are ended.
#
#   . "$(dirname "$0")/../lib.sh"
#   check "curl gets the page" curl -fsS "http://127.0.0.1:$port/"
#   check_eq "it says so" "hello" "$text"
#   finish
#
# TMP is a fresh folder. What `background` started is ended at the exit; nothing
# else is. A script that ends without `finish` prints no plan and so has failed.
# shellcheck shell=bash
set -u

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$root/build/release}
[[ $BUILD == /* ]] || BUILD=$PWD/$BUILD
SOCKFAULT=${SOCKFAULT:-$BUILD/sockfault}
SOCKFAULT_SHIM=${SOCKFAULT_SHIM:-$BUILD/libsockfault.so}
export BUILD SOCKFAULT SOCKFAULT_SHIM

TMP=$(mktemp -d "${TMPDIR:-/tmp}/sockfault-test.XXXXXX") || exit 1

tests_run=0
tests_failed=0
background_pids=()
background_pid=

clean_up()
{
    local pid
    for pid in ${background_pids[@]+"${background_pids[@]}"}; do
        end "$pid"
    done
    rm -rf "$TMP"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

asan_runtime() # the address sanitizer's library, where sockfault is built with it
{
    ldd "$SOCKFAULT" | awk '/libasan/ {print $3}'
}

diag() # TEXT…: remarks, each on lines of its own
{
    printf '%s\n' "$@" | sed 's/^/# /'
}

pass() # NAME
{
    tests_run=$((tests_run + 1))
    echo "ok $tests_run - $1"
}

fail() # NAME [TEXT…]
{
    tests_run=$((tests_run + 1))
    tests_failed=$((tests_failed + 1))
    echo "not ok $tests_run - $1"
    shift
    [ $# -eq 0 ] || diag "$@"
    return 1
}

skip() # NAME REASON
{
    tests_run=$((tests_run + 1))
    echo "ok $tests_run - $1 # SKIP $2"
}

check() # NAME COMMAND…: the command succeeds
{
    local name=$1 said status
    shift
    said=$("$@" 2>&1)
    status=$?
    if [ $status -eq 0 ]; then
        pass "$name"
    else
        fail "$name" "command: $*" "status: $status" "output: $said"
    fi
}

check_status() # NAME WANT COMMAND…: the command ends with this status; its output is kept in $output
{
    local name=$1 want=$2 status
    shift 2
    output=$("$@" 2>&1)
    status=$?
    if [ $status -eq "$want" ]; then
        pass "$name"
    else
        fail "$name" "command: $*" "status: $status, expected $want" "output: $output"
    fi
}

check_eq() # NAME WANT GOT
{
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1" "want: $2" "got:  $3"
    fi
}

check_match() # NAME REGEX GOT: GOT holds a match of the extended regular expression
{
    if [[ $3 =~ $2 ]]; then
        pass "$1"
    else
        fail "$1" "want a match of: $2" "got: $3"
    fi
}

check_same() # NAME FILE FILE: equal byte for byte
{
    local said
    if said=$(diff -u "$2" "$3" 2>&1); then
        pass "$1"
    else
        fail "$1" "$(head -n 40 <<< "$said")"
    fi
}

finish() # the plan and the exit status
{
    echo "1..$tests_run"
    [ $tests_failed -eq 0 ]
    exit
}

background() # COMMAND…: started in the background, its pid in $background_pid
{
    "$@" < /dev/null &
    background_pid=$!
    background_pids+=("$background_pid")
}

alive() # PID: it exists and is no zombie
{
    local state
    state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2> /dev/null) && [ -n "$state" ] &&
        [ "$state" != Z ] && [ "$state" != X ]
}

end() # PID: ended and waited for, by TERM, after 5 s by KILL
{
    local pid=$1 other left=() tries=0
    for other in ${background_pids[@]+"${background_pids[@]}"}; do
        [ "$other" = "$pid" ] || left+=("$other")
    done
    # A pid that is no longer ours to end may be someone else's by now.
    [ ${#left[@]} -eq ${#background_pids[@]} ] && return 0
    background_pids=(${left[@]+"${left[@]}"})
    kill -TERM "$pid" 2> /dev/null
    while alive "$pid" && [ $tries -lt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    kill -KILL "$pid" 2> /dev/null
    wait "$pid" 2> /dev/null
    return 0
}

within() # SECONDS COMMAND…: until the command succeeds; false when it never did
{
    local deadline=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.02
    done
}

listening() # PORT: a TCP socket listens on it. Read from the kernel's table: no probe reaches the server.
{
    local hex
    printf -v hex '%04X' "$1"
    cat /proc/net/tcp /proc/net/tcp6 2> /dev/null | grep -q ":$hex [0-9A-F]*:0000 0A "
}

wait_for_port() # PORT [SECONDS]
{
    within "${2:-10}" listening "$1" || { diag "nothing listens on port $1"; return 1; }
}

free_port() # a port without a socket, below the range that the kernel gives out by itself
{
    local port hex tries=0
    while [ $tries -lt 1000 ]; do
        tries=$((tries + 1))
        port=$((15000 + (RANDOM << 15 | RANDOM) % 17000))
        printf -v hex '%04X' $port
        cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 2> /dev/null |
            grep -q "^ *[0-9]*: [0-9A-F]*:$hex " || { echo $port; return 0; }
    done
    return 1
}
