# Real servers, under all the benign faults at once.
. "$(dirname "$0")/../lib.sh"

"$SOCKFAULT" test --no-skip "$root/tests/servers/servers.yaml" > "$TMP/said" 2>&1
status=$?
for server in nginx node redis asyncio nio postgres; do
    check "$server answers 1,000 requests" grep -q "^PASS .*\[server=$server\]" "$TMP/said"
done
check_eq "no other failed" 0 $status || diag "$(head -n 60 "$TMP/said")"

finish
