# The most memory that the wire of a run had.
# shellcheck shell=bash

measured() # COMMAND…: a run in the background; $most: KB; $output: what it said; $status
{
    background "$@" > "$TMP/said" 2>&1
    local run=$background_pid file pid now wire=
    most=0
    while alive "$run"; do
        if [ -z "$wire" ]; then
            for file in $(grep -lsx sf-wire /proc/[0-9]*/comm); do
                pid=${file#/proc/}
                pid=${pid%/comm}
                while [ "${pid:-0}" -gt 1 ] && [ "$pid" != "$run" ]; do
                    pid=$(awk '$1 == "PPid:" {print $2}' "/proc/$pid/status" 2> /dev/null)
                done
                [ "$pid" != "$run" ] || wire=$(dirname "$file")
            done
        fi
        now=$(awk '$1 == "VmHWM:" {print $2}' "$wire/status" 2> /dev/null)
        [ "${now:-0}" -le "$most" ] || most=$now
        sleep 0.05
    done
    wait "$run"
    status=$?
    output=$(cat "$TMP/said")
}

