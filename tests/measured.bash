# The process of the wire of a run, and the most memory that it had.
# shellcheck shell=bash

wire_of() # RUN: the pids of the processes of the wire below it
{
    local file pid
    for file in $(grep -lsx sf-wire /proc/[0-9]*/comm); do
        pid=${file#/proc/}
        pid=${pid%/comm}
        while [ "${pid:-0}" -gt 1 ] && [ "$pid" != "$1" ]; do
            pid=$(awk '$1 == "PPid:" {print $2}' "/proc/$pid/status" 2> /dev/null)
        done
        [ "$pid" != "$1" ] || basename "$(dirname "$file")"
    done
}

measured() # COMMAND…: a run in the background; $most: KB; $output: what it said; $status
{
    background "$@" > "$TMP/said" 2>&1
    local run=$background_pid now wire=
    most=0
    while alive "$run"; do
        [ -n "$wire" ] || wire=$(wire_of "$run" | head -n 1)
        now=$(awk '$1 == "VmHWM:" {print $2}' "/proc/$wire/status" 2> /dev/null)
        [ "${now:-0}" -le "$most" ] || most=$now
        sleep 0.05
    done
    wait "$run"
    status=$?
    output=$(cat "$TMP/said")
}

